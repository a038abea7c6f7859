"""The whole run in a real browser, with pictures of every page, on a phone and a desktop, light and dark.

What a machine can find wrong on any of these pages (axe: serious or critical, a sideways scroll, a script error, a
breach of the content security policy) fails the test that met it.
"""

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, async_playwright, expect

from aktenlauf.cli.journey import ANSWERS, SERVICE, Journey
from aktenlauf.cli.visitor import Visitor
from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.kit.testing import files
from aktenlauf.kit.testing.browser import find_browser

from ..installed import Running, installation
from .person import AXE, DESKTOP, PHONE, Person

pytestmark = [
    pytest.mark.skipif(find_browser() is None, reason="NOT TESTED in a browser: there is no Chromium, `make browser`"),
    pytest.mark.skipif(not AXE.exists(), reason="NOT TESTED in a browser: axe-core is missing, `make setup`"),
]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with installation(tmp_path_factory.mktemp("browser") / "var") as started:
        yield started


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        yield launched
        await launched.close()


async def _answer_all(person: Person) -> str:
    """From the start page to the evidence page; the case."""
    steps = {step.key: step for step in catalogue().services[SERVICE].steps()}
    await person.open("/?q=studium")
    await person.look("start")
    await person.page.locator(f'a[href="/antrag/neu/{SERVICE}"]').first.click()
    await person.look("service")
    await person.page.locator("main form button").first.click()
    case = person.page.url.rsplit("/", 1)[-1]
    await person.look("overview")
    await person.open(f"/antrag/{case}/{next(iter(steps))}")
    shown: set[str] = set()
    while (key := person.page.url.split("?")[0].rsplit("/", 1)[-1]) in steps:
        for _ in range(2):  # an answer can make further questions appear on the page
            await person.fill(ANSWERS, steps[key].fields)
        if key in ("person_name", "stay_passport", "means_livelihood") and key not in shown:
            await person.look(f"question-{key}")
        shown.add(key)
        async with person.page.expect_navigation():
            await person.page.locator("main form button[type=submit]").last.click()
    return case


async def _upload(person: Person, case: str) -> None:
    await person.open(f"/nachweise/{case}")
    for kind, name, content, media in (
        ("passport", "Pass.pdf", files.pdf(2), "application/pdf"),
        ("enrolment", "Immatrikulation.jpg", files.jpeg(), "image/jpeg"),
    ):
        field = person.page.locator(f"#datei-{kind}")
        await field.set_input_files({"name": name, "mimeType": media, "buffer": content})
        await expect(person.page.locator(f"#d-{kind}")).to_contain_text(name)
    await person.look("evidence")


async def _submit(person: Person, case: str) -> None:
    await person.open(f"/antrag/{case}/pruefen")
    for box in await person.page.locator("main input[type=checkbox]").all():
        await box.check(force=True)
    await person.look("check")
    await person.page.locator(f'form[action="/antrag/{case}/pruefen"] button[type=submit]').first.click()
    await expect(person.page).to_have_url(f"{person.base_url}/antrag/{case}/eingang")
    await person.look("receipt")


async def test_an_application_from_the_first_click_to_the_decision(running: Running, browser: Browser) -> None:
    applicant = await Person.at(browser, running.url)
    await applicant.sign_in("", "Pia Probe")
    case = await _answer_all(applicant)
    await _upload(applicant, case)
    await _submit(applicant, case)
    caseworker = await Person.at(browser, running.url)
    await caseworker.sign_in("/amt", "Paula Prüf")
    await caseworker.look("worklist")
    await caseworker.open(f"/amt/{case}")
    await caseworker.page.locator(f'form[action="/amt/{case}/uebernehmen"] button').first.click()
    await caseworker.look("case")
    journey = await _by_visitors(running, case)
    await journey.request_evidence(["health_insurance"])
    await applicant.open(f"/antrag/{case}")
    await applicant.look("status")
    await applicant.open("/postfach")
    await applicant.look("mailbox")
    await journey.message("reichen")
    await journey.supplement("health_insurance", ("Krankenkasse.pdf", files.pdf(), "application/pdf"))
    await journey.accept_evidence()
    await caseworker.open(f"/amt/{case}/entscheidung")
    await caseworker.look("decision")
    await journey.propose()
    await journey.decide_proposal()
    await journey.notice_pdf()
    await applicant.open(f"/termin/{case}")
    await applicant.look("appointment")
    await applicant.page.locator("input[type=radio]:not([disabled])").first.check(force=True)
    await applicant.page.locator(f'form[action^="/termin/{case}"] button[type=submit]').last.click()
    await expect(applicant.page.locator("main")).to_contain_text("Uhr")
    await applicant.look("appointment-booked")
    for path, name in (("verlauf", "history"), ("antrag", "answers"), ("nachrichten", "messages"), ("akte", "folder")):
        await caseworker.open(f"/amt/{case}/{path}")
        await caseworker.look(name)
    await caseworker.open("/amt/termine")
    await caseworker.look("day")
    assert applicant.faults + caseworker.faults == []


async def _by_visitors(running: Running, case: str) -> Journey:
    """The people of this case once more, without script, for the steps that have no page to look at."""
    people = [Visitor(running.url) for _ in range(3)]
    for person, (prefix, user) in zip(
        people, (("", "pruefling"), ("/amt", "pruefung"), ("/amt", "freigabe")), strict=True
    ):
        await person.sign_in(prefix, user)
    journey = Journey(*people, ANSWERS)
    journey.case = case
    return journey


@pytest.fixture(scope="module")
async def case(running: Running) -> str:
    """A case that has everything on its pages."""
    journey = await _by_visitors(running, "")
    await journey.begin()
    await journey.answer_questions()
    await journey.upload({"passport": ("Pass.pdf", files.pdf(2), "application/pdf")})
    await journey.submit()
    await journey.in_worklist()
    await journey.take()
    await journey.request_evidence(["health_insurance"])
    await journey.message("reichen")
    return journey.case


PUBLIC = ("/", "/antrag", "/hilfe", "/impressum", "/datenschutz", "/barrierefreiheit", "/konto", "/postfach")
OF_CASE = (
    "/antrag/{case}",
    "/nachweise/{case}",
    "/postfach/{case}",
    "/antrag/{case}/einsicht",
    "/antrag/{case}/eingang",
)
OFFICE = ("/amt", "/amt/{case}", "/amt/{case}/antrag", "/amt/{case}/nachrichten", "/amt/{case}/verlauf", "/amt/termine")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("language", "size"), [("de", PHONE), ("ar", PHONE), ("en", DESKTOP)])
async def test_applicants_pages_in_every_language_direction_and_scheme(
    running: Running, browser: Browser, case: str, language: str, size: dict[str, int], scheme: str
) -> None:
    person = await Person.at(browser, running.url, viewport=size, color_scheme=scheme)
    await person.sign_in("", "Pia Probe")
    await person.open(f"/antrag?sprache={language}")
    for path in PUBLIC + OF_CASE:
        await person.open(path.format(case=case))
        name = path.format(case="fall").strip("/").replace("/", "-") or "start"
        await person.look(f"{name}-{language}-{scheme}")
    assert person.faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_the_offices_pages_in_both_schemes(
    running: Running, browser: Browser, case: str, size: dict[str, int], scheme: str
) -> None:
    person = await Person.at(browser, running.url, viewport=size, color_scheme=scheme)
    await person.sign_in("/amt", "Paula Prüf")
    for path in OFFICE:
        await person.open(path.format(case=case))
        await person.look(f"{path.format(case='fall').strip('/').replace('/', '-')}-{scheme}")
    assert person.faults == []


async def test_a_question_is_answered_by_keyboard_alone(running: Running, browser: Browser) -> None:
    person = await Person.at(browser, running.url)
    await person.sign_in("", "Amira")
    await person.open(f"/antrag/neu/{SERVICE}")
    await person.page.locator("main form button").first.press("Enter")
    await expect(person.page.locator("h1")).to_be_visible()
    case = person.page.url.rsplit("/", 1)[-1]
    await person.open(f"/antrag/{case}/person_name")
    await person.page.keyboard.press("Tab")
    assert await person.page.evaluate("document.activeElement.textContent.trim()") == "Zum Inhalt springen"
    for _ in range(60):
        await person.page.keyboard.press("Tab")
        if await person.page.evaluate("document.activeElement.name") == "person.family_name":
            break
    await person.page.keyboard.type("Haddad")
    await person.page.keyboard.press("Enter")
    await expect(person.page.locator("h1")).to_be_visible()
    assert await person.page.locator('[name="person.family_name"]').input_value() == "Haddad"
    assert person.faults == []

"""The whole run in a real browser, with pictures; the same without script, and one page by keyboard alone.

What a machine can find wrong on any of these pages (axe: serious or critical, a sideways scroll, a script error, a
breach of the content security policy, two primary buttons) fails the test that met it.
"""

import re
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Route, expect

from aktenlauf.cli.journey import ANSWERS, SERVICE
from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.kit.clock import system_clock
from aktenlauf.kit.testing import files

from ..installed import Running
from .conftest import by_visitors
from .person import Person, faults

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOOKED_AT = ("stay_passport", "means_livelihood")
STEPS = {step.key: step for step in catalogue().services[SERVICE].steps()}


async def _begin(person: Person) -> str:
    await person.open("/?q=studium")
    await person.press(person.page.locator(f'a[href="/antrag/neu/{SERVICE}"]').first)
    await person.press(person.page.locator("main form button").first)
    return person.page.url.rsplit("/", 1)[-1]


async def _answer_all(person: Person, case: str) -> None:
    await person.open(f"/antrag/{case}/{next(iter(STEPS))}")
    shown: set[str] = set()
    while (key := person.page.url.split("?")[0].rsplit("/", 1)[-1]) in STEPS:
        await person.fill(ANSWERS, STEPS[key].fields)
        if key in LOOKED_AT and key not in shown and person.scripted:
            await person.look(f"question-{key}")
        shown.add(key)
        await person.press(person.page.locator("#frage button.kern-btn--primary"))


async def _declare_and_send(person: Person, case: str) -> None:
    await person.open(f"/antrag/{case}/pruefen")
    for box in await person.page.locator("main input[type=checkbox]").all():
        await box.check(force=True)
    if person.scripted:
        await person.look("check")
    await person.press(person.page.locator("main button.kern-btn--primary"))
    await expect(person.page).to_have_url(f"{person.base_url}/antrag/{case}/eingang")


async def _evidence_with_a_refused_file(person: Person, case: str) -> None:
    await person.open(f"/nachweise/{case}")
    await person.look("evidence-empty")
    await person.attach("passport", "Pass.pdf", files.pdf(2), "application/pdf")
    await person.attach("enrolment", "Immatrikulation.jpg", files.jpeg(), "image/jpeg")
    photos = [{"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": files.jpeg(seed=n)} for n in (1, 2)]
    await person.page.locator("#datei-residence_proof").set_input_files(photos)  # the box "together" is ticked
    await expect(person.page.locator("#d-residence_proof .al-file__name a")).to_have_count(1)
    await expect(person.page.locator("#lage-residence_proof")).to_contain_text("2 Seiten", timeout=20_000)
    field = person.page.locator("#datei-health_insurance")
    await field.set_input_files({"name": "leer.pdf", "mimeType": "application/pdf", "buffer": b""})
    await expect(person.page.locator("#d-health_insurance [role=alert]")).to_contain_text("leer.pdf ist leer")
    await expect(person.page.locator("#lage-passport")).to_contain_text("Vollständig", timeout=20_000)  # by itself
    await person.look("evidence")


async def test_an_application_from_the_first_click_to_the_decision(running: Running, browser: Browser) -> None:
    applicant, caseworker = await Person.at(browser, running.url), await Person.at(browser, running.url)
    await applicant.sign_in("", "Pia Probe")
    case = await _begin(applicant)
    await applicant.look("overview")
    await _answer_all(applicant, case)
    await _evidence_with_a_refused_file(applicant, case)
    await _declare_and_send(applicant, case)
    await applicant.look("receipt")
    await caseworker.sign_in("/amt", "Paula Prüf")
    await caseworker.look("worklist")
    await caseworker.open(f"/amt/{case}")
    await caseworker.press(caseworker.page.locator(f'form[action="/amt/{case}/uebernehmen"] button'))
    await caseworker.look("case")
    journey = await by_visitors(running, case)
    await journey.request_evidence(["health_insurance"])
    message = await journey.message("reichen")
    for path, name in ((f"/antrag/{case}", "status"), (message.path, "message"), (f"/nachweise/{case}", "supplement")):
        await applicant.open(path)
        await applicant.look(name)
    await journey.supplement("health_insurance", ("Krankenkasse.pdf", files.pdf(), "application/pdf"))
    await journey.accept_evidence()
    await _decide(caseworker, case)
    await journey.decide_proposal()
    await journey.notice_pdf()
    await _book(applicant, case)
    for path in ("bescheide", "termine"):
        await caseworker.open(f"/amt/{case}/{path}")
        await caseworker.look(f"case-{path}")
    assert faults(applicant, caseworker) == ""


async def _decide(caseworker: Person, case: str) -> None:
    until = system_clock().date() + timedelta(days=700)
    await caseworker.open(f"/amt/{case}/entscheidung")
    await caseworker.press(caseworker.page.locator("main button.kern-btn--primary"))
    await caseworker.look("decision-errors")
    await caseworker.page.locator('input[name="ergebnis"]').first.check(force=True)
    for part, value in zip("tmj", (until.day, until.month, until.year), strict=True):
        await caseworker.fill_control(f"gueltig-{part}", value)
    await caseworker.fill_control("gruende", "Die Voraussetzungen liegen vor.")
    await caseworker.press(caseworker.page.locator("main button.kern-btn--primary"))
    await caseworker.look("decision-preview")
    await caseworker.press(caseworker.page.locator("main button.kern-btn--primary"))


async def _book(applicant: Person, case: str) -> None:
    await applicant.open(f"/termin/{case}")
    await applicant.look("appointment")
    await applicant.page.locator("input[name=slot]").first.check(force=True)
    await applicant.press(applicant.page.locator("main button.kern-btn--primary"))
    await expect(applicant.page.locator("main")).to_contain_text("Ihr Termin")
    await applicant.look("appointment-booked")
    await applicant.open(f"/antrag/{case}")
    await applicant.look("status-decided")


async def test_all_of_it_works_without_script(running: Running, browser: Browser) -> None:
    applicant = await Person.at(browser, running.url, java_script_enabled=False)
    await applicant.sign_in("", "Pia Probe")
    case = await _begin(applicant)
    await _answer_all(applicant, case)
    await applicant.open(f"/nachweise/{case}")
    await applicant.attach("passport", "Pass.pdf", files.pdf(2), "application/pdf")
    await _declare_and_send(applicant, case)
    await applicant.open(f"/postfach/{case}")
    await applicant.fill_control("text", "Wann kann ich mit einer Antwort rechnen?")
    await applicant.press(applicant.page.locator("main button.kern-btn--primary"))
    await applicant.open(f"/postfach/{case}")
    await expect(applicant.page.locator("main .al-mails")).to_contain_text("Ihre Nachricht")
    assert faults(applicant) == ""


async def test_a_session_about_to_end_can_be_kept_more_than_once(running: Running, browser: Browser) -> None:
    person = await Person.at(browser, running.url)
    await person.sign_in("", "Amira")
    soon = (system_clock() + timedelta(minutes=4)).isoformat()

    async def ends_soon(route: Route) -> None:
        answer = await route.fetch()
        page = re.sub(r'data-session-ends="[^"]+"', f'data-session-ends="{soon}"', await answer.text())
        await route.fulfill(response=answer, body=page)

    await person.page.route("**/postfach", ends_soon)
    await person.page.clock.install()
    await person.open("/postfach")
    notice = person.page.locator("#sitzung")
    await expect(notice).to_contain_text("in 4 Minuten abgemeldet")
    await person.look("session-ends")
    await notice.get_by_role("button", name="Angemeldet bleiben").click()
    await expect(notice).to_be_hidden()
    await person.page.clock.fast_forward(timedelta(minutes=26) // timedelta(milliseconds=1))
    await expect(notice).to_contain_text("abgemeldet")
    assert faults(person) == ""


async def test_a_question_is_answered_by_keyboard_alone(running: Running, browser: Browser) -> None:
    person = await Person.at(browser, running.url)
    await person.sign_in("", "Amira")
    case = await _begin(person)
    await person.open(f"/antrag/{case}/person_name")
    await person.page.keyboard.press("Tab")
    assert await person.page.evaluate("document.activeElement.textContent.trim()") == "Zum Inhalt springen"
    for _ in range(60):
        await person.page.keyboard.press("Tab")
        if await person.page.evaluate("document.activeElement.name") == "person.family_name":
            break
    await person.page.keyboard.type("Haddad")
    await person.page.keyboard.press("Enter")
    await expect(person.page.locator("#fehler")).to_be_focused()
    assert await person.page.locator('[name="person.family_name"]').input_value() == "Haddad"
    await person.page.keyboard.press("Tab")
    await person.page.keyboard.press("Enter")
    assert await person.page.evaluate("document.activeElement.name || ''") != "", "the summary leads to the field"
    assert faults(person) == ""

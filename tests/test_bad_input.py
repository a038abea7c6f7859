"""What people, browsers and programs send by mistake or on purpose, where the whole system is needed to see it.

What one service can show alone is tested beside it: dates, names and files in intake and documents, cookies, tokens
and problem pages in the kit.
"""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote

import httpx
import lxml.html
import pypdfium2
import pytest
import pytest_asyncio

from aktenlauf.cli.journey import ANSWERS, Journey
from aktenlauf.contracts import din91379
from aktenlauf.documents.views import files as files_view
from aktenlauf.kit.identity import Person
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.scope import System
from aktenlauf.kit.testing import files
from aktenlauf.kit.work import Standing
from aktenlauf.review.views import history

from . import browsers, course
from .browsers import Browser
from .inside import Inside, inside
from .installed import Running, installation

pytestmark = pytest.mark.long

on_module_loop = pytest.mark.asyncio(loop_scope="module")
NAME_MAX = 190
UNWRITABLE = 'Ja \x00\x0b\x1b \U0001f600 \ufffe ليلى #read("/etc/passwd") $x$ <script>alert(1)</script>'
"""Control characters, letters that XAusländer does not know, and what means something to Typst and browsers."""


def _letters() -> Iterator[str]:
    """All letters that a name may have, in names of bearable length."""
    name = ""
    marks = sorted(din91379.characters("A") - {" "})
    for letter in [*marks, *sorted(din91379.sequences())]:
        if len(name) + len(letter) > NAME_MAX:
            yield name
            name = ""
        name += letter if letter.isalpha() or len(letter) > 1 else f"a{letter}a"
    yield name


class People:
    """An installation, one case in it, and who works on it."""

    def __init__(self, here: Inside, j: Journey) -> None:
        self.here, self.j, self.case = here, j, j.case
        self.applicant = self.caseworker = browsers.nobody(here)

    async def sign_in(self) -> None:
        self.applicant = await browsers.demo_user(self.here, "public", "pruefling")
        self.caseworker = await browsers.demo_user(self.here, "office", "pruefung")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[People]:
    family, given, other, child, childs_given = _letters()
    answers = {
        "person.family_name": family,
        "person.given_names": given,
        "person.other_names": [{"name": other, "kind": "spelling"}],
        "family.children": [{**ANSWERS["family.children"][0], "family_name": child, "given_names": childs_given}],
    }
    async with inside(tmp_path_factory.mktemp("bad") / "var", rate_upload="1000/minute") as here:
        j = await course.signed_in(*(here.visitor() for _ in range(3)), answers=answers)
        await course.fill_in(j, course.Words())
        await course.hand_in(j)
        await j.in_worklist()
        await j.take()
        await here.settled()
        made = People(here, j)
        await made.sign_in()
        yield made


# --- names ------------------------------------------------------------------------------------------------------------


@on_module_loop
async def test_every_letter_of_a_name_arrives_at_the_office_and_on_the_receipt__din_91379(people: People) -> None:
    page = lxml.html.document_fromstring((await people.caseworker.get(f"/amt/{people.case}/antrag")).content)
    receipt = await people.j.receipt_pdf()
    printed = " ".join(p.get_textpage().get_text_range() for p in pypdfium2.PdfDocument(BytesIO(receipt.content)))
    plain = _folded(printed)
    for name in _letters():
        assert _folded(name) in _folded(page.text_content())
        assert [letter for letter in name if letter.isalpha() and letter not in plain] == []


@on_module_loop
async def test_words_that_no_standard_can_carry_still_arrive(people: People) -> None:
    """They go to the office's own system as a PDF, and neither page nor letter takes them for markup."""
    sent = await people.applicant.post(f"/postfach/{people.case}", {"text": UNWRITABLE})
    asked = await people.caseworker.post(f"/amt/{people.case}/frage", {"text": UNWRITABLE, "schritt": "senden"})
    assert (sent.status_code, asked.status_code) == (303, 303)
    await people.here.settled()
    await _nothing_is_parked(people)
    for browser, path in ((people.applicant, "/postfach"), (people.caseworker, "/amt")):
        end = "" if path == "/postfach" else "/nachrichten"
        page = lxml.html.document_fromstring((await browser.get(f"{path}/{people.case}{end}")).content)
        assert page.xpath("//script[not(@src)]") == []
    office = lxml.html.document_fromstring((await people.caseworker.get(f"/amt/{people.case}/nachrichten")).content)
    assert "<script>alert(1)</script>" in office.text_content()


# --- files ------------------------------------------------------------------------------------------------------------


@on_module_loop
@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd.pdf", 'x"; filename="y.html.pdf', "a\r\nSet-Cookie: x=1.pdf", "‮fdp.exe.pdf", "<img src=x>.pdf"],
)
async def test_the_name_of_a_file_stays_a_name(people: People, name: str) -> None:
    upload = {"file": (name, files.pdf(1, name[:5]), "application/pdf")}
    assert (await people.applicant.post(f"/nachweise/{people.case}", {"hochladen": "photo"}, upload)).status_code == 303
    await people.here.settled()
    doc = await people.here["documents"].get(files_view, System("test"), people.case)
    newest = max(doc["documents"].values(), key=lambda one: one.get("at", ""))
    answer = await people.applicant.get(f"/nachweise/{people.case}/{newest['id']}")
    kept = unquote(answer.headers["content-disposition"].removeprefix("inline; filename*=UTF-8''"))
    assert re.fullmatch(r"inline; filename\*=UTF-8''[A-Za-z0-9%._~/-]+", answer.headers["content-disposition"])
    assert "/" not in kept and kept.isprintable() and kept.endswith(".pdf")
    assert "set-cookie" not in answer.headers
    page = lxml.html.document_fromstring((await people.applicant.get(f"/nachweise/{people.case}")).content)
    assert page.xpath("//img[@src='x']") == []


@on_module_loop
async def test_a_file_that_kills_its_parser_leaves_every_service_standing(people: People) -> None:
    bomb = {"file": ("Bombe.pdf", files.pdf_bomb(), "application/pdf")}
    assert (await people.applicant.post(f"/nachweise/{people.case}", {"hochladen": "photo"}, bomb)).status_code == 303
    await people.here.settled()
    page = await people.applicant.get(f"/nachweise/{people.case}")
    assert page.status_code == 200
    assert (await people.applicant.client.get("/healthz")).status_code == 200
    assert [s.name for s in people.here.installation.services.values() if not s.ready] == []
    await _nothing_is_parked(people)


# --- sessions ---------------------------------------------------------------------------------------------------------


async def _expired(people: People) -> Browser:
    person = Person(subject="x", name="X", roles=frozenset({"applicant"}))
    return await browsers.somebody(people.here, "public", person, ago=timedelta(minutes=31))


@on_module_loop
async def test_an_expired_session_leads_to_the_sign_in_and_back(people: People) -> None:
    browser, path = await _expired(people), f"/antrag/{people.case}?verlauf=alle"
    answer = await browser.get(path)
    assert answer.status_code == 303
    provider = await browser.client.get(answer.headers["location"], follow_redirects=True)
    back = await browser.client.post(provider.url, data={"user": "pruefling"}, follow_redirects=True)
    assert (back.status_code, back.url.raw_path.decode()) == (200, path)


@on_module_loop
async def test_a_form_of_an_expired_session_leads_back_to_its_page(people: People) -> None:
    browser, page = await _expired(people), f"/postfach/{people.case}"
    headers = {"Referer": f"http://localhost:8000{page}", "Accept": "text/html"}
    answer = await browser.client.post(page, data={"csrf": browser.csrf, "text": "Hallo"}, headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/anmelden?zurueck={page}")


@on_module_loop
async def test_a_program_is_told_that_its_session_has_ended(people: People) -> None:
    answer = await (await _expired(people)).get("/api/intake/v1/applications")
    assert (answer.status_code, answer.json()["code"]) == (401, "sign-in")


@on_module_loop
async def test_nobody_is_led_to_another_origin_by_signing_in(people: People) -> None:
    for evil in ("//evil.example", "https://evil.example", "/\\evil.example", "/%09/evil.example", "javascript:x"):
        browser = browsers.nobody(people.here)
        page = await browser.client.get("/anmelden", params={"zurueck": evil}, follow_redirects=True)
        back = await browser.client.post(page.url, data={"user": "pruefling"}, follow_redirects=True)
        assert back.url.host == "localhost"


# --- requests ---------------------------------------------------------------------------------------------------------


@on_module_loop
async def test_what_is_no_json_is_refused_by_every_operation(people: People) -> None:
    refused = 0
    for service, app in people.here.installation.app.apps.items():
        if service not in people.here.installation.services:
            continue
        for path, operations in app.openapi()["paths"].items():
            if "requestBody" not in operations.get("post", {}):
                continue
            browser = people.applicant if service == "scheduling" else people.caseworker
            headers = {"X-CSRF-Token": browser.csrf, "Content-Type": "application/json"}
            for person in (browser, await browsers.demo_user(people.here, "office", "freigabe")):
                headers["X-CSRF-Token"] = person.csrf
                answer = await person.client.post(path.format(case=people.case), content=b"{'a'", headers=headers)
                if answer.status_code in (401, 403):
                    continue  # not for this person
                assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
                refused += 1
    assert refused >= 6


@on_module_loop
async def test_a_foreign_host_name_is_refused_by_every_service(people: People) -> None:
    for path in ("/", "/amt", "/nachweise/x", "/termin/x", "/api/xoev-gateway/v1/exchanges", "/static/css/base.css"):
        assert (await people.applicant.client.get(path, headers={"Host": "evil.example"})).status_code == 421


@on_module_loop
@pytest.mark.parametrize("seen", ["-1", "-" + "9" * 40, "9" * 40, "x", "1.5", "٣"])
async def test_a_form_made_from_no_version_is_refused(people: People, seen: str) -> None:
    fields = {"text": "Hallo", "schritt": "senden", "seen": seen}
    assert (await people.caseworker.post(f"/amt/{people.case}/frage", fields)).status_code == 422


@on_module_loop
async def test_a_verdict_names_a_document_of_its_case_or_none(people: People) -> None:
    """The id stands in the event in the clear: it is no place for words."""
    fields = {"nachweis": "passport", "ergebnis": "accepted", "vermerk": "gut", "dokument": "Herr Muster, krank"}
    assert (await people.caseworker.post(f"/amt/{people.case}/pruefen", fields)).status_code == 404
    body = {"evidence": "passport", "verdict": "accepted", "document": "Herr Muster, krank"}
    path = f"/api/review/v1/cases/{people.case}/reviews"
    assert (await people.caseworker.post(path, body)).status_code == 404
    doc = await people.here["review"].get(history, System("test"), people.case)
    assert "Muster" not in str(doc)


@on_module_loop
async def test_a_command_that_comes_back_with_other_words_keeps_them(people: People) -> None:
    """The Back button, another text, sent once more: the first stands, the second is shown again to be sent anew."""
    fields = {"command_id": new_id(), "text": "Ich ziehe um."}
    path = f"/postfach/{people.case}"
    assert (await people.applicant.post(path, fields)).status_code == 303
    again = await people.applicant.post(path, {**fields, "text": "Ich bleibe doch."})
    assert again.status_code == 409
    assert "Ich bleibe doch." in _typed(again, "text")
    verdict = {"command_id": new_id(), "nachweis": "passport", "ergebnis": "accepted", "vermerk": "Lesbar."}
    path = f"/amt/{people.case}/pruefen"
    assert (await people.caseworker.post(path, verdict)).status_code == 303
    again = await people.caseworker.post(path, {**verdict, "vermerk": "Doch nicht lesbar."})
    assert again.status_code == 409
    assert "Doch nicht lesbar." in _typed(again, "vermerk")


@on_module_loop
async def test_an_applicant_cannot_book_at_another_office(people: People) -> None:
    await people.j.propose()
    await people.j.decide_proposal()
    await people.here.settled()
    free = (await people.applicant.get(f"/api/scheduling/v1/appointments/{people.case}/slots")).json()[0]
    choice = {"place": "zollhaus", "start": free["start"]}
    path = f"/api/scheduling/v1/appointments/{people.case}"
    assert (await people.applicant.post(f"{path}/choices", choice)).status_code == 404
    form = await people.applicant.post(f"/termin/{people.case}", {"ort": "zollhaus", "slot": free["start"]})
    assert form.status_code == 422
    assert (await people.applicant.get(path)).json()["state"] == "offered"


# --- the demonstration ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with installation(tmp_path_factory.mktemp("demo") / "var") as running:
        yield running


def test_without_a_demonstration_its_pages_are_not_there(tmp_path: Path) -> None:
    elsewhere = {
        "AKTENLAUF_DEMO": "false",
        "AKTENLAUF_OIDC_APPLICANTS_ISSUER": "https://applicants.invalid",
        "AKTENLAUF_OIDC_APPLICANTS_CLIENT_ID": "aktenlauf",
        "AKTENLAUF_OIDC_OFFICE_ISSUER": "https://office.invalid",
        "AKTENLAUF_OIDC_OFFICE_CLIENT_ID": "aktenlauf",
    }
    with installation(tmp_path / "var", elsewhere) as running, httpx.Client() as browser:
        for path in ("/vorfuehrung", "/vorfuehrung/als/office/keller", "/vorfuehrung/post", "/vorfuehrung/ablage"):
            assert browser.get(f"{running.url}{path}").status_code == 404
        assert browser.post(f"{running.url}/vorfuehrung/zuruecksetzen").status_code == 404
        page = browser.get(f"{running.url}/anmelden", follow_redirects=True)
        assert "keller" not in page.text and "amira" not in page.text


def test_the_demonstration_gives_out_what_lies_there_and_nothing_else(demo: Running) -> None:
    with httpx.Client(base_url=demo.url) as browser:
        for name in ("..%2Flog.db", "..%2F..%2F..%2Fkeyring.db", "%2e%2e%2f%2e%2e%2flog.db", "log.db", ".hidden"):
            assert browser.get(f"/vorfuehrung/ablage/to-office/{name}").status_code == 404
            assert browser.get(f"/vorfuehrung/ablage/..%2F/{name}").status_code == 404
            assert browser.get(f"/vorfuehrung/post/{name}").status_code == 404


def test_no_other_site_starts_the_demonstration_afresh(demo: Running) -> None:
    with httpx.Client(base_url=demo.url) as browser:
        for path in ("/vorfuehrung/zuruecksetzen", "/vorfuehrung/uhr"):
            for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
                assert browser.post(path, data={"tage": "1"}, headers=headers).status_code == 403


async def _nothing_is_parked(people: People) -> None:
    for service in people.here.installation.services.values():
        parked = [aside for aside in await service.ports.work.aside() if aside.standing is Standing.PARKED]
        assert [(service.name, aside.handler, aside.error) for aside in parked] == []


def _folded(text: str) -> str:
    return re.sub(r"\s+", "", din91379.nfc(text).replace("\u200b", ""))


def _typed(answer: httpx.Response, name: str) -> str:
    page = lxml.html.document_fromstring(answer.content)
    return " ".join(page.xpath(f"//textarea[@name='{name}']/text() | //input[@name='{name}']/@value"))

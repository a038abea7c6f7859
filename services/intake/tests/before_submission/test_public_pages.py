"""What anybody may read: without signing in, in every language, and honest about what is not known."""

import re

import pytest

from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.contracts.offices import offices
from aktenlauf.intake.subjects import SUBJECTS, offered

PATHS = (
    *("/", "/finden", "/thema/studium", "/thema/schutz", "/antrag/neu/study_extension"),
    *("/hilfe", "/impressum", "/datenschutz", "/barrierefreiheit"),
)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("language", "direction"), [("de", "ltr"), ("en", "ltr"), ("ar", "rtl")])
async def test_public_pages_are_open_and_speak_the_language(intake, path, language, direction):
    browser = intake.browser()
    page = await browser.arrive(f"{path}?sprache={language}")
    assert page.status_code == 200
    assert f'<html lang="{language}" dir="{direction}">' in page.text
    assert len(re.findall("<h1", page.text)) == 1


async def test_a_search_finds_the_application_by_the_words_of_the_applicant(intake):
    browser = intake.browser()
    assert 'href="/antrag/neu/study_extension"' in (await browser.get("/?q=Studium")).text
    nothing = await browser.get(
        "/",
    )
    assert "noch keinen Antrag" not in nothing.text
    assert "noch keinen Antrag" in (await browser.get("/?q=Angelschein")).text
    assert "<script>alert" not in (await browser.get("/?q=<script>alert(1)</script>")).text


async def test_the_postcode_says_which_office_is_competent(intake):
    browser = intake.browser()
    assert "Stadt Lindenried" in (await browser.get("/?plz=00102")).text
    assert "99999" in (await browser.get("/?plz=99999")).text
    wrong = await browser.get("/?plz=123x")
    assert "fünf Ziffern" in wrong.text
    assert 'aria-invalid="true"' in wrong.text


async def test_an_unknown_service_is_not_found(intake):
    browser = await intake.signed_in()
    assert (await browser.get("/antrag/neu/gibt-es-nicht")).status_code == 404
    page = await browser.get("/antrag/neu/study_extension")
    token = re.search(r'name="csrf" value="([^"]+)"', page.text)[1]
    assert (await browser.http.post("/antrag/neu/gibt-es-nicht", data={"csrf": token})).status_code == 404


async def test_beginning_needs_a_person_and_comes_back_to_the_service(intake):
    browser = intake.browser()
    page = await browser.get("/antrag/neu/study_extension")
    assert 'href="/anmelden?zurueck=/antrag/neu/study_extension"' in page.text
    assert (await browser.http.post("/antrag/neu/study_extension")).status_code == 303


async def test_the_accessibility_statement_has_an_address_to_report_barriers_to(intake):
    page = await intake.browser().get("/barrierefreiheit")
    for office in offices().values():
        assert (f"mailto:{office.contact.email}" in page.text) is not office.test
    assert 'id="melden"' in page.text


async def test_every_subject_leads_on_and_says_where_nothing_is_online_yet(intake):
    browser = intake.browser()
    start = (await browser.get("/")).text
    for subject in SUBJECTS:
        assert f'href="/thema/{subject.key}"' in start
        page = await browser.get(f"/thema/{subject.key}")
        online = bool(offered(subject, catalogue().services.values()))
        assert ("/antrag/neu/" in page.text) is online
        assert ("noch nicht online</h2>" in page.text) is not online
        assert 'href="/#zustaendig"' in page.text
    assert (await browser.get("/thema/gibt-es-nicht")).status_code == 404


async def test_four_questions_find_the_application_and_an_open_one_is_named(intake):
    browser = intake.browser()
    asked = await browser.get("/finden")
    assert (asked.status_code, asked.text.count("<fieldset")) == (200, 4)
    found = await browser.get("/finden?thema=studium&wunsch=extension&titel=title&ablauf=over&los=1")
    assert 'href="/antrag/neu/study_extension"' in found.text
    assert "sofort" in found.text
    open_ones = await browser.get("/finden?thema=studium&titel=erfunden&los=1")
    assert open_ones.status_code == 422
    assert 'href="#wunsch"' in open_ones.text and 'href="#titel"' in open_ones.text
    assert 'href="#thema"' not in open_ones.text

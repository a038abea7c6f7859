"""What anybody may read: without signing in, in every language, and honest about what is not known."""

import re

import pytest

from aktenlauf.contracts.offices import offices

PATHS = ("/", "/hilfe", "/impressum", "/datenschutz", "/barrierefreiheit", "/antrag/neu/study_extension")


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

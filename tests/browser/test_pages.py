"""Every page once in each language direction, scheme and width; German on a desktop in light is the journey's."""

from typing import Any

import pytest
from playwright.async_api import Browser

from ..installed import Running
from .person import DESKTOP, NARROW, PHONE, Person, faults

pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="session")]

FOUND = "/finden?thema=studium&wunsch=extension&titel=title&ablauf=over&los=1"
PUBLIC = (
    *("/", "/antrag", "/antrag/neu/study_extension", "/thema/arbeiten", FOUND),
    *("/hilfe", "/impressum", "/datenschutz", "/barrierefreiheit"),
)
OWN = ("/konto", "/postfach")
OF_CASE = (
    "/antrag/{case}",
    "/nachweise/{case}",
    "/postfach/{case}",
    "/antrag/{case}/einsicht",
    "/antrag/{case}/eingang",
    "/antrag/{case}/zuruecknehmen",
    "/termin/{case}",
)
MAIN = ("/", "/finden?los=1", "/antrag/{case}", "/nachweise/{case}", "/postfach/{case}", "/termin/{case}")
"""Where applicants spend their time: these in every combination that the two full rounds leave out."""
OFFICE = (
    "/amt",
    "/amt?liste=faellig&wer=niemand",
    "/amt?liste=frei&sortierung=eingang",
    "/amt/{case}",
    "/amt/{case}/antrag",
    "/amt/{case}/nachrichten",
    "/amt/{case}/nachfordern",
    "/amt/{case}/entscheidung",
    "/amt/{case}/verlauf?bereich=nachweise",
    "/amt/{case}/akte",
    "/amt/termine",
)


@pytest.mark.parametrize(
    ("language", "size", "scheme"),
    [("en", NARROW, "light"), ("ar", PHONE, "dark")],
    ids=["english-reflow", "arabic-phone-dark"],
)
async def test_applicants_pages_show_no_fault(
    running: Running, browser: Browser, case: str, language: str, size: Any, scheme: str
) -> None:
    person = await Person.at(browser, running.url, viewport=size, color_scheme=scheme)
    await person.sign_in("", "Pia Probe")
    await person.open(f"/antrag?sprache={language}")
    for path in PUBLIC + OWN + OF_CASE:
        await person.open(path.format(case=case))
        await person.look(f"{_name(path)}-{language}-{scheme}")
        assert await person.page.locator(".al-header details.al-menu a[hreflang=en]").count() == 1, path
    assert faults(person) == ""


@pytest.mark.parametrize(
    ("language", "size", "scheme"),
    [("de", PHONE, "light"), ("ar", DESKTOP, "light"), ("en", DESKTOP, "dark")],
    ids=["german-phone", "arabic-desktop", "english-desktop-dark"],
)
async def test_the_main_pages_show_no_fault_in_the_other_sizes_and_schemes(
    running: Running, browser: Browser, case: str, language: str, size: Any, scheme: str
) -> None:
    person = await Person.at(browser, running.url, viewport=size, color_scheme=scheme)
    await person.sign_in("", "Pia Probe")
    await person.open(f"/hilfe?sprache={language}")
    for path in MAIN:
        await person.open(path.format(case=case), 422 if path.endswith("?los=1") else 200)
        await person.look(f"{_name(path)}-{language}-{scheme}")
    assert faults(person) == ""


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "dark"), (NARROW, "light")], ids=["desktop-dark", "reflow"])
async def test_the_offices_pages_show_no_fault(
    running: Running, browser: Browser, case: str, size: Any, scheme: str
) -> None:
    person = await Person.at(browser, running.url, viewport=size, color_scheme=scheme)
    await person.sign_in("/amt", "Paula Prüf")
    for path in OFFICE:
        await person.open(path.format(case=case))
        await person.look(f"{_name(path)}-{scheme}")
    assert faults(person) == ""


async def test_pages_of_the_system_and_the_demonstration_show_no_fault(
    running: Running, browser: Browser, case: str
) -> None:
    person = await Person.at(browser, running.url)
    await person.open("/anmelden")
    await person.look("sign-in-demo")
    await person.open("/vorfuehrung")
    await person.look("demonstration")
    await person.sign_in("", "Amira")
    await person.open(f"/antrag/{case}", 404)
    await person.look("problem-404")
    await person.sign_in("/amt", "Paula Prüf")
    await person.open("/amt/freigaben", 403)
    await person.look("problem-403")
    await person.sign_in("/amt", "Fritz Freigabe")
    await person.open("/amt/freigaben")
    await person.look("approvals")
    await person.open(f"/amt/nachweise/{case}/{case}/seite/eins", 422)
    await person.look("problem-422")
    assert faults(person) == ""


def _name(path: str) -> str:
    return path.format(case="fall").partition("?")[0].strip("/").replace("/", "-") or "start"

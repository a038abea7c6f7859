"""Finding cases and taking them: the worklist's tabs, orders and pages, the search, several cases at once."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from aktenlauf.contracts.intake import ApplicationWithdrawn
from aktenlauf.contracts.review import CaseAssigned, CaseOpened
from aktenlauf.kit.testing.alone import alone
from aktenlauf.review.pages.search import as_number
from aktenlauf.review.service import definition
from aktenlauf.review.views import worklist

from .conftest import BRAUN, HUBER, KELLER, NOW, REVISOR, VOSS, Bureau, guard, href_of

NAME = "Ḩaddād-Nováková, Lina Şerife"


@pytest.mark.parametrize("typed", ["AL-7K3M-92QF-1", "al 7k3m 92qf 1", "7k3m92qf1"])
def test_number_is_found_however_it_is_typed(typed: str) -> None:
    assert as_number(typed) == "AL-7K3M-92QF-1"


async def test_search_leads_to_the_case_and_says_when_there_is_none(bureau: Bureau) -> None:
    await bureau.applied()
    found = await bureau.post(KELLER, "/amt", "/amt/suche", {"q": "al 7k3m 92qf 1"})
    assert found.headers["location"] == "/amt/c-1"
    missing = await bureau.post(KELLER, "/amt", "/amt/suche", {"q": "AL-0000-0000-0"})
    foreign = await bureau.post(HUBER, "/amt", "/amt/suche", {"q": "AL-7K3M-92QF-1"})
    for answer in (missing, foreign):
        assert answer.status_code == 200
        assert "In Ihrer Behörde gibt es dazu keinen Vorgang" in answer.text and "c-1" not in answer.text


@pytest.mark.parametrize("typed", ["Haddad-Novakova", "ḨADDĀD NOVÁKOVÁ", "haddadnovakova", "Ḩaddād-Nováková, Lina"])
async def test_family_name_is_found_however_it_is_typed__din_91379(bureau: Bureau, typed: str) -> None:
    await bureau.applied()
    found = await bureau.post(KELLER, "/amt", "/amt/suche", {"q": typed})
    assert found.headers.get("location") == "/amt/c-1"


@pytest.mark.parametrize("typed", ["", "-", "Haddad", "Lina", "7", "x" * 5000])
async def test_what_is_no_whole_family_name_finds_nothing(bureau: Bureau, typed: str) -> None:
    await bureau.applied()
    answer = await bureau.post(KELLER, "/amt", "/amt/suche", {"q": typed})
    assert answer.status_code == 200 and NAME not in answer.text


async def test_several_of_one_name_are_listed_and_their_looks_recorded(bureau: Bureau) -> None:
    await bureau.applied("c-1")
    await bureau.applied("c-2")
    await bureau.applied("c-3", office="lindenried")
    answer = await bureau.post(KELLER, "/amt", "/amt/suche", {"q": "Haddad-Novakova"})
    assert sorted(re.findall(r'<th scope="row"><a href="/amt/(c-\d)"', answer.text)) == ["c-1", "c-2"]
    assert NAME in answer.text and "c-3" not in answer.text


async def test_who_sees_no_names_cannot_try_them_out(bureau: Bureau) -> None:
    await bureau.applied()
    by_name = await bureau.post(REVISOR, "/amt", "/amt/suche", {"q": "Haddad-Novakova"})
    assert by_name.status_code == 200 and "c-1" not in by_name.text
    by_number = await bureau.post(REVISOR, "/amt", "/amt/suche", {"q": "AL-7K3M-92QF-1"})
    assert by_number.headers["location"] == "/amt/c-1/verlauf"


async def test_index_of_names_is_keyed_by_office_and_goes_with_the_case(bureau: Bureau) -> None:
    await bureau.applied("c-1")
    await bureau.applied("c-2", office="lindenried")
    here, there = [await bureau.doc(worklist, case) for case in ("c-1", "c-2")]
    assert here["family"] and there["family"] and here["family"] != there["family"]
    await bureau.happened(ApplicationWithdrawn())
    await bureau.stand.settled()
    await bureau.post(VOSS, "/amt/c-1/loeschen", "/amt/c-1/loeschen")
    assert "family" not in await bureau.doc(worklist)
    answer = await bureau.post(KELLER, "/amt", "/amt/suche", {"q": "Haddad-Novakova"})
    assert answer.status_code == 200 and "c-1" not in answer.text


async def test_rebuilt_worklist_finds_the_living_and_not_the_erased(tmp_path: Path) -> None:
    async with alone(definition, tmp_path, NOW) as stand:
        bureau = Bureau(stand)
        for case in ("c-1", "c-2"):
            await bureau.applied(case)
        await bureau.happened(ApplicationWithdrawn())
        await stand.settled()
        await bureau.post(VOSS, "/amt/c-1/loeschen", "/amt/c-1/loeschen")
        before = [await bureau.doc(worklist, case) for case in ("c-1", "c-2")]
    for file in (tmp_path / "review").glob("views.db*"):
        file.unlink()
    async with alone(definition, tmp_path, NOW) as stand:
        again = Bureau(stand)
        assert [await again.doc(worklist, case) for case in ("c-1", "c-2")] == before
        found = await again.post(KELLER, "/amt", "/amt/suche", {"q": "Haddad-Novakova"})
        assert found.headers.get("location") == "/amt/c-2"


async def test_several_cases_are_taken_at_once_and_the_answer_says_which_were_not(bureau: Bureau) -> None:
    for case in ("c-1", "c-2", "c-3"):
        await bureau.applied(case)
    await bureau.applied("c-4", office="lindenried")
    browser = await bureau.browser(KELLER)
    shown = (await browser.get("/amt?liste=frei")).text
    assert re.findall(r'name="vorgang" value="(c-\d)"', shown) == ["c-1", "c-2", "c-3"]
    await bureau.took(BRAUN, "c-2")  # while the list lay on the screen
    data = {**guard(shown, "/amt/uebernehmen"), "vorgang": ["c-1", "c-2", "c-3", "c-4"]}
    for _ in range(2):  # sent twice, it is done once and says the same
        answer = await browser.post("/amt/uebernehmen", data=data)
        went, left = answer.text.split("2 Vorgänge wurden nicht übernommen")
        assert "2 Vorgänge sind jetzt bei Ihnen" in went
        assert re.findall(r'href="/amt/(c-\d)"', went) == ["c-1", "c-3"]
        assert re.findall(r'href="/amt/(c-\d)"', left) == ["c-2"] and "schon zugewiesen: Mehmet Braun" in left
        assert "1 Vorgang gibt es in Ihrer Behörde nicht" in left and "c-4" not in answer.text
    for case in ("c-1", "c-3"):
        assert [type(event) for event in await bureau.events(f"review/case/{case}")] == [CaseOpened, CaseAssigned]
    assert [type(event) for event in await bureau.events("review/case/c-4")] == [CaseOpened]
    mine = (await browser.get("/amt?liste=meine")).text
    assert re.findall(r'<th scope="row"><a href="/amt/(c-\d)"', mine) == ["c-1", "c-3"]


async def test_nothing_chosen_is_said(bureau: Bureau) -> None:
    await bureau.applied()
    answer = await bureau.post(KELLER, "/amt", "/amt/uebernehmen")
    assert "Sie haben keinen Vorgang ausgewählt" in (await bureau.get(KELLER, answer.headers["location"])).text
    assert [type(event) for event in await bureau.events()] == [CaseOpened]


async def test_pages_are_turned_both_ways_and_miss_nothing(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aktenlauf.review.pages.lists.ROWS", 2)
    for number in range(5):
        await bureau.applied(f"c-{number}")
    pages, href = [], "/amt"
    while href:
        shown = (await bureau.get(KELLER, href)).text
        pages.append(re.findall(r'<th scope="row"><a href="/amt/(c-\d)"', shown))
        href = href_of(shown, "next")
    assert pages == [["c-0", "c-1"], ["c-2", "c-3"], ["c-4"]]
    back = []
    while href := href_of(shown, "prev"):
        shown = (await bureau.get(KELLER, href)).text
        back.append(re.findall(r'<th scope="row"><a href="/amt/(c-\d)"', shown))
    assert back == [["c-2", "c-3"], ["c-0", "c-1"]]


@pytest.mark.parametrize("word", ["x", "ä", "AAAA", "e30", "%00"])
async def test_forged_place_means_the_beginning(bureau: Bureau, word: str) -> None:
    await bureau.applied()
    answer = await bureau.get(KELLER, f"/amt?ab={word}")
    assert answer.status_code == 200 and NAME in answer.text


async def test_lists_filters_and_unknown_ones(bureau: Bureau) -> None:
    await bureau.applied("c-1")
    await bureau.applied("c-2", title_valid_until=date(2026, 11, 1))
    await bureau.took(KELLER, "c-1")

    async def cases(query: str) -> list[str]:
        shown = (await bureau.get(KELLER, f"/amt?{query}")).text
        return re.findall(r'<th scope="row"><a href="/amt/(c-\d)"', shown)

    assert await cases("liste=gefaehrdet") == ["c-2"]
    assert await cases("liste=faellig") == ["c-2"]
    assert await cases("liste=frei") == ["c-2"]
    assert await cases("liste=freigabe") == []
    assert await cases("liste=meine") == ["c-1"]
    assert await cases("wer=niemand") == ["c-2"]
    assert await cases("anliegen=unbekannt") == []
    for unknown in ("liste=x", "sortierung=x"):
        assert (await bureau.get(KELLER, f"/amt?{unknown}")).status_code == 404


async def test_lists_are_sorted_by_deadline_or_by_day_of_filing(bureau: Bureau, monkeypatch: Any) -> None:
    monkeypatch.setattr("aktenlauf.review.pages.lists.ROWS", 2)
    for case, until in (("c-1", date(2027, 1, 14)), ("c-2", date(2026, 11, 1)), ("c-3", date(2027, 2, 1))):
        await bureau.applied(case, title_valid_until=until)
        bureau.clock.advance(hours=1)

    async def cases(href: str) -> list[str]:
        found: list[str] = []
        while href:
            shown = (await bureau.get(KELLER, href)).text
            found += re.findall(r'<th scope="row"><a href="/amt/(c-\d)"', shown)
            href = href_of(shown, "next")
        return found

    assert await cases("/amt") == ["c-2", "c-1", "c-3"]
    assert await cases("/amt?sortierung=eingang") == ["c-1", "c-2", "c-3"]
    assert await cases("/amt?sortierung=eingang-neu&wer=niemand") == ["c-3", "c-2", "c-1"]
    assert await cases("/amt?liste=gefaehrdet&sortierung=eingang-neu") == ["c-2"]

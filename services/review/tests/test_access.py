"""Who sees what of the office's pages, that looking is recorded, and what an erasure leaves."""

import re
from pathlib import Path

import pytest

from aktenlauf.contracts.common import Accessed
from aktenlauf.contracts.intake import ApplicationWithdrawn
from aktenlauf.contracts.review import CaseOpened
from aktenlauf.kit.testing.alone import alone
from aktenlauf.kit.testing.waiting import until
from aktenlauf.kit.web.access import undeclared_routes
from aktenlauf.review import words
from aktenlauf.review.service import definition

from .conftest import BRAUN, HUBER, KELLER, NOW, REVISOR, VOSS, Bureau, guard, person
from .forms import APPROVER_PAGES, CASE_PAGES, DECISION, NAME, REQUEST, WORK_PAGES

# --- who sees what ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [*CASE_PAGES, *WORK_PAGES, *APPROVER_PAGES])
async def test_case_of_another_office_does_not_exist(bureau: Bureau, part: str) -> None:
    await bureau.applied()
    await bureau.took(BRAUN)
    own, foreign = await bureau.get(BRAUN, f"/amt/c-1{part}"), await bureau.get(HUBER, f"/amt/c-1{part}")
    unknown = await bureau.get(BRAUN, f"/amt/c-9{part}")
    assert (own.status_code, foreign.status_code, unknown.status_code) == (200, 404, 404)
    assert NAME in own.text and NAME not in foreign.text


async def test_worklist_shows_the_own_office_alone(bureau: Bureau) -> None:
    await bureau.applied()
    assert NAME in (await bureau.get(KELLER, "/amt")).text
    assert NAME not in (await bureau.get(HUBER, "/amt")).text


@pytest.mark.parametrize("path", ["uebernehmen", "pruefen", "frage", "nachfordern", "entscheidung"])
async def test_command_to_a_case_of_another_office_finds_nothing(bureau: Bureau, path: str) -> None:
    await bureau.applied()
    browser = await bureau.browser(HUBER)
    fields = guard((await browser.get("/amt")).text, "/amt/naechster")
    data = {**fields, **REQUEST, **DECISION, "nachweis": ["passport"], "schritt": "senden", "ergebnis": "accepted"}
    assert (await browser.post(f"/amt/c-1/{path}", data=data)).status_code == 404
    assert [type(event) for event in await bureau.events()] == [CaseOpened]


@pytest.mark.parametrize("part", WORK_PAGES)
async def test_work_is_for_caseworkers(bureau: Bureau, part: str) -> None:
    await bureau.applied()
    assert (await bureau.get(VOSS, f"/amt/c-1{part}")).status_code == 403


@pytest.mark.parametrize("path", ["/amt/freigaben", *(f"/amt/c-1{part}" for part in APPROVER_PAGES)])
async def test_approval_and_erasure_are_for_approvers(bureau: Bureau, path: str) -> None:
    await bureau.applied()
    assert (await bureau.get(KELLER, path)).status_code == 403
    assert (await bureau.get(VOSS, path)).status_code == 200


@pytest.mark.parametrize("part", [part for part in CASE_PAGES if part != "/verlauf"])
async def test_auditor_gets_no_content_but_an_explanation(bureau: Bureau, part: str) -> None:
    await bureau.applied()
    answer = await bureau.get(REVISOR, f"/amt/c-1{part}")
    assert answer.status_code == 403
    assert NAME not in answer.text and "/amt/c-1/verlauf" in answer.text


async def test_auditor_reads_worklist_and_history_without_names(bureau: Bureau) -> None:
    await bureau.applied()
    await bureau.took()
    for path in ("/amt", "/amt/c-1/verlauf"):
        answer = await bureau.get(REVISOR, path)
        assert answer.status_code == 200
        assert "AL-7K3M-92QF-1" in answer.text and NAME not in answer.text
    assert "Sabine Keller" in answer.text and "Vorgang übernommen" in answer.text


async def test_nobody_is_sent_to_the_sign_in(bureau: Bureau) -> None:
    await bureau.applied()
    browser = await bureau.stand.browser("office", None)
    answer = await browser.get("/amt/c-1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/amt/anmelden?zurueck=/amt/c-1")


def test_every_route_declares_who_may_call_it(bureau: Bureau) -> None:
    assert undeclared_routes(bureau.stand.app) == []


# --- looks and erasure --------------------------------------------------------------------------------------------


async def test_every_case_on_a_page_counts_as_looked_at_once_a_minute(bureau: Bureau) -> None:
    for case in ("c-1", "c-2", "c-3"):
        await bureau.applied(case)
    for _ in range(2):
        await bureau.get(KELLER, "/amt")
    for case in ("c-1", "c-2", "c-3"):
        assert await bureau.events(f"review/access/{case}") == [
            Accessed(role="caseworker", office="erlenbruck", what="case")
        ]


async def test_look_that_cannot_be_recorded_shows_nothing(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    await bureau.applied()
    browser = await bureau.browser(KELLER)
    assert NAME in (await browser.get("/amt/c-1")).text
    bureau.clock.advance(minutes=2)  # another look
    await bureau.service.ports.log.close()
    answer = await browser.get("/amt/c-1")
    assert answer.status_code >= 500
    assert NAME not in answer.text


async def test_history_is_told_by_day_with_who_and_when_and_can_be_filtered(bureau: Bureau) -> None:
    await bureau.applied()
    bureau.clock.advance(days=1)
    await bureau.took()

    async def titles(query: str) -> list[str]:
        shown = (await bureau.get(KELLER, f"/amt/c-1/verlauf{query}")).text
        return re.findall(r'<span class="al-log__dot"></span><div>([^<]*)<small>', shown)

    shown = (await bureau.get(KELLER, "/amt/c-1/verlauf")).text
    assert shown.index("24. November 2026") < shown.index("Vorgang übernommen") < shown.index("23. November 2026")
    assert re.search(r"Vorgang übernommen<small><time[^>]*>09:00 Uhr</time><span>Sabine Keller</span>", shown)
    everything = await titles("")
    assert "Antrag AL-7K3M-92QF-1 eingegangen" in everything and "Datei hochgeladen: Reisepass" in everything
    by_area = [title for area in words.AREAS for title in await titles(f"?bereich={area}")]
    assert sorted(by_area) == sorted(everything)
    assert await titles("?wer=amt") == ["Vorgang übernommen"]
    assert await titles("?bereich=termine") == []
    by_side = [title for who in words.PEOPLE for title in await titles(f"?wer={who}")]
    assert sorted(by_side) == sorted(everything)
    for unknown in ("?bereich=x", "?wer=x"):
        assert (await bureau.get(KELLER, f"/amt/c-1/verlauf{unknown}")).status_code == 404


async def test_history_names_who_looked(bureau: Bureau) -> None:
    await bureau.applied()
    await bureau.get(KELLER, "/amt/c-1/antrag")
    await bureau.stand.settled()
    shown = (await bureau.get(VOSS, "/amt/c-1/verlauf")).text
    assert "Sabine Keller" in shown[shown.index("Wer hat hineingesehen") :]


async def test_approver_erases_a_closed_case_and_its_history_stays(bureau: Bureau) -> None:
    await bureau.applied()
    early = await bureau.get(VOSS, "/amt/c-1/loeschen")
    assert "Das ist noch nicht möglich" in early.text
    await bureau.happened(ApplicationWithdrawn())
    await bureau.stand.settled()
    assert (await bureau.post(VOSS, "/amt/c-1/loeschen", "/amt/c-1/loeschen")).status_code == 303
    for part in CASE_PAGES:
        answer = await bureau.get(KELLER, f"/amt/c-1{part}")
        assert answer.status_code == 200
        assert "Die persönlichen Daten wurden gelöscht" in answer.text and NAME not in answer.text
    assert "Löschung angeordnet" in (await bureau.get(KELLER, "/amt/c-1/verlauf")).text
    assert NAME not in (await bureau.get(KELLER, "/amt?liste=geschlossen")).text
    assert "Die Bestätigung folgt" in (await bureau.get(KELLER, "/amt/c-1")).text
    bureau.clock.advance(minutes=2)

    async def certified() -> bool:
        return "Kennung der Bestätigung" in (await bureau.get(KELLER, "/amt/c-1")).text

    await until(certified)


async def test_open_case_of_a_real_office_is_not_erased(bureau: Bureau) -> None:
    await bureau.applied()
    browser = await bureau.browser(VOSS)
    fields = guard((await browser.get("/amt")).text, "/amt/suche")
    assert (await browser.post("/amt/c-1/loeschen", data=fields)).status_code == 403
    assert await bureau.events("review/erasure/c-1") == []


async def test_open_case_of_the_test_office_is_erased(tmp_path: Path) -> None:
    async with alone(definition, tmp_path, NOW) as stand:
        bureau = Bureau(stand)
        await bureau.applied(office="probstadt")
        approver = person("freigabe", "Fritz Freigabe", "approver", office="probstadt")
        assert (await bureau.post(approver, "/amt/c-1/loeschen", "/amt/c-1/loeschen")).status_code == 303
        assert (await bureau.doc())["erasure"]["reason"] == "test"

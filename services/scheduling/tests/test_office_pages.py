"""The office's pages of appointments, and who may see what on either side."""

import httpx
import pytest

from aktenlauf.contracts.common import Accessed, ErasureOrdered
from aktenlauf.contracts.envelope import parse
from aktenlauf.kit.identity import Person
from aktenlauf.kit.testing.alone import hidden_fields
from aktenlauf.kit.web.access import undeclared_routes

from .conftest import AMIRA, LINH, Desk, staff
from .visits import ABROAD, COUNTER, FIRST, PLANNER, SECOND, TUESDAY, applicant, book, post

# --- office -------------------------------------------------------------------------------------------------------


async def at_the_counter(desk: Desk, person: Person = COUNTER) -> httpx.AsyncClient:
    """c-1 is booked for Tuesday; somebody of the office looks."""
    await book(await applicant(desk, "c-1", AMIRA), "c-1", FIRST)
    desk.clock.now = TUESDAY.replace(hour=7)
    return await desk.stand.browser("office", person)


async def accesses(desk: Desk, case: str) -> list[Accessed]:
    records = await desk.service.ports.log.read(f"scheduling/access/{case}")
    return [event for stored in records if isinstance(event := parse(stored.record).event, Accessed)]


async def test_the_counter_sees_the_day_with_names_and_that_it_looked_is_recorded(desk: Desk) -> None:
    browser = await at_the_counter(desk)
    answer = await browser.get("/amt/termine")
    assert "Amira Haddad (c-1)" in answer.text and "08:20" in answer.text and "1 von 10 belegt, 9 frei" in answer.text
    assert await accesses(desk, "c-1") == [Accessed(role="counter", office="lindenried", what="appointment")]
    other = await browser.get("/amt/termine?tag=2026-11-25")
    assert "Amira" not in other.text and "Keine Termine gebucht" in other.text


async def test_a_planner_sees_numbers_but_no_names(desk: Desk) -> None:
    browser = await at_the_counter(desk, PLANNER)
    answer = await browser.get("/amt/termine")
    assert "Amira" not in answer.text and "AUF-c-1" in answer.text
    assert await accesses(desk, "c-1") == []


async def test_who_came_is_recorded(desk: Desk) -> None:
    browser = await at_the_counter(desk)
    action = "/amt/termine/c-1/anwesenheit"
    missed = await post(browser, await browser.get("/amt/termine"), action, gekommen="nein")
    assert missed.headers["location"] == "/amt/termine?tag=2026-11-24#termin-c-1"
    late = await browser.get("/amt/termine")
    assert "nicht gekommen</span>" in late.text
    await post(browser, late, action, gekommen="ja")
    doc = await desk.appointment("c-1")
    assert (doc["state"], doc["came"]) == ("attended", True)
    assert action not in (await browser.get("/amt/termine")).text


async def test_after_erasure_the_day_list_says_so_and_goes_on(desk: Desk) -> None:
    browser = await at_the_counter(desk)
    await desk.service.ports.keyring.destroy("case/c-1")
    answer = await browser.get("/amt/termine")
    assert answer.status_code == 200 and "Die persönlichen Daten wurden gelöscht" in answer.text
    event = ErasureOrdered(reason="request", keys=["case/c-1"], certify_at=desk.clock())
    await desk.stand.happened("review", event, stream="review/erasure/c-1", case="c-1")
    await desk.settled()
    public = await desk.stand.browser("public", AMIRA)
    assert "Die persönlichen Daten wurden gelöscht" in (await public.get("/termin/c-1")).text


async def test_a_planner_closes_a_day_with_a_reason_and_nobody_books_on_it_any_more(desk: Desk) -> None:
    planner, browser = await desk.stand.browser("office", PLANNER), await applicant(desk, "c-1", AMIRA)
    seen = await browser.get("/termin/c-1")
    path = "/amt/termine/schliessen?ort=zollhaus&tag=2026-11-24"
    asked = await planner.get(path)
    assert "Gebucht ist noch nichts" in asked.text
    assert (await post(planner, asked, path, grund=" ")).status_code == 422
    assert (await post(planner, asked, path, grund="Umbau")).status_code == 303
    assert "geschlossen: Umbau" in (await planner.get("/amt/termine?tag=2026-11-24")).text
    assert (await post(browser, seen, "/termin/c-1", slot=FIRST)).status_code == 409


# --- who may see what ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "/verschieben", "/absagen", "/termin.ics"])
async def test_a_foreign_case_is_not_found_and_the_own_one_is(desk: Desk, path: str) -> None:
    own = await applicant(desk, "c-1", AMIRA)
    await book(own, "c-1", FIRST)
    foreign = await desk.stand.browser("public", LINH)
    answer = await foreign.get(f"/termin/c-1{path}")
    assert (answer.status_code, "AUF-c-1" in answer.text) == (404, False)
    assert (await foreign.get(f"/termin/unknown{path}")).status_code == 404
    assert (await own.get(f"/termin/c-1{path}")).status_code == 200


@pytest.mark.parametrize("action", ["/termin/c-1", "/termin/c-1/absagen"])
async def test_a_foreign_appointment_is_neither_moved_nor_cancelled(desk: Desk, action: str) -> None:
    own = await applicant(desk, "c-1", AMIRA)
    await book(own, "c-1", FIRST)
    foreign = await applicant(desk, "c-2", LINH)
    guard = hidden_fields(await foreign.get("/termin/c-2"), "/termin/c-2")
    assert (await foreign.post(action, data={**guard, "slot": SECOND})).status_code == 404
    assert (await desk.appointment("c-1"))["start"] == FIRST


async def test_another_office_sees_no_appointment_and_records_nothing(desk: Desk) -> None:
    here, abroad = await at_the_counter(desk), await desk.stand.browser("office", ABROAD)
    seen = await here.get("/amt/termine")
    assert "AUF-c-1" in seen.text
    answer = await abroad.get("/amt/termine?tag=2026-11-24")
    assert answer.status_code == 200 and "AUF-c-1" not in answer.text and "Kreishaus" in answer.text
    closing = "/amt/termine/schliessen?ort=kreishaus&tag=2026-11-24"
    guard = hidden_fields(await abroad.get(closing), closing)
    attended = await abroad.post("/amt/termine/c-1/anwesenheit", data={**guard, "gekommen": "ja"})
    closed = await abroad.post("/amt/termine/schliessen?ort=zollhaus&tag=2026-11-24", data={**guard, "grund": "x"})
    assert (attended.status_code, closed.status_code) == (404, 404)
    assert (await desk.appointment("c-1"))["state"] == "booked"
    assert (await post(here, seen, "/amt/termine/c-1/anwesenheit", gekommen="ja")).status_code == 303


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("auditor", "/amt/termine", 200),
        ("counter", "/amt/termine/schliessen?ort=zollhaus&tag=2026-11-24", 403),
        ("planner", "/amt/termine/schliessen?ort=zollhaus&tag=2026-11-24", 200),
        ("operator", "/amt/termine", 403),
    ],
)
async def test_the_offices_pages_are_open_to_their_roles_alone(desk: Desk, role: str, path: str, status: int) -> None:
    browser = await desk.stand.browser("office", staff("x", "lindenried", role))
    assert (await browser.get(path)).status_code == status


async def test_nobody_signed_in_is_sent_to_the_sign_in(desk: Desk) -> None:
    nobody = await desk.stand.browser("public", None)
    for path, where in (("/termin/c-1", "/anmelden"), ("/amt/termine", "/amt/anmelden")):
        answer = await nobody.get(path)
        assert answer.status_code == 303 and answer.headers["location"].startswith(where)


async def test_every_route_declares_a_permission(desk: Desk) -> None:
    assert undeclared_routes(desk.stand.app) == []

"""The API: the same decisions as the pages, for machines."""

from typing import Any

import httpx
import pytest

from aktenlauf.kit.ids import derived_id, new_id
from aktenlauf.kit.testing.alone import hidden_fields

from .conftest import AMIRA, LINH, Desk, staff

API = "/api/scheduling/v1"
FIRST = "2026-11-24T07:20:00Z"


async def client(desk: Desk, case: str, person: Any) -> httpx.AsyncClient:
    """Signed in, with the token that a change needs."""
    await desk.invited(case, person)
    browser = await desk.stand.browser("public", person)
    page = await browser.get(f"/termin/{case}")
    browser.headers.update({"X-CSRF-Token": hidden_fields(page, f"/termin/{case}")["csrf"]})
    return browser


async def choose(browser: httpx.AsyncClient, case: str, start: str, key: str | None = None) -> httpx.Response:
    body = {"place": "zollhaus", "start": start}
    headers = {"Idempotency-Key": key or new_id()}
    return await browser.post(f"{API}/appointments/{case}/choices", json=body, headers=headers)


async def test_an_offer_is_read_booked_and_cancelled(desk: Desk) -> None:
    browser = await client(desk, "c-1", AMIRA)
    assert (await browser.get(f"{API}/appointments/c-1")).json() == {
        "case": "c-1",
        "state": "offered",
        "purpose": "biometrics",
        "until": "2026-12-07T22:59:59Z",
    }
    slots = (await browser.get(f"{API}/appointments/c-1/slots")).json()
    wanted = {"place": "zollhaus", "start": FIRST, "minutes": 20}
    assert {**wanted, "free": 1} in slots
    booked = (await choose(browser, "c-1", FIRST)).json()
    assert (booked["state"], booked["slot"]) == ("booked", wanted)
    cancelled = await browser.post(f"{API}/appointments/c-1/cancellation")
    assert (cancelled.json()["state"], "slot" in cancelled.json()) == ("offered", False)


async def test_who_comes_second_gets_a_conflict_with_a_code(desk: Desk) -> None:
    first, second = await client(desk, "c-1", AMIRA), await client(desk, "c-2", LINH)
    assert (await choose(first, "c-1", FIRST)).status_code == 200
    lost = await choose(second, "c-2", FIRST)
    assert (lost.status_code, lost.json()["code"]) == (409, "slot-taken")
    assert lost.headers["content-type"] == "application/problem+json"


async def test_the_same_key_is_done_once_and_with_other_content_refused(desk: Desk) -> None:
    browser, key = await client(desk, "c-1", AMIRA), new_id()
    answers = [await choose(browser, "c-1", FIRST, key) for _ in range(2)]
    assert [answer.json()["state"] for answer in answers] == ["booked", "booked"]
    other = await choose(browser, "c-1", "2026-11-24T07:40:00Z", key)
    assert (other.status_code, other.json()["code"]) == (409, "command-reused")


async def test_no_client_takes_the_id_of_a_command_that_only_we_give(desk: Desk) -> None:
    """It follows from values that everybody knows, and the command would count as done."""
    ours = derived_id(derived_id("due", "expire-offer", "c-1", "2026-12-07"), "expire-offer", "c-1", "0")
    refused = await choose(await client(desk, "c-1", AMIRA), "c-1", FIRST, ours)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize(
    ("start", "status"),
    [("2026-11-24T07:21:00Z", 404), ("2026-11-24T07:20:00", 422), ("0001-01-01T00:00:00+14:00", 422), ("x", 422)],
)
async def test_a_start_that_does_not_exist_or_has_no_zone_is_refused(desk: Desk, start: str, status: int) -> None:
    assert (await choose(await client(desk, "c-1", AMIRA), "c-1", start)).status_code == status


async def test_without_an_offer_there_are_no_slots_and_nothing_to_choose(desk: Desk) -> None:
    browser = await client(desk, "c-1", AMIRA)
    await desk.applied("c-9", AMIRA)
    await desk.settled()
    assert (await browser.get(f"{API}/appointments/c-9/slots")).json() == []
    assert (await choose(browser, "c-9", FIRST)).status_code == 404


async def test_the_offices_day_names_cases_but_no_persons_and_only_its_own(desk: Desk) -> None:
    await choose(await client(desk, "c-1", AMIRA), "c-1", FIRST)
    own = await desk.stand.browser("office", staff("ott", "lindenried", "counter"))
    other = await desk.stand.browser("office", staff("keller", "erlenbruck", "counter"))
    (entry,) = (await own.get(f"{API}/days/2026-11-24")).json()
    assert (entry["number"], entry["slot"]["start"]) == ("AUF-c-1", FIRST) and "Amira" not in str(entry)
    assert (await other.get(f"{API}/days/2026-11-24")).json() == []
    assert (await own.get(f"{API}/days/9999-12-31")).status_code == 422


async def test_a_foreign_case_is_not_found(desk: Desk) -> None:
    await desk.invited("c-1", AMIRA)
    foreign = await client(desk, "c-2", LINH)
    for path in ("appointments/c-1", "appointments/c-1/slots"):
        assert (await foreign.get(f"{API}/{path}")).status_code == 404
    assert (await choose(foreign, "c-1", FIRST)).status_code == 404
    assert (await foreign.post(f"{API}/appointments/c-1/cancellation")).status_code == 404

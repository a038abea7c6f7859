"""What tests of the pages send, as a browser without script does, and who they are."""

from datetime import UTC, datetime

import httpx

from aktenlauf.kit.identity import Person
from aktenlauf.kit.testing.alone import hidden_fields

from .conftest import Desk, staff

COUNTER = staff("ott", "lindenried", "counter")
PLANNER = staff("plan", "lindenried", "planner")
ABROAD = staff("keller", "erlenbruck", "counter", "planner", "caseworker")
TUESDAY = datetime(2026, 11, 24, tzinfo=UTC)
FIRST, SECOND, THIRD = (f"2026-11-24T{time}:00.000000Z" for time in ("07:20", "07:40", "08:00"))


async def post(browser: httpx.AsyncClient, seen: httpx.Response, action: str, **data: str) -> httpx.Response:
    """Send the form of a page that was seen."""
    return await browser.post(action, data={**hidden_fields(seen, action), **data})


async def book(browser: httpx.AsyncClient, case: str, start: str) -> httpx.Response:
    return await post(browser, await browser.get(f"/termin/{case}"), f"/termin/{case}", slot=start)


async def applicant(desk: Desk, case: str, person: Person, language: str = "de") -> httpx.AsyncClient:
    await desk.invited(case, person)
    return await desk.stand.browser("public", person, language)

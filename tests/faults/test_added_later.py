"""What comes late: a service that is started for the first time, and one that comes back with an older database."""

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from pymongo import MongoClient

from aktenlauf.cli.journey import Journey
from aktenlauf.cli.visitor import Page, VisitFailed
from aktenlauf.kit.testing.waiting import until

from .fleets import PATIENCE_SECONDS, People, people_of

if TYPE_CHECKING:
    from native.sets import Addresses

pytestmark = [pytest.mark.servers, pytest.mark.asyncio(loop_scope="module")]

LATE = ("scheduling-1", "xoev-gateway-1")
IN_LINDENRIED: Mapping[str, Any] = {
    "contact.address": {"street": "Am Bach", "house_number": "1", "postcode": "00101", "city": "Lindenried"}
}
"""Answers for which an office is competent whose counter serves one person at a time."""
PLACE_IN_LIST = 5
"""Of the slot that both want."""
Copy = dict[str, list[dict[str, Any]]]
"""Of a database: collection -> documents."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(tmp_path_factory: pytest.TempPathFactory, servers: "Addresses") -> AsyncIterator[People]:
    folder = tmp_path_factory.mktemp("later")
    async with people_of(folder, servers, without=LATE, staff=("brandl", "huber")) as people:
        yield people


async def decided(people: People, person: str) -> Journey:
    """The journey of a case that ends with the invitation to choose an appointment."""
    j = await people.journey(person, IN_LINDENRIED)
    await j.begin()
    await j.answer_questions()
    await j.submit()
    await j.receipt_pdf()
    await j.in_worklist()
    await j.take()
    await j.accept_evidence("not-needed")
    await j.propose()
    await j.decide_proposal()
    await j.notice_pdf()
    return j


def slots_of(page: Page) -> list[str]:
    """The starts that can be chosen."""
    return [str(value) for value in page.tree.xpath("//form//input[@name='slot'][not(@disabled)]/@value")]


async def is_in(people: People, service: str, case: str, name: str, of: str = "") -> bool:
    """Whether the log of a service has this event of a case; `of`: whose it is, where it was heard."""
    wanted = f"de.aktenlauf.{of or service}.{name}.v1"
    return any(record.meta.type == wanted for record in await people.records(service) if record.meta.subject == case)


async def has_heard_all(people: People, service: str, case: str) -> bool:
    """Whether it has all that intake and review have published of a case so far."""
    published = [r for owner in ("intake", "review") for r in await people.records(owner) if r.meta.source == owner]
    heard = {record.meta.id for record in await people.records(service)}
    return {record.meta.id for record in published if record.meta.subject == case} <= heard


async def own_records(people: People, service: str) -> dict[str, list[str]]:
    """The ids of a service's own events, by stream."""
    found: dict[str, list[str]] = {}
    for record in await people.records(service):
        if record.meta.source == service:
            found.setdefault(record.meta.stream, []).append(record.meta.id)
    return found


def copy_of(people: People, service: str) -> Copy:
    """All that is in the database of a service."""
    with MongoClient[dict[str, Any]](people.fleet.settings()["mongo"]) as client:
        database = client[database_name(people, service)]
        return {name: list(database[name].find()) for name in database.list_collection_names()}


def put_back(people: People, service: str, copy: Copy) -> None:
    """Make the database of a service what it was."""
    with MongoClient[dict[str, Any]](people.fleet.settings()["mongo"]) as client:
        database = client[database_name(people, service)]
        for name in database.list_collection_names():
            database[name].delete_many({})
            if documents := copy.get(name):
                database[name].insert_many(documents)


def database_name(people: People, service: str) -> str:
    return f"{people.fleet.settings()['mongo_prefix']}{service}"


async def test_a_service_that_is_added_later_hears_what_was_and_acts_on_what_comes(people: People) -> None:
    old = await decided(people, "amira")
    await asyncio.gather(*(asyncio.to_thread(people.fleet.start_one, name) for name in LATE))
    for service in ("scheduling", "xoev-gateway"):
        await until(lambda service=service: has_heard_all(people, service, old.case), PATIENCE_SECONDS)
    new = await decided(people, "linh")
    await new.choose_slot()
    await until(lambda: is_in(people, "xoev-gateway", new.case, "message-sent"), PATIENCE_SECONDS)
    # Each handler takes its log in order: what it did for the new case, it would have done for the old one before.
    assert await people.happened("scheduling", old.case) == []
    assert await people.happened("xoev-gateway", old.case) == []


async def test_a_service_with_an_older_database_knows_what_it_gave_away_before_it_gives_again(people: People) -> None:
    first, second = await decided(people, "pruefling"), await decided(people, "mateo")
    await until(lambda: is_in(people, "scheduling", first.case, "appointment-offered"), PATIENCE_SECONDS)
    stale = await second.until(second.applicant, f"/termin/{second.case}", lambda page: bool(slots_of(page)))
    await asyncio.to_thread(people.fleet.end_one, "scheduling-1")
    older = copy_of(people, "scheduling")
    await asyncio.to_thread(people.fleet.start_one, "scheduling-1")
    await first.choose_slot(PLACE_IN_LIST)
    await until(lambda: is_in(people, "intake", first.case, "appointment-booked", of="scheduling"), PATIENCE_SECONDS)
    before = await own_records(people, "scheduling")
    await asyncio.to_thread(people.fleet.end_one, "scheduling-1", signal.SIGKILL)
    put_back(people, "scheduling", older)
    assert await own_records(people, "scheduling") != before
    await asyncio.to_thread(people.fleet.start_one, "scheduling-1")
    assert await own_records(people, "scheduling") == before
    with pytest.raises(VisitFailed) as failed:
        await second.applicant.submit(
            stale, {"slot": slots_of(stale)[PLACE_IN_LIST]}, action=f"/termin/{second.case}", button="slot"
        )
    assert failed.value.status == 409
    await second.choose_slot()
    assert await is_in(people, "scheduling", second.case, "appointment-booked")
    assert [name for name in await people.happened("scheduling", first.case) if "booked" in name] == [
        "appointment-booked"
    ]

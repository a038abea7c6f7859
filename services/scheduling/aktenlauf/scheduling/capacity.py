"""From the office register to the places of a day.

A day is opened when somebody first looks at it, not by a nightly job. Until then the register alone says what it
offers, so a changed register changes it; from then on it stands in the log what people were shown. Nothing has to
run for it, and it also holds after a restart, for a new office, and when the clock of a demonstration jumps. Opening
twice is harmless: the command's id follows from the stream.
"""

import asyncio
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from aktenlauf.contracts.envelope import timestamp
from aktenlauf.contracts.offices import Office, Place, offices
from aktenlauf.kit.errors import NotFound
from aktenlauf.kit.ids import derived_id
from aktenlauf.kit.scope import System
from aktenlauf.kit.service import Service
from aktenlauf.kit.views import Document, Query
from aktenlauf.scheduling.calendar import CounterRule, Hours, slots
from aktenlauf.scheduling.domain import OpenCapacity, berlin_day
from aktenlauf.scheduling.views import day_key, days

HORIZON = timedelta(weeks=6)
"""How far ahead places are given away."""
_OPENER = "open-capacity"


def office_of(key: str) -> Office:
    """The office of this key. Raises NotFound."""
    office = offices().get(key)
    if office is None:
        raise NotFound(key)
    return office


def place_of(office: str, key: str) -> Place:
    """The counter group of this key. Raises NotFound, also for one of another office."""
    place = office_of(office).place(key)
    if place is None:
        raise NotFound(key)
    return place


def counter_rule(office: Office, place: Place) -> CounterRule:
    """When this counter group takes appointments."""
    hours = tuple(
        Hours(weekday=each.weekday - 1, opens=time.fromisoformat(each.opens), closes=time.fromisoformat(each.closes))
        for each in place.hours
    )
    return CounterRule(land=office.land, hours=hours, slot_minutes=place.slot_minutes, places=place.people)


def starts_on(day: date, rule: CounterRule) -> dict[str, int]:
    """Places by start (UTC), in order of time; empty where the counter is closed."""
    return {timestamp(slot.start): slot.places for slot in slots(day, rule)}


async def opened_days(service: Service, office: str, place: str, first: date, last: date) -> list[Document]:
    """The documents of the days from `first` to `last`, in order; those from today to the horizon are opened now.

    Raises NotFound for a place that this office does not have.
    """
    at = service.ports.clock()
    found = place_of(office, place)
    rule = counter_rule(office_of(office), found)
    known = await _documents(service, office, place, first, last)
    today = berlin_day(at)
    held = {doc["day"] for doc in known}
    opening = [
        _opening(office, place, day, starts, found.slot_minutes, at)
        for day in _dates(max(first, today), min(last, today + HORIZON))
        if day.isoformat() not in held and (starts := starts_on(day, rule))
    ]
    if not opening:
        return known
    outcomes = await asyncio.gather(*(service.run(command) for command in opening))
    await asyncio.gather(*(service.until_seen(outcome.stream, outcome.version) for outcome in outcomes))
    return await _documents(service, office, place, first, last)


def _opening(office: str, place: str, day: date, starts: dict[str, int], minutes: int, at: datetime) -> OpenCapacity:
    return OpenCapacity(
        id=derived_id(_OPENER, office, place, day.isoformat()),
        at=at,
        actor=f"system:{_OPENER}",
        scope=System(_OPENER),
        office=office,
        place=place,
        day=day,
        starts=starts,
        minutes=minutes,
    )


async def _documents(service: Service, office: str, place: str, first: date, last: date) -> list[Document]:
    query = Query(
        at_least=day_key(office, place, first), below=day_key(office, place, last + timedelta(days=1)), limit=200
    )
    return list((await service.page(days, System(_OPENER), query)).documents)


def _dates(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))

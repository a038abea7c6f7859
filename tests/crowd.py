"""Several journeys at once, and what they left: for tests that disturb an installation meanwhile.

The same journeys run twice, undisturbed and disturbed; then both are opened and compared.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Protocol

import httpx
import orjson

from aktenlauf.cli.journey import Journey
from aktenlauf.cli.visitor import Visitor
from aktenlauf.kit.clock import ShiftedClock
from aktenlauf.kit.log import Stored

from .comparison import Named, differences, named, run_of
from .course import Words, document, photo, signed_in, whole
from .inside import Inside, inside
from .installed import installation
from .marks import mark
from .reading import Documents, all_documents, all_records

PATIENCE_SECONDS = 120
NOW = "2026-11-22T09:00:00+01:00"
"""A Sunday: no appointment of the day passes by while the journeys run, and both runs have the same days."""
APPLICANTS = ("pruefling", "amira", "mateo")
WORDS = ("Familie", "Fach", "Antwort", "Pass", "Passtext")
"""Of each journey, what is personal and written nowhere in the clear."""


@dataclass
class Left:
    """What one run left, read once everything had settled."""

    cases: list[str]
    logs: dict[str, list[Stored]]
    documents: Documents
    names: Named
    handed_over: dict[str, int]
    """How many files lie in each hand-over point."""


class Counted(httpx.AsyncHTTPTransport):
    """The network, telling of every answer."""

    def __init__(self, answered: Callable[[], None]) -> None:
        super().__init__()
        self._answered = answered

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        self._answered()
        return response


async def crowd(url: str, begun: Callable[[], None], answered: Callable[[], None]) -> list[str]:
    """Run all journeys at once, to the end of each; the cases. `begun`: everybody is signed in."""
    visitors = [
        Visitor(url, transport=Counted(answered), patience_seconds=PATIENCE_SECONDS) for _ in range(3 * len(APPLICANTS))
    ]
    try:
        journeys = [await _signed_in(n, visitors[3 * n : 3 * n + 3]) for n in range(len(APPLICANTS))]
        begun()
        await asyncio.gather(*(whole(j, _words(n), place_in_list=n) for n, j in enumerate(journeys)))
    finally:
        for visitor in visitors:
            await visitor.close()
    return [j.case for j in journeys]


async def undisturbed_in(data: Path) -> Left:
    """What all journeys leave in an installation of one process that nobody disturbs."""
    with installation(data, {"AKTENLAUF_NOW": NOW}) as running:
        cases = await crowd(running.url, lambda: None, lambda: None)
    async with inside(data, ShiftedClock(datetime.fromisoformat(NOW))) as here:
        return await left_of(here, cases, data / "mail", data / "xoev-gateway")


async def left_of(here: Inside, cases: list[str], mail: Path, gateway: Path) -> Left:
    """Let everything that is still to be done be done, and read it. `mail`, `gateway`: folders of what went out."""
    await here.settled()
    names = named(await run_of(here))
    points = {"mail": mail}
    points |= {p: gateway / "drop" / p for p in ("to-office", "to-portal", "from-office", "refused")}
    handed_over = {name: len(list(folder.glob("[!.]*"))) for name, folder in points.items()}
    return Left(cases, await all_records(here), await all_documents(here), names, handed_over)


def word(what: str, number: int) -> str:
    """A word of one journey alone, as a name must be: of letters."""
    return mark(f"{what}{'ABC'[number]}")


async def _signed_in(number: int, visitors: list[Visitor]) -> Journey:
    people = (APPLICANTS[number], "pruefung", "freigabe")
    answers = {"person.family_name": word("Familie", number), "study.subject": word("Fach", number)}
    return await signed_in(visitors[0], visitors[1], visitors[2], people, answers, PATIENCE_SECONDS)


def _words(number: int) -> Words:
    return Words(
        request=word("Nachforderung", number),
        question=word("Frage", number),
        answer=word("Antwort", number),
        passport=document(f"{word('Pass', number)}.pdf", word("Passtext", number)),
        enrolment=photo(f"{word('Foto', number)}.jpg", word("Fototext", number)),
        insurance=document(f"{word('Kasse', number)}.pdf", word("Kassentext", number)),
    )


# --- what holds whatever happened ---------------------------------------------------------------------------------


class Runs(Protocol):
    """The same journeys twice."""

    @property
    def undisturbed(self) -> Left: ...

    @property
    def disturbed(self) -> Left: ...


class WhateverHappened:
    """What must hold of the disturbed run. Inherit, and give a fixture `runs`."""

    async def test_every_journey_came_to_its_end(self, runs: Runs) -> None:
        left = runs.disturbed
        assert len(set(left.cases)) == len(APPLICANTS)
        booked = {case: left.documents["scheduling appointments"][case]["state"] for case in left.cases}
        assert set(booked.values()) == {"booked"}

    async def test_positions_and_versions_have_no_gaps(self, runs: Runs) -> None:
        for records in runs.disturbed.logs.values():
            assert [stored.position for stored in records] == list(range(1, len(records) + 1))
            versions: dict[str, list[int]] = {}
            for stored in records:
                versions.setdefault(stored.stream, []).append(stored.version)
            assert all(found == list(range(1, len(found) + 1)) for found in versions.values())

    async def test_no_command_was_done_twice(self, runs: Runs) -> None:
        """Each command is one commit of a stream, and no event stands in it twice."""
        for service, records in runs.disturbed.logs.items():
            streams: dict[str, list[tuple[str, str]]] = {}
            for stored in _own(service, records):
                envelope = orjson.loads(stored.record)
                streams.setdefault(stored.stream, []).append((envelope["causationid"], envelope["type"]))
            for stream, events in streams.items():
                commits = [command for command, _ in groupby(command for command, _ in events)]
                assert len(commits) == len(set(commits)), stream
                assert len(events) == len(set(events)), stream

    async def test_what_was_heard_is_byte_for_byte_what_its_owner_has(self, runs: Runs) -> None:
        """Whole streams from their beginning."""
        logs = runs.disturbed.logs
        for hearer, records in logs.items():
            heard = _by_stream(records)
            for owner in logs.keys() - {hearer}:
                own = _by_stream(_own(owner, logs[owner]))
                told = {stream: content for stream, content in heard.items() if stream.startswith(f"{owner}/")}
                assert all(own[stream] == content for stream, content in told.items()), (hearer, owner)
        for service in ("intake", "review"):
            assert any(not stored.stream.startswith(f"{service}/") for stored in logs[service])

    async def test_the_same_happened_as_in_the_undisturbed_run(self, runs: Runs) -> None:
        assert runs.disturbed.names.streams.total() > 60 * len(APPLICANTS)
        assert (found := differences(runs.undisturbed.names, runs.disturbed.names)) == "", found

    async def test_each_message_and_mail_was_handed_over_once(self, runs: Runs) -> None:
        handed_over = runs.disturbed.handed_over
        assert handed_over == runs.undisturbed.handed_over
        assert handed_over["mail"] and handed_over["to-office"]


def _by_stream(records: list[Stored]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for stored in records:
        found.setdefault(stored.stream, []).append(stored.record)
    return found


def _own(service: str, records: list[Stored]) -> list[Stored]:
    return [stored for stored in records if stored.stream.startswith(f"{service}/")]

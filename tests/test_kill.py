"""`kill -9` at random moments, under load: nothing is lost, doubled or reordered.

The same journeys run twice, once undisturbed and once in an installation that is killed and started again all the
time, while its visitors repeat whatever got no answer. Then both are opened and compared.
"""

import asyncio
import random
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

import httpx
import orjson
import pytest
import pytest_asyncio

from aktenlauf.cli.demo_clock import NAME as CLOCK_FILE
from aktenlauf.cli.demo_clock import DemoClock
from aktenlauf.cli.journey import Journey
from aktenlauf.cli.visitor import Visitor
from aktenlauf.kit.log import Stored

from .comparison import Named, differences, named, run_of
from .course import Words, document, photo, signed_in, whole
from .inside import inside
from .installed import Running, free_port, launch, start
from .marks import files_below, mark, search
from .reading import Documents, all_documents, all_records

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEED = 20261122
KILLS_MIN, KILLS_MAX = 15, 25
ANSWERS_BETWEEN = 14
"""How many requests the installation answers between two kills, on average: so it is killed as often on a slow machine
as on a fast one, at all stages of the journeys."""
DELAY_SECONDS_MAX = 0.2
"""From that answer to the kill: what follows from a request goes on in the background."""
STILLBORN = 0.15
"""Share of kills that hit it before it is ready."""
PATIENCE_SECONDS = 120
NOW = "2026-11-22T09:00:00+01:00"
"""A Sunday: no appointment of the day passes by while the journeys run, and both runs have the same days."""
APPLICANTS = ("pruefling", "amira", "mateo")


@dataclass
class Left:
    """What one run left, read once everything had settled."""

    cases: list[str]
    kills: int
    logs: dict[str, list[Stored]]
    documents: Documents
    names: Named
    handed_over: dict[str, int]
    """How many files lie in each hand-over point."""


@dataclass
class Runs:
    """Both runs, and where the killed one's data are."""

    undisturbed: Left
    killed: Left
    data: Path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def runs(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Runs]:
    folder = tmp_path_factory.mktemp("kill")
    undisturbed = await _left(folder / "undisturbed", *await _journeys(folder / "undisturbed", None))
    killed = await _left(folder / "killed", *await _journeys(folder / "killed", random.Random(SEED)))
    yield Runs(undisturbed, killed, folder / "killed")


async def _journeys(data: Path, killing: random.Random | None) -> tuple[list[str], int]:
    """Run all journeys at once, to the end of each; the cases, and how often the installation was killed."""
    port = free_port()
    running = await asyncio.to_thread(start, data, port, {"AKTENLAUF_NOW": NOW})
    killer = Killer(running, port, killing)
    visitors = [
        Visitor(running.url, transport=Counted(killer), patience_seconds=PATIENCE_SECONDS)
        for _ in range(3 * len(APPLICANTS))
    ]
    try:
        journeys = [await _signed_in(n, visitors[3 * n : 3 * n + 3]) for n in range(len(APPLICANTS))]
        killer.begin()
        await asyncio.gather(*(whole(j, _words(n), place_in_list=n) for n, j in enumerate(journeys)))
    finally:
        await killer.end()
        for visitor in visitors:
            await visitor.close()
    return [j.case for j in journeys], killer.kills


async def _signed_in(number: int, visitors: list[Visitor]) -> Journey:
    people = (APPLICANTS[number], "pruefung", "freigabe")
    answers = {"person.family_name": _mark("Familie", number), "study.subject": _mark("Fach", number)}
    return await signed_in(visitors[0], visitors[1], visitors[2], people, answers, PATIENCE_SECONDS)


def _words(number: int) -> Words:
    return Words(
        request=_mark("Nachforderung", number),
        question=_mark("Frage", number),
        answer=_mark("Antwort", number),
        passport=document(f"{_mark('Pass', number)}.pdf", _mark("Passtext", number)),
        enrolment=photo(f"{_mark('Foto', number)}.jpg", _mark("Fototext", number)),
        insurance=document(f"{_mark('Kasse', number)}.pdf", _mark("Kassentext", number)),
    )


def _mark(what: str, number: int) -> str:
    """A word of one journey alone, as a name must be: of letters."""
    return mark(f"{what}{'ABC'[number]}")


class Killer:
    """Kills and starts again, as long as the journeys run. Without randomness it lets the installation live."""

    def __init__(self, running: Running, port: int, chance: random.Random | None) -> None:
        self._running, self._port, self._chance = running, port, chance
        self._task: asyncio.Task[None] | None = None
        self._answers_left, self._due = 0, asyncio.Event()
        self.kills = 0

    def begin(self) -> None:
        """From now on."""
        if self._chance is not None:
            self._task = asyncio.create_task(self._go_on(self._chance))

    def answered(self) -> None:
        """The installation has answered a request."""
        self._answers_left -= 1
        if self._answers_left <= 0:
            self._due.set()

    async def end(self) -> None:
        """No more; the last end of a killed installation is a kill too."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._running.kill()
        else:
            self._running.process.send_signal(signal.SIGINT)
            await asyncio.to_thread(self._running.process.wait, 20)

    async def _go_on(self, chance: random.Random) -> None:
        while self.kills < KILLS_MAX:
            self._answers_left = round(chance.expovariate(1 / ANSWERS_BETWEEN))
            self._due.clear()
            await self._due.wait()
            await asyncio.sleep(chance.uniform(0, DELAY_SECONDS_MAX))
            self._kill()
            while chance.random() < STILLBORN:
                await asyncio.sleep(chance.uniform(0, 2))
                self._kill()
            await self._ready()

    def _kill(self) -> None:
        self._running.kill()
        self.kills += 1
        self._running = launch(self._running.data, self._port, {"AKTENLAUF_NOW": NOW})

    async def _ready(self) -> None:
        async with asyncio.timeout(30):
            probe = Visitor(self._running.url, patience_seconds=30)
            while await probe.status("/healthz") != 200:
                await asyncio.sleep(0.05)
            await probe.close()


class Counted(httpx.AsyncHTTPTransport):
    """The network, telling of every answer."""

    def __init__(self, killer: Killer) -> None:
        super().__init__()
        self._killer = killer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        self._killer.answered()
        return response


async def _left(data: Path, cases: list[str], kills: int) -> Left:
    """Open what is there, let everything that is still to be done be done, read it."""
    async with inside(data, DemoClock(data / CLOCK_FILE, datetime.fromisoformat(NOW))) as here:
        await here.settled()
        names = named(await run_of(here))
        logs, documents = await all_records(here), await all_documents(here)
    points = ("mail", *(f"xoev-gateway/drop/{p}" for p in ("to-office", "to-portal", "from-office", "refused")))
    return Left(cases, kills, logs, documents, names, {p: len(list((data / p).glob("[!.]*"))) for p in points})


def _own(service: str, records: list[Stored]) -> list[Stored]:
    return [stored for stored in records if stored.stream.startswith(f"{service}/")]


# --- after the kills ----------------------------------------------------------------------------------------------


async def test_every_journey_came_to_its_end(runs: Runs) -> None:
    assert runs.killed.kills >= KILLS_MIN
    assert len(set(runs.killed.cases)) == len(APPLICANTS)
    booked = {case: runs.killed.documents["scheduling appointments"][case]["state"] for case in runs.killed.cases}
    assert set(booked.values()) == {"booked"}


async def test_positions_and_versions_have_no_gaps(runs: Runs) -> None:
    for records in runs.killed.logs.values():
        assert [stored.position for stored in records] == list(range(1, len(records) + 1))
        versions: dict[str, list[int]] = {}
        for stored in records:
            versions.setdefault(stored.stream, []).append(stored.version)
        assert all(found == list(range(1, len(found) + 1)) for found in versions.values())


async def test_no_command_was_done_twice(runs: Runs) -> None:
    for service, records in runs.killed.logs.items():
        streams: dict[str, list[tuple[str, str]]] = {}
        for stored in _own(service, records):
            envelope = orjson.loads(stored.record)
            streams.setdefault(stored.stream, []).append((envelope["causationid"], envelope["type"]))
        for stream, events in streams.items():
            commits = [command for command, _ in groupby(command for command, _ in events)]
            assert len(commits) == len(set(commits)), stream
            assert len(events) == len(set(events)), stream


async def test_what_was_heard_is_byte_for_byte_what_its_owner_has(runs: Runs) -> None:
    logs = runs.killed.logs
    for hearer, records in logs.items():
        heard: dict[str, list[bytes]] = {}
        for stored in records:
            heard.setdefault(stored.stream, []).append(stored.record)
        for owner in logs.keys() - {hearer}:
            own: dict[str, list[bytes]] = {}
            for stored in _own(owner, logs[owner]):
                own.setdefault(stored.stream, []).append(stored.record)
            told = {stream: content for stream, content in heard.items() if stream.startswith(f"{owner}/")}
            assert all(own[stream] == content for stream, content in told.items()), (hearer, owner)
    for service in ("intake", "review"):
        assert any(not stored.stream.startswith(f"{service}/") for stored in logs[service])


async def test_the_same_happened_as_in_an_undisturbed_run(runs: Runs) -> None:
    assert runs.killed.names.streams.total() > 60 * len(APPLICANTS)
    assert differences(runs.undisturbed.names, runs.killed.names) == ""


async def test_each_message_and_mail_was_handed_over_once(runs: Runs) -> None:
    assert runs.killed.handed_over == runs.undisturbed.handed_over
    assert runs.killed.handed_over["mail"] and runs.killed.handed_over["xoev-gateway/drop/to-office"]


async def test_no_word_of_anybody_is_found_in_what_a_killed_installation_left(runs: Runs) -> None:
    words = [_mark(what, n) for what in ("Familie", "Fach", "Antwort", "Pass", "Passtext") for n in range(3)]
    handed_over = runs.data / "mail", runs.data / "xoev-gateway" / "drop"
    log = (runs.data.parent / f"{runs.data.name}.log").read_bytes()
    assert search([*files_below(runs.data, handed_over), ("log", log)], words) == {}
    assert search(files_below(handed_over[1]), words)


async def test_views_that_are_removed_come_back_the_same(runs: Runs) -> None:
    files = [file for name in ("views.db", "views.db-wal", "views.db-shm") for file in runs.data.glob(f"*/{name}")]
    assert len([file for file in files if file.name == "views.db"]) == len(runs.killed.logs)
    for file in files:
        file.unlink()
    async with inside(runs.data, DemoClock(runs.data / CLOCK_FILE)) as again:
        await again.settled()
        assert await all_documents(again) == runs.killed.documents


# --- a newer data format --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", ["review/log.db", "intake/views.db", "keyring.db"])
async def test_data_of_a_newer_program_is_refused_with_a_sentence(tmp_path: Path, file: str) -> None:
    data = tmp_path / "var"
    (data / file).parent.mkdir(parents=True)
    with closing(sqlite3.connect(data / file)) as db:
        db.execute("PRAGMA user_version = 99")
    running = launch(data, free_port())
    assert await asyncio.to_thread(running.process.wait, 20) == 3
    said = (tmp_path / "var.log").read_text()
    assert "was written by a newer version of Aktenlauf (data format 99" in said
    assert "Traceback" not in said

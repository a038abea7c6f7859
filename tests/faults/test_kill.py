"""`kill -9` at random moments, under load: nothing is lost, doubled or reordered.

The same journeys run twice, once undisturbed and once in an installation that is killed and started again all the
time, while its visitors repeat whatever got no answer. Then both are opened and compared.
"""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
import pytest_asyncio

from aktenlauf.cli.demo_clock import NAME as CLOCK_FILE
from aktenlauf.cli.demo_clock import DemoClock
from aktenlauf.cli.visitor import Visitor

from ..crowd import (
    APPLICANTS,
    NOW,
    WORDS,
    Left,
    WhateverHappened,
    crowd,
    left_of,
    word,
)
from ..inside import inside
from ..installed import Running, free_port, launch, start
from ..marks import files_below, search
from ..reading import all_documents

pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="module")]

SEED = 20261122
KILLS_MIN, KILLS_MAX = 15, 25
ANSWERS_BETWEEN = 14
"""How many requests the installation answers between two kills, on average: so it is killed as often on a slow machine
as on a fast one, at all stages of the journeys."""
DELAY_SECONDS_MAX = 0.2
"""From that answer to the kill: what follows from a request goes on in the background."""
STILLBORN = 0.15
"""Share of kills that hit it before it is ready."""


@dataclass
class Runs:
    """Both runs, and where the killed one's data are."""

    undisturbed: Left
    disturbed: Left
    kills: int
    data: Path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def runs(tmp_path_factory: pytest.TempPathFactory, undisturbed: Left) -> AsyncIterator[Runs]:
    folder = tmp_path_factory.mktemp("kill")
    killed, kills = await _run(folder / "killed")
    yield Runs(undisturbed, killed, kills, folder / "killed")


async def _run(data: Path) -> tuple[Left, int]:
    """What the journeys left, and how often the installation was killed meanwhile."""
    port = free_port()
    running = await asyncio.to_thread(start, data, port, {"AKTENLAUF_NOW": NOW})
    killer = Killer(running, port, random.Random(SEED))
    try:
        cases = await crowd(running.url, killer.begin, killer.answered)
    finally:
        await killer.end()
    async with inside(data, DemoClock(data / CLOCK_FILE, datetime.fromisoformat(NOW))) as here:
        return await left_of(here, cases, data / "mail", data / "xoev-gateway"), killer.kills


class Killer:
    """Kills and starts again, as long as the journeys run."""

    def __init__(self, running: Running, port: int, chance: random.Random) -> None:
        self._running, self._port, self._chance = running, port, chance
        self._task: asyncio.Task[None] | None = None
        self._answers_left, self._due = 0, asyncio.Event()
        self.kills = 0

    def begin(self) -> None:
        """From now on."""
        self._task = asyncio.create_task(self._go_on())

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

    async def _go_on(self) -> None:
        chance = self._chance
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


# --- after the kills ----------------------------------------------------------------------------------------------


class TestAfterTheKills(WhateverHappened):
    async def test_it_was_killed_again_and_again(self, runs: Runs) -> None:
        assert runs.kills >= KILLS_MIN


async def test_no_word_of_anybody_is_found_in_what_a_killed_installation_left(runs: Runs) -> None:
    words = [word(what, n) for what in WORDS for n in range(len(APPLICANTS))]
    handed_over = runs.data / "mail", runs.data / "xoev-gateway" / "drop"
    log = (runs.data.parent / f"{runs.data.name}.log").read_bytes()
    assert search([*files_below(runs.data, handed_over), ("log", log)], words) == {}
    assert search(files_below(handed_over[1]), words)


async def test_views_that_are_removed_come_back_the_same(runs: Runs) -> None:
    files = [file for name in ("views.db", "views.db-wal", "views.db-shm") for file in runs.data.glob(f"*/{name}")]
    assert len([file for file in files if file.name == "views.db"]) == len(runs.disturbed.logs)
    for file in files:
        file.unlink()
    async with inside(runs.data, DemoClock(runs.data / CLOCK_FILE)) as again:
        await again.settled()
        assert await all_documents(again) == runs.disturbed.documents


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

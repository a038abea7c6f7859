"""A draft has one end: filed or discarded, whichever process comes first, whatever dies in between."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any, cast

import pytest

from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.contracts.envelope import parse
from aktenlauf.contracts.intake import ApplicationSubmitted, DraftDiscarded
from aktenlauf.intake import drafts, submission
from aktenlauf.intake.drafts import Draft
from aktenlauf.intake.service import definition
from aktenlauf.kit.errors import Erased
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.log import EventLog
from aktenlauf.kit.ports import open_log, open_ports, open_shared
from aktenlauf.kit.scope import Party
from aktenlauf.kit.service import Service
from aktenlauf.kit.settings import Settings
from aktenlauf.kit.testing.waiting import until

from .conftest import COMPLETE, DECLARATIONS

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
STEPS = ("known", "read", "append")
"""What each of the two does with the application's stream, in this order."""
ORDERS = ["".join("F" if i in filing else "D" for i in range(6)) for filing in combinations(range(6), 3)]
"""All interleavings of the steps of filing and of discarding."""


class Turns:
    """Lets two processes take their steps in a given order; what comes beyond is free."""

    def __init__(self, order: str) -> None:
        self._order, self._taken, self._moved = order, 0, asyncio.Condition()

    async def wait(self, who: str) -> None:
        """Return once it is this one's turn."""
        async with self._moved:
            await self._moved.wait_for(lambda: self._order[self._taken : self._taken + 1] in ("", who))

    async def taken(self, who: str) -> None:
        """This one has taken its step."""
        async with self._moved:
            self._taken += 1
            self._moved.notify_all()

    async def ends(self, who: str) -> None:
        """This one takes no more steps: its turns go to the other."""
        async with self._moved:
            self._order = self._order[: self._taken] + self._order[self._taken :].replace(who, "")
            self._moved.notify_all()


class InTurn:
    """A log whose steps on the application's stream wait for their turn."""

    def __init__(self, log: EventLog, turns: Turns, who: str) -> None:
        self._log, self._turns, self._who = log, turns, who

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._log, name)
        if name not in STEPS:
            return method

        async def step(stream: str, *args: Any) -> Any:
            if not stream.startswith("intake/application/"):
                return await method(stream, *args)
            await self._turns.wait(self._who)
            try:
                return await method(stream, *args)
            finally:
                await self._turns.taken(self._who)

        return step


@dataclass
class Replicas:
    """Two processes of intake on the same data; neither runs, so that nothing but what a test does happens."""

    services: Sequence[Service]

    async def draft(self) -> Draft:
        """Everything is answered."""
        begun = await drafts.start(self.services[0], "p1", "study_extension", "de", NOW)
        answers = {**COMPLETE, **dict.fromkeys(DECLARATIONS, True)}
        assert catalogue().services["study_extension"] == begun.offer
        return replace(begun, content=begun.content.model_copy(update={"answers": answers}))

    async def events(self, case: str) -> list[type]:
        """What the application's stream says."""
        return [type(parse(s.record).event) for s in await self.services[0].ports.log.read(_stream(case))]


def _stream(case: str) -> str:
    return f"intake/application/{case}"


@pytest.fixture
async def replicas(tmp_path: Path) -> AsyncIterator[Replicas]:
    settings = Settings(data=tmp_path)
    shared = await open_shared(settings, lambda: NOW)
    services = []
    for _ in range(2):
        logs = {"intake": await open_log(settings, "intake")}
        services.append(Service(definition, await open_ports(settings, "intake", shared, logs), settings))
    await services[0].ports.views.prepare(definition.views)
    yield Replicas(services)
    for service in services:
        await service.ports.close()
    await shared.close()


def _with_turns(service: Service, turns: Turns, who: str) -> Service:
    log = cast(EventLog, InTurn(service.ports.log, turns, who))
    return Service(definition, replace(service.ports, log=log), service.settings)


async def _file(service: Service, draft: Draft, turns: Turns) -> bool:
    """Whether the applicant was told that it is filed."""
    given = {"id": new_id(), "at": NOW, "actor": "party-1", "scope": Party(draft.party), "seen": None}
    try:
        await submission.submit(service, draft, given)
    except Erased:
        return False
    finally:
        await turns.ends("F")
    return True


async def _discard(service: Service, draft: Draft, turns: Turns) -> None:
    try:
        await drafts.discard(service, draft.case, "draft-deleted", NOW)
    finally:
        await turns.ends("D")


@pytest.mark.parametrize("order", ORDERS)
async def test_of_filing_and_discarding_at_once_in_two_processes_one_happens(replicas: Replicas, order: str) -> None:
    draft, turns = await replicas.draft(), Turns(order)
    filing, discarding = (_with_turns(s, turns, who) for s, who in zip(replicas.services, "FD", strict=True))
    async with asyncio.timeout(20):
        told, _ = await asyncio.gather(_file(filing, draft, turns), _discard(discarding, draft, turns))
    assert await replicas.events(draft.case) == ([ApplicationSubmitted] if told else [DraftDiscarded])
    assert await replicas.services[0].ports.log.version(f"intake/erasure/{draft.case}") == 0  # a reaction orders it
    assert await replicas.services[0].ports.drafts.load(draft.case) is None
    assert told == (order.index("F", _nth(order, "F", 3)) < _nth(order, "D", 3))


def _nth(order: str, who: str, number: int) -> int:
    """Index of the nth step of one of them: the third is its append."""
    return [index for index, turn in enumerate(order) if turn == who][number - 1]


@pytest.mark.parametrize("dies_after", STEPS)
async def test_who_dies_while_filing_leaves_a_draft_that_can_be_discarded_or_an_application(
    replicas: Replicas, dies_after: str
) -> None:
    draft, turns = await replicas.draft(), Turns("F" * (STEPS.index(dies_after) + 1) + "-")
    filing = asyncio.create_task(_file(_with_turns(replicas.services[0], turns, "F"), draft, turns))
    await until(lambda: _reached(turns, STEPS.index(dies_after) + 1))
    filing.cancel()
    with suppress(asyncio.CancelledError):
        await filing
    await drafts.discard(replicas.services[1], draft.case, "draft-expired", NOW)
    is_filed = dies_after == "append"
    assert await replicas.events(draft.case) == ([ApplicationSubmitted] if is_filed else [DraftDiscarded])


async def _reached(turns: Turns, steps: int) -> bool:
    return turns._taken >= steps

"""Reactions, one case after the other: what waits, what stops, what comes again; and what is due."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aktenlauf.contracts.common import Accessed, ErasureOrdered
from aktenlauf.contracts.envelope import Meta, stamp
from aktenlauf.kit.decider import Command
from aktenlauf.kit.errors import NotYet, Unavailable
from aktenlauf.kit.ports import Ports
from aktenlauf.kit.reaction_tail import NOT_YET_MAX
from aktenlauf.kit.reactions import Do, Reactions
from aktenlauf.kit.runner import Runner
from aktenlauf.kit.scope import System
from aktenlauf.kit.service import Service
from aktenlauf.kit.tail import ClockTail
from aktenlauf.kit.testing.permuting_bus import PermutingBus, Topics
from aktenlauf.kit.testing.samples import NOON, Happened, heard, unstamped
from aktenlauf.kit.testing.toy import (
    DECIDERS,
    DEFINITION,
    HEARS,
    SERVICE,
    Open,
    cases,
    told,
    topics_of,
    toy,
    toy_ports,
)
from aktenlauf.kit.testing.waiting import until
from aktenlauf.kit.views import Change, Document, View
from aktenlauf.kit.work import Standing

from .tails import is_done, is_now, settled, tell


@pytest.fixture
async def ports(tmp_path: Path) -> AsyncIterator[Ports]:
    async with toy_ports(tmp_path, lambda _: PermutingBus(Topics(), SERVICE, 0), clock=lambda: NOON) as ports:
        yield ports


class Story:
    """A service with one reaction, which does what the test says, and tells in which order it was run."""

    def __init__(self, ports: Ports) -> None:
        self.ran: list[tuple[str, int]] = []
        self.fail: dict[tuple[str, int], Exception] = {}
        self.reactions = Reactions("story")
        self.ports = ports
        self.definition = replace(DEFINITION, hears=frozenset(), views=[], reactions=[self.reactions])
        self.reactions.on(Happened, name="tell")(self._tell)

    async def _tell(self, event: Happened, meta: Meta, do: Do, service: Service) -> AsyncIterator[Command]:
        if error := self.fail.get((meta.case, event.number)):
            if isinstance(error, Unavailable):
                del self.fail[(meta.case, event.number)]
            raise error
        self.ran.append((meta.case, event.number))
        yield do(Open, case=meta.case)

    async def aside(self) -> list[tuple[int, str]]:
        """What was put aside: position and standing."""
        return [(a.position, str(a.standing)) for a in await self.ports.work.aside("story")]


async def test_a_reaction_that_needs_what_was_not_heard_waits_with_its_stream_and_then_goes_on(ports: Ports) -> None:
    story = Story(ports)
    async with toy(ports, story.definition) as service:
        story.fail[("1", 1)] = NotYet("something")
        await tell(ports, 1, 2)
        await tell(ports, 1, case="2")
        await settled(service)
        assert story.ran == [("2", 1)]
        assert await story.aside() == [(1, "waiting"), (2, "waiting")]
        story.fail.clear()
        await ports.log.hear([stamp(unstamped(Accessed(role="r", what="case"), "others/access/1"), 1)])
        await until(lambda: is_done(service))
        assert story.ran == [("2", 1), ("1", 1), ("1", 2)]


async def test_what_waits_does_not_hold_another_stream_of_its_case_that_it_may_be_waiting_for(ports: Ports) -> None:
    story = Story(ports)

    async def settle(event: Accessed, meta: Meta, do: Do, service: Service) -> AsyncIterator[Command]:
        story.fail.clear()
        for nothing in ():
            yield nothing

    story.reactions.on(Accessed, name="settle")(settle)
    async with toy(ports, story.definition) as service:
        story.fail[("1", 1)] = NotYet("what the reaction to the other stream brings")
        await tell(ports, 1)
        await settled(service)
        await ports.log.hear([stamp(unstamped(Accessed(role="r", what="case"), "others/access/1"), 1)])
        await until(lambda: is_done(service))
        assert story.ran == [("1", 1)]


async def test_an_erasure_is_carried_out_although_its_case_is_stopped(ports: Ports) -> None:
    story = Story(ports)
    erased: list[str] = []

    async def erase(event: ErasureOrdered, meta: Meta, service: Service) -> None:
        erased.append(meta.case)

    story.reactions.effect(ErasureOrdered, name="erase")(erase)
    async with toy(ports, story.definition) as service:
        story.fail[("1", 1)] = ValueError("for good")
        await tell(ports, 1)
        await settled(service)
        ordered = ErasureOrdered(reason="test", keys=["case/1"], certify_at=NOON)
        await ports.log.hear([stamp(unstamped(ordered, "others/erasure/1"), 1)])
        await until(lambda: is_now(erased, ["1"]))
        assert await story.aside() == [(1, "parked")]


@pytest.mark.parametrize("late,standing", [(timedelta(0), "waiting"), (NOT_YET_MAX, "parked")])
async def test_what_was_not_heard_for_a_day_is_parked(tmp_path: Path, late: timedelta, standing: str) -> None:
    now = NOON
    bus = PermutingBus(Topics(), SERVICE, 0)
    async with toy_ports(tmp_path, lambda _: bus, clock=lambda: now) as ports:
        story = Story(ports)
        async with toy(ports, story.definition) as service:
            story.fail[("1", 1)] = NotYet("something")
            await tell(ports, 1)
            await settled(service)
            now += late
            await ports.log.hear([stamp(unstamped(Accessed(role="r", what="case"), "others/access/1"), 1)])
            await settled(service)
            assert await story.aside() == [(1, standing)]


async def test_a_reaction_that_fails_for_good_parks_its_case_and_replay_finishes_in_order(ports: Ports) -> None:
    story = Story(ports)
    async with toy(ports, story.definition) as service:
        story.fail[("1", 2)] = ValueError("a bug")
        await tell(ports, 1, 2, 3)
        await tell(ports, 1, 2, case="2")
        await settled(service)
        assert story.ran == [("1", 1), ("2", 1), ("2", 2)]
        assert await story.aside() == [(2, "parked"), (3, "waiting")]
        story.fail.clear()
        await ports.work.mark("story", "1", 2, Standing.REPLAY)
        await tell(ports, 4)
        await until(lambda: is_done(service))
        assert story.ran[3:] == [("1", 2), ("1", 3), ("1", 4)]


async def test_a_skipped_reaction_is_left_out(ports: Ports) -> None:
    story = Story(ports)
    async with toy(ports, story.definition) as service:
        story.fail[("1", 1)] = ValueError("a bug")
        await tell(ports, 1, 2)
        await settled(service)
        await ports.work.mark("story", "1", 1, Standing.SKIP)
        await tell(ports, 3)
        await until(lambda: is_done(service))
        assert story.ran == [("1", 2), ("1", 3)]


async def test_a_stopped_case_is_still_stopped_after_a_restart(ports: Ports) -> None:
    story = Story(ports)
    story.fail[("1", 1)] = ValueError("a bug")
    async with toy(ports, story.definition) as service:
        await tell(ports, 1)
        await settled(service)
    async with toy(ports, story.definition) as service:
        await tell(ports, 2)
        await settled(service)
    assert story.ran == []
    assert await story.aside() == [(1, "parked"), (2, "waiting")]


async def test_what_a_reaction_finds_unavailable_is_tried_again_in_place(ports: Ports) -> None:
    story = Story(ports)
    story.fail[("1", 1)] = Unavailable("object storage")
    async with toy(ports, story.definition) as service:
        await tell(ports, 1, 2)
        await settled(service)
        assert (story.ran, await story.aside()) == ([("1", 1), ("1", 2)], [])


async def test_in_a_case_that_was_erased_a_reaction_ends_quietly(ports: Ports) -> None:
    async with toy(ports) as service:
        await tell(ports, 1)
        await settled(service)
        await ports.keyring.destroy("case/1")
        await tell(ports, 2)
        await settled(service)
        assert await ports.work.aside() == []
        assert await ports.log.version("toy/case/1") == 1


async def test_an_event_that_does_not_fit_its_model_parks_its_case_alone(ports: Ports) -> None:
    story = Story(ports)
    bad = heard("samples/thing/1", 1).replace(b'"number":1', b'"number":"x"')
    async with toy(ports, story.definition) as service:
        await ports.log.hear([bad])
        await tell(ports, 1, case="2")
        await settled(service)
        assert (story.ran, await story.aside(), service.ready) == ([("2", 1)], [(1, "parked")], True)


async def test_a_handler_that_never_ran_starts_at_the_head(ports: Ports) -> None:
    await tell(ports, 1, 2)
    story = Story(ports)
    async with toy(ports, story.definition) as service:
        await tell(ports, 3)
        await settled(service)
    assert story.ran == [("1", 3)]


async def test_what_a_service_that_was_added_later_hears_first_is_history_to_its_handlers(tmp_path: Path) -> None:
    topics = topics_of([(owner, record) for owner, record in told(2) if owner == "samples"])
    async with toy_ports(tmp_path, lambda _: PermutingBus(topics, SERVICE, 0)) as ports:
        story = Story(ports)
        async with toy(ports, replace(story.definition, hears=HEARS, views=[cases])) as service:
            await settled(service)
            topics.add("samples", heard("samples/thing/new", 1))
            await settled(service)
            assert story.ran == [("new", 1)]
            assert (await service.get(cases, System("test"), "case-1"))["asks"] == [1, 2, 3]


# --- the clock --------------------------------------------------------------------------------------------------------

due = View("due", version=1, indexes=("due",))


async def test_what_is_due_is_done_and_a_failure_keeps_nobody_waiting(ports: Ports) -> None:
    fallen: list[str] = []
    timers = Reactions("timers")

    @timers.when_due(due, name="fall")
    async def fall(key: str, document: Document, do: Do, service: Any) -> AsyncIterator[Command]:
        if document.get("broken"):
            raise ValueError("a bug")
        fallen.append(key)
        yield do(Open, case=key)

    await ports.views.prepare([due])
    early, later = "2026-11-23T11:00:00.000000Z", "2026-11-23T12:00:00.000000Z"
    broken = [Change(f"a{n}", 0, 1, {"due": early, "broken": True}) for n in range(450)]
    others = [Change("b", 0, 1, {"due": early}), Change("c", 0, 1, {"due": later}), Change("d", 0, 1, {"due": None})]
    await ports.views.write(due, [*broken, *others], 1)
    runner = Runner(SERVICE, ports.log, ports.sealing, DECIDERS)
    clock = ClockTail(timers, ports.views, runner, None, lambda: NOON)
    await clock.tick()
    await clock.tick()
    assert fallen == ["b", "b"]
    assert [s.stream for s in await ports.log.tail(0)] == ["toy/case/b"]

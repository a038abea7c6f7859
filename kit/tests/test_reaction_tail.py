"""Several streams at once: bounded, each in order, and nothing is passed that is not done."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from aktenlauf.contracts.envelope import Meta, parse
from aktenlauf.kit.decider import Command
from aktenlauf.kit.errors import NotYet, Unavailable
from aktenlauf.kit.log import walk
from aktenlauf.kit.ports import Ports
from aktenlauf.kit.reactions import Do, Reactions
from aktenlauf.kit.service import Service
from aktenlauf.kit.testing.permuting_bus import PermutingBus, Topics
from aktenlauf.kit.testing.samples import NOON, Happened, heard
from aktenlauf.kit.testing.toy import DEFINITION, SERVICE, Echo, toy, toy_ports
from aktenlauf.kit.testing.waiting import until
from aktenlauf.kit.work import Standing

AT_ONCE = 3
Place = tuple[str, int]
"""Stream and version."""


class Lanes:
    """A service whose reaction takes as long as the test wants."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports
        self.begun: list[Place] = []
        self.done: list[Place] = []
        self.fail: dict[Place, Exception] = {}
        self.closed: dict[Place, asyncio.Event] = {}
        self.most = 0
        reactions = Reactions("lanes", at_once=AT_ONCE)
        reactions.on(Happened, name="take")(self._take)
        self.definition = replace(DEFINITION, hears=frozenset(), views=[], reactions=[reactions])

    async def _take(self, event: Happened, meta: Meta, do: Do, service: Service) -> AsyncIterator[Command]:
        place = (meta.stream, meta.version)
        self.begun.append(place)
        self.most = max(self.most, len(self.begun) - len(self.done))
        if place in self.closed:
            await self.closed[place].wait()
        if place in self.fail:
            raise self.fail[place]
        self.done.append(place)
        yield do(Echo, case=meta.case, fact=meta.version)

    def close(self, stream: str, version: int = 1) -> asyncio.Event:
        """From now on this record takes until the event is set."""
        return self.closed.setdefault((stream, version), asyncio.Event())

    async def tell(self, *places: Place) -> None:
        """Let the log hear some records."""
        await self.ports.log.hear([heard(*place) for place in places])

    async def are_done(self, *places: Place) -> None:
        """Return once these are."""
        await until(lambda: _is(set(places) <= set(self.done)))

    async def aside(self) -> list[tuple[int, str]]:
        """Positions and standings of what was put aside."""
        return [(row.position, str(row.standing)) for row in await self.ports.work.aside("lanes")]


async def _is(condition: bool) -> bool:
    return condition


async def finished(service: Service) -> bool:
    """Whether nothing is left to do."""
    return await service.settled() and not await service.ports.work.aside()


def thing(case: int | str) -> str:
    return f"samples/thing/{case}"


@pytest.fixture
async def ports(tmp_path: Path) -> AsyncIterator[Ports]:
    async with toy_ports(tmp_path, lambda _: PermutingBus(Topics(), SERVICE, 0), clock=lambda: NOON) as ports:
        yield ports


async def test_as_many_streams_as_the_handler_says_are_handled_at_once(ports: Ports) -> None:
    lanes = Lanes(ports)
    gates = [lanes.close(thing(case)) for case in range(10)]
    async with toy(ports, lanes.definition) as service:
        await lanes.tell(*((thing(case), 1) for case in range(10)))
        await until(lambda: _is(len(lanes.begun) == AT_ONCE))
        for gate in gates:
            gate.set()
        await until(lambda: finished(service))
    assert lanes.most == AT_ONCE
    assert len(lanes.done) == 10


async def test_one_stream_is_handled_in_order_while_others_overtake_it(ports: Ports) -> None:
    lanes = Lanes(ports)
    gate = lanes.close(thing(1))
    async with toy(ports, lanes.definition) as service:
        await lanes.tell((thing(1), 1), (thing(1), 2))
        await lanes.tell(*((thing(case), 1) for case in range(2, 9)))
        await lanes.are_done(*((thing(case), 1) for case in range(2, 9)))
        assert (thing(1), 2) not in lanes.begun
        gate.set()
        await until(lambda: finished(service))
    assert [place for place in lanes.done if place[0] == thing(1)] == [(thing(1), 1), (thing(1), 2)]


async def test_the_cursor_passes_only_what_is_done_so_that_a_crash_repeats_it(ports: Ports) -> None:
    lanes = Lanes(ports)
    lanes.close(thing(2))
    async with toy(ports, lanes.definition):
        await lanes.tell((thing(1), 1), (thing(2), 1), (thing(3), 1))
        await lanes.are_done((thing(1), 1), (thing(3), 1))
        await until(lambda: _stands(ports, 1))
    lanes.closed.clear()
    async with toy(ports, lanes.definition) as service:
        await until(lambda: finished(service))
        await until(lambda: _has_passed(ports, 3))
    assert Counter(lanes.done) == {(thing(1), 1): 1, (thing(2), 1): 1, (thing(3), 1): 2}
    own = [stored.stream async for stored in walk(ports.log) if stored.stream.startswith("toy/")]
    assert sorted(own) == [f"toy/echo/{case}" for case in (1, 2, 3)]


async def _has_passed(ports: Ports, position: int) -> bool:
    return (await ports.work.cursor("lanes") or 0) >= position


async def _stands(ports: Ports, position: int) -> bool:
    return await ports.work.cursor("lanes") == position


async def test_what_fails_for_good_stops_its_case_alone_and_replay_finishes_in_order(ports: Ports) -> None:
    lanes = Lanes(ports)
    lanes.fail[(thing(1), 1)] = ValueError("a bug")
    async with toy(ports, lanes.definition) as service:
        await lanes.tell((thing(1), 1), (thing(1), 2), (thing(2), 1))
        await until(service.settled)
        await lanes.tell(("samples/other/1", 1), (thing(2), 2))
        await until(service.settled)
        behind = [stored.position async for stored in walk(ports.log) if parse(stored.record).meta.subject == "1"]
        assert await lanes.aside() == [(behind[0], "parked"), (behind[1], "waiting"), (behind[2], "waiting")]
        assert [stream for stream, _ in lanes.done] == [thing(2), thing(2)]
        lanes.fail.clear()
        await ports.work.mark("lanes", "1", behind[0], Standing.REPLAY)
        await until(lambda: finished(service))
    assert lanes.done[2:] == [(thing(1), 1), (thing(1), 2), ("samples/other/1", 1)]


async def test_what_comes_while_its_stream_is_tried_again_is_not_left_behind(ports: Ports) -> None:
    lanes = Lanes(ports)
    lanes.fail[(thing(1), 1)] = NotYet("something")
    async with toy(ports, lanes.definition) as service:
        await lanes.tell((thing(1), 1))
        await until(service.settled)
        del lanes.fail[(thing(1), 1)]
        gate = lanes.close(thing(1))
        tries = len(lanes.begun)
        await lanes.tell(("samples/other/1", 1))  # of the same case: so the first is tried again
        await until(lambda: _is((thing(1), 1) in lanes.begun[tries:]))
        await lanes.tell((thing(1), 2))
        gate.set()
        await until(lambda: finished(service))
    assert [place for place in lanes.done if place[0] == thing(1)] == [(thing(1), 1), (thing(1), 2)]


async def test_what_is_unavailable_for_one_stream_keeps_no_other_waiting(ports: Ports) -> None:
    lanes = Lanes(ports)
    lanes.fail[(thing(1), 1)] = Unavailable("object storage")
    async with toy(ports, lanes.definition) as service:
        await lanes.tell((thing(1), 1), (thing(2), 1), (thing(3), 1))
        await lanes.are_done((thing(2), 1), (thing(3), 1))
        lanes.fail.clear()
        await until(lambda: finished(service))
    assert set(lanes.done) == {(thing(case), 1) for case in (1, 2, 3)}


async def test_records_put_aside_are_asked_for_once_a_round_however_many_cases_are_stopped(ports: Ports) -> None:
    lanes = Lanes(ports)
    cases = range(20)
    for case in cases:
        lanes.fail[(thing(case), 1)] = ValueError("a bug")
    asked: list[tuple[str | None, str | None]] = []
    aside = ports.work.aside

    class Asked:
        def __getattr__(self, name: str) -> object:
            return getattr(ports.work, name)

        async def aside(self, handler: str | None = None, group: str | None = None) -> object:
            asked.append((handler, group))
            return await aside(handler, group)

    counted = replace(ports, work=Asked())  # type: ignore[arg-type]
    async with toy(counted, lanes.definition) as service:
        await lanes.tell(*((thing(case), 1) for case in cases))
        await until(lambda: _all_aside(lanes, len(cases)))
        asked.clear()
        (tail,) = service._following._tails
        await tail._retry_all()
    assert ("lanes", None) in asked
    assert not [group for _, group in asked if group is not None]


async def _all_aside(lanes: Lanes, count: int) -> bool:
    return len(await lanes.aside()) == count


async def test_a_case_that_stops_while_others_are_tried_again_stays_stopped(ports: Ports) -> None:
    lanes = Lanes(ports)
    lanes.fail[(thing(1), 1)] = lanes.fail[(thing(2), 1)] = ValueError("a bug")
    aside, trying = ports.work.aside, list[asyncio.Task[None]]()

    class Slow:
        """Answers one task with what was aside before another case stopped."""

        def __getattr__(self, name: str) -> object:
            return getattr(ports.work, name)

        async def aside(self, handler: str | None = None, group: str | None = None) -> object:
            rows = await aside(handler, group)
            if asyncio.current_task() in trying and group is None:
                await lanes.tell((thing(2), 1))
                await until(lambda: _all_aside(lanes, 2))
                await until(service.settled)
            return rows

    async with toy(replace(ports, work=Slow()), lanes.definition) as service:  # type: ignore[arg-type]
        await lanes.tell((thing(1), 1))
        await until(service.settled)
        (tail,) = service._following._tails
        trying.append(asyncio.create_task(tail._retry_all()))
        await trying[0]
        await lanes.tell((thing(2), 2))
        await until(service.settled)
        assert [standing for _, standing in await lanes.aside()] == ["parked", "parked", "waiting"]
    assert not lanes.done

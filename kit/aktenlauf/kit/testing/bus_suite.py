"""What every adapter of `Bus` promises. Inherit, and give a fixture `exchange`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

import pytest

from aktenlauf.contracts.envelope import parse
from aktenlauf.kit.bus import Bus, Delivery, caught_up
from aktenlauf.kit.errors import Halt, Unavailable
from aktenlauf.kit.log import Stored
from aktenlauf.kit.testing.samples import stored
from aktenlauf.kit.testing.waiting import until

OWNERS = ("samples", "others")


class Exchange(Protocol):
    """How the suite reaches both ends of the bus under test."""

    async def publish(self, owner: str, records: Sequence[Stored]) -> None:
        """Publish as `owner`: everything that is in its log, private records included."""
        ...

    async def connect(self) -> Bus:
        """A new connection of the one receiving service, as after a restart."""
        ...


class Listener:
    """Keeps what was received; `fail` is called with each batch before it is kept."""

    def __init__(self) -> None:
        self.kept: list[Delivery] = []
        self.fail: Callable[[Sequence[Delivery]], None] = lambda batch: None

    async def receive(self, batch: Sequence[Delivery]) -> None:
        self.fail(batch)
        self.kept.extend(batch)

    def cases(self) -> dict[tuple[str, str | None], list[int]]:
        """Versions per owner and case, repeats left out."""
        found: dict[tuple[str, str | None], list[int]] = {}
        for delivery in self.kept:
            meta = parse(delivery.record).meta
            versions = found.setdefault((delivery.owner, meta.subject), [])
            if meta.version not in versions:
                versions.append(meta.version)
        return found


@asynccontextmanager
async def listening(bus: Bus, receive: Callable[[Sequence[Delivery]], Awaitable[None]]) -> AsyncIterator[None]:
    """Listen to all owners until the block ends, then close."""
    task = asyncio.create_task(bus.listen(OWNERS, receive))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await bus.close()


def records_of(owner: str, cases: int, versions: int, first_position: int = 1) -> list[Stored]:
    """Records of some cases, taking turns."""
    places = [(case, version) for version in range(1, versions + 1) for case in range(cases)]
    return [stored(f"{owner}/thing/{case}", v, first_position + n) for n, (case, v) in enumerate(places)]


class BusSuite:
    """One test per promise of the port."""

    @pytest.fixture
    def exchange(self) -> Exchange:
        raise NotImplementedError("give both ends of the bus under test")

    async def received_all(self, bus: Bus) -> None:
        """Return once nothing is left to receive."""
        await until(lambda: caught_up(bus, OWNERS))

    async def test_records_arrive_byte_for_byte_with_their_owner_and_place(self, exchange: Exchange) -> None:
        records, listener = records_of("samples", 2, 2), Listener()
        await exchange.publish("samples", records)
        bus = await exchange.connect()
        async with listening(bus, listener.receive):
            await self.received_all(bus)
        assert {d.record for d in listener.kept} == {r.record for r in records}
        assert {d.owner for d in listener.kept} == {"samples"}
        assert all(d.place for d in listener.kept)

    async def test_the_records_of_one_case_of_one_owner_arrive_in_order(self, exchange: Exchange) -> None:
        listener = Listener()
        for owner in OWNERS:
            await exchange.publish(owner, records_of(owner, 5, 20))
        bus = await exchange.connect()
        async with listening(bus, listener.receive):
            await self.received_all(bus)
        expected = {(owner, str(case)): list(range(1, 21)) for owner in OWNERS for case in range(5)}
        assert listener.cases() == expected

    async def test_what_is_published_while_listening_arrives(self, exchange: Exchange) -> None:
        listener, bus = Listener(), await exchange.connect()
        async with listening(bus, listener.receive):
            await self.received_all(bus)
            await exchange.publish("samples", records_of("samples", 1, 3))
            await self.received_all(bus)
        assert listener.cases() == {("samples", "0"): [1, 2, 3]}

    async def test_private_records_are_not_delivered(self, exchange: Exchange) -> None:
        listener, bus = Listener(), await exchange.connect()
        await exchange.publish("samples", [stored("samples/settings/1", 1, 1), stored("samples/thing/1", 1, 2)])
        async with listening(bus, listener.receive):
            await self.received_all(bus)
        assert listener.cases() == {("samples", "1"): [1]}

    @pytest.mark.parametrize("error", [Unavailable("disk"), RuntimeError("bug")])
    async def test_after_a_failed_receive_the_batch_comes_again_in_order(
        self, exchange: Exchange, error: Exception
    ) -> None:
        listener, bus, failures = Listener(), await exchange.connect(), iter([True, False, True])

        def fail(_: object) -> None:
            if next(failures, False):
                raise error

        listener.fail = fail
        await exchange.publish("samples", records_of("samples", 2, 5))
        async with listening(bus, listener.receive):
            await self.received_all(bus)
        assert listener.cases() == {("samples", case): [1, 2, 3, 4, 5] for case in "01"}

    async def test_a_halt_of_the_receiver_stops_the_topic_that_it_met_and_no_other(self, exchange: Exchange) -> None:
        listener, bus, halted = Listener(), await exchange.connect(), asyncio.Event()

        def halt(batch: Sequence[Delivery]) -> None:
            assert len({delivery.owner for delivery in batch}) == 1
            if batch[0].owner == "samples":
                assert not halted.is_set()
                halted.set()
                raise Halt("two events at one place")

        listener.fail = halt
        async with listening(bus, listener.receive):
            await exchange.publish("samples", records_of("samples", 1, 1))
            await asyncio.wait_for(halted.wait(), 20)
            await exchange.publish("samples", [stored("samples/thing/0", 2, 2)])
            await exchange.publish("others", records_of("others", 2, 3))
            await until(lambda: caught_up(bus, ["others"]))
            assert not await caught_up(bus, ["samples"])
        assert listener.cases() == {("others", case): [1, 2, 3] for case in "01"}
        again, bus = Listener(), await exchange.connect()
        async with listening(bus, again.receive):
            await self.received_all(bus)
        assert again.cases()[("samples", "0")] == [1, 2]

    async def test_a_restart_goes_on_behind_what_was_received(self, exchange: Exchange) -> None:
        first, second = Listener(), Listener()
        await exchange.publish("samples", records_of("samples", 2, 3))
        bus = await exchange.connect()
        async with listening(bus, first.receive):
            await self.received_all(bus)
        await exchange.publish("samples", [stored("samples/thing/0", 4, 7)])
        bus = await exchange.connect()
        async with listening(bus, second.receive):
            await self.received_all(bus)
        assert 4 in second.cases()[("samples", "0")]
        assert len(second.kept) < len(first.kept)

    async def test_it_has_not_caught_up_while_something_waits(self, exchange: Exchange) -> None:
        await exchange.publish("samples", records_of("samples", 1, 1))
        bus = await exchange.connect()
        assert not await caught_up(bus, OWNERS)
        assert await caught_up(bus, ["others"])
        await bus.close()

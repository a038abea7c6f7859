"""The fake bus obeys the suite of the real ones, and does mix what may be mixed."""

from collections.abc import Sequence

import pytest

from aktenlauf.kit.bus import Bus, Delivery, caught_up
from aktenlauf.kit.log import Stored
from aktenlauf.kit.testing.bus_suite import OWNERS, BusSuite, Exchange, Listener, listening, records_of
from aktenlauf.kit.testing.permuting_bus import PermutingBus, Topics
from aktenlauf.kit.testing.waiting import until


class Fake:
    """An `Exchange` of one seed."""

    def __init__(self, seed: int) -> None:
        self.topics, self.seed = Topics(), seed

    async def publish(self, owner: str, records: Sequence[Stored]) -> None:
        await PermutingBus(self.topics, owner, self.seed).publish(records)

    async def connect(self) -> Bus:
        return PermutingBus(self.topics, "receiver", self.seed)


class TestPermutingBus(BusSuite):
    @pytest.fixture(params=[1, 2, 3])
    def exchange(self, request: pytest.FixtureRequest) -> Exchange:
        return Fake(request.param)


async def order_of(seed: int) -> list[str]:
    """The places in the order in which this seed delivers them."""
    fake, listener = Fake(seed), Listener()
    for owner in OWNERS:
        await fake.publish(owner, records_of(owner, 3, 4))
    bus = await fake.connect()
    async with listening(bus, listener.receive):
        await until(lambda: caught_up(bus, OWNERS))
    return [delivery.place for delivery in listener.kept]


async def test_seeds_differ_and_one_seed_is_always_the_same() -> None:
    assert await order_of(1) == await order_of(1)
    assert len({tuple(await order_of(seed)) for seed in range(10)}) == 10


async def test_old_records_come_again_now_and_then() -> None:
    places = await order_of(1)
    assert len(places) > len(set(places)) == 24


async def test_deliveries_name_their_owner() -> None:
    received: list[Delivery] = []

    async def receive(batch: Sequence[Delivery]) -> None:
        received.extend(batch)

    fake = Fake(1)
    await fake.publish("others", records_of("others", 1, 1))
    bus = await fake.connect()
    async with listening(bus, receive):
        await until(lambda: caught_up(bus, OWNERS))
    assert {delivery.owner for delivery in received} == {"others"}

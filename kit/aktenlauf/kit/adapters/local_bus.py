"""Bus of the embedded form: the logs of the other services in the same process, followed through bytes.

The other log is the topic, so there is nothing to publish; the cursor in `work.db` is the offset.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

from aktenlauf.contracts.envelope import is_private
from aktenlauf.kit.bus import Delivery, Lacks, Receive
from aktenlauf.kit.errors import Halt
from aktenlauf.kit.log import EventLog, Stored
from aktenlauf.kit.patience import patiently
from aktenlauf.kit.work import Place, Work

BATCH_MAX = 500
WAIT_SECONDS = 1.0


class LocalBus:
    """See `aktenlauf.kit.bus.Bus`. `logs` are those of all services in this process, by name."""

    def __init__(self, logs: Mapping[str, EventLog], work: Work) -> None:
        self._logs, self._work = logs, work
        self._places: dict[str, Place] = {}

    async def publish(self, records: Sequence[Stored]) -> None:
        return None

    async def listen(self, owners: Collection[str], receive: Receive) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                for owner in owners:
                    tasks.create_task(self._follow_until_halted(owner, receive))
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
        await asyncio.get_running_loop().create_future()  # all are halted: until cancelled

    async def restore(self, owners: Collection[str], lacks: Lacks, receive: Receive) -> None:
        return None

    async def behind(self, owners: Collection[str]) -> Mapping[str, int]:
        return {owner: await self._logs[owner].head() - await self._position(owner) for owner in owners}

    async def close(self) -> None:
        return None

    async def _position(self, owner: str) -> int:
        place = self._places.get(owner)
        return place.position if place else await self._work.cursor(f"hear:{owner}") or 0

    async def _follow_until_halted(self, owner: str, receive: Receive) -> None:
        with suppress(Halt):  # the receiver has told
            await self._follow(owner, receive)

    async def _follow(self, owner: str, receive: Receive) -> None:
        log = self._logs[owner]
        place = self._places[owner] = Place(self._work, f"hear:{owner}")
        await patiently(f"hearing {owner}", place.read)

        async def step() -> None:
            batch = await log.tail(place.position, BATCH_MAX)
            deliveries = [_delivery(owner, stored) for stored in batch if _is_public(owner, stored)]
            if deliveries:
                await receive(deliveries)
            if batch:
                await place.move(batch[-1].position, acted=bool(deliveries))
            if len(batch) < BATCH_MAX and not await log.wait(place.position, WAIT_SECONDS):
                await place.store()

        while True:
            await patiently(f"hearing {owner}", step, again=_may_succeed)


def _may_succeed(error: BaseException) -> bool:
    """Whatever the receiver met, its batch comes again: only a contradiction stops the topic."""
    return isinstance(error, Exception) and not isinstance(error, Halt)


def _delivery(owner: str, stored: Stored) -> Delivery:
    return Delivery(owner, stored.record, f"{owner} log, position {stored.position}")


def _is_public(owner: str, stored: Stored) -> bool:
    return stored.stream.startswith(f"{owner}/") and not is_private(stored.stream)

"""Bus of the embedded form: the logs of the other services in the same process, followed through bytes.

The other log is the topic, so there is nothing to publish; the cursor in `work.db` is the offset.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence

from aktenlauf.contracts.envelope import is_private
from aktenlauf.kit.bus import Delivery, Receive
from aktenlauf.kit.errors import Halt
from aktenlauf.kit.log import EventLog, Stored
from aktenlauf.kit.patience import patiently
from aktenlauf.kit.work import Work

BATCH_MAX = 500
WAIT_SECONDS = 1.0


class LocalBus:
    """See `aktenlauf.kit.bus.Bus`. `logs` are those of all services in this process, by name."""

    def __init__(self, logs: Mapping[str, EventLog], work: Work) -> None:
        self._logs, self._work = logs, work

    async def publish(self, records: Sequence[Stored]) -> None:
        return None

    async def listen(self, owners: Collection[str], receive: Receive) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                for owner in owners:
                    tasks.create_task(self._follow(owner, receive))
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None

    async def caught_up(self, owners: Collection[str]) -> bool:
        for owner in owners:
            if (await self._work.cursor(f"hear:{owner}") or 0) < await self._logs[owner].head():
                return False
        return True

    async def close(self) -> None:
        return None

    async def _follow(self, owner: str, receive: Receive) -> None:
        log = self._logs[owner]

        async def step() -> None:
            after = await self._work.cursor(f"hear:{owner}") or 0
            batch = await log.tail(after, BATCH_MAX)
            if not batch:
                await log.wait(after, WAIT_SECONDS)
                return
            if deliveries := [_delivery(owner, stored) for stored in batch if _is_public(owner, stored)]:
                await receive(deliveries)
            await self._work.advance(f"hear:{owner}", batch[-1].position)

        while True:
            await patiently(f"hearing {owner}", step, again=_may_succeed)


def _may_succeed(error: BaseException) -> bool:
    """Whatever the receiver met, its batch comes again: only a contradiction stops the subscription."""
    return isinstance(error, Exception) and not isinstance(error, Halt)


def _delivery(owner: str, stored: Stored) -> Delivery:
    return Delivery(owner, stored.record, f"{owner} log, position {stored.position}")


def _is_public(owner: str, stored: Stored) -> bool:
    return stored.stream.startswith(f"{owner}/") and not is_private(stored.stream)

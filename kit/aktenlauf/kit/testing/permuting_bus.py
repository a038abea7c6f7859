"""A fake bus that keeps the one order a bus promises, that of one case of one owner, and mixes everything else.

What is delivered next is drawn by a seed, one record at a time, now and then one that was delivered before: so a
service that rests on more than the promise fails for some seed, and the same seed fails again.
"""

import asyncio
import random
from collections.abc import Collection, Mapping, Sequence

from aktenlauf.contracts.envelope import is_private, parse
from aktenlauf.kit.bus import Delivery, Lacks, Receive
from aktenlauf.kit.errors import Halt
from aktenlauf.kit.log import Stored
from aktenlauf.kit.patience import patiently

Lane = tuple[str, str]
REPEATS = 0.2
"""Share of deliveries that are followed by an old one."""


class Topics:
    """What was published, by owner and case, and how far each service has received it. Outlives every connection."""

    def __init__(self) -> None:
        self.lanes: dict[Lane, list[Delivery]] = {}
        self.offsets: dict[tuple[str, Lane], int] = {}
        self.grown = asyncio.Event()

    def add(self, owner: str, record: bytes) -> None:
        """Append one record to its lane."""
        case = parse(record).meta.subject or ""
        lane = self.lanes.setdefault((owner, case), [])
        lane.append(Delivery(owner, record, f"{owner} {case} {len(lane)}"))
        self.grown.set()


class PermutingBus:
    """See `aktenlauf.kit.bus.Bus`."""

    def __init__(self, topics: Topics, service: str, seed: int) -> None:
        self._topics, self._service = topics, service
        self._random = random.Random(seed)
        self._halted: set[str] = set()

    async def publish(self, records: Sequence[Stored]) -> None:
        for stored in records:
            if not is_private(stored.stream):
                self._topics.add(self._service, stored.record)

    async def listen(self, owners: Collection[str], receive: Receive) -> None:
        while True:
            self._topics.grown.clear()
            while lanes := [lane for lane in self._pending(owners) if lane[0] not in self._halted]:
                lane = self._random.choice(lanes)
                try:
                    await self._deliver(lane, receive)
                except Halt:
                    self._halted.add(lane[0])
            await self._topics.grown.wait()

    async def restore(self, owners: Collection[str], lacks: Lacks, receive: Receive) -> None:
        return None

    async def behind(self, owners: Collection[str]) -> Mapping[str, int]:
        left = dict.fromkeys(owners, 0)
        for lane in self._pending(owners):
            left[lane[0]] += len(self._topics.lanes[lane]) - self._offset(lane)
        return left

    async def close(self) -> None:
        return None

    def _pending(self, owners: Collection[str]) -> list[Lane]:
        lanes = self._topics.lanes.items()
        return [lane for lane, content in lanes if lane[0] in owners and self._offset(lane) < len(content)]

    def _offset(self, lane: Lane) -> int:
        return self._topics.offsets.get((self._service, lane), 0)

    async def _deliver(self, lane: Lane, receive: Receive) -> None:
        content, offset = self._topics.lanes[lane], self._offset(lane)
        batch = [content[offset]]
        if self._random.random() < REPEATS:
            batch.append(content[self._random.randrange(offset + 1)])
        await patiently("delivering", receive, batch, again=_may_succeed)
        self._topics.offsets[(self._service, lane)] = offset + 1


def _may_succeed(error: BaseException) -> bool:
    return isinstance(error, Exception) and not isinstance(error, Halt)

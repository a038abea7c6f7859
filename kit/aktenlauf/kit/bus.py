"""The bus: how events of one service reach the others, as bytes."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from aktenlauf.kit.log import Stored


@dataclass(frozen=True, slots=True)
class Delivery:
    """One record from the topic of `owner`; `place` names it for an operator (topic, partition, offset)."""

    owner: str
    record: bytes
    place: str


Receive = Callable[[Sequence[Delivery]], Awaitable[None]]
"""Takes a batch. When it returns, the batch is safe with the receiver; when it raises, it comes again."""

Lacks = Callable[[Delivery], Awaitable[bool]]
"""Tells whether the own log lacks what it would accept."""


async def caught_up(bus: "Bus", owners: Collection[str]) -> bool:
    """Whether everything that was on the bus at the time of the call has been received. Raises Unavailable."""
    return not any((await bus.behind(owners)).values())


class Bus(Protocol):
    """One service's connection.

    Implementations MUST:
    - acknowledge `publish` only when the records are durable on the bus;
    - deliver the records of one case of one owner in order, at least once, and again after a failed `receive`;
    - give `receive` records of one owner at a time; where it raises Halt, acknowledge nothing of them, deliver no more
      of this owner until the next start, and go on with the other owners;
    - remember what was received per service, so that a restart goes on behind it.

    Receivers MUST NOT assume any order between owners or between cases.
    """

    async def publish(self, records: Sequence[Stored]) -> None:
        """Hand over own records, in order of position; private ones reach nobody else. Raises Unavailable."""
        ...

    async def listen(self, owners: Collection[str], receive: Receive) -> None:
        """Deliver until cancelled."""
        ...

    async def restore(self, owners: Collection[str], lacks: Lacks, receive: Receive) -> None:
        """Deliver what this service once published or received and its log lacks: that is an older copy, restored.

        Own private records too; and others that the log knows. To be called before a command is accepted. Raises
        Unavailable, Halt.
        """
        ...

    async def behind(self, owners: Collection[str]) -> Mapping[str, int]:
        """For each owner, how many of its records on the bus have not been received yet. Raises Unavailable."""
        ...

    async def close(self) -> None:
        """Stop and let go of connections."""
        ...

"""Where each handler is, and what waits or was put aside: the only mutable state of a service besides its views."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

AHEAD_MAX = 500
"""How many records a handler may pass over without storing its place."""


class Standing(StrEnum):
    """Why a record is not yet handled."""

    WAITING = "waiting"  # needs something not heard yet (NotYet), or stands behind one that does
    PARKED = "parked"  # failed for good, or stands behind one that did; an operator decides
    REPLAY = "replay"  # an operator wants it tried again, from this record on in order
    SKIP = "skip"  # an operator gives up this record; its successors are tried


@dataclass(frozen=True, slots=True)
class Aside:
    """A record that a handler could not handle. `group` is its case, or the stream of a private one."""

    handler: str
    group: str
    position: int
    record: bytes
    standing: Standing
    error: str
    """Type and place of the failure, never personal data."""
    since: datetime


class Work(Protocol):
    """Implementations MUST store an `aside` before the cursor that passes it, or both in one commit.

    Losing the newest cursors is harmless: handlers repeat themselves without effect. Losing an `aside` is not,
    unless the cursor is lost with it; nor is losing a handler's first cursor, which says that it ever ran.
    """

    async def cursor(self, handler: str) -> int | None:
        """The last position handled, or None for a handler that never ran."""
        ...

    async def begin(self, handler: str, position: int) -> None:
        """Give a handler its first cursor. One that has a cursor keeps it, whoever was faster."""
        ...

    async def advance(self, handler: str, position: int, aside: Sequence[Aside] = ()) -> None:
        """Put records aside and move the cursor, in one commit."""
        ...

    async def aside(self, handler: str | None = None, group: str | None = None) -> Sequence[Aside]:
        """What was put aside, in order of position."""
        ...

    async def how_many_aside(self) -> Mapping[str, int]:
        """How many records each handler has aside, of those that have any."""
        ...

    async def mark(self, handler: str, group: str, position: int, standing: Standing, error: str = "") -> None:
        """Change the standing of one record put aside."""
        ...

    async def done(self, handler: str, position: int) -> None:
        """A record put aside is handled: forget it."""
        ...

    async def gap(self, stream: str, version: int, at: datetime) -> None:
        """Record that something of `stream` before `version` was not heard."""
        ...

    async def gaps(self) -> Sequence[tuple[str, int]]:
        """Streams with gaps, and the last version heard beyond them."""
        ...

    async def filled(self, stream: str, version: int) -> None:
        """Everything of `stream` up to `version` was heard: forget its gap if that ends there or before."""
        ...

    async def take_lease(self, name: str, holder: str, seconds: float) -> bool:
        """Get or renew a lease for so long; False if another holder has it. Of several takers at once one gets it."""
        ...

    async def give_lease(self, name: str, holder: str) -> None:
        """Give it back, if this holder still has it."""
        ...

    async def close(self) -> None:
        """Let go of the file or connection."""
        ...


class Place:
    """Where a handler is. Stored when it did something, when it is far ahead of what is stored, and when it is quiet.

    Most records concern most handlers not at all: to store each step would be most of a service's work. After a crash
    a handler looks once more at records that did not concern it.
    """

    def __init__(self, work: Work, handler: str) -> None:
        self._work, self._handler = work, handler
        self.position = 0
        self._stored = 0

    async def read(self) -> None:
        """Go to where the handler was."""
        self.position = self._stored = await self._work.cursor(self._handler) or 0

    async def move(self, position: int, *, acted: bool) -> None:
        """Go forward; `acted`: records on the way concerned this handler, and who sees it there finds it stored."""
        if acted or position - self._stored >= AHEAD_MAX:
            await self._store(position)
        self.position = max(self.position, position)  # another may have gone further meanwhile

    async def store(self) -> None:
        """Make the position last."""
        await self._store(self.position)

    async def _store(self, position: int) -> None:
        if position > self._stored:
            await self._work.advance(self._handler, position)
            self._stored = max(self._stored, position)

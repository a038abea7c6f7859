"""The event log of one service: the only thing that is never lost, changed or reordered.

Everything a service did and everything it heard stands here in one total order. All else (views, reactions, mails,
topics) follows from reading it again.
"""

from collections.abc import AsyncIterator, Sequence
from enum import Enum
from typing import NamedTuple, Protocol

from aktenlauf.contracts.envelope import RECORD_BYTES_MAX, Meta, Record, encode, parse, stamp

__all__ = [
    "ANY",
    "RECORD_BYTES_MAX",
    "Appended",
    "EventLog",
    "Heard",
    "Meta",
    "Record",
    "Stored",
    "check_commit",
    "encode",
    "parse",
    "stamp",
]

ANY = -1
"""As `expected`: append behind whatever is there. For streams in which order does not matter (who looked)."""


class Stored(NamedTuple):
    """A record at its place. `record` are the very bytes that were appended or heard."""

    position: int
    stream: str
    version: int
    record: bytes


class Appended(NamedTuple):
    """Where a commit went. `repeated`: the command id was known, and nothing was appended now."""

    stream: str
    version: int
    """Version of the last event of the commit; for an empty one, of the stream."""
    position: int
    """Position of the last event of the commit."""
    repeated: bool = False


class Heard(Enum):
    """What `hear` found."""

    INSERTED = "inserted"
    KNOWN = "known"
    GAP = "gap"


class EventLog(Protocol):
    """Append-only log of one service.

    Implementations MUST:
    - give positions 1, 2, 3 ... without gaps, and versions 1, 2, 3 ... without gaps per stream;
    - make an append one atomic commit at consecutive positions, durable before it is acknowledged;
    - never let a reader that has seen position n later find a new record at or below n;
    - let position order be version order within a stream;
    - serve several writers, also of several processes.

    Callers MUST NOT:
    - append to a stream of another service (hear is for that), or assume that a stale append changed nothing but
      this: `Conflict` means exactly that nothing was appended.
    """

    async def append(
        self, stream: str, expected: int, events: Sequence[bytes], command_id: str, digest: bytes = b""
    ) -> Appended:
        """Commit unstamped events behind version `expected` (0: the stream is new; ANY: wherever it is).

        The same `command_id` on the same stream again: the earlier result with `repeated`, nothing appended.
        Raises Conflict if the stream is not at `expected`; CommandReused if the command id is known with another
        `digest`; ValueError for an event above RECORD_BYTES_MAX or an empty commit; Unavailable.
        """
        ...

    async def known(self, stream: str, command_id: str, digest: bytes = b"") -> Appended | None:
        """The result of an earlier append of this command id, or None. Raises CommandReused like `append`."""
        ...

    async def hear(self, records: Sequence[bytes]) -> list[Heard]:
        """Insert records of other services, bytes unchanged, each at its own stream and version.

        Version at or below the stream's head: KNOWN if it is the same event id, else raises Halt and inserts
        nothing of the batch. The next version: INSERTED. Beyond: GAP, not inserted; later records of that stream
        in the batch are gaps too. Raises NotAnEnvelope.
        """
        ...

    async def read(self, stream: str, after: int = 0) -> list[Stored]:
        """The records of one stream with version > `after`, in order. An unknown stream is empty."""
        ...

    async def tail(self, after: int, limit: int = 500) -> list[Stored]:
        """Up to `limit` records with position > `after`, in order, none left out."""
        ...

    async def wait(self, after: int, seconds: float) -> bool:
        """Return True as soon as a record beyond `after` is there, False after `seconds`. May return early."""
        ...

    async def head(self) -> int:
        """The last position, 0 for an empty log."""
        ...

    async def version(self, stream: str) -> int:
        """The last version of the stream, 0 for an unknown one."""
        ...

    async def close(self) -> None:
        """Finish what was accepted, then let go of the file or connection."""
        ...


def check_commit(events: Sequence[bytes]) -> None:
    """Raises ValueError for an empty commit, or one with an event that is too large once it is stamped."""
    if not events:
        raise ValueError("a commit needs at least one event")
    for event in events:
        if len(event) + 32 > RECORD_BYTES_MAX:  # 32: room for the version
            raise ValueError(f"an event of {len(event)} bytes is above the limit of {RECORD_BYTES_MAX}")


async def walk(log: EventLog, after: int = 0, limit: int = 500) -> AsyncIterator[Stored]:
    """All records beyond `after`, up to the head at the time of each read."""
    while batch := await log.tail(after, limit):
        for stored in batch:
            yield stored
        after = batch[-1].position

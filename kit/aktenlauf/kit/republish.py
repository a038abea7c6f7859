"""Publishing again what the log holds: where a topic was lost, or somebody has missed something.

Whoever has heard it knows it and drops the repeat, so too much is never wrong.
"""

from collections.abc import Awaitable, Callable, Sequence

from aktenlauf.contracts.envelope import parse
from aktenlauf.kit.log import EventLog, Stored

BATCH_MAX = 500

Publish = Callable[[Sequence[Stored]], Awaitable[None]]


async def republish(
    service: str,
    log: EventLog,
    publish: Publish,
    *,
    case: str | None = None,
    start: int = 1,
    tell: Callable[[int, int], None] = lambda position, published: None,
) -> int:
    """Publish own records again, in order, from position `start` up to the head as it is now; how many it were.

    With `case` only those of that case. `tell` learns after each step up to which position it is done, and how many
    were published. Raises Unavailable: then go on behind the last position told.
    """
    position, head, published = start - 1, await log.head(), 0
    while position < head:
        batch = await log.tail(position, min(BATCH_MAX, head - position))
        if own := [stored for stored in batch if _wanted(stored, service, case)]:
            await publish(own)
        position, published = batch[-1].position, published + len(own)
        tell(position, published)
    return published


def _wanted(stored: Stored, service: str, case: str | None) -> bool:
    return stored.stream.startswith(f"{service}/") and case in (None, parse(stored.record).meta.subject)

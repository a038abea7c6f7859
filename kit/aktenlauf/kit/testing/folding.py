"""One case's document in a view, from events told in the order in which they are heard."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aktenlauf.contracts.envelope import Event, Meta, Record, timestamp
from aktenlauf.kit.views import Document, Held, View, apply

BEGIN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
CASE = "case-1"


def record(owner: str, event: Event, minute: int) -> Record:
    """What `owner` stored of the case, so many minutes after `BEGIN`."""
    meta = Meta(
        id=f"event-{minute:03}",
        type=event.type_from(owner),
        source=owner,
        time=timestamp(BEGIN + timedelta(minutes=minute)),
        stream=f"{owner}/stream/{CASE}",
        version=1,
        subject=CASE,
    )
    made = Record(meta, {})
    made._event = event
    return made


def folded(view: View, heard: Iterable[Record]) -> Document:
    """The document of the case after these records, in this order."""
    held: dict[str, Held] = {}
    for position, one in enumerate(heard, 1):
        one.meta = replace(one.meta, position=position)
        apply(view, one, held)
    return held[CASE].document or {}

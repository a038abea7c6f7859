"""An event of no meaning, and its bytes: what the suites append, hear and publish.

The service that owns it is called `samples`, as every event is owned by the module that it stands in.
"""

from datetime import UTC, datetime
from typing import Any

from aktenlauf.contracts.envelope import Event, encode, stamp
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.log import Stored

SERVICE = "samples"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Happened(Event):
    """Something happened for the `number`th time."""

    number: int


def unstamped(event: Event, stream: str, **attributes: Any) -> bytes:
    """`event` as it is before it is appended to `stream`; `attributes` replace those of the envelope."""
    owner, _, case = stream.split("/", 2)
    values: dict[str, Any] = {
        "service": owner,
        "stream": stream,
        "event_id": new_id(),
        "time": NOON,
        "subject": case,
        "office": None,
        "causationid": "cause",
        "correlationid": "cause",
        "actor": "1",
        "traceparent": None,
    }
    return encode(event, **(values | attributes))


def happened(stream: str, number: int, **attributes: Any) -> bytes:
    """An unstamped `Happened`, with an id of its own."""
    return unstamped(Happened(number=number), stream, **attributes)


def heard(stream: str, version: int, **attributes: Any) -> bytes:
    """A `Happened` as another service published it."""
    return stamp(happened(stream, version, **attributes), version)


def stored(stream: str, version: int, position: int) -> Stored:
    """A `Happened` at a place in its owner's log."""
    return Stored(position, stream, version, heard(stream, version))

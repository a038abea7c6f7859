"""The first example of an event: a record with every field filled, made from the model.

Examples that exist are never written again: they are what was once published. Sealed content cannot be opened, as no
key is published; its token has the right form and an unknown key.
"""

import types
from base64 import urlsafe_b64encode
from datetime import UTC, date, datetime
from typing import Any, Literal, Union, get_args, get_origin

import orjson
from pydantic import BaseModel

from aktenlauf.contracts.envelope import Event, encode, stamp
from aktenlauf.contracts.sealed import Sealed

CASE = "01935f3c-0000-7000-8000-000000000001"
MOMENT = datetime(2026, 11, 22, 9, 30, 15, 123456, tzinfo=UTC)


def example(owner: str, model: type[Event], private: bool) -> bytes:
    """One record of this event as its service stores it."""
    service = "review" if owner == "common" else owner
    event = model.model_validate({name: _value(field.annotation, name) for name, field in model.model_fields.items()})
    unstamped = encode(
        event,
        service=service,
        stream=f"{service}/example/{CASE}",
        event_id="01935f3c-0000-7000-8000-0000000000e1",
        time=MOMENT,
        subject=None if private else CASE,
        office=None if private else "erlenbruck",
        causationid="01935f3c-0000-7000-8000-0000000000c1",
        correlationid="01935f3c-0000-7000-8000-0000000000c1",
        actor="party-1",
        traceparent=None,
    )
    return stamp(unstamped, 1) + b"\n"


def _value(annotation: Any, name: str) -> Any:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return _value(next(choice for choice in inner if choice is not type(None)), name)
    if origin is Literal:
        return inner[0]
    if origin is Sealed:
        return _token()
    if origin is list:
        return [_value(inner[0], name)]
    if origin is dict:
        return {"2026-12-03T08:40:00Z": 2} if inner[1] is int else {"example": True}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {key: _value(field.annotation, key) for key, field in annotation.model_fields.items()}
    simple: dict[Any, Any] = {
        str: f"example-{name}",
        int: 2,
        bool: True,
        date: date(2026, 12, 7),
        datetime: MOMENT,
        Any: "example",
    }
    return simple[annotation]


def _token() -> str:
    header = orjson.dumps({"alg": "dir", "enc": "A256GCM", "kid": f"case/{CASE}", "eid": "example"})
    parts = (header, b"", b"0" * 12, b"example", b"0" * 16)
    return ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)

"""The envelope of every event: CloudEvents 1.0 in structured JSON mode.

What a service stores is what it publishes is what can be proved. An event is serialised once, before it is appended;
the log adds nothing but the stream's version (`stamp`), and from then on the bytes never change.

    encode(...)  ->  b'{"specversion":"1.0",...,"data":{...}}'              unstamped: made by the command runner
    stamp(b, 7)  ->  b'{"specversion":"1.0",...,"data":{...},"version":7}'  the stored record
    parse(b)     ->  Meta and the data, the event's model built only when a handler wants it

Source: CloudEvents 1.0.2 sections 2 and 3 (attributes), JSON format 1.0.2 section 3 (structured mode).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, cast

import orjson
from pydantic import BaseModel, ConfigDict

from aktenlauf.contracts.sealed import Sealed

RECORD_BYTES_MAX = 256 * 1024
"""The largest record: one event, envelope included (design: checked at append)."""

TYPE_PREFIX = "de.aktenlauf."
PRIVATE_KINDS = frozenset({"day", "claim", "account", "settings", "subscription", "staff"})
"""Second parts of stream names that belong to their service alone and are never published to others."""

_CAMEL = re.compile(r"(?<!^)(?=[A-Z])")


class Event(BaseModel):
    """A fact in the past tense. Subclasses live in `contracts/<service>.py` and are frozen.

    At most one field holds personal data; it is named `sealed` and typed `Sealed[T]`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: ClassVar[str] = ""
    """Event name and version in the type: `application-submitted.v1`."""
    owner: ClassVar[str | None] = None
    """The one service that emits it, or None where each service does (`Accessed`)."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        name = _CAMEL.sub("-", cls.__name__).lower()
        cls.kind = f"{name}.v1"
        module = cls.__module__.rsplit(".", 1)[-1]
        cls.owner = None if module == "common" else module.replace("_", "-")
        _REGISTRY[(cls.owner, cls.kind)] = cls

    @classmethod
    def type_from(cls, service: str) -> str:
        """The CloudEvents `type` of this event as `service` emits it."""
        return f"{TYPE_PREFIX}{service}.{cls.kind}"


_REGISTRY: dict[tuple[str | None, str], type[Event]] = {}


def event_class(type_: str) -> type[Event] | None:
    """The model of a CloudEvents type, or None when this program does not know it (stored, ignored by handlers)."""
    service, _, kind = type_.removeprefix(TYPE_PREFIX).partition(".")
    return _REGISTRY.get((service, kind)) or _REGISTRY.get((None, kind))


def registered() -> Mapping[tuple[str | None, str], type[Event]]:
    """Every event model imported so far, by (owner, kind)."""
    return dict(_REGISTRY)


@dataclass(frozen=True, slots=True)
class Meta:
    """The attributes of one event. `position` is its place in the reader's own log, 0 outside a log."""

    id: str
    type: str
    source: str
    time: str
    stream: str
    version: int
    subject: str | None = None
    office: str | None = None
    causationid: str | None = None
    correlationid: str | None = None
    actor: str | None = None
    traceparent: str | None = None
    position: int = 0

    @property
    def case(self) -> str:
        """The case id. Private streams have none: asking there is a programming error."""
        if self.subject is None:
            raise LookupError(f"{self.stream} is private and belongs to no case")
        return self.subject

    @property
    def at(self) -> datetime:
        """`time` as an aware datetime in UTC."""
        return datetime.fromisoformat(self.time)


class NotAnEnvelope(ValueError):
    """Bytes that are no event of ours; the message says which attribute is missing or wrong."""


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds, as `time` is written. `moment` must be aware."""
    if moment.tzinfo is None:
        raise ValueError("a naive datetime cannot be written to an event: give it a time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def is_private(stream: str) -> bool:
    """True for streams that only their owner reads: `scheduling/day/...`."""
    return stream.split("/", 2)[1] in PRIVATE_KINDS


def encode(
    event: Event,
    *,
    service: str,
    stream: str,
    event_id: str,
    time: datetime,
    subject: str | None,
    office: str | None,
    causationid: str,
    correlationid: str,
    actor: str,
    traceparent: str | None,
) -> bytes:
    """Serialise one event without its version. Raises ValueError if its personal part is still in the clear."""
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "id": event_id,
        "source": service,
        "type": event.type_from(service),
        "subject": subject,
        "time": timestamp(time),
        "datacontenttype": "application/json",
        "stream": stream,
        "office": office,
        "causationid": causationid,
        "correlationid": correlationid,
        "actor": actor,
        "traceparent": traceparent,
        "data": event.model_dump(mode="json", exclude_none=True),
    }
    return orjson.dumps({key: value for key, value in attributes.items() if value is not None})


def stamp(unstamped: bytes, version: int) -> bytes:
    """The stored record: the same bytes with the stream's version as the last attribute."""
    return b'%b,"version":%d}' % (unstamped[:-1], version)


class Record:
    """One stored event, read as far as needed: `meta` at once, `event` (the model) on first use."""

    __slots__ = ("_data", "_event", "meta")

    def __init__(self, meta: Meta, data: dict[str, Any]) -> None:
        self.meta = meta
        self._data = data
        self._event: Event | None = None

    @property
    def data(self) -> dict[str, Any]:
        """The event's data as JSON values; sealed content is the JWE at `sealed`."""
        return self._data

    @property
    def event(self) -> Event | None:
        """The event's model, or None where this program does not know the type."""
        if self._event is None:
            model = event_class(self.meta.type)
            if model is None:
                return None
            self._event = model.model_validate(self._data)
        return self._event


VERSION_MAX = 2**31 - 1
_REQUIRED = ("id", "source", "type", "time", "stream", "version", "data")
_OPTIONAL = ("subject", "office", "causationid", "correlationid", "actor", "traceparent")


def parse(record: bytes, position: int = 0) -> Record:
    """Read a stored or heard record.

    Raises NotAnEnvelope for anything that is not one of ours: no JSON object, a missing attribute, an attribute of
    the wrong JSON type, or another CloudEvents version.
    """
    try:
        raw = orjson.loads(record)
    except orjson.JSONDecodeError as error:
        raise NotAnEnvelope(f"not JSON: {error}") from None
    if not isinstance(raw, dict) or raw.get("specversion") != "1.0":
        raise NotAnEnvelope("specversion must be 1.0")
    for name in _REQUIRED:
        if name not in raw:
            raise NotAnEnvelope(f"attribute {name} is missing")
    version = raw["version"]
    if type(version) is not int or not 0 < version <= VERSION_MAX or not isinstance(raw["data"], dict):
        raise NotAnEnvelope("version must be a positive integer and data an object")
    for name in _REQUIRED[:5]:
        if not isinstance(raw[name], str):
            raise NotAnEnvelope(f"attribute {name} must be a string")
    get = raw.get
    for name in _OPTIONAL:
        if not isinstance(get(name, ""), str):
            raise NotAnEnvelope(f"attribute {name} must be a string")
    if raw["stream"].count("/") < 2 or not raw["type"].startswith(TYPE_PREFIX):
        raise NotAnEnvelope(f"stream must have at least three parts and type start with {TYPE_PREFIX}")
    meta = Meta(
        raw["id"],
        raw["type"],
        raw["source"],
        raw["time"],
        raw["stream"],
        version,
        get("subject"),
        get("office"),
        get("causationid"),
        get("correlationid"),
        get("actor"),
        get("traceparent"),
        position,
    )
    return Record(meta, cast(dict[str, Any], raw["data"]))


def sealed_of(event: Event) -> Sealed[Any] | None:
    """The personal part of an event, or None where it has none."""
    return getattr(event, "sealed", None)

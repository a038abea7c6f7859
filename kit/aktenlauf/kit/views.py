"""Read models: documents made from events, rebuilt at will.

    worklist = View("worklist", version=1, indexes=("state", "due"))

    @worklist.on(CaseOpened)
    def open_case(doc, event, meta):
        doc["state"] = "open"

A document is a dict of JSON values under a key, by default the case. It carries `offices` and `parties`: who may see
it. A handler changes the dict in place, or returns DELETE. Sealed parts stay the tokens they are.
"""

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from aktenlauf.contracts.envelope import TYPE_PREFIX, Event, Meta, Record
from aktenlauf.kit.scope import Scope
from aktenlauf.kit.sealing import Sealing

Document = dict[str, Any]
Key = Callable[[Any, Meta], str | None]
Apply = Callable[[Document, Any, Meta], object]
Read = Callable[[Any, Meta, Sealing], Awaitable[Document]]

DELETE = object()
"""Returned by a handler: the document is to be removed."""
DOCUMENT_BYTES_MAX = 8 * 1024 * 1024
"""Of a document as it is stored: with the fields beside it below the 16 MiB that MongoDB takes."""
PAGE_MAX = 200
COUNT_MAX = 1000


def by_case(event: Event, meta: Meta) -> str | None:
    """The default key: the case."""
    return meta.subject


class View:
    """A declared read model. Raise `version` whenever a handler changes, so that it is rebuilt."""

    def __init__(self, name: str, *, version: int, indexes: Sequence[str] = ()) -> None:
        self.name, self.version, self.indexes = name, version, tuple(indexes)
        self._handlers: dict[tuple[str | None, str], tuple[tuple[Key, Apply], ...]] = {}
        self._readers: dict[tuple[str | None, str], Read] = {}
        self.events: set[type[Event]] = set()

    @property
    def collection(self) -> str:
        """Where its documents are kept: the name and a hash of the declaration."""
        declared = f"{self.name} {self.version} {self.indexes}"
        return f"{self.name}_{hashlib.sha256(declared.encode()).hexdigest()[:8]}"

    def on(self, *events: type[Event], key: Key = by_case) -> Callable[[Apply], Apply]:
        """Register a handler for these events; `key` names the document, None: none is meant."""

        def register(apply: Apply) -> Apply:
            for event in events:
                self.events.add(event)
                name = (event.owner, event.kind)
                self._handlers[name] = (*self._handlers.get(name, ()), (key, apply))
            return apply

        return register

    def reading(self, event: type[Event]) -> Callable[[Read], Read]:
        """Register `async (event, meta, sealing)`: fields from the event's seal, put into the document before its
        handlers run. For what is found by a key alone (a blind index); content stays the token that it is.
        """

        def register(read: Read) -> Read:
            self._readers[event.owner, event.kind] = read
            return read

        return register

    async def read(self, record: Record, sealing: Sealing | None) -> Document:
        """What the view's reader, if there is one for this event, takes from its seal."""
        service, _, kind = record.meta.type.removeprefix(TYPE_PREFIX).partition(".")
        reader = self._readers.get((service, kind))
        return await reader(record.event, record.meta, sealing) if reader and sealing else {}

    def handlers_of(self, meta: Meta) -> tuple[tuple[Key, Apply], ...]:
        """The handlers of an event's type, found by name alone, without building the model."""
        service, _, kind = meta.type.removeprefix(TYPE_PREFIX).partition(".")
        return self._handlers.get((service, kind)) or self._handlers.get((None, kind), ())


@dataclass(slots=True)
class Held:
    """A document as stored: `position` of the last event in it; `document` None is a tombstone."""

    position: int
    document: Document | None


@dataclass(frozen=True, slots=True)
class Change:
    """A document to write if the stored position is still `expected` (0: there is none)."""

    key: str
    expected: int
    position: int
    document: Document | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some documents in order. `after` continues behind the last one; None at the end."""

    documents: Sequence[Document]
    keys: Sequence[str]
    after: tuple[Any, str] | None


@dataclass(frozen=True, slots=True)
class Query:
    """Equality and one range on declared indexes, sorted by an index, from `after` on."""

    equals: Mapping[str, Any] = field(default_factory=dict)
    order: str | None = None
    """Index to sort by; None sorts by key."""
    descending: bool = False
    at_least: Any = None
    """Lower bound of `order`, inclusive."""
    below: Any = None
    """Upper bound of `order`, exclusive."""
    after: tuple[Any, str] | None = None
    limit: int = 50


class DocumentTooLarge(Exception):
    """A document has grown beyond DOCUMENT_BYTES_MAX. `key` names it."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def stored_form(change: Change) -> bytes | None:
    """The document as adapters store it; None for a tombstone. Raises DocumentTooLarge."""
    if change.document is None:
        return None
    text = orjson.dumps(change.document)
    if len(text) > DOCUMENT_BYTES_MAX:
        raise DocumentTooLarge(change.key)
    return text


def collections_id(views: Iterable[View]) -> str:
    """The same for the same declarations."""
    return hashlib.sha256(" ".join(sorted(view.collection for view in views)).encode()).hexdigest()[:12]


class Views(Protocol):
    """Stores the documents of one service's views.

    Implementations MUST:
    - write a change only where the stored position is the expected one, and all of a batch with its cursor or none;
    - refuse a document that is too large before anything of its batch is written;
    - filter by scope in the store itself, for every read;
    - keep tombstones until the collection is dropped;
    - refuse fields that are no declared index, and limits above PAGE_MAX.
    """

    async def prepare(self, views: Iterable[View]) -> None:
        """Make the collections of these declarations; drop none."""
        ...

    async def older(self, views: Iterable[View]) -> Sequence[str]:
        """The collections of other declarations. Where several programs may use them at once, not those that were made
        after these: they are a newer program's.
        """
        ...

    async def drop(self, collections: Iterable[str]) -> None:
        """Drop collections, with their cursors."""
        ...

    async def cursor(self, view: View) -> int:
        """Position up to which the view has applied everything."""
        ...

    async def load(self, view: View, keys: Iterable[str]) -> dict[str, Held]:
        """The stored documents among `keys`, tombstones included."""
        ...

    async def write(self, view: View, changes: Sequence[Change], cursor: int) -> bool:
        """Write all changes and the cursor, or nothing and False if another writer came first.

        Raises DocumentTooLarge; Halt where the collection was dropped.
        """
        ...

    async def get(self, view: View, scope: Scope, key: str) -> Document:
        """One document. Raises NotFound if there is none in this scope."""
        ...

    async def page(self, view: View, scope: Scope, query: Query) -> Page:
        """Documents in this scope."""
        ...

    async def count(self, view: View, scope: Scope, query: Query) -> int:
        """How many there are, counted up to COUNT_MAX."""
        ...

    async def close(self) -> None:
        """Let go of the file or connection."""
        ...


def keys_of(view: View, record: Record) -> list[str]:
    """Keys of the documents that a record touches, empty for most."""
    keys = [key(record.event, record.meta) for key, _ in view.handlers_of(record.meta)]
    return [key for key in keys if key is not None]


def apply(view: View, record: Record, held: dict[str, Held], read: Document | None = None) -> None:
    """Fold one record into the documents in `held`. What a document already contains is passed over.

    `read` is what `View.read` gave for this record.

    Raises whatever a handler raises; `held` is then of no use any more and must be loaded again.
    """
    position = record.meta.position
    touched: set[str] = set()
    for key_of, handler in view.handlers_of(record.meta):
        key = key_of(record.event, record.meta)
        if key is None:
            continue
        before = held.get(key)
        if before is not None and before.position >= position and key not in touched:
            continue
        touched.add(key)
        document = before.document if before and before.document is not None else {}
        document.update(read or {})
        deleted = handler(document, record.event, record.meta) is DELETE
        held[key] = Held(position, None if deleted else document)

"""What a service does when something happened, or when a time has come.

    reactions = Reactions("reactions")

    @reactions.on(ApplicationSubmitted, name="open-case")
    async def open_case(event, meta, do, service):
        yield do(OpenCase, case=meta.case, ...)

    @reactions.when_due(offers_due, name="expire-offer")
    async def expire_offer(case, document, do, service):
        yield do(ExpireOffer, case=case)

A reaction yields commands for its own service. Their ids follow from the event, the declared name, the target stream
and the ordinal, so that running it again changes nothing: declared names never change.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from aktenlauf.contracts.envelope import TYPE_PREFIX, Event, Meta
from aktenlauf.kit.decider import Command
from aktenlauf.kit.ids import derived_id
from aktenlauf.kit.scope import System
from aktenlauf.kit.views import Document, View

C = TypeVar("C", bound=Command)


class Do:
    """Makes the commands of one run of one reaction."""

    def __init__(self, name: str, cause: str, at: datetime, correlation: str | None) -> None:
        self._name, self._cause, self._at, self._correlation = name, cause, at, correlation
        self._ordinal = 0

    def __call__(self, command: type[C], **fields: Any) -> C:
        """A command of the system with a derived id."""
        stream = command.stream.format_map(fields)
        id_ = derived_id(self._cause, self._name, stream, str(self._ordinal))
        self._ordinal += 1
        actor = f"system:{self._name}"
        scope = System(self._name)
        return command(
            id=id_,
            at=self._at,
            actor=actor,
            scope=scope,
            correlation=self._correlation or self._cause,
            **fields,
        )


Effect = Callable[[Any, Meta, Any], Awaitable[None]]
React = Callable[[Any, Meta, Do, Any], AsyncIterator[Command]]
Fall = Callable[[str, Document, Do, Any], AsyncIterator[Command]]


@dataclass(frozen=True, slots=True)
class Reaction:
    """A declared reaction to an event."""

    name: str
    react: React

    def run(self, event: Event, meta: Meta, ports: Any) -> AsyncIterator[Command]:
        """The commands that follow from this event."""
        return self.react(event, meta, Do(self.name, meta.id, meta.at, meta.correlationid), ports)


@dataclass(frozen=True, slots=True)
class Due:
    """A declared action at a time. The view has the index `due` (ISO, UTC); its documents vanish when it is done."""

    name: str
    view: View
    fall: Fall

    def run(self, key: str, document: Document, ports: Any) -> AsyncIterator[Command]:
        """The commands that are due for the document of this key; their `at` is the time they were due."""
        due = document["due"]
        cause = derived_id("due", self.name, key, due)
        return self.fall(key, document, Do(self.name, cause, datetime.fromisoformat(due), None), ports)


class Reactions:
    """The declared reactions of one handler (`reactions`, `mail`). Its name never changes: its place goes by it.

    What may be unavailable for long gets a handler of its own, so that nothing else waits behind it. `at_once`: how
    many streams may be handled at the same time, each of them in order; 1 handles the whole log in order, None: as
    many as there are workers, but one.
    """

    def __init__(self, handler: str, *, at_once: int | None = 1) -> None:
        self.handler, self.at_once = handler, at_once
        self._by_name: dict[tuple[str | None, str], tuple[Reaction, ...]] = {}
        self.events: set[type[Event]] = set()
        self.due: list[Due] = []
        self._names: set[str] = set()

    def on(self, *events: type[Event], name: str) -> Callable[[React], React]:
        """Register a reaction to these events under a name that never changes."""
        self._claim(name)

        def register(react: React) -> React:
            for event in events:
                self.events.add(event)
                key = (event.owner, event.kind)
                self._by_name[key] = (*self._by_name.get(key, ()), Reaction(name, react))
            return react

        return register

    def effect(self, *events: type[Event], name: str) -> Callable[[Effect], Effect]:
        """Register something to do that no command follows: `async (event, meta, service)`. It may run twice."""

        def register(perform: Effect) -> Effect:
            async def react(event: Any, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
                await perform(event, meta, service)
                return
                yield  # an async generator of nothing

            self.on(*events, name=name)(react)
            return perform

        return register

    def when_due(self, view: View, *, name: str) -> Callable[[Fall], Fall]:
        """Register what happens when a document's `due` has come."""
        self._claim(name)
        if "due" not in view.indexes:
            raise ValueError(f"{view.name} needs the index due")

        def register(fall: Fall) -> Fall:
            self.due.append(Due(name, view, fall))
            return fall

        return register

    def of(self, meta: Meta) -> tuple[Reaction, ...]:
        """The reactions to an event's type, found by name alone."""
        service, _, kind = meta.type.removeprefix(TYPE_PREFIX).partition(".")
        return self._by_name.get((service, kind)) or self._by_name.get((None, kind), ())

    def _claim(self, name: str) -> None:
        if name in self._names:
            raise ValueError(f"two reactions are named {name}: their command ids would collide")
        self._names.add(name)

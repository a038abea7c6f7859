"""One running service: its parts, wired once, started and stopped together."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from aktenlauf.kit.decider import Command, Decider
from aktenlauf.kit.errors import NotFound
from aktenlauf.kit.hear import Hearing
from aktenlauf.kit.logs import logger
from aktenlauf.kit.ports import Ports
from aktenlauf.kit.reactions import Reactions
from aktenlauf.kit.runner import Outcome, Runner
from aktenlauf.kit.scope import Scope
from aktenlauf.kit.settings import Settings
from aktenlauf.kit.tail import ClockTail, Publisher, ReactionTail, ViewTail
from aktenlauf.kit.views import Document, Page, Query, View

SEEN_SECONDS = 2.0
"""How long a request waits for the views."""

_log = logger(__name__)


@dataclass(frozen=True)
class Definition:
    """What a service consists of: the value of its entry point in `aktenlauf.services`."""

    name: str
    hears: frozenset[str]
    """The services whose events it needs. Everything it hears, it keeps."""
    deciders: Mapping[type[Command], Decider[Any]]
    views: Sequence[View]
    reactions: Sequence[Reactions]
    web: "BuildWeb"
    """Builds the routers of its pages and API."""


class BuildWeb(Protocol):
    """`build(service, shell, settings)` returns the ASGI app of the service."""

    def __call__(self, service: "Service", shell: Any, settings: Settings) -> Any: ...


@dataclass
class Service:
    """A service with its ports open. `ready` once its views have caught up and it listens."""

    definition: Definition
    ports: Ports
    settings: Settings
    ready: bool = False
    failed: str | None = None
    _tails: list[ReactionTail] = field(default_factory=list)

    def __post_init__(self) -> None:
        ports, definition = self.ports, self.definition
        self.name = definition.name
        self.runner = Runner(self.name, ports.log, ports.sealing, definition.deciders)
        self._views = ViewTail(ports.log, ports.views, definition.views, ports.work, ports.clock)
        self._tails = [
            ReactionTail(ports.log, r, self.runner, ports.work, self._views.progress, self, ports.clock)
            for r in definition.reactions
        ]

    async def run(self, command: Command) -> Outcome:
        """Carry out one command, see `Runner.run`."""
        return await self.runner.run(command)

    async def get(self, view: View, scope: Scope, key: str) -> Document:
        """One document in this scope. Raises NotFound."""
        return await self.ports.views.get(view, scope, key)

    async def find(self, view: View, scope: Scope, key: str) -> Document | None:
        """One document in this scope, or None."""
        try:
            return await self.get(view, scope, key)
        except NotFound:
            return None

    async def page(self, view: View, scope: Scope, query: Query) -> Page:
        """Documents in this scope."""
        return await self.ports.views.page(view, scope, query)

    async def has_seen(self, stream: str, version: int) -> bool:
        """Whether log and views contain this version: what a page waits for after a command."""
        if stream.split("/", 1)[0] not in self.definition.hears | {self.name}:
            return True  # what it does not hear, it need not wait for
        records = await self.ports.log.read(stream, version - 1)
        return bool(records) and self._views.progress.position >= records[0].position

    async def until_seen(self, stream: str, version: int, seconds: float = SEEN_SECONDS) -> bool:
        """Wait for `has_seen` of an own stream's version that is already in the log; False after `seconds`."""
        records = await self.ports.log.read(stream, version - 1)
        try:
            async with asyncio.timeout(seconds):
                await self._views.progress.reach(records[0].position)
        except TimeoutError:
            return False
        return True

    async def settled(self) -> bool:
        """Whether everything in the log has been applied and reacted to: for tests and an orderly stop."""
        caught_up = await self.ports.bus.caught_up(self.definition.hears)  # first: what it brings moves the head
        head = await self.ports.log.head()
        positions = [self._views.progress.position, *(tail.progress.position for tail in self._tails)]
        return caught_up and min(positions) >= head

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Catch up, then follow the log until the block ends."""
        ports = self.ports
        await self._views.prepare()
        await self._views.catch_up()
        for tail in self._tails:
            await tail.prepare()
        hearing = Hearing(ports.log, ports.work, ports.clock)
        loops = {
            "views": self._views.run(),
            "hearing": ports.bus.listen(self.definition.hears, hearing.receive),
            "publisher": Publisher(self.name, ports.log, ports.bus, ports.work).run(),
        }
        for reactions, tail in zip(self.definition.reactions, self._tails, strict=True):
            loops[reactions.handler] = tail.run()
            if reactions.due:
                clock = ClockTail(reactions, ports.views, self.runner, self, ports.clock)
                loops[f"{reactions.handler} clock"] = clock.run()
        tasks = [asyncio.create_task(self._watch(name, loop)) for name, loop in loops.items()]
        self.ready = True
        try:
            yield
        finally:
            self.ready = False
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self, name: str, loop: Any) -> None:
        """A loop that ends by an error takes the service out of the ready state: an operator must look."""
        try:
            await loop
        except Exception as error:
            self.ready, self.failed = False, name
            _log.critical("a loop stopped", service=self.name, loop=name, error=error)

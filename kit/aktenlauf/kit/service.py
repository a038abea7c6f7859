"""One running service: its parts, wired once, started and stopped together."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from aktenlauf.kit.bus import caught_up
from aktenlauf.kit.decider import Command, Decider
from aktenlauf.kit.errors import NotFound
from aktenlauf.kit.following import Following, SharedFollowing
from aktenlauf.kit.hear import Hearing
from aktenlauf.kit.logs import logger
from aktenlauf.kit.patience import patiently
from aktenlauf.kit.ports import Ports
from aktenlauf.kit.reactions import Reactions
from aktenlauf.kit.runner import Outcome, Runner
from aktenlauf.kit.scope import Scope
from aktenlauf.kit.settings import Settings
from aktenlauf.kit.tail import WAIT_SECONDS
from aktenlauf.kit.telemetry import LOOP_FAILED
from aktenlauf.kit.views import Document, Page, Query, View

SEEN_SECONDS = 2.0
"""How long a request waits for the views."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.01, 0.1
"""Between two looks at how far another replica has brought the views."""

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
    replica: str | None = None
    """The name of this process, where several may serve the same data; None where there is only this one."""
    ready: bool = False
    failed: set[str] = field(default_factory=set)
    """What stopped by an error and waits for an operator: loops, and hearing one of the others."""

    def __post_init__(self) -> None:
        self.name = self.definition.name
        self.runner = Runner(self.name, self.ports.log, self.ports.sealing, self.definition.deciders)
        self._following = Following(self)
        self._shared = SharedFollowing(self, self.replica, self._watch) if self.replica else None

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

    async def seen(self, stream: str, version: int) -> None:
        """Return once log and views contain this version; at once where it is of a service that is not heard."""
        if stream.split("/", 1)[0] in self.definition.hears | {self.name}:
            await self._reach(await self._position_of(stream, version))

    async def until_seen(self, stream: str, version: int, seconds: float = SEEN_SECONDS) -> bool:
        """Wait for `seen`; False after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self.seen(stream, version)
        except TimeoutError:
            return False
        return True

    async def _position_of(self, stream: str, version: int) -> int:
        """Where this version stands in the log, as soon as it does."""
        log, head = self.ports.log, 0
        while not (records := await log.read(stream, version - 1)):
            await log.wait(head, WAIT_SECONDS)
            head = await log.head()  # before reading again, lest what comes in between goes unnoticed
        return records[0].position

    async def _reach(self, position: int) -> None:
        """Return once the views contain what is at `position`."""
        if self._shared is None:
            return await self._following.progress.reach(position)
        pause = FIRST_PAUSE_SECONDS
        while await self._shared.position() < position:
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def settled(self) -> bool:
        """Whether everything in the log has been applied and reacted to, where there is only this process."""
        heard_all = await caught_up(self.ports.bus, self.definition.hears)  # first: what it brings moves the head
        head = await self.ports.log.head()
        return heard_all and min(self._following.positions().values()) >= head

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Catch up, then follow the log until the block ends."""
        ports = self.ports
        hearing = Hearing(ports.log, ports.work, ports.clock, self.name, self._topic_halted)
        # Without a broker it waits: who decides on an older copy of the log may give a slot twice.
        await patiently(
            "hearing what it knew", ports.bus.restore, self.definition.hears, hearing.lacks, hearing.receive
        )
        loops: dict[str, Coroutine[Any, Any, None]]
        if self._shared:
            # Also where another replica has the lease: a handler that never ran begins before a command is accepted.
            await patiently("getting ready", self._following.prepare)
            loops = {"following": self._shared.run()}
        else:
            await self._following.prepare()
            await self._following.drop_older_views()
            loops = self._following.loops()
        loops["hearing"] = ports.bus.listen(self.definition.hears, hearing.receive)
        tasks = [asyncio.create_task(self._watch(name, loop)) for name, loop in loops.items()]
        await asyncio.sleep(0)  # each has begun: a loop that is cancelled before it was awaited is warned about
        self.ready = True
        try:
            yield
        finally:
            self.ready = False
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _topic_halted(self, owner: str) -> None:
        """The service goes on with what it has, and with the other topics; an operator must look."""
        LOOP_FAILED.set(1, {"service": self.name, "loop": f"hearing {owner}"})
        self.failed.add(f"hearing {owner}")

    async def _watch(self, name: str, loop: Any) -> None:
        """A loop that ends by an error takes the service out of the ready state: an operator must look."""
        try:
            await loop
        except (Exception, asyncio.CancelledError) as error:
            if (task := asyncio.current_task()) and task.cancelling():
                raise  # it is we who are to end, and no task that the loop had waited for
            self.ready = False
            self.failed.add(name)
            LOOP_FAILED.set(1, {"service": self.name, "loop": name})
            _log.critical("a loop stopped", service=self.name, loop=name, error=error)

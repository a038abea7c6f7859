"""All that follows from a service's log: views, reactions, what is due, the publisher.

One replica of a service does it at a time. What it keeps in memory is read anew at the start of each term.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from aktenlauf.kit.bus import caught_up
from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.lease import Lease
from aktenlauf.kit.logs import logger
from aktenlauf.kit.patience import patiently
from aktenlauf.kit.ports import Ports
from aktenlauf.kit.reaction_tail import ReactionTail
from aktenlauf.kit.runner import Runner
from aktenlauf.kit.tail import ClockTail, Publisher, ViewTail
from aktenlauf.kit.telemetry import GAPS, HANDLER_LAG, HEARING_LAG, PARKED
from aktenlauf.kit.views import collections_id

_log = logger(__name__)

HISTORY_SECONDS = 0.5
"""Between two looks whether a service that was added later has heard all there is."""
FIGURES_SECONDS = 5.0
"""Between two looks at lag, parked records and gaps."""
UPGRADE_SECONDS = 3600.0
"""How long replicas of an older version may go on serving beside a newer one: so long their views are kept."""

Watch = Callable[[str, Coroutine[Any, Any, None]], Awaitable[None]]
"""Runs a loop under a name, and tells if it ends by an error."""


class Follower(Protocol):
    """What following needs of a service."""

    name: str
    definition: Any
    ports: Ports
    runner: Runner


class Following:
    """One term of following the log of `service`."""

    def __init__(self, service: Follower) -> None:
        self._service = service
        ports, definition = service.ports, service.definition
        self._views = ViewTail(ports.log, ports.views, definition.views, ports.work, ports.clock, ports.sealing)
        self.progress = self._views.progress
        """Up to where the views are."""
        self._publisher = Publisher(service.name, ports.log, ports.bus, ports.work)
        self._tails = [
            ReactionTail(ports.log, r, service.runner, ports.work, self.progress, service, ports.clock)
            for r in definition.reactions
        ]

    async def catch_up(self) -> None:
        """Bring the views to where the log is now. Several may do it at once."""
        await self._views.prepare()
        await self._views.catch_up()

    async def prepare(self) -> None:
        """Get ready to go on where the last term ended."""
        await self.catch_up()
        for tail in self._tails:
            await self._begin(tail)

    async def _begin(self, tail: ReactionTail) -> bool:
        """Let a handler go on where it was. One that never ran begins where its service first has heard all there is:
        what happened before is history, and nobody wants its mails. False: there is more to be heard first.
        """
        if not tail.prepared and (await tail.ran_before() or await self._heard_all()):
            await tail.prepare()
        return tail.prepared

    async def _heard_all(self) -> bool:
        return await caught_up(self._service.ports.bus, self._service.definition.hears)

    async def _run(self, tail: ReactionTail) -> None:
        while not await patiently("hearing history", self._begin, tail):  # noqa: ASYNC110 - no event of ours tells
            await asyncio.sleep(HISTORY_SECONDS)
        await tail.run()

    async def drop_older_views(self, after_seconds: float = 0) -> None:
        """Drop the collections of older versions of the program: those that are there when this is called."""
        older = await self._views.older()
        await asyncio.sleep(after_seconds)
        await self._views.drop(older)

    def loops(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What is to run, by name, for ever."""
        service, ports = self._service, self._service.ports
        loops = {"views": self._views.run(), "publisher": self._publisher.run(), "figures": self._measure()}
        for reactions, tail in zip(service.definition.reactions, self._tails, strict=True):
            loops[reactions.handler] = self._run(tail)
            if reactions.due:
                clock = ClockTail(reactions, ports.views, service.runner, service, ports.clock)
                loops[f"{reactions.handler} clock"] = clock.run()
        return loops

    def positions(self) -> dict[str, int]:
        """Where the views and each handler of reactions are."""
        handlers = [reactions.handler for reactions in self._service.definition.reactions]
        reached = [tail.progress.position for tail in self._tails]
        return {"views": self.progress.position, **dict(zip(handlers, reached, strict=True))}

    async def _measure(self) -> None:
        parked: set[str] = set()
        while True:
            try:
                parked = await self._measure_own(parked)
                await self._measure_hearing()
            except Unavailable:
                _log.warning("figures are not up to date", service=self._service.name)
            await asyncio.sleep(FIGURES_SECONDS)

    async def _measure_own(self, parked_before: set[str]) -> set[str]:
        """Set the gauges of what follows from the log; the handlers of which something is parked."""
        service, ports = self._service.name, self._service.ports
        head = await ports.log.head()
        for handler, position in (self.positions() | {"publisher": self._publisher.position}).items():
            HANDLER_LAG.set(max(0, head - position), {"service": service, "handler": handler})
        parked = await ports.work.how_many_aside()
        for handler in parked.keys() | parked_before:
            PARKED.set(parked.get(handler, 0), {"service": service, "handler": handler})
        GAPS.set(len(await ports.work.gaps()), {"service": service})
        return set(parked)

    async def _measure_hearing(self) -> None:
        service = self._service
        for owner, behind in (await service.ports.bus.behind(service.definition.hears)).items():
            HEARING_LAG.set(behind, {"service": service.name, "owner": owner})


class SharedFollowing:
    """Following by one of several replicas; each learns from `Work` how far the views are."""

    def __init__(self, service: Follower, replica: str, watch: Watch) -> None:
        self._service, self._watch = service, watch
        name = f"tail:{collections_id(service.definition.views)}"  # of another version of the program: another lease
        self._views = f"views:{name}"
        self._lease = Lease(service.ports.work, name, replica)

    async def run(self) -> None:
        """For ever: follow the log whenever this replica has the lease."""
        await self._lease.keep(self._term)

    async def position(self) -> int:
        """Up to where the views are, whoever writes them."""
        return await self._service.ports.work.cursor(self._views) or 0

    async def _term(self) -> None:
        following = Following(self._service)
        await patiently("taking over", following.prepare)
        tidy = following.drop_older_views(UPGRADE_SECONDS)
        loops = following.loops() | {"progress": self._tell(following), "older views": tidy}
        await asyncio.gather(*(self._watch(name, loop) for name, loop in loops.items()))

    async def _tell(self, following: Following) -> None:
        told = -1
        while True:
            await following.progress.reach(told + 1)
            told = following.progress.position
            await patiently("telling how far the views are", self._service.ports.work.advance, self._views, told)

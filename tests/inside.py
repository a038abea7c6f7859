"""An installation inside the test's process: the same ports, apps and loops, with a clock that a test moves.

Visitors go through the same pages, only without a socket.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from aktenlauf.cli.demo import DEMO_USERS
from aktenlauf.cli.installation import Installation, opened
from aktenlauf.cli.visitor import Visitor
from aktenlauf.kit.adapters.demo_idp import DemoUser
from aktenlauf.kit.clock import Clock, ShiftedClock
from aktenlauf.kit.service import Service
from aktenlauf.kit.settings import Settings
from aktenlauf.kit.testing.waiting import until

SETTLED_SECONDS = 60
Wire = Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport]
"""Puts something between visitors and the installation."""


@dataclass
class Inside:
    """The running installation and its visitors."""

    installation: Installation
    _visitors: list[Visitor] = field(default_factory=list)

    def __getitem__(self, service: str) -> Service:
        return self.installation.services[service]

    def visitor(self, wire: Wire = lambda transport: transport) -> Visitor:
        """A new browser."""
        app = httpx.ASGITransport(app=self.installation.app, raise_app_exceptions=False)
        self._visitors.append(Visitor(self.installation.settings.public_url, transport=wire(app)))
        return self._visitors[-1]

    async def settled(self) -> None:
        """Wait until everything that happened has been heard, applied and reacted to everywhere."""
        await until(self.installation.settled, SETTLED_SECONDS)

    async def close(self) -> None:
        """Close all browsers."""
        for visitor in self._visitors:
            await visitor.close()


@asynccontextmanager
async def inside(
    data: Path, clock: Clock | None = None, users: Sequence[DemoUser] = tuple(DEMO_USERS), **settings: Any
) -> AsyncIterator[Inside]:
    """Open, start, stop. `settings` as in `Settings`."""
    given = Settings(data=data, demo_cases=0, rate_sign_in="1000/minute", **settings)
    async with opened(given, clock or ShiftedClock(), users) as installation:
        async with _lifespan(installation):
            running = Inside(installation)
            try:
                yield running
            finally:
                await running.close()


@asynccontextmanager
async def _lifespan(installation: Installation) -> AsyncIterator[None]:
    """What the server does before the first request and after the last."""
    to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    from_app: asyncio.Queue[Any] = asyncio.Queue()
    task = asyncio.create_task(installation.app({"type": "lifespan"}, to_app.get, from_app.put))
    await to_app.put({"type": "lifespan.startup"})
    started = await from_app.get()
    if started["type"] != "lifespan.startup.complete":
        await task
    try:
        yield
    finally:
        await to_app.put({"type": "lifespan.shutdown"})
        await task

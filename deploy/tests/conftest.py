"""An installation of all services in a folder of the test's own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from aktenlauf.cli.demo import DEMO_USERS, Demonstration, Made
from aktenlauf.cli.demo_clock import NAME, DemoClock
from aktenlauf.cli.demo_pages import demo_routes
from aktenlauf.cli.installation import Installation, opened
from aktenlauf.cli.seed_people import OTHERS
from aktenlauf.kit.settings import Settings

PUBLIC = "http://localhost:8000"


class Show:
    """A demonstration whose services are not started, and browsers on it."""

    def __init__(self, installation: Installation, demo: Demonstration) -> None:
        self.installation, self.demo = installation, demo

    def browser(self, host: str = "127.0.0.1") -> httpx.AsyncClient:
        """A new browser that comes from this address."""
        transport = httpx.ASGITransport(app=self.installation.app, client=(host, 1))
        return httpx.AsyncClient(transport=transport, base_url=PUBLIC, headers={"Accept": "text/html"})


@asynccontextmanager
async def showing(data: Path, **settings: object) -> AsyncIterator[Show]:
    """Open a demonstration on `data`."""
    demo = Demonstration(data, DemoClock(data / NAME), [*DEMO_USERS, *(one.user for one in OTHERS)], Made())
    chosen = Settings(data=data, _env_file=None, **settings)  # type: ignore[arg-type,call-arg]
    async with opened(chosen, demo.clock, demo.users, demo_routes(demo)) as installation:
        yield Show(installation, demo)


@asynccontextmanager
async def started(show: Show) -> AsyncIterator[Show]:
    """Its services run within the block."""
    answers: asyncio.Queue[str] = asyncio.Queue()
    orders: asyncio.Queue[dict[str, str]] = asyncio.Queue()

    async def send(message: dict[str, str]) -> None:
        await answers.put(message["type"])

    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    running = asyncio.create_task(show.installation.app(scope, orders.get, send))  # type: ignore[arg-type]
    await orders.put({"type": "lifespan.startup"})
    assert await answers.get() == "lifespan.startup.complete"
    try:
        yield show
    finally:
        await orders.put({"type": "lifespan.shutdown"})
        await running


@pytest.fixture
async def show(tmp_path: Path) -> AsyncIterator[Show]:
    async with showing(tmp_path) as made:
        yield made

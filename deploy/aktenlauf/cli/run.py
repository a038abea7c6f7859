"""`aktenlauf run`: the embedded form, served."""

import asyncio
import difflib
import errno
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NoReturn

import typer
import uvicorn
import uvloop
from starlette.types import Receive, Scope, Send

from aktenlauf.cli.demo import DEMO_USERS, Demonstration, Made
from aktenlauf.cli.demo_clock import NAME as CLOCK_NAME
from aktenlauf.cli.demo_clock import DemoClock
from aktenlauf.cli.demo_pages import PATH, demo_routes
from aktenlauf.cli.demo_reset import MARKER, wipe_if_asked
from aktenlauf.cli.installation import Installation, definitions, opened
from aktenlauf.cli.restore import refuse_unfinished
from aktenlauf.cli.seed_people import OTHERS
from aktenlauf.cli.seed_stories import stories
from aktenlauf.cli.seeding import seed
from aktenlauf.kit.logs import configure, logger
from aktenlauf.kit.settings import Settings, WrongSetting

_log = logger(__name__)

GRACEFUL_SECONDS = 1
"""How long a request under way may go on after Ctrl-C; an open event stream would never end by itself."""
FAILED = 3
FORCED = 130
"""Exit codes."""
_NOT_SETTINGS = frozenset({"AKTENLAUF_TIERS"})
"""Names of ours that mean something elsewhere: which tests must run."""


def run_forever(settings: Settings) -> NoReturn:
    """Serve until Ctrl-C. Raises WrongSetting, Halt; SystemExit with a sentence when the port is taken."""
    for sentence in unknown_settings(os.environ):
        typer.echo(sentence, err=True)
    configure(json=settings.log == "json")
    with _listen(settings) as listening:
        while True:
            refuse_unfinished(settings.data)
            wipe_if_asked(settings.data, [definition.name for definition in definitions()])
            uvloop.run(_serve(settings, listening))
            if not (settings.data / MARKER).exists():
                _leave()


def _leave() -> NoReturn:
    """All is closed. What the interpreter would tidy up takes longer than our own end, and is needed by nobody."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def unknown_settings(environment: Mapping[str, str]) -> list[str]:
    """A sentence for each variable that looks like a setting and is none."""
    known = {f"AKTENLAUF_{name.upper()}" for name in Settings.model_fields}
    sentences = []
    for name in sorted(environment):
        if name.upper().startswith("AKTENLAUF_") and name.upper() not in known | _NOT_SETTINGS:
            near = difflib.get_close_matches(name.upper(), known, 1)
            sentences.append(f"{name} is no setting and does nothing." + (f" Is it {near[0]}?" if near else ""))
    return sentences


def _listen(settings: Settings) -> socket.socket:
    """Bind before anything is opened, so that a port in use is named at once."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        if error.errno != errno.EADDRINUSE:
            raise WrongSetting(f"AKTENLAUF_HOST: cannot listen on {settings.host}: {error.strerror or error}") from None
        typer.echo(
            f"Port {settings.port} is in use. End what listens there, or choose another: AKTENLAUF_PORT=8001", err=True
        )
        raise SystemExit(4) from None
    return listening


async def _serve(settings: Settings, listening: socket.socket) -> None:
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    demo = _demonstration(settings)
    users = demo.users if settings.demo else ()
    routes = demo_routes(demo) if settings.demo else None
    async with opened(settings, demo.clock, users, routes) as installation:
        server = _Server(installation, demo)
        demo.stop = server.stop
        # a copy: the port stays ours while the demonstration starts afresh, and browsers wait instead of failing
        await server.serve(sockets=[listening.dup()])
    if server.failure:
        raise server.failure


def _demonstration(settings: Settings) -> Demonstration:
    is_new = not any(settings.data.glob("*/log.db"))
    made = Made.load(settings.data)
    if settings.demo and is_new:
        made = Made(planned=min(len(stories()), settings.demo_cases), complete=False)
        made.keep(settings.data)
    clock = DemoClock(settings.data / CLOCK_NAME, settings.now)
    if settings.now:
        clock.keep()
    return Demonstration(settings.data, clock, [*DEMO_USERS, *(one.user for one in OTHERS)], made)


class _Server(uvicorn.Server):
    """uvicorn, with something to do beside serving, and an end that is quick and whole."""

    def __init__(self, installation: Installation, demo: Demonstration) -> None:
        super().__init__(
            uvicorn.Config(
                self._app,
                interface="asgi3",
                lifespan="on",
                log_level="critical",
                access_log=False,
                server_header=False,
                date_header=False,
                timeout_graceful_shutdown=GRACEFUL_SECONDS,
            )
        )
        self._installation, self._demo = installation, demo
        self._beside: asyncio.Task[None] | None = None
        self.failure: Exception | None = None
        """Why the services did not start, or did not end well."""

    def stop(self) -> None:
        """End as by Ctrl-C."""
        self.should_exit = True

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._installation.app(scope, receive, send)
        except Exception as error:
            if scope["type"] == "lifespan":
                self.failure = error
            raise

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit:
            raise self.failure or SystemExit(FAILED) from None
        if not self.should_exit:
            self._beside = asyncio.create_task(self._go_beside())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """What runs beside ends first: it uses the services."""
        if self._beside is not None:
            self._beside.cancel()
            await asyncio.gather(self._beside, return_exceptions=True)
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Unlike uvicorn's, does not raise the signal again at the end: files and workers are still to be closed."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: object) -> None:
        """The first asks for an end; the second is one. Nothing is lost by it: all data survive a kill."""
        if self.should_exit:
            os._exit(FORCED)
        self.should_exit = True

    async def _go_beside(self) -> None:
        url = self._installation.settings.public_url
        typer.echo(f"Aktenlauf is ready: {url}")
        if self._installation.settings.demo:
            typer.echo(f"People to click, mails, clock: {url}{PATH}")
            await self._seed()

    async def _seed(self) -> None:
        try:
            await seed(self._installation, self._demo)
        except Exception as error:
            _log.error("the demonstration's cases are not all made", error=error)

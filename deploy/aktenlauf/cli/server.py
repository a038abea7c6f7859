"""A process that serves: its socket, its server, and an end that is quick and whole."""

import asyncio
import difflib
import errno
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import NoReturn

import typer
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from aktenlauf.kit.settings import Settings, WrongSetting

FAILED = 3
FORCED = 130
"""Exit codes."""
_NOT_SETTINGS = frozenset(
    {
        "AKTENLAUF_TIERS",
        "AKTENLAUF_TEST_RUN",
        "AKTENLAUF_TEST_MONGO",
        "AKTENLAUF_SECRETS_DIR",
    }
)
"""Names of ours that mean something elsewhere: to the tests, and where files with settings are."""


def unknown_settings(environment: Mapping[str, str]) -> list[str]:
    """A sentence for each variable that looks like a setting and is none."""
    known = {f"AKTENLAUF_{name.upper()}" for name in Settings.model_fields}
    sentences = []
    for name in sorted(environment):
        if name.upper().startswith("AKTENLAUF_") and name.upper() not in known | _NOT_SETTINGS:
            near = difflib.get_close_matches(name.upper(), known, 1)
            sentences.append(f"{name} is no setting and does nothing." + (f" Is it {near[0]}?" if near else ""))
    return sentences


def listen(settings: Settings) -> socket.socket:
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


def leave() -> NoReturn:
    """All is closed. What the interpreter would tidy up takes longer than our own end, and is needed by nobody."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


class Server(uvicorn.Server):
    """uvicorn, with something to do `beside` serving.

    `graceful_seconds`: how long a request under way may go on after the order to stop; an open event stream would
    never end by itself. `stopping` is told when the order comes. Services that still start, and may wait for a server
    for hours, are ended by the order at once.
    """

    def __init__(
        self,
        app: ASGIApp,
        graceful_seconds: int,
        beside: Callable[[], Awaitable[None]],
        stopping: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                self._app,
                interface="asgi3",
                lifespan="on",
                log_level="critical",
                access_log=False,
                server_header=False,
                date_header=False,
                timeout_graceful_shutdown=graceful_seconds,
            )
        )
        self._serving, self._do_beside, self._stopping = app, beside, stopping
        self._beside: asyncio.Future[None] | None = None
        self._end_start: Callable[[], object] | None = None
        self._told_to_stop = False
        self.failure: Exception | None = None
        """Why the services did not start, or did not end well."""

    def stop(self) -> None:
        """End as by Ctrl-C."""
        self.should_exit = self._told_to_stop = True
        if self._stopping:
            self._stopping()
        if self._end_start and not self.started:
            self._end_start()

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" and (task := asyncio.current_task()):
            # By the loop, and so that it wakes up: the order comes in a signal handler.
            self._end_start = partial(asyncio.get_running_loop().call_soon_threadsafe, task.cancel)
        try:
            await self._serving(scope, receive, send)
        except Exception as error:
            if scope["type"] == "lifespan":
                self.failure = error
            raise

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit:
            if self.failure or not self._told_to_stop:
                raise self.failure or SystemExit(FAILED) from None
        if not self.should_exit:
            self._beside = asyncio.ensure_future(self._do_beside())

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
        self.stop()

"""`aktenlauf run`: the embedded form, served."""

import os
import socket
from typing import NoReturn

import typer
import uvloop

from aktenlauf.cli.demo import DEMO_USERS, Demonstration, Made
from aktenlauf.cli.demo_clock import NAME as CLOCK_NAME
from aktenlauf.cli.demo_clock import DemoClock
from aktenlauf.cli.demo_pages import PATH, demo_routes
from aktenlauf.cli.demo_reset import MARKER, wipe_if_asked
from aktenlauf.cli.installation import Installation, installed, opened, replica_name
from aktenlauf.cli.restore import refuse_unfinished
from aktenlauf.cli.seed_people import OTHERS
from aktenlauf.cli.seed_stories import stories
from aktenlauf.cli.seeding import seed
from aktenlauf.cli.server import Server, leave, listen, unknown_settings
from aktenlauf.kit.exporting import export, flush
from aktenlauf.kit.logs import configure, logger
from aktenlauf.kit.settings import Settings

_log = logger(__name__)

GRACEFUL_SECONDS = 1
"""How long a request under way may go on after Ctrl-C."""


def run_forever(settings: Settings) -> NoReturn:
    """Serve until Ctrl-C. Raises WrongSetting, Halt; SystemExit with a sentence when the port is taken."""
    for sentence in unknown_settings(os.environ):
        typer.echo(sentence, err=True)
    configure(json=settings.log == "json")
    export(settings, "all", replica_name(settings))
    with listen(settings) as listening:
        while True:
            refuse_unfinished(settings.data)
            wipe_if_asked(settings.data, installed())
            uvloop.run(_serve(settings, listening))
            if not (settings.data / MARKER).exists():
                flush()
                leave()


async def _serve(settings: Settings, listening: socket.socket) -> None:
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    demo = _demonstration(settings)
    users = demo.users if settings.demo else ()
    routes = demo_routes(demo) if settings.demo else None
    async with opened(settings, demo.clock, users, routes) as installation:
        server = Server(installation.app, GRACEFUL_SECONDS, lambda: _go_beside(installation, demo))
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


async def _go_beside(installation: Installation, demo: Demonstration) -> None:
    url = installation.settings.public_url
    typer.echo(f"Aktenlauf is ready: {url}")
    if not installation.settings.demo:
        return
    typer.echo(f"People to click, mails, clock: {url}{PATH}")
    try:
        await seed(installation, demo)
    except Exception as error:
        _log.error("the demonstration's cases are not all made", error=error)

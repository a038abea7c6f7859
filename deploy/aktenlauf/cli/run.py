"""`aktenlauf run`: the embedded form, served."""

import asyncio
import errno
import socket

import typer
import uvicorn
import uvloop

from aktenlauf.cli.demo import DEMO_USERS, demonstration
from aktenlauf.cli.installation import opened
from aktenlauf.kit.clock import ShiftedClock
from aktenlauf.kit.logs import configure
from aktenlauf.kit.settings import Settings, load_settings

GRACEFUL_SECONDS = 10


def run_forever() -> None:
    """Serve until Ctrl-C. Raises WrongSetting, Halt; SystemExit with a sentence when the port is taken."""
    settings = load_settings()
    configure(json=settings.log == "json")
    listening = _listen(settings)
    uvloop.run(_serve(settings, listening))


def _listen(settings: Settings) -> socket.socket:
    """Bind before anything is opened, so that a port in use is named at once."""
    listening = socket.socket(socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        typer.echo(
            f"Port {settings.port} is in use. End what listens there, or choose another: AKTENLAUF_PORT=8001", err=True
        )
        raise SystemExit(4) from None
    return listening


async def _serve(settings: Settings, listening: socket.socket) -> None:
    clock = ShiftedClock(settings.now)
    users = DEMO_USERS if settings.demo else ()
    async with opened(settings, clock, users) as installation:
        config = uvicorn.Config(
            installation.app,
            lifespan="on",
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=GRACEFUL_SECONDS,
        )
        server = uvicorn.Server(config)
        async with asyncio.TaskGroup() as tasks:
            seeding = tasks.create_task(demonstration(installation, server)) if settings.demo else None
            await server.serve(sockets=[listening])
            if seeding:
                seeding.cancel()

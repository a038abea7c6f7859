"""`aktenlauf serve NAME`: one service, one process; several may serve the same data.

SIGTERM takes it out of the ready state and closes its port. Requests under way are answered, an upload that is still
coming is told to come again; then the lease is given back to the other replicas.
"""

import os
import socket
from typing import NoReturn

import typer
import uvloop

from aktenlauf.cli.installation import Installation, definition_of, installed, opened, replica_name
from aktenlauf.cli.server import Server, leave, listen, unknown_settings
from aktenlauf.kit.adapters.kafka_settings import configured_brokers
from aktenlauf.kit.clock import ShiftedClock
from aktenlauf.kit.exporting import export, flush
from aktenlauf.kit.logs import configure, logger
from aktenlauf.kit.service import Definition
from aktenlauf.kit.settings import Settings, WrongSetting

GRACEFUL_SECONDS = 20
"""How long requests under way may go on after the order to stop."""

_log = logger(__name__)


def serve_forever(settings: Settings, name: str) -> NoReturn:
    """Serve until SIGTERM. Raises WrongSetting, Halt; SystemExit with a sentence when the port is taken."""
    for sentence in unknown_settings(os.environ):
        typer.echo(sentence, err=True)
    definition = _definition(name)
    _refuse_what_cannot_be_shared(settings)
    configure(json=settings.log != "text")
    export(settings, name, replica_name(settings))
    with listen(settings) as listening:
        uvloop.run(_serve(settings, definition, listening))
        flush()
        leave()


def _definition(name: str) -> Definition:
    if name not in installed():
        raise WrongSetting(f"there is no service {name}; installed are {', '.join(installed())}")
    return definition_of(name)


def _refuse_what_cannot_be_shared(settings: Settings) -> None:
    """What lies in a folder or in memory, another process does not see."""
    configured_brokers(settings)
    if settings.demo:
        raise WrongSetting("AKTENLAUF_DEMO: a demonstration is one process (`aktenlauf run`); set it to false")
    if settings.mongo.get_secret_value() and not settings.kek.get_secret_value():
        raise WrongSetting("AKTENLAUF_KEK: the same key-encryption key for all services, not one made by each")


async def _serve(settings: Settings, definition: Definition, listening: socket.socket) -> None:
    async with opened(settings, ShiftedClock(settings.now), only=definition) as installation:
        server = Server(
            installation.app,
            GRACEFUL_SECONDS,
            lambda: _tell(installation, definition),
            installation.shell.stopping.begin,
        )
        await server.serve(sockets=[listening])
    if server.failure:
        raise server.failure


async def _tell(installation: Installation, definition: Definition) -> None:
    _log.info("serving", service=definition.name, port=installation.settings.port)

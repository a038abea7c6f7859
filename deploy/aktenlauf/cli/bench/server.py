"""An installation to be put under load, as a process of its own: `python -m aktenlauf.cli.bench.server`.

It is what `aktenlauf run` serves, without the demonstration's cases and with more people to sign in. Once a second it
writes a line of JSON about itself to standard output.
"""

import asyncio
import sys
from collections.abc import Mapping

import orjson
import uvicorn
import uvloop

from aktenlauf.cli.bench.backlog import Backlog
from aktenlauf.cli.demo import APPLICANT, DEMO_USERS
from aktenlauf.cli.installation import Installation, opened
from aktenlauf.kit.adapters.demo_idp import DemoUser
from aktenlauf.kit.clock import system_clock
from aktenlauf.kit.logs import configure
from aktenlauf.kit.settings import load_settings

PEOPLE = 16
TELL_SECONDS = 1.0


def applicant(number: int) -> str:
    """The demo sign-in's name of one of the applicants."""
    return f"last-{number}"


async def serve() -> None:
    """Serve until terminated."""
    settings = load_settings()
    people = [
        DemoUser(applicant(n), "public", "Pia", f"Probe {n}", APPLICANT, None, None, f"last-{n}@post.example", "")
        for n in range(PEOPLE)
    ]
    async with opened(settings, system_clock, [*DEMO_USERS, *people]) as installation:
        config = uvicorn.Config(
            installation.app, host=settings.host, port=settings.port, log_level="warning", access_log=False
        )
        server = uvicorn.Server(config)
        telling = asyncio.create_task(_tell(installation))
        await server.serve()
        telling.cancel()


async def _tell(installation: Installation) -> None:
    backlog = Backlog(installation)
    while True:
        await asyncio.sleep(TELL_SECONDS)
        _write({"backlog": await backlog.count(), "looked_at": backlog.done})


def _write(line: Mapping[str, float]) -> None:
    sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
    sys.stdout.flush()


if __name__ == "__main__":
    configure(json=False)
    uvloop.run(serve())

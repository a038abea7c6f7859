"""The subcommands of `aktenlauf bench`. Each benchmark is a module; it is imported when it is called."""

import asyncio
import importlib
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, cast

import typer

from aktenlauf.cli.bench.report import Result, Tell, busy, show, to_json, watched

SECONDS = 36.0
"""Of measuring; with its preparation a benchmark stays below 45 s."""

Measure = Callable[[Path, float, Tell], Awaitable[Result]]
Json = Annotated[Path | None, typer.Option("--json", help="Also write the figures to this file.")]
Seconds = Annotated[float, typer.Option(min=0.1, help="How long each benchmark measures.")]

app = typer.Typer(no_args_is_help=True, help="Measured figures, as a table and JSON.")


@app.command()
def append(json: Json = None, seconds: Seconds = SECONDS) -> None:
    """Events a second into the log, beside a bare SQLite loop and the library eventsourcing."""
    bench(["append"], json, seconds)


@app.command()
def tail(json: Json = None, seconds: Seconds = SECONDS) -> None:
    """Events a second from the log into a view, and from one service into another's view."""
    bench(["tail"], json, seconds)


@app.command()
def hear(json: Json = None, seconds: Seconds = SECONDS) -> None:
    """Events a second from Kafka into a view, beside FastStream's one commit a message."""
    bench(["hear"], json, seconds)


@app.command()
def publish(json: Json = None, seconds: Seconds = SECONDS) -> None:
    """Events a second from the log to Kafka, beside the bare client."""
    bench(["publish"], json, seconds)


@app.command()
def submit(json: Json = None, seconds: Seconds = SECONDS) -> None:
    """Applications a second with twelve files each, through the pages and through the ports. In full: 120 seconds."""
    bench(["submit"], json, seconds)


@app.command()
def start(json: Json = None, seconds: Seconds = SECONDS) -> None:
    """Seconds until ready, on an empty and on an existing data folder, and memory at rest."""
    bench(["start"], json, seconds)


@app.command()
def smoke(json: Json = None, seconds: Seconds = SECONDS) -> None:
    """Seconds of each step of the smoke run, embedded and distributed side by side, and memory of each process."""
    bench(["smoke"], json, seconds)


@app.command()
def distributed(json: Json = None, seconds: Seconds = SECONDS) -> None:
    """Seconds from submission to the worklist, with the services as processes of their own."""
    bench(["distributed"], json, seconds)


@app.command()
def writers(json: Json = None, seconds: Seconds = SECONDS) -> None:
    """Commits a second by three processes on one log in MongoDB, beside one process."""
    bench(["writers"], json, seconds)


@app.command()
def storage(json: Json = None, seconds: Seconds = SECONDS) -> None:
    """Bytes that a case leaves in logs, views and the object store."""
    bench(["storage"], json, seconds)


EMBEDDED = ("append", "tail", "submit", "start", "storage")
ON_SERVERS = ("hear", "publish", "writers", "smoke", "distributed")
"""These start the servers of deploy/native where they are installed and the environment names none."""


@app.command(name="all")
def all_(json: Json = None, seconds: Seconds = SECONDS) -> None:
    """All of them, one after the other."""
    bench([*EMBEDDED, *ON_SERVERS], json, seconds)


def bench(names: Sequence[str], json: Path | None, seconds: float) -> None:
    """Run, show, and write the file after each, so that an interruption loses nothing that was measured."""
    from aktenlauf.cli.bench.on_servers import stopped_afterwards

    results: list[Result] = []
    warning = busy()
    with stopped_afterwards():
        for name in names:
            measure = cast(Measure, importlib.import_module(f"aktenlauf.cli.bench.{name}").measure)
            results.append(run(name, measure, seconds))
            results[-1].notes += [warning] if warning else []
            show(results[-1])
            if json is not None:
                json.write_bytes(to_json(results))


def run(name: str, measure: Measure, seconds: float) -> Result:
    """One benchmark on a fresh folder, on the event loop that `aktenlauf run` uses, with a progress bar."""
    import uvloop

    async def measured() -> Result:
        with tempfile.TemporaryDirectory(prefix=f"aktenlauf-{name}-") as folder, watched(name) as tell:
            return await measure(Path(folder), seconds, tell)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(measured())

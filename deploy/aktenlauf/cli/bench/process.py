"""A server in a process of its own: started on a free loopback port, watched, ended by its process id."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import orjson

READY_SECONDS_MAX = 60.0
LOOK_SECONDS = 0.02
END_SECONDS_MAX = 15.0
WRITTEN_SHOWN = 2000
RUN = ("-m", "aktenlauf.cli", "run")
"""What `aktenlauf run` does, by this very interpreter."""
UNDER_LOAD = ("-m", "aktenlauf.cli.bench.server")


_NOT_INHERITED = ("AKTENLAUF_", "PYTHONDONTWRITEBYTECODE")
"""What would make it another server than an operator's: other settings, and all modules compiled at each start."""


class ServerFailed(Exception):
    """The server did not become ready; the message holds the end of what it wrote."""


@dataclass
class Server:
    """A server that answers. `ready_after` are the seconds from its start to 200 of /healthz."""

    url: str
    pid: int
    ready_after: float = 0.0
    told: list[Mapping[str, float]] = field(default_factory=list)
    """What it said about itself, a line a second."""

    def resident_mb(self) -> float | None:
        """Memory of the process itself; None where /proc does not tell (macOS)."""
        return resident_mb(self.pid)


def resident_mb(pid: int) -> float | None:
    """Resident memory of one process in megabytes (10^6 bytes), or None where /proc does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, ValueError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_seconds(pid: int) -> float | None:
    """Processor time of one process without its children, or None where /proc does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, ValueError):
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def served(
    folder: Path, command: Sequence[str] = UNDER_LOAD, env: Mapping[str, str] | None = None
) -> AsyncIterator[Server]:
    """Start, wait until it is ready, end with the block. Raises ServerFailed."""
    port = _free_port()
    settings = {"AKTENLAUF_DATA": str(folder), "AKTENLAUF_PORT": str(port), **(env or {})}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)}
    errors = folder.parent / f"{folder.name}.log"
    with errors.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            env={**inherited, **settings},
            cwd=folder.parent,  # no .env file of whoever measures
        )
        server = Server(f"http://localhost:{port}", process.pid)
        listening = asyncio.create_task(_listen(process, server))
        try:
            server.ready_after = await _ready(server.url, process, errors)
            yield server
        finally:
            await _end(process)
            await listening


async def _ready(url: str, process: asyncio.subprocess.Process, errors: Path) -> float:
    began = time.perf_counter()
    async with httpx.AsyncClient(base_url=url, timeout=2) as client:
        while (spent := time.perf_counter() - began) < READY_SECONDS_MAX:
            if process.returncode is not None:
                break
            try:
                if (await client.get("/healthz")).status_code == 200:
                    return time.perf_counter() - began
            except httpx.TransportError:
                pass  # it does not listen yet
            await asyncio.sleep(LOOK_SECONDS)
    written = await asyncio.to_thread(errors.read_text, errors="replace")
    raise ServerFailed(f"not ready after {spent:.0f} s: {written[-WRITTEN_SHOWN:]}")


async def _listen(process: asyncio.subprocess.Process, server: Server) -> None:
    """Lines of JSON are what the server says about itself; others are for people."""
    assert process.stdout is not None  # noqa: S101 always a pipe
    async for line in process.stdout:
        if line.startswith(b"{"):
            server.told.append(orjson.loads(line))


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(END_SECONDS_MAX):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

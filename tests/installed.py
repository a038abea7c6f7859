"""A running installation for tests: `aktenlauf run` as its own process, on a free port, with data of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

READY_SECONDS = 30


@dataclass
class Running:
    """The process, where it listens, and where its data lie."""

    url: str
    data: Path
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """`kill -9`: no chance to tidy up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def launch(data: Path, port: int, env: Mapping[str, str] | None = None) -> Running:
    """Start, and wait for nothing. What the process says goes to a file beside its data."""
    data.mkdir(parents=True, exist_ok=True)
    settings = {"AKTENLAUF_DATA": str(data), "AKTENLAUF_PORT": str(port), "AKTENLAUF_DEMO_CASES": "0", **(env or {})}
    with _log_of(data).open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "aktenlauf.cli", "run"], env={**os.environ, **settings}, stdout=log, stderr=log
        )
    return Running(f"http://localhost:{port}", data, process)


def start(data: Path, port: int, env: Mapping[str, str] | None = None) -> Running:
    """Start and wait until `/healthz` answers 200. Raises TimeoutError with what the process said."""
    running = launch(data, port, env)
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and running.process.poll() is None:
        try:
            if httpx.get(f"{running.url}/healthz", timeout=2).status_code == 200:
                return running
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    running.process.kill()
    raise TimeoutError(_log_of(data).read_text()[-2000:])


def _log_of(data: Path) -> Path:
    return data.parent / f"{data.name}.log"


@contextmanager
def installation(data: Path, env: Mapping[str, str] | None = None) -> Iterator[Running]:
    """A running installation; stopped as by Ctrl-C at the end."""
    running = start(data, free_port(), env)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.send_signal(signal.SIGINT)
            running.process.wait(20)

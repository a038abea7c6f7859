"""Processes that outlive who started them, and can be ended by anyone who finds their pid file, and only they.

A pid alone may meanwhile be somebody else's; a pid and its start time are not.
"""

import json
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

import psutil

# Below the range from which the system takes the ports of outgoing connections: a server that was killed must
# find its port free when it is started again.
PORTS = range(20_000, 32_000)
PATIENCE = 60.0
"""Seconds in which a server must be ready, on a machine that has other things to do."""
SAME_START = 1.0
"""Seconds by which two readings of one process's start may differ (the system's clock may be corrected)."""


START = b"=== started\n"
"""Line that separates the runs of a program in its log."""


class NotReady(RuntimeError):
    """A server ended, or was not ready in time."""


def free_ports(names: Iterable[str]) -> dict[str, int]:
    """Name -> a TCP port of 127.0.0.1 on which nobody listens, for each another."""
    ports: dict[str, int] = {}
    for name in names:
        ports[name] = _free_port(ports.values())
    return ports


def _free_port(taken: Collection[int]) -> int:
    for port in random.sample(PORTS, k=200):  # what is random here is no secret
        if port in taken:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise NotReady(f"no free port between {PORTS.start} and {PORTS.stop}")


def launch(
    command: Sequence[str], pid_file: Path, log: Path, environment: Mapping[str, str] | None = None
) -> psutil.Process:
    """Start a process of its own session and note it in `pid_file`; its output is appended to `log`."""
    with log.open("ab") as output:
        output.write(START)
        output.flush()
        started = subprocess.Popen(  # noqa: S603 - the commands are ours
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    process = psutil.Process(started.pid)
    note(process, pid_file)
    return process


def note(process: psutil.Process, pid_file: Path) -> None:
    """Write down which process `running` and `end` find by this file."""
    pid_file.write_text(json.dumps({"pid": process.pid, "started": process.create_time()}))


def running(pid_file: Path) -> psutil.Process | None:
    """The process of `pid_file`, if it is still that one and has not ended."""
    try:
        noted = json.loads(pid_file.read_text())
        process = psutil.Process(noted["pid"])
        same = abs(process.create_time() - noted["started"]) < SAME_START
        return process if same and not has_ended(process) else None
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None


def end(pid_file: Path, with_signal: int, patience: float = 20.0) -> None:
    """End the process of `pid_file` and its children, and return when they are gone.

    Who is still there after `patience` seconds is killed. SIGKILL goes to the children too: a child that had to
    notice the death of its parent first would go on writing for a moment.
    """
    process = running(pid_file)
    if process is not None:
        family = [process, *process.children(recursive=True)]
        for member in family if with_signal == signal.SIGKILL else [process]:
            _send(member, with_signal)
        for member in _left(family, patience):
            _send(member, signal.SIGKILL)
        _left(family, patience)
    pid_file.unlink(missing_ok=True)


def _send(process: psutil.Process, with_signal: int) -> None:
    try:
        process.send_signal(with_signal)
    except psutil.NoSuchProcess:
        pass  # gone by itself


def _left(family: list[psutil.Process], patience: float) -> list[psutil.Process]:
    """Who of them has not ended after at most `patience` seconds."""
    deadline = time.monotonic() + patience
    while (left := [member for member in family if not has_ended(member)]) and time.monotonic() < deadline:
        time.sleep(0.01)
    return left


def has_ended(process: psutil.Process) -> bool:
    """Also true of one that only waits for its parent to take notice: nobody may ever do that, and it does nothing."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until(ready: Callable[[], bool], process: psutil.Process, log: Path, patience: float = PATIENCE) -> None:
    """Return when `ready()` says so.

    Raises NotReady with the last lines of `log` if the process ends before, or `patience` seconds have passed.
    """
    try:
        wait_for(ready, log.stem, patience, lambda: has_ended(process))
    except NotReady as error:
        tail = log.read_text(errors="replace").splitlines()[-15:]
        raise NotReady("\n".join([f"{error}:", *tail])) from None


def wait_for(
    ready: Callable[[], bool], what: str, patience: float = PATIENCE, ended: Callable[[], bool] = lambda: False
) -> None:
    """Return when `ready()` says so. Raises NotReady if `ended()` does first, or `patience` seconds have passed."""
    deadline = time.monotonic() + patience
    while not ready():
        if ended():
            raise NotReady(f"{what} ended")
        if time.monotonic() > deadline:
            raise NotReady(f"{what} is not ready")
        time.sleep(0.05)

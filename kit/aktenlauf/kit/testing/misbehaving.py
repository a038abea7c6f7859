"""Jobs that do what a broken or hostile file makes a parser do. Importable by name, as a worker's functions
must be."""

import os
import signal
import sys
import time
from typing import Any


def echo(value: Any) -> Any:
    """What came in."""
    return value


def exit_at_once(code: int = 1) -> None:
    """Ends the process without a word, as `abort()` in a C library does."""
    os._exit(code)


def crash() -> None:
    """Ends the process as a wild pointer does."""
    os.kill(os.getpid(), signal.SIGSEGV)


def toil() -> None:
    """Works for ever."""
    while True:
        pass


def wait(seconds: float) -> str:
    """Is kept waiting, as on a busy machine, and then is done."""
    time.sleep(seconds)
    return "done"


def hang() -> None:
    """Never comes back."""
    while True:
        time.sleep(3600)


def hide() -> None:
    """Closes all it was given, and stays, as one does that a hostile file has taken over."""
    os.closerange(0, 1024)
    signal.setitimer(signal.ITIMER_REAL, 0)
    hang()


def allocate(size_bytes: int) -> int:
    """Takes memory, and says how much it got."""
    return len(bytearray(size_bytes))


def fail(message: str) -> None:
    """Raises `ValueError` with a message that quotes its input."""
    raise ValueError(message)


def print_noise() -> str:
    """Writes on both standard streams before it answers."""
    os.write(1, b"noise" * 1000)
    sys.stdout.write("more noise")
    sys.stdout.flush()
    os.write(2, b"and more")
    return "quiet"


def process_facts() -> tuple[int, list[str], dict[str, str], bool]:
    """Its process id, what its open descriptors point at, its environment, and whether Ctrl-C is ignored."""
    targets = [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if _is_open(fd)]
    return os.getpid(), targets, dict(os.environ), signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def forged() -> Any:
    """An answer which, unpickled without care, would run a function in the service."""
    return _Forged()


class _Forged:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.getpid, ()


def _is_open(fd: str) -> bool:
    return os.path.lexists(f"/proc/self/fd/{fd}")

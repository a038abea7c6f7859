"""The inside of a worker process: takes jobs from standard input, answers on standard output.

Started by `aktenlauf.kit.workers`, never imported by a service. A fresh interpreter, not a fork: it holds no
key, no database connection and no socket of the service whose files it opens.

Wire format, both ways: 8 bytes of length (big endian), then a pickle. A job is `(module, function, args)`, an
answer `(outcome, value)` with outcome `done`, `memory` or `error`. The first frame, `(job_seconds,
memory_bytes)`, sets the limits.
"""

import contextlib
import importlib
import os
import pickle
import resource
import signal
import struct
import sys
from pathlib import Path
from typing import Any, BinaryIO

LENGTH = struct.Struct(">Q")
WALL_FACTOR = 6
"""How much longer than its processor time a job may last: on a busy machine a good file is not at fault."""
_GRACE_SECONDS = 2.0
_NICENESS = 10
"""Whoever waits for a page comes before page images: under load these wait for a free core."""


def main() -> None:
    """Serve jobs until standard input ends, which it also does when the service dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service, which then ends its workers
    os.nice(_NICENESS)
    _be_the_first_to_go()
    jobs, answers = _take_standard_streams()
    job_seconds, memory_bytes = _read(jobs)
    _limit(memory_bytes)
    while True:
        try:
            module, name, args = _read(jobs)
        except EOFError:
            return
        # The kernel ends a job that works too long; and one that hangs, even if the service can no longer do so.
        signal.setitimer(signal.ITIMER_PROF, job_seconds)
        signal.setitimer(signal.ITIMER_REAL, job_seconds * WALL_FACTOR + _GRACE_SECONDS)
        answer = _answer(module, name, args)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(LENGTH.pack(len(answer)) + answer)
        answers.flush()


def _be_the_first_to_go() -> None:
    """Where memory runs out, the kernel ends a worker, which costs one file, and not the service."""
    with contextlib.suppress(OSError):  # not Linux, or not allowed
        Path("/proc/self/oom_score_adj").write_text("1000")


def _take_standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """Keeps the two pipes and gives libraries /dev/null, so that nothing they print garbles an answer."""
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # whatever a library of the service left inheritable
    jobs, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)
    return jobs, answers


def _limit(memory_bytes: int) -> None:
    # A core dump would write an applicant's file to the disk in clear.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # macOS refuses a limit on address space; there the time limit alone guards a developer's machine.
    with contextlib.suppress(*((ValueError, OSError) if sys.platform == "darwin" else ())):
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def _read(stream: BinaryIO) -> Any:
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    (length,) = LENGTH.unpack(head)
    return pickle.loads(stream.read(length))  # noqa: S301 - from the service that started this process


def _answer(module: str, name: str, args: tuple[Any, ...]) -> bytes:
    try:
        value = getattr(importlib.import_module(module), name)(*args)
        return pickle.dumps(("done", value), protocol=5)
    except MemoryError:
        return pickle.dumps(("memory", None))
    except Exception as error:
        # Only the kind of error: a message may quote the file.
        return pickle.dumps(("error", type(error).__name__))


if __name__ == "__main__":
    main()

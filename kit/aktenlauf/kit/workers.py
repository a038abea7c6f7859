"""Worker processes for whatever may hang, crash or eat memory: parsers of foreign files, typesetting.

Why not a library: a job's answer comes from a process that has just parsed hostile bytes, and the pools at
hand (`concurrent.futures`, pebble, anyio) unpickle it without restriction; they share one pipe among workers,
or know no time limit, or leave idle workers running.
"""

import asyncio
import contextlib
import enum
import os
import pickle
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from io import BytesIO
from typing import Any, Literal, Self, TypeVar

from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.worker_process import LENGTH, WALL_FACTOR

T = TypeVar("T")
Reason = Literal["died", "timeout", "memory", "error"]

_JOBS_PER_WORKER = 200  # then a fresh process: whatever a library leaks stays bounded
_ANSWER_BYTES_MAX = 64 << 20
_PIPE_BYTES = 1 << 20
# Everything else, secrets of the service among it, stays out of a process that opens foreign files.
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "HOME", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")


class WorkerFailed(Exception):
    """A job did not answer. The pool goes on; whether to try again is the caller's decision.

    `reason`: `died` (crashed or was killed), `timeout`, `memory` (a Python `MemoryError`; C code that runs
    out of memory mostly just dies), `error` (an exception; `detail` is its class, its message may quote the
    file).
    """

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason: Reason = reason
        self.detail = detail


class WorkersBusy(Unavailable):
    """More jobs are waiting than the queue may hold."""


@dataclass(eq=False)
class _Worker:
    process: asyncio.subprocess.Process
    jobs: int = 0
    retirement: asyncio.TimerHandle | None = None


class Workers:
    """A pool of `size` processes, started when first needed, each ended after `idle_seconds` without work.

    `memory_bytes` limits a worker's address space, `job_seconds` one job's processor time (six times as much by the
    wall clock; the first job of a worker includes its start and imports), `queue_max` the jobs that wait for a free
    worker.
    """

    def __init__(
        self,
        size: int = 2,
        job_seconds: float = 20,
        memory_bytes: int = 1 << 30,
        queue_max: int = 100,
        idle_seconds: float = 60,
    ) -> None:
        self._limits = (job_seconds, memory_bytes)
        self._queue_max, self._idle_seconds = queue_max, idle_seconds
        self.size = size
        self._slots = asyncio.Semaphore(size)
        self._waiting = 0
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()
        self._endings: set[asyncio.Task[None]] = set()
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        """The result of `function(*args)`, computed in a worker.

        `function` is a module's own function, found in the worker by its import path. `args` are pickled. The
        result consists of plain values (None, bool, numbers, str, bytes, list, tuple, dict, set) and of
        dataclasses and enums whose modules the caller has imported; anything else is refused unopened.
        Cancelling kills the worker.

        Raises `WorkerFailed`, `WorkersBusy`, and `RuntimeError` once closed.
        """
        self._refuse_if_closed()
        job = pickle.dumps((function.__module__, function.__qualname__, args), protocol=5)
        await self._wait_for_slot()
        try:
            self._refuse_if_closed()
            result: T = await self._attempt(job)
            return result
        finally:
            self._slots.release()

    @property
    def pids(self) -> frozenset[int]:
        """The process ids of the living workers, for the metrics of the process."""
        return frozenset(worker.process.pid for worker in self._all)

    async def close(self) -> None:
        """Kill all workers and wait until they are gone. Jobs under way fail with `died`."""
        self._closed = True
        for worker in list(self._all):
            self._end(worker)
        while self._endings:
            await asyncio.shield(asyncio.gather(*self._endings))

    async def _wait_for_slot(self) -> None:
        if self._slots.locked() and self._waiting >= self._queue_max:
            raise WorkersBusy(f"{self._waiting} jobs are waiting")
        self._waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self._waiting -= 1

    async def _attempt(self, job: bytes) -> Any:
        worker = await self._take()
        sound = False
        try:
            async with asyncio.timeout(self._limits[0] * WALL_FACTOR):
                await _send(worker, job)
                outcome, value = await _receive(worker)
            # After a MemoryError the heap is in pieces: the next file deserves a fresh process.
            sound = outcome != "memory"
        except TimeoutError:
            raise WorkerFailed("timeout") from None
        except (OSError, EOFError):
            self._end(worker)  # a subverted one closes its pipe and lives on: it would be waited for without end
            raise WorkerFailed("timeout" if await worker.process.wait() == -signal.SIGPROF else "died") from None
        except _Untrusted as error:
            raise WorkerFailed("error", str(error)) from None
        finally:
            self._give_back(worker, sound)
        if outcome == "done":
            return value
        raise WorkerFailed("memory" if outcome == "memory" else "error", str(value or ""))

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise RuntimeError("the workers are closed")

    async def _take(self) -> _Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.retirement:
                worker.retirement.cancel()
            if _is_alive(worker.process):
                return worker
            self._end(worker)  # killed from outside while idle
        return await self._start()

    async def _start(self) -> _Worker:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "aktenlauf.kit.worker_process",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # libraries quote files in their warnings
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            start_new_session=True,
            limit=_PIPE_BYTES,
        )
        worker = _Worker(process)
        self._all.add(worker)
        if self._closed:  # while the process was starting
            await self.close()
        self._refuse_if_closed()
        with contextlib.suppress(OSError):  # a worker that died at birth is noticed by its first job
            await _send(worker, pickle.dumps(self._limits))
        return worker

    def _give_back(self, worker: _Worker, sound: bool) -> None:
        worker.jobs += 1
        if not sound or self._closed or worker.jobs >= _JOBS_PER_WORKER:
            self._end(worker)
            return
        worker.retirement = asyncio.get_running_loop().call_later(self._idle_seconds, self._retire, worker)
        self._idle.append(worker)

    def _retire(self, worker: _Worker) -> None:
        self._idle.remove(worker)
        self._end(worker)

    def _end(self, worker: _Worker) -> None:
        """Kills at once; the returned process is reaped by a task, so that nobody waits for it."""
        if worker not in self._all:
            return
        self._all.discard(worker)
        if worker.retirement:
            worker.retirement.cancel()
        # By its group, which is its own: Process.kill() may reap a dead child behind the back of asyncio's
        # watcher.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.process.pid, signal.SIGKILL)
        ending = asyncio.get_running_loop().create_task(_reaped(worker.process))
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)


def _is_alive(process: asyncio.subprocess.Process) -> bool:
    if process.returncode is not None:
        return False
    try:
        os.kill(process.pid, 0)  # it may be gone before the event loop was told
    except ProcessLookupError:
        return False
    return True


async def _reaped(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None and process.stdout is not None  # noqa: S101 - always pipes
    process.stdin.close()
    await process.wait()
    # To its end, or the pipe would be closed by the garbage collector, perhaps after the event loop.
    with contextlib.suppress(RuntimeError):  # a job under way reads it to the end itself
        await process.stdout.read()


async def _send(worker: _Worker, frame: bytes) -> None:
    assert worker.process.stdin is not None  # noqa: S101 - always a pipe
    worker.process.stdin.write(LENGTH.pack(len(frame)))
    worker.process.stdin.write(frame)
    await worker.process.stdin.drain()


async def _receive(worker: _Worker) -> tuple[str, Any]:
    assert worker.process.stdout is not None  # noqa: S101 - always a pipe
    (length,) = LENGTH.unpack(await worker.process.stdout.readexactly(LENGTH.size))
    if length > _ANSWER_BYTES_MAX:
        raise _Untrusted("answer too long")
    return _Answer(BytesIO(await worker.process.stdout.readexactly(length))).opened()


class _Untrusted(Exception):
    """An answer that no honest job gives."""


class _Answer(pickle.Unpickler):
    """Opens what a possibly subverted worker sent: it may name dataclasses and enums, no functions or other
    classes."""

    def find_class(self, module: str, name: str) -> type:
        found = getattr(sys.modules.get(module), name, None)
        if isinstance(found, type) and (is_dataclass(found) or issubclass(found, enum.Enum)):
            return found
        raise _Untrusted(f"answer holds a {name}")

    def opened(self) -> tuple[str, Any]:
        try:
            outcome, value = self.load()
        except _Untrusted:
            raise
        except Exception as error:
            raise _Untrusted("answer is broken") from error
        return outcome, value

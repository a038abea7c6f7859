import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest

from aktenlauf.kit.patience import is_transient
from aktenlauf.kit.scanner import Verdict
from aktenlauf.kit.testing import misbehaving
from aktenlauf.kit.workers import WorkerFailed, Workers, WorkersBusy

pytestmark = pytest.mark.long


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    async with Workers(size=1, job_seconds=10, memory_bytes=512 << 20) as pool:
        yield pool


async def gone(pid: int) -> None:
    """Returns once this process has ended and been reaped."""
    async with asyncio.timeout(10):
        while alive(pid):
            await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        ((misbehaving.exit_at_once,), "died"),
        ((misbehaving.crash,), "died"),
        ((misbehaving.allocate, 1 << 30), "memory"),
        ((misbehaving.fail, "Max Mustermann"), "error"),
    ],
)
async def test_a_failed_job_names_its_reason_and_the_pool_goes_on(workers: Workers, job: tuple, reason: str) -> None:
    for _ in range(2):
        with pytest.raises(WorkerFailed) as failure:
            await workers.run(*job)
        assert failure.value.reason == reason
        assert await workers.run(misbehaving.echo, "next") == "next"


async def test_a_hanging_job_is_killed_and_the_pool_goes_on() -> None:
    async with Workers(size=1, job_seconds=0.5) as workers:
        with pytest.raises(WorkerFailed, match="timeout"):
            await workers.run(misbehaving.hang)
        assert await workers.run(misbehaving.echo, "next") == "next"


async def test_a_worker_that_closes_its_pipe_and_lives_on_is_waited_for_no_longer(workers: Workers) -> None:
    async with asyncio.timeout(5):
        with pytest.raises(WorkerFailed, match="died"):
            await workers.run(misbehaving.hide)
        assert await workers.run(misbehaving.echo, "next") == "next"


async def test_a_job_that_works_too_long_is_ended_after_its_processor_time() -> None:
    async with Workers(size=1, job_seconds=0.3) as workers:
        with pytest.raises(WorkerFailed, match="timeout"):
            await workers.run(misbehaving.toil)
        assert await workers.run(misbehaving.echo, "next") == "next"


async def test_a_job_that_only_waits_for_a_free_processor_is_not_at_fault() -> None:
    async with Workers(size=1, job_seconds=0.5) as workers:
        assert await workers.run(misbehaving.wait, 0.9) == "done"


async def test_memory_within_the_limit_is_given(workers: Workers) -> None:
    assert await workers.run(misbehaving.allocate, 100 << 20) == 100 << 20


async def test_a_failure_does_not_repeat_what_stood_in_the_file(workers: Workers) -> None:
    with pytest.raises(WorkerFailed) as failure:
        await workers.run(misbehaving.fail, "Max Mustermann")
    assert (failure.value.detail, "Mustermann" in str(failure.value)) == ("ValueError", False)


async def test_what_libraries_print_does_not_garble_the_answer(workers: Workers) -> None:
    assert await workers.run(misbehaving.print_noise) == "quiet"


async def test_large_files_travel_unchanged_both_ways(workers: Workers) -> None:
    data = os.urandom(20_000_000)
    assert await workers.run(misbehaving.echo, data) == data


async def test_an_answer_can_run_no_function_in_the_service(workers: Workers) -> None:
    with pytest.raises(WorkerFailed, match="error"):
        await workers.run(misbehaving.forged)


async def test_a_worker_holds_no_connection_and_no_secret_of_the_service(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AKTENLAUF_SECRET", "secret")
    with socket.socket() as ours:
        ours.set_inheritable(True)
        inode = os.readlink(f"/proc/self/fd/{ours.fileno()}")
        _, descriptors, environment, _ = await workers.run(misbehaving.process_facts)
    assert inode not in descriptors
    assert "AKTENLAUF_SECRET" not in environment


async def test_ctrl_c_leaves_workers_to_the_service(workers: Workers) -> None:
    pid, _, _, ignores_interrupt = await workers.run(misbehaving.process_facts)
    assert ignores_interrupt
    assert os.getpgid(pid) != os.getpgid(0)


async def test_workers_start_when_needed_and_end_when_idle() -> None:
    async with Workers(size=2, idle_seconds=0.1) as workers:
        assert workers.pids == frozenset()
        await workers.run(misbehaving.echo, 1)
        (pid,) = workers.pids
        await gone(pid)
        assert workers.pids == frozenset()
        assert await workers.run(misbehaving.echo, 2) == 2


async def test_a_worker_killed_while_idle_is_replaced_unnoticed(workers: Workers) -> None:
    await workers.run(misbehaving.echo, 1)
    (pid,) = workers.pids
    os.kill(pid, signal.SIGKILL)
    await gone(pid)
    assert await workers.run(misbehaving.echo, 2) == 2


async def test_jobs_beyond_the_queue_are_refused_at_once_and_those_within_are_done() -> None:
    async with Workers(size=1, queue_max=2) as workers:
        jobs = [asyncio.create_task(workers.run(misbehaving.echo, number)) for number in range(4)]
        results = await asyncio.gather(*jobs, return_exceptions=True)
    assert results[:3] == [0, 1, 2]
    assert isinstance(results[3], WorkersBusy)
    assert is_transient(results[3])


async def test_a_cancelled_job_ends_its_worker(workers: Workers) -> None:
    await workers.run(misbehaving.echo, 1)
    (pid,) = workers.pids
    job = asyncio.create_task(workers.run(misbehaving.hang))
    await asyncio.sleep(0)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    await gone(pid)
    assert await workers.run(misbehaving.echo, 2) == 2


async def test_closing_ends_all_workers_and_fails_jobs_under_way() -> None:
    workers = Workers(size=2)
    await workers.run(misbehaving.echo, 1)
    (pid,) = workers.pids
    job = asyncio.create_task(workers.run(misbehaving.hang))
    await asyncio.sleep(0)
    await workers.close()
    with pytest.raises(WorkerFailed, match="died"):
        await job
    assert not alive(pid)
    with pytest.raises(RuntimeError):
        await workers.run(misbehaving.echo, 2)


_SERVICE = """
import asyncio, signal, sys
from aktenlauf.kit.testing import misbehaving
from aktenlauf.kit.workers import Workers

signal.signal(signal.SIGINT, signal.default_int_handler)  # who started the tests may have had it ignored

async def main():
    async with Workers(size=1, job_seconds=1) as workers:
        await workers.run(misbehaving.echo, 1)
        print(*workers.pids, flush=True)
        await (workers.run(misbehaving.hang) if sys.argv[1] == "busy" else asyncio.Event().wait())

asyncio.run(main())
"""


@pytest.mark.parametrize("state", ["idle", "busy"])
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
async def test_no_worker_outlives_its_service(ending: signal.Signals, state: str) -> None:
    command = [sys.executable, "-c", _SERVICE, state]
    service = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert service.stdout is not None
    pid = int(await service.stdout.readline())
    service.send_signal(ending)
    await service.communicate()
    await gone(pid)


async def test_answers_may_be_dataclasses_that_the_service_knows(workers: Workers) -> None:
    verdict = Verdict("structure-only", marks=("pdf-xfa",))
    assert await workers.run(misbehaving.echo, verdict) == verdict

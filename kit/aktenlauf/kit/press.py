"""Our own letters, typeset in a worker.

A worker that dies or takes too long with a file of ours says nothing about the file: the machine was short of memory or
time. So it is tried again, a few times; a foreign file that does the same to its parser is refused at once.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from aktenlauf.kit.paper import typeset
from aktenlauf.kit.workers import WorkerFailed, Workers

ATTEMPTS = 5
PAUSE_SECONDS_MAX = 10.0


async def printed(workers: Workers, template: Path, data: Mapping[str, Any]) -> bytes:
    """One PDF, see `paper.typeset`. Raises WorkerFailed: `error` at once, all else after ATTEMPTS; WorkersBusy."""
    retrying = AsyncRetrying(
        retry=retry_if_exception(_is_no_fault_of_ours),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random_exponential(max=PAUSE_SECONDS_MAX),
        reraise=True,
    )
    return await retrying(workers.run, typeset, template, data)


def _is_no_fault_of_ours(error: BaseException) -> bool:
    return isinstance(error, WorkerFailed) and error.reason != "error"

"""Trying again: what is unavailable now may answer in a moment."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

from aktenlauf.kit.errors import Conflict, Unavailable
from aktenlauf.kit.logs import logger
from aktenlauf.kit.telemetry import RETRIES

RETRY_SECONDS_MAX = 10.0
"""What was away for an hour is used again at most so much later."""

T = TypeVar("T")
_log = logger(__name__)


def is_transient(error: BaseException) -> bool:
    """Whether trying again can help."""
    return isinstance(error, Unavailable | Conflict)


async def patiently(
    what: str, work: Callable[..., Awaitable[T]], *args: Any, again: Callable[[BaseException], bool] = is_transient
) -> T:
    """Do `work(*args)` until it succeeds, with jittered back-off, without end. Raises at once what `again` denies."""
    try:
        return await work(*args)
    except Exception as error:  # only now is it worth while to get ready for repetition: nearly all succeed at once
        if not again(error):
            raise
        return await _repeatedly(what, work, *args, again=again)


async def _repeatedly(
    what: str, work: Callable[..., Awaitable[T]], *args: Any, again: Callable[[BaseException], bool]
) -> T:
    def tell(state: RetryCallState) -> None:
        error: Any = state.outcome.exception() if state.outcome else None
        RETRIES.add(1, {"what": what})
        _log.warning("trying again", what=what, attempt=state.attempt_number, error=error)

    retrying = AsyncRetrying(
        retry=retry_if_exception(again),
        wait=wait_random_exponential(multiplier=0.1, max=RETRY_SECONDS_MAX),
        before_sleep=tell,
        reraise=True,
    )
    return await retrying(work, *args)

"""A lease: of several replicas of a service, one does what follows from the log, the others serve requests only.

For economy alone. Two holders at once (one was asleep, clocks differ) cost work and nothing else: all that a holder
does is guarded by compare-and-set or by ids that repeat.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.logs import logger
from aktenlauf.kit.patience import patiently
from aktenlauf.kit.telemetry import LEASE_HELD
from aktenlauf.kit.work import Work

LEASE_SECONDS = 6.0
"""After so long without renewal another replica takes over: what a crash delays at most."""
RENEW_SECONDS = 1.5

_log = logger(__name__)


class Lease:
    """The lease `name`, wanted by `holder`. A holder that comes back under its own name has it at once."""

    def __init__(self, work: Work, name: str, holder: str) -> None:
        self._work, self._name, self._holder = work, name, holder

    async def keep(self, duty: Callable[[], Awaitable[None]]) -> None:
        """For ever: get the lease, do the duty while it lasts. Raises what the duty raises."""
        while True:
            await self._get()
            await self._hold(duty)

    async def _get(self) -> None:
        while not await patiently("getting the lease", self._take):  # noqa: ASYNC110 - no event of ours tells
            await asyncio.sleep(RENEW_SECONDS)

    async def _take(self) -> bool:
        return await self._work.take_lease(self._name, self._holder, LEASE_SECONDS)

    async def _hold(self, duty: Callable[[], Awaitable[None]]) -> None:
        _log.info("this replica follows the log now", lease=self._name)
        LEASE_HELD.set(1, {"lease": self._name})
        task = asyncio.ensure_future(duty())
        try:
            while True:
                done, _ = await asyncio.wait([task], timeout=RENEW_SECONDS)
                if done:
                    return task.result()
                if not await patiently("renewing the lease", self._take):
                    _log.warning("another replica follows the log now", lease=self._name)
                    return None
        finally:
            LEASE_HELD.set(0, {"lease": self._name})
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            with suppress(Unavailable):  # then it runs out by itself
                await self._work.give_lease(self._name, self._holder)

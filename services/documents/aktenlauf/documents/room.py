"""How much of what is being uploaded a process holds at once: uploads are read into memory and never onto a disk.

Without a bound, a few people with slow lines, or one with many, would fill it.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aktenlauf.kit.errors import Unavailable

BYTES_MAX = 400_000_000
"""Of all uploads under way; one that is larger may come when there is no other."""
OF_ONE_PERSON_MAX = 3
"""Uploads under way. The page sends one after the other; somebody may have several windows."""
WAIT_SECONDS = 10.0
READ_SECONDS = 600.0
"""In which a request must have arrived: one largest file at 300 kbit/s."""


class Room:
    """Of one process. One person has at most half of it, or one upload that is larger."""

    def __init__(self, bytes_max: int = BYTES_MAX) -> None:
        self._bytes_max, self._taken = bytes_max, 0
        self._of_person: dict[str, list[int]] = defaultdict(list)
        self._left = asyncio.Condition()

    @asynccontextmanager
    async def taken(self, person: str, bytes_: int) -> AsyncIterator[None]:
        """Within it, `bytes_` may be read. Raises Unavailable for one upload too many, or where there is no room."""
        own = self._of_person[person]
        if len(own) >= OF_ONE_PERSON_MAX or (own and sum(own) + bytes_ > self._bytes_max // 2):
            raise Unavailable("uploads of one person", retry_after=2)
        own.append(bytes_)
        try:
            await self._take(bytes_)
            try:
                yield
            finally:
                self._taken -= bytes_
                async with self._left:
                    self._left.notify_all()
        finally:
            own.remove(bytes_)
            if not own:
                self._of_person.pop(person, None)

    async def _take(self, bytes_: int) -> None:
        try:
            async with asyncio.timeout(WAIT_SECONDS), self._left:
                await self._left.wait_for(lambda: not self._taken or self._taken + bytes_ <= self._bytes_max)
                self._taken += bytes_
        except TimeoutError:
            raise Unavailable("uploads", retry_after=5) from None

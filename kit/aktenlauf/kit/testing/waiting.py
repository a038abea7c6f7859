"""Waiting for a condition instead of a time."""

import asyncio
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    """Return once `condition` holds. Raises TimeoutError after `seconds`, which is for what never comes."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.002)

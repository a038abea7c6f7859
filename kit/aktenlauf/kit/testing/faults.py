"""Faults from outside: a port whose nth call fails, or at whose nth call the process dies.

Product code has no crash points. Every step that a crash can fall between is a call of a port, so wrapping the ports
reaches all of them. Once a process has died, none of its ports takes another call.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Literal

from aktenlauf.kit.errors import Unavailable

CHANGING = frozenset(
    {"append", "hear", "write", "begin", "advance", "mark", "done", "gap", "filled", "publish", "prepare", "drop"}
)
"""The calls after which something is different: dying at any other is dying at the next of these."""

When = Literal["before", "after"]


class CrashNow(BaseException):
    """The process is dead. No `Exception`, as nothing may catch it and go on."""


class Fate:
    """Counts the changing calls of all ports of one process, and says what becomes of each.

    `crash_at` (from 1) dies before or after that call takes effect; `fail_at` are calls that raise Unavailable, with
    `when="after"` although they took effect.
    """

    def __init__(self, *, crash_at: int = 0, fail_at: Collection[int] = (), when: When = "before") -> None:
        self._crash_at, self._fail_at, self._when = crash_at, frozenset(fail_at), when
        self.calls: list[str] = []
        self.died = asyncio.Event()

    async def call(self, name: str, function: Callable[..., Awaitable[Any]], *args: Any, **named: Any) -> Any:
        """Let one call happen, or not."""
        if self.died.is_set():
            raise CrashNow
        if name.rsplit(".", 1)[1] not in CHANGING:
            return await function(*args, **named)
        self.calls.append(name)
        number = len(self.calls)
        if self._when == "before":
            self._strike(number)
        result = await function(*args, **named)
        if self._when == "after":
            self._strike(number)
        return result

    def _strike(self, number: int) -> None:
        if number == self._crash_at:
            self.died.set()
            raise CrashNow
        if number in self._fail_at:
            raise Unavailable("as the test wants it", retry_after=1)


class Faulty:
    """Any port, under a fate. Every async method goes through `Fate.call`."""

    def __init__(self, port: Any, name: str, fate: Fate) -> None:
        self._port, self._name, self._fate = port, name, fate

    def __getattr__(self, name: str) -> Any:
        function = getattr(self._port, name)
        if name == "close" or not asyncio.iscoroutinefunction(function):
            return function

        async def call(*args: Any, **named: Any) -> Any:
            return await self._fate.call(f"{self._name}.{name}", function, *args, **named)

        return call

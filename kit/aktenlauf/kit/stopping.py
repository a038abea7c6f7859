"""The end of a process that serves: who is still sending a request, and how they are told."""

import asyncio
from typing import Any


class Stopping:
    """Knows who is still sending, and tells them."""

    def __init__(self) -> None:
        self.begun = False
        self._sending: set[asyncio.Task[Any]] = set()

    @property
    def sending(self) -> int:
        """How many requests are still coming."""
        return len(self._sending)

    def begin(self) -> None:
        """The process stops."""
        self.begun = True
        for task in list(self._sending):
            task.cancel()

    def enter(self, task: asyncio.Task[Any]) -> None:
        """This request's body is coming."""
        self._sending.add(task)
        if self.begun:
            task.cancel()

    def leave(self, task: asyncio.Task[Any]) -> None:
        """Its body is whole, or it is over."""
        self._sending.discard(task)

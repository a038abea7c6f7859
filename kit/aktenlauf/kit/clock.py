"""The one clock. Domain code never asks it: time comes in with the command."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Returns now, aware, in UTC."""


def system_clock() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


class ShiftedClock:
    """The machine's clock moved by a fixed span, for demonstrations: it still runs at normal speed.

    `advance` moves it further; it never goes back, as events already carry its times.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._shift = (start - system_clock()) if start else timedelta(0)

    def __call__(self) -> datetime:
        return system_clock() + self._shift

    def advance(self, span: timedelta) -> None:
        """Move forward by `span`. Raises ValueError for a negative one."""
        if span < timedelta(0):
            raise ValueError("the clock of a running installation cannot go back")
        self._shift += span

"""The clock of an installation that may be moved, and what of it outlives the process.

Moved forward by days, it must not be back at today after a restart: events already carry its later times. So the
shift is kept beside the data.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from pathlib import Path

from aktenlauf.kit.clock import ShiftedClock, system_clock

NAME = "clock"
"""File in the data folder: the shift in seconds."""

_moment: ContextVar[datetime | None] = ContextVar("moment", default=None)


class DemoClock(ShiftedClock):
    """A shifted clock that remembers its shift, and that what is told in one task can be told of another time.

    The second is for the demonstration's cases: they have an age, while everybody else's clock is right from the
    start. Requests made inside `at` arrive then; what follows from them carries their time.
    """

    def __init__(self, file: Path, start: datetime | None = None) -> None:
        """Goes on where `file` says, or from `start` if that is later. Raises ValueError for a broken file."""
        resumed = system_clock() + timedelta(seconds=float(file.read_text())) if file.exists() else None
        moments = [moment for moment in (resumed, start) if moment is not None]
        super().__init__(max(moments, default=None))
        self._file = file

    def __call__(self) -> datetime:
        return _moment.get() or super().__call__()

    def advance(self, span: timedelta) -> None:
        super().advance(span)
        self.keep()

    def keep(self) -> None:
        """Write the shift down."""
        part = self._file.with_name(f".{NAME}")
        part.write_text(f"{self._shift.total_seconds():.0f}\n")
        part.rename(self._file)

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Within the block, for this task alone, it is `moment`."""
        token = _moment.set(moment)
        try:
            yield
        finally:
            _moment.reset(token)

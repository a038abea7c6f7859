"""The week that an applicant chooses from: which one is shown, what is free on its days, and where others lead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from aktenlauf.kit.views import Document
from aktenlauf.scheduling.booking import open_starts

WORKDAYS = 5


@dataclass(frozen=True, slots=True)
class Week:
    """One week of one counter group. `first` is its Monday."""

    first: date
    free: dict[date, list[str]]
    """Starts (as the view writes them) by day, in order; every workday is in it, the weekend only with places."""
    earlier: date | None
    """Monday of the nearest earlier week with places."""
    later: date | None
    first_free: str | None
    """The first start of all weeks."""
    skipped: bool
    """Whether the week that was asked for had no places, and this is the next that has."""


def monday_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def choose_week(days: Sequence[Document], asked: date, at: datetime, stay: bool = False) -> Week | None:
    """The week of `asked`, or the next one with places; None if there are none at all.

    `stay`: the week that was asked for, whatever is in it, because its page has something to say about it.
    """
    free = {date.fromisoformat(doc["day"]): list(open_starts(doc, at)) for doc in days}
    free = {day: starts for day, starts in sorted(free.items()) if starts}
    weeks = sorted({monday_of(day) for day in free})
    wanted = monday_of(asked)
    if not weeks and not stay:
        return None
    shown = wanted if stay else next((week for week in weeks if week >= wanted), weeks[-1])
    return Week(
        first=shown,
        free=_columns(free, shown),
        earlier=max((week for week in weeks if week < shown), default=None),
        later=min((week for week in weeks if week > shown), default=None),
        first_free=next((starts[0] for starts in free.values()), None),
        skipped=shown > wanted,
    )


def _columns(free: dict[date, list[str]], monday: date) -> dict[date, list[str]]:
    all_days = [monday + timedelta(days=n) for n in range(7)]
    return {day: free.get(day, []) for n, day in enumerate(all_days) if n < WORKDAYS or day in free}

"""Which slots a counter offers on a day: opening hours, holidays of the Land, days when clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import holidays
from pydantic import BaseModel, ConfigDict, Field, model_validator

BERLIN = ZoneInfo("Europe/Berlin")


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Hours(Frozen):
    """Opening hours on one weekday (Monday = 0) by the clock on the wall in Berlin."""

    weekday: int = Field(ge=0, le=6)
    opens: time
    closes: time

    @model_validator(mode="after")
    def opens_before_it_closes(self) -> "Hours":
        if self.opens.tzinfo or self.closes.tzinfo:
            raise ValueError("opening hours are wall-clock times without a time zone")
        if self.opens >= self.closes:
            raise ValueError(f"closes at {self.closes} but opens only at {self.opens}")
        return self


class CounterRule(Frozen):
    """When one kind of counter (Schalter) takes appointments.

    `places` people at a time for `slot_minutes` each. `land` is the ISO 3166-2 code of the Land whose public
    holidays close the counter; `closed_on` are further closed days, such as a holiday of the municipality.
    """

    land: str
    hours: tuple[Hours, ...]
    slot_minutes: int = Field(ge=5, le=240)
    places: int = Field(ge=1, le=200)
    closed_on: frozenset[date] = frozenset()

    @model_validator(mode="after")
    def land_exists(self) -> "CounterRule":
        if self.land not in _laender():
            raise ValueError(f"{self.land!r} is no Land; one of {', '.join(sorted(_laender()))}")
        return self

    @model_validator(mode="after")
    def hours_do_not_overlap(self) -> "CounterRule":
        ordered = sorted(self.hours, key=lambda hours: (hours.weekday, hours.opens))
        for earlier, later in pairwise(ordered):
            if earlier.weekday == later.weekday and later.opens < earlier.closes:
                raise ValueError(f"opening hours overlap on weekday {later.weekday} at {later.opens}")
        return self


class Slot(Frozen):
    """A time at a counter: aware instants in Europe/Berlin, `end` excluded, room for `places` people."""

    start: datetime
    end: datetime
    places: int


def is_closed(day: date, rule: CounterRule) -> bool:
    """Tell whether the counter is closed all day: a public holiday of the Land or a day of its own."""
    return day in rule.closed_on or day in _holidays(rule.land)


def slots(day: date, rule: CounterRule) -> list[Slot]:
    """Return the slots of a day in order of time; empty on closed days and weekdays without hours.

    Each slot lasts its full minutes of real time, also when clocks change, and ends by closing time; a rest
    of the hours too short for a slot is left out.
    """
    if is_closed(day, rule):
        return []
    today = sorted((hours for hours in rule.hours if hours.weekday == day.weekday()), key=lambda h: h.opens)
    return [slot for hours in today for slot in _slots_within(day, hours, rule)]


def _slots_within(day: date, hours: Hours, rule: CounterRule) -> list[Slot]:
    # In UTC, because adding minutes to a Berlin time counts the wall clock and would skip or repeat an hour.
    length = timedelta(minutes=rule.slot_minutes)
    start, closes = _instant(day, hours.opens), _instant(day, hours.closes)
    found = []
    while start + length <= closes:
        end = start + length
        found.append(Slot(start=start.astimezone(BERLIN), end=end.astimezone(BERLIN), places=rule.places))
        start = end
    return found


def _instant(day: date, wall: time) -> datetime:
    return datetime.combine(day, wall, tzinfo=BERLIN).astimezone(UTC)


@cache
def _holidays(land: str) -> holidays.HolidayBase:
    return holidays.country_holidays("DE", subdiv=land)


@cache
def _laender() -> frozenset[str]:
    return frozenset(code for code in holidays.country_holidays("DE").subdivisions if len(code) == 2)

"""Counting days as the law counts them: Berlin days, months of the BGB, days on which no period ends."""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo

import holidays
from dateutil.relativedelta import relativedelta

BERLIN = ZoneInfo("Europe/Berlin")


class Land(StrEnum):
    """The sixteen Länder by their ISO 3166-2 letters."""

    BW = "BW"
    BY = "BY"
    BE = "BE"
    BB = "BB"
    HB = "HB"
    HH = "HH"
    HE = "HE"
    MV = "MV"
    NI = "NI"
    NW = "NW"
    RP = "RP"
    SL = "SL"
    SN = "SN"
    ST = "ST"
    SH = "SH"
    TH = "TH"


def berlin_day(at: datetime) -> date:
    """Return the calendar day in Europe/Berlin at an instant; raises ValueError without a time zone."""
    if at.tzinfo is None:
        raise ValueError("an instant without a time zone has no legal day")
    return at.astimezone(UTC).astimezone(BERLIN).date()


def months_after(day: date, months: int) -> date:
    """Return the last day of a period of months that began with an event on `day`.

    The day of the event is not counted (§ 187 Abs. 1 BGB); the period ends on the day of the same number
    (§ 188 Abs. 2 BGB), or on the month's last day where there is none (§ 188 Abs. 3 BGB).
    """
    return day + relativedelta(months=months)


def ends_no_period(day: date, land: Land) -> bool:
    """Tell whether `day` is a Saturday, a Sunday or a public holiday in the whole of `land` (§ 193 BGB)."""
    return day.weekday() >= 5 or day in _holidays(land, "public")


def is_local_holiday(day: date, land: Land) -> bool:
    """Tell whether `day` is a public holiday in some municipalities of `land` only (Augsburg, BY, SN, TH)."""
    if day in _holidays(land, "public"):
        return False
    return day in _holidays(land, "catholic") or (land is Land.BY and day in _augsburg())


def next_working_day(day: date, land: Land) -> date:
    """Return `day`, or the next day that is no Saturday, Sunday or public holiday of `land`."""
    while ends_no_period(day, land):
        day += timedelta(days=1)
    return day


@cache
def _holidays(land: Land, category: str) -> holidays.HolidayBase:
    return holidays.country_holidays("DE", subdiv=land.value, categories=category)


@cache
def _augsburg() -> holidays.HolidayBase:
    return holidays.country_holidays("DE", subdiv="Augsburg")

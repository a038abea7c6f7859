from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aktenlauf.review.rules.days import (
    Land,
    berlin_day,
    ends_no_period,
    is_local_holiday,
    months_after,
    next_working_day,
)

SPAN = st.dates(date(2020, 1, 1), date(2040, 1, 1))


@given(SPAN, st.integers(1, 24))
def test_month_ends_on_the_same_number_or_the_last_day__bgb_188(day, months):
    end = months_after(day, months)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    assert (end.year, end.month) == (year, month + 1)
    assert end.day == day.day or (end.day < day.day and (end + timedelta(days=1)).day == 1)


@settings(deadline=None)  # the first call loads the calendars
@given(SPAN, st.sampled_from(Land))
def test_working_day_is_the_first_open_day__bgb_193(day, land):
    moved = next_working_day(day, land)
    assert not ends_no_period(moved, land)
    assert all(ends_no_period(day + timedelta(days=n), land) for n in range((moved - day).days))


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 28, 22, 59, 59, tzinfo=UTC), date(2026, 3, 28)),
        (datetime(2026, 3, 28, 23, 0, 0, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 22, 0, 0, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 0, 0, tzinfo=UTC), date(2026, 10, 26)),
    ],
)
def test_day_begins_at_midnight_in_berlin_when_clocks_change__bgb_187(at, day):
    assert berlin_day(at) == day


@pytest.mark.parametrize(
    ("day", "closed_in", "open_in"),
    [
        (date(2026, 1, 6), {"BW", "BY", "ST"}, {"NW", "BE", "HE"}),
        (date(2027, 3, 8), {"BE", "MV"}, {"BB", "NW", "BY"}),
        (date(2025, 10, 31), {"BB", "HB", "HH", "MV", "NI", "SN", "ST", "SH", "TH"}, {"BY", "NW", "BE"}),
        (date(2027, 11, 1), {"BW", "BY", "NW", "RP", "SL"}, {"BE", "HE", "SN"}),
        (date(2026, 11, 18), {"SN"}, {"TH", "BB", "BY"}),
        (date(2026, 12, 24), set(), {"BY", "NW", "BE"}),
        (date(2026, 12, 31), set(), {"BY", "NW", "BE"}),
    ],
)
def test_holidays_are_those_of_the_land__bgb_193(day, closed_in, open_in):
    assert {land for land in closed_in | open_in if ends_no_period(day, Land(land))} == closed_in


@pytest.mark.parametrize(
    ("day", "land", "local"),
    [
        (date(2029, 8, 8), Land.BY, True),
        (date(2029, 8, 8), Land.NW, False),
        (date(2029, 8, 15), Land.BY, True),
        (date(2029, 8, 15), Land.SL, False),
        (date(2026, 6, 4), Land.TH, True),
        (date(2026, 6, 4), Land.NW, False),
    ],
)
def test_holidays_of_single_municipalities_are_told_apart__bgb_193(day, land, local):
    assert is_local_holiday(day, land) is local

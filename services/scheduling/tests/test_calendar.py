from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from aktenlauf.scheduling.calendar import CounterRule, Hours, is_closed, slots


def counter(land="NW", *, hours=None, minutes=20, places=3, closed_on=frozenset()):
    weekdays = tuple(Hours(weekday=n, opens=time(8), closes=time(12)) for n in range(5))
    return CounterRule(
        land=land,
        hours=weekdays if hours is None else hours,
        slot_minutes=minutes,
        places=places,
        closed_on=closed_on,
    )


def always(opens, closes, minutes=30):
    """A counter open every day of the week, so that the Sundays on which clocks change have slots."""
    return counter(hours=tuple(Hours(weekday=n, opens=opens, closes=closes) for n in range(7)), minutes=minutes)


def test_morning_is_cut_into_slots_with_their_places():
    found = slots(date(2026, 11, 23), counter())
    assert len(found) == 12
    assert [f"{slot.start:%H:%M}-{slot.end:%H:%M}" for slot in found[:2]] == ["08:00-08:20", "08:20-08:40"]
    assert f"{found[-1].end:%H:%M}" == "12:00"
    assert {slot.places for slot in found} == {3}
    assert found[0].start.isoformat() == "2026-11-23T08:00:00+01:00"


def test_rest_too_short_for_a_slot_is_left_out():
    found = slots(date(2026, 11, 23), counter(minutes=50))
    assert [f"{slot.start:%H:%M}" for slot in found] == ["08:00", "08:50", "09:40", "10:30"]


def test_split_hours_come_in_order_of_time():
    hours = (
        Hours(weekday=3, opens=time(14), closes=time(15)),
        Hours(weekday=3, opens=time(8), closes=time(9)),
    )
    found = slots(date(2026, 11, 26), counter(hours=hours, minutes=60))
    assert [f"{slot.start:%H}" for slot in found] == ["08", "14"]


@pytest.mark.parametrize(
    ("day", "land", "open_"),
    [
        (date(2027, 1, 5), "BY", True),
        (date(2027, 1, 6), "BY", False),
        (date(2027, 1, 7), "BY", True),
        (date(2027, 1, 6), "NW", True),
        (date(2027, 3, 8), "BE", False),
        (date(2027, 3, 8), "BB", True),
        (date(2026, 12, 24), "NW", True),
        (date(2026, 12, 25), "NW", False),
        (date(2028, 2, 29), "NW", True),
    ],
)
def test_counter_is_closed_on_holidays_of_its_own_land(day, land, open_):
    assert bool(slots(day, counter(land))) is open_


@pytest.mark.parametrize("day", [date(2026, 11, 28), date(2026, 11, 29)])
def test_weekday_without_hours_has_no_slots(day):
    assert slots(day, counter()) == []
    assert not is_closed(day, counter())


def test_counter_is_closed_on_days_of_its_own():
    rule = counter(closed_on=frozenset({date(2026, 11, 24)}))
    assert [bool(slots(date(2026, 11, day), rule)) for day in (23, 24, 25)] == [True, False, True]


@pytest.mark.parametrize(
    ("day", "count"),
    [
        (date(2026, 3, 28), 8),
        (date(2026, 3, 29), 6),
        (date(2026, 3, 30), 8),
        (date(2026, 10, 24), 8),
        (date(2026, 10, 25), 10),
        (date(2026, 10, 26), 8),
    ],
)
def test_night_on_which_clocks_change_has_an_hour_less_or_more(day, count):
    assert len(slots(day, always(time(0), time(4)))) == count


def test_repeated_hour_has_distinct_slots():
    starts = [slot.start.astimezone(UTC) for slot in slots(date(2026, 10, 25), always(time(2), time(4)))]
    assert len(set(starts)) == len(starts) == 6


@pytest.mark.parametrize(("day", "offset"), [(date(2026, 3, 29), "+02:00"), (date(2026, 10, 25), "+01:00")])
def test_morning_after_clocks_changed_starts_by_the_new_time(day, offset):
    found = slots(day, always(time(8), time(12)))
    assert len(found) == 8
    assert found[0].start.isoformat() == f"{day}T08:00:00{offset}"


@settings(deadline=None)
@given(
    st.dates(date(2024, 1, 1), date(2032, 1, 1)),
    st.integers(5, 240),
    st.sampled_from([(time(0), time(4)), (time(2), time(3)), (time(2, 30), time(6)), (time(8), time(18))]),
)
def test_slots_are_gapless_full_and_within_hours(day, minutes, hours):
    found = slots(day, always(*hours, minutes=minutes))
    real = [(slot.start.astimezone(UTC), slot.end.astimezone(UTC)) for slot in found]
    assert all(end - start == timedelta(minutes=minutes) for start, end in real)
    assert all(earlier[1] == later[0] for earlier, later in pairwise(real))
    assert all(slot.start.date() == day == slot.end.date() for slot in found)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"land": "XX"}, "no Land"),
        ({"land": "Augsburg"}, "no Land"),
        ({"minutes": 0}, "greater than or equal to 5"),
        ({"places": 0}, "greater than or equal to 1"),
        (
            {
                "hours": (
                    Hours(weekday=0, opens=time(8), closes=time(12)),
                    Hours(weekday=0, opens=time(11, 59), closes=time(14)),
                )
            },
            "overlap on weekday 0",
        ),
    ],
)
def test_impossible_rule_is_refused_with_the_reason(wrong, message):
    with pytest.raises(ValidationError, match=message):
        counter(**wrong)


@pytest.mark.parametrize(
    ("opens", "closes"), [(time(12), time(8)), (time(8), time(8)), (time(8, tzinfo=UTC), time(9, tzinfo=UTC))]
)
def test_impossible_hours_are_refused(opens, closes):
    with pytest.raises(ValidationError):
        Hours(weekday=0, opens=opens, closes=closes)


def test_touching_hours_are_allowed():
    hours = (
        Hours(weekday=0, opens=time(8), closes=time(10)),
        Hours(weekday=0, opens=time(10), closes=time(12)),
    )
    assert len(slots(date(2026, 11, 23), counter(hours=hours, minutes=60))) == 4


def test_slot_keeps_its_instant_through_json():
    slot = slots(date(2026, 10, 25), always(time(2), time(4)))[2]
    again = type(slot).model_validate_json(slot.model_dump_json())
    assert again.start.astimezone(UTC) == slot.start.astimezone(UTC) == datetime(2026, 10, 25, 1, tzinfo=UTC)

"""From the register to the places of a day, and to the week that is shown."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from aktenlauf.contracts.offices import offices
from aktenlauf.kit.errors import NotFound
from aktenlauf.scheduling.calendar import CounterRule, Hours
from aktenlauf.scheduling.capacity import HORIZON, counter_rule, opened_days, starts_on
from aktenlauf.scheduling.domain import berlin_day
from aktenlauf.scheduling.weeks import choose_week

from .conftest import LINDENRIED, NOW, Desk

MONDAY = date(2026, 11, 23)


def test_every_place_of_the_register_has_a_rule_with_slots_in_an_ordinary_week() -> None:
    for office in offices().values():
        for place in office.places:
            rule = counter_rule(office, place)
            week = [starts_on(MONDAY + timedelta(days=n), rule) for n in range(7)]
            assert any(week) and not week[6]
            assert {people for day in week for people in day.values()} == {place.people}


def test_a_weekday_of_the_register_counts_from_one_that_of_the_calendar_from_zero() -> None:
    office = offices()["erlenbruck"]
    rule = counter_rule(office, office.places[0])
    assert min(starts_on(MONDAY, rule)) == "2026-11-23T06:40:00.000000Z"  # 07:40 in Berlin
    assert starts_on(MONDAY + timedelta(days=2), rule) == {}


@pytest.mark.parametrize(
    ("day", "starts"),
    [
        (date(2026, 10, 25), 8),  # clocks go back: from one to four are four hours
        (date(2026, 3, 29), 4),  # clocks go forward: they are two
        (date(2026, 11, 1), 6),
    ],
)
def test_on_a_day_when_clocks_change_every_start_is_an_instant_of_its_own_on_that_day(day: date, starts: int) -> None:
    hours = Hours(weekday=6, opens=datetime(1, 1, 1, 1).time(), closes=datetime(1, 1, 1, 4).time())
    found = starts_on(day, CounterRule(land="HE", hours=(hours,), slot_minutes=30, places=1))
    assert len(found) == starts
    assert {berlin_day(datetime.fromisoformat(start)) for start in found} == {day}


def test_the_day_of_a_slot_just_after_midnight_is_that_of_berlin() -> None:
    assert berlin_day(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)) == date(2026, 7, 2)
    assert berlin_day(datetime(2026, 12, 1, 22, 30, tzinfo=UTC)) == date(2026, 12, 1)


async def test_looking_at_a_day_opens_it_once_and_looking_again_changes_nothing(desk: Desk) -> None:
    last = MONDAY + timedelta(days=4)
    first = await opened_days(desk.service, *LINDENRIED, MONDAY, last)
    head = await desk.service.ports.log.head()
    assert [doc["day"] for doc in first] == [f"2026-11-{n}" for n in range(23, 28)] and head == 5
    assert await opened_days(desk.service, *LINDENRIED, MONDAY, last) == first
    assert await desk.service.ports.log.head() == head


async def test_days_before_today_and_beyond_the_horizon_are_not_opened(desk: Desk) -> None:
    end = MONDAY + HORIZON
    found = await opened_days(desk.service, *LINDENRIED, MONDAY - timedelta(days=7), end + timedelta(days=7))
    assert found[0]["day"] == MONDAY.isoformat() and found[-1]["day"] <= end.isoformat()
    assert await opened_days(desk.service, *LINDENRIED, end + timedelta(days=1), end + timedelta(days=1)) == []


async def test_a_place_of_another_office_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await opened_days(desk.service, "lindenried", "kreishaus", MONDAY, MONDAY)


def day(text: str, *hours: int, taken: int = 0) -> dict[str, Any]:
    starts = {f"{text}T{hour:02}:00:00.000000Z": 1 for hour in hours}
    return {"day": text, "starts": starts, "taken": dict(enumerate(list(starts)[:taken])), "closed": None}


def test_a_week_without_places_gives_way_to_the_next_one_that_has_some() -> None:
    days = [day("2026-11-24", 9, taken=1), day("2026-12-09", 9, 10, taken=1)]
    week = choose_week(days, MONDAY, NOW)
    assert week is not None and week.skipped
    assert (week.first, week.earlier, week.later) == (date(2026, 12, 7), None, None)
    assert week.free[date(2026, 12, 9)] == ["2026-12-09T10:00:00.000000Z"] == [week.first_free]
    assert len(week.free) == 5 and week.free[date(2026, 12, 8)] == []


def test_earlier_and_later_lead_to_weeks_with_places_and_pass_over_the_others() -> None:
    days = [day("2026-11-24", 9), day("2026-12-01", 9, taken=1), day("2026-12-09", 9), day("2026-12-19", 9)]
    week = choose_week(days, date(2026, 12, 9), NOW)
    assert week is not None and not week.skipped
    assert (week.earlier, week.later) == (MONDAY, date(2026, 12, 14))


def test_a_time_that_has_passed_and_a_closed_day_are_not_offered() -> None:
    closed = {**day("2026-11-24", 9), "closed": "Umbau"}
    assert choose_week([day("2026-11-23", 7, 8), closed], MONDAY, NOW) is None
    week = choose_week([day("2026-11-23", 8, 9), closed], MONDAY, NOW)
    assert week is not None and week.free[MONDAY] == ["2026-11-23T09:00:00.000000Z"]


def test_a_saturday_is_shown_only_with_places_and_a_week_past_the_last_one_leads_back_to_it() -> None:
    week = choose_week([day("2026-11-28", 9)], date(2027, 5, 3), NOW)
    assert week is not None and not week.skipped
    assert max(week.free) == date(2026, 11, 28) and len(week.free) == 6


def test_the_week_of_a_slot_that_is_gone_stays_in_sight_even_when_nothing_is_left_in_it() -> None:
    week = choose_week([], MONDAY, NOW, stay=True)
    assert week is not None and week.first == MONDAY and not any(week.free.values())

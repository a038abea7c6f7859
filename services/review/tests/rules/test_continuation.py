from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aktenlauf.review.rules.continuation import TitleKind, continuation
from aktenlauf.review.rules.days import BERLIN

CONTINUING = [
    TitleKind.RESIDENCE_PERMIT,
    TitleKind.BLUE_CARD,
    TitleKind.ICT_CARD,
    TitleKind.MOBILE_ICT_CARD,
    TitleKind.NATIONAL_VISA,
]


@pytest.mark.parametrize("title", CONTINUING)
def test_every_limited_title_but_short_visas_continues__aufenthg_81_4(title):
    noon = datetime(2026, 9, 30, 12, tzinfo=UTC)
    assert continuation(noon, title, date(2026, 9, 30), True).effect == "title_continues"


@pytest.mark.parametrize("title", [TitleKind.SCHENGEN_VISA, TitleKind.AIRPORT_TRANSIT_VISA])
@pytest.mark.parametrize("days", [-1, 0, 1])
def test_short_visas_never_continue__aufenthg_81_4(title, days):
    noon = datetime(2026, 9, 30, 12, tzinfo=UTC) + timedelta(days=days)
    assert continuation(noon, title, date(2026, 9, 30), True).effect == "none"


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)), st.sampled_from(CONTINUING))
def test_late_is_exactly_after_midnight_in_berlin__aufenthg_81_4(local, title):
    at = local.replace(tzinfo=BERLIN).astimezone(UTC)
    day = at.astimezone(BERLIN).date()
    yesterday = day - timedelta(days=1)
    assert continuation(at, title, day, None).effect == "title_continues"
    assert continuation(at, title, yesterday, None).effect == "order_possible"


def test_filing_counts_by_the_instant_not_by_its_notation__aufenthg_81_4():
    utc = datetime(2026, 9, 30, 22, 0, tzinfo=UTC)
    tokyo = utc.astimezone(timezone(timedelta(hours=9)))
    title, last = TitleKind.RESIDENCE_PERMIT, date(2026, 9, 30)
    assert continuation(tokyo, title, last, None) == continuation(utc, title, last, None)


def test_filing_without_time_zone_is_refused__aufenthg_81_4():
    with pytest.raises(ValueError, match="time zone"):
        continuation(datetime(2026, 9, 30), TitleKind.NONE, None, True)

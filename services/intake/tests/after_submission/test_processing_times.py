"""How long applications take: the median of what was decided lately, told only where enough was."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from aktenlauf.contracts.envelope import Meta, timestamp
from aktenlauf.contracts.intake import ApplicationContent, ApplicationSubmitted
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.intake.pages.public import span
from aktenlauf.intake.processing_times import DECISIONS_MIN, WINDOW_DAYS, ProcessingTimes, filed, issued
from aktenlauf.kit.views import Document

from .conftest import NOW, Office, decided

TODAY = NOW.date()


async def waited(office: Office, waits: Sequence[int], decided_days_ago: int = 1) -> None:
    """As many cases, each decided on that day after so many days."""
    for number, days in enumerate(waits):
        case = f"c-{decided_days_ago}-{number}"
        office.clock.now = NOW - timedelta(days=decided_days_ago + days)
        await office.submit(case=case, number=f"AUF-{case}")
        office.clock.now = NOW - timedelta(days=decided_days_ago)
        await office.reviewed(decided(), case=case)
    office.clock.now = NOW
    await office.settled()


async def medians(office: Office) -> dict[str, int]:
    return dict(await ProcessingTimes().before(office.service, TODAY))


async def test_half_of_what_was_decided_lately_was_faster(office: Office) -> None:
    await waited(office, [10] * (DECISIONS_MIN // 2) + [50] * (DECISIONS_MIN // 2 + 1))
    assert await medians(office) == {"study_extension": 50}
    assert "8 Wochen" in (await (await office.browser()).get("/")).text


async def test_what_too_few_decisions_say_is_not_said(office: Office) -> None:
    await waited(office, [30] * (DECISIONS_MIN - 1))
    assert await medians(office) == {}
    assert "noch nicht sagen" in (await (await office.browser()).get("/")).text


@pytest.mark.parametrize(("days_ago", "counts"), [(0, False), (1, True), (WINDOW_DAYS, True), (WINDOW_DAYS + 1, False)])
async def test_only_whole_days_within_the_window_count(office: Office, days_ago: int, counts: bool) -> None:
    await waited(office, [30] * DECISIONS_MIN, decided_days_ago=days_ago)
    assert bool(await medians(office)) is counts


def meta(day: date) -> Meta:
    time = timestamp(NOW.replace(year=day.year, month=day.month, day=day.day))
    return Meta(id="e", type="t", source="s", time=time, stream="s/s/c", version=1, subject="c")


def submitted(office: str) -> ApplicationSubmitted:
    return ApplicationSubmitted(
        number="AUF-1",
        service="study_extension",
        catalogue_version=1,
        application="extension",
        office=office,
        party="p",
        digest="0" * 64,
        sealed=Sealed(ApplicationContent, token="x.y.z"),
    )


@pytest.mark.parametrize("decision_first", [True, False])
def test_filing_and_decision_may_be_heard_in_any_order(decision_first: bool) -> None:
    doc: Document = {}
    steps = [lambda: filed(doc, submitted("lindenried"), meta(date(2026, 10, 1)))]
    steps.append(lambda: issued(doc, decided(), meta(date(2026, 11, 1))))
    for step in reversed(steps) if decision_first else steps:
        step()
    assert (doc["day"], doc["days"]) == ("2026-11-01", 31)


def test_a_trial_run_is_no_processing_time() -> None:
    doc: Document = {}
    filed(doc, submitted("probstadt"), meta(date(2026, 10, 1)))
    issued(doc, decided(), meta(date(2026, 10, 1)))
    assert doc["day"] is None


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "0 Tage"), (1, "1 Tag"), (13, "13 Tage"), (14, "2 Wochen"), (15, "3 Wochen"), (133, "19 Wochen"),
     (134, "5 Monate"), (300, "10 Monate")],
)  # fmt: skip
def test_a_span_is_rounded_up(days: int, words: str) -> None:
    assert span(days) == words

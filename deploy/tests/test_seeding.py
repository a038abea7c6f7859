"""The demonstration's cases: the same ones every time, with an age, made by people on the pages."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aktenlauf.cli.demo import DEMO_USERS, Made
from aktenlauf.cli.demo_clock import NAME, DemoClock
from aktenlauf.cli.seed_people import OTHERS
from aktenlauf.cli.seed_stories import STEPS, answers, moments, stories
from aktenlauf.cli.seeding import seed
from aktenlauf.contracts.envelope import parse
from aktenlauf.contracts.offices import by_postcode
from aktenlauf.kit.log import walk

from .conftest import Show, showing, started

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def test_the_cases_are_the_same_every_time() -> None:
    first, second = stories(), stories()
    assert [answers(story, NOW) for story in first] == [answers(story, NOW) for story in second]
    assert [list(moments(story, NOW)) for story in first] == [list(moments(story, NOW)) for story in second]


def test_some_forty_cases_show_every_state() -> None:
    told = stories()
    assert 36 <= len(told) <= 44
    assert {story.name for story in told} == set(STEPS)


def test_the_office_that_is_kept_for_tests_gets_none() -> None:
    offices = [by_postcode(answers(story, NOW)["contact.address"]["postcode"]).key for story in stories()]  # type: ignore[union-attr]
    assert [story.team.office for story in stories()] == offices
    assert set(offices) == {"erlenbruck", "lindenried"}


def test_nobody_approves_what_they_proposed() -> None:
    assert all(story.team.caseworker != story.team.approver for story in stories())


@pytest.mark.parametrize("day", range(7))
def test_no_step_is_after_now_or_before_the_one_ahead_of_it(day: int) -> None:
    now = NOW + timedelta(days=day)
    for story in stories():
        times = list(moments(story, now))
        assert times == sorted(times) and times[-1] <= now
        assert len(times) == len(story.steps)


def test_the_office_works_on_weekdays() -> None:
    for story in stories():
        for step, moment in zip(story.steps, moments(story, NOW), strict=True):
            if step.by_office and moment < NOW - timedelta(days=3):
                assert moment.astimezone(ZoneInfo("Europe/Berlin")).weekday() < 5, story


def test_everybody_who_signs_in_is_known_to_the_provider() -> None:
    known = {user.subject for user in DEMO_USERS} | {one.subject for one in OTHERS}
    assert len({one.subject for one in OTHERS}) == len(OTHERS)
    for story in stories():
        assert {story.person.subject, story.team.caseworker, story.team.approver} <= known


async def test_another_time_is_told_to_one_task_alone(tmp_path: Path) -> None:
    clock = DemoClock(tmp_path / NAME)
    inside, looked = asyncio.Event(), asyncio.Event()

    async def somebody() -> datetime:
        with clock.at(NOW - timedelta(days=400)):
            inside.set()
            await looked.wait()
            return clock()

    task = asyncio.create_task(somebody())
    await inside.wait()
    mine = clock()
    looked.set()
    assert await task == NOW - timedelta(days=400) and abs(mine - datetime.now(UTC)) < timedelta(seconds=5)


async def test_a_case_goes_through_all_its_steps_with_its_own_times_and_within_the_rate_limits(tmp_path: Path) -> None:
    async with showing(tmp_path, rate_sign_in="2/minute") as show, started(show):
        told = stories()
        show.demo.made = Made(planned=len(told), begun=len(told) - 2, complete=False)
        await seed(show.installation, show.demo)
        assert (show.demo.made.made, show.demo.made.complete) == (2, True)
        assert Made.load(tmp_path) == show.demo.made
        granted, refused = (list(moments(story, show.demo.clock())) for story in told[-2:])
        times = await _times_by_case(show, "review")
        for expected in (granted, refused):
            near = [seen for seen in times.values() if abs(seen[-1] - expected[-1]) < timedelta(minutes=10)]
            assert len(near) == 1 and near[0] == sorted(near[0])
            assert near[0][-1] - near[0][0] > timedelta(days=20)


async def test_a_case_that_was_begun_is_not_begun_again(tmp_path: Path) -> None:
    async with showing(tmp_path) as show:
        count = len(stories())
        show.demo.made = Made(planned=count, begun=count, made=count - 1, complete=False)
        await seed(show.installation, show.demo)
        assert show.demo.made == Made(planned=count, begun=count, made=count - 1, complete=True)


async def _times_by_case(show: Show, service: str) -> dict[str, list[datetime]]:
    """When the service's own decisions were made, by case."""
    found: dict[str, list[datetime]] = {}
    async for stored in walk(show.installation.services[service].ports.log):
        if stored.stream.startswith(f"{service}/case/"):
            meta = parse(stored.record).meta
            found.setdefault(meta.case, []).append(meta.at)
    return found

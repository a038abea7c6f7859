"""What every adapter of `Sessions` promises. Inherit, and give a fixture `sessions`.

class TestSqlite(SessionsSuite):
    @pytest.fixture
    def sessions(self, tmp_path): ...
"""

from datetime import UTC, date, datetime, timedelta

import pytest

from aktenlauf.kit.identity import Person
from aktenlauf.kit.sessions import Session, Sessions

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PERSON = Person(
    subject="issuer-scoped-1",
    name="Tiên Nguyễn",
    given_name="Tiên",
    family_name="Nguyễn",
    birthdate=date(2001, 2, 3),
    email="tien@example.org",
    roles=frozenset({"applicant"}),
)


async def opened(sessions: Sessions, token: str, at: datetime) -> Session:
    """The session, which must be there."""
    session = await sessions.load("public", token, at)
    assert session is not None
    return session


class SessionsSuite:
    """One test per promise of the port."""

    @pytest.fixture
    def sessions(self) -> Sessions:
        raise NotImplementedError("give the adapter under test")

    async def test_a_session_gives_back_the_whole_person(self, sessions: Sessions) -> None:
        token = await sessions.create("public", PERSON, NOW)
        session = await opened(sessions, token, NOW)
        assert session.person == PERSON
        assert (session.side, session.created, session.ends) == ("public", NOW, NOW + 30 * MINUTE)

    async def test_two_sessions_have_different_tokens(self, sessions: Sessions) -> None:
        first = await sessions.create("public", PERSON, NOW)
        second = await sessions.create("public", PERSON, NOW)
        assert first != second
        assert len(first) >= 43

    async def test_a_session_of_one_side_does_not_open_on_the_other(self, sessions: Sessions) -> None:
        token = await sessions.create("public", PERSON, NOW)
        assert await sessions.load("office", token, NOW) is None
        assert await sessions.load("public", token, NOW) is not None

    @pytest.mark.parametrize("idle,alive", [(29, True), (30, False), (31, False)])
    async def test_a_session_ends_after_thirty_idle_minutes(self, sessions: Sessions, idle: int, alive: bool) -> None:
        token = await sessions.create("public", PERSON, NOW)
        assert (await sessions.load("public", token, NOW + idle * MINUTE) is not None) is alive

    async def test_a_session_that_ended_does_not_come_back(self, sessions: Sessions) -> None:
        token = await sessions.create("public", PERSON, NOW)
        assert await sessions.load("public", token, NOW + 31 * MINUTE) is None
        assert await sessions.load("public", token, NOW) is None

    async def test_use_renews_a_session(self, sessions: Sessions) -> None:
        token = await sessions.create("public", PERSON, NOW)
        await opened(sessions, token, NOW + 20 * MINUTE)
        session = await opened(sessions, token, NOW + 40 * MINUTE)
        assert session.ends == NOW + 70 * MINUTE

    async def test_a_session_is_renewed_at_most_once_a_minute(self, sessions: Sessions) -> None:
        token = await sessions.create("public", PERSON, NOW)
        almost = await opened(sessions, token, NOW + timedelta(seconds=59))
        assert almost.seen == NOW
        assert (await opened(sessions, token, NOW + MINUTE)).seen == NOW + MINUTE

    async def test_a_session_ends_after_twelve_hours_whatever_happens(self, sessions: Sessions) -> None:
        token = await sessions.create("public", PERSON, NOW)
        for quarter in range(1, 48):
            await opened(sessions, token, NOW + quarter * 15 * MINUTE)
        last = await opened(sessions, token, NOW + timedelta(hours=12) - MINUTE)
        assert last.ends == NOW + timedelta(hours=12)
        assert await sessions.load("public", token, NOW + timedelta(hours=12)) is None

    async def test_a_slow_clock_does_not_shorten_a_session(self, sessions: Sessions) -> None:
        token = await sessions.create("public", PERSON, NOW)
        await opened(sessions, token, NOW + 20 * MINUTE)
        await opened(sessions, token, NOW + 10 * MINUTE)
        assert await sessions.load("public", token, NOW + 45 * MINUTE) is not None

    async def test_signing_out_ends_a_session_for_good(self, sessions: Sessions) -> None:
        token = await sessions.create("public", PERSON, NOW)
        await sessions.end(token)
        await sessions.end(token)
        assert await sessions.load("public", token, NOW) is None

    async def test_ending_one_session_leaves_the_others(self, sessions: Sessions) -> None:
        first = await sessions.create("public", PERSON, NOW)
        second = await sessions.create("public", PERSON, NOW)
        await sessions.end(first)
        assert await sessions.load("public", second, NOW) is not None

    async def test_all_sessions_of_a_person_end_and_nobody_elses(self, sessions: Sessions) -> None:
        other = PERSON.model_copy(update={"subject": "issuer-scoped-2"})
        mine = [await sessions.create(side, PERSON, NOW) for side in ("public", "office")]
        theirs = await sessions.create("public", other, NOW)
        await sessions.end_all(PERSON.subject)
        assert await sessions.load("public", mine[0], NOW) is None
        assert await sessions.load("office", mine[1], NOW) is None
        assert await sessions.load("public", theirs, NOW) is not None

    @pytest.mark.parametrize("junk", ["", "x", "a" * 43, "ü" * 43, "=" * 43, "../../etc", "a" * 10_000, "\x00"])
    async def test_what_is_no_token_opens_nothing(self, sessions: Sessions, junk: str) -> None:
        await sessions.create("public", PERSON, NOW)
        assert await sessions.load("public", junk, NOW) is None
        await sessions.end(junk)

    async def test_a_time_without_zone_is_refused(self, sessions: Sessions) -> None:
        with pytest.raises(ValueError, match="time zone"):
            await sessions.create("public", PERSON, NOW.replace(tzinfo=None))

"""What every adapter of `EventLog` promises. Inherit, and give a fixture `open_log`.

class TestSqlite(LogSuite):
    @pytest.fixture
    def open_log(self, tmp_path): ...  # an async function that opens the same log again and again
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from aktenlauf.contracts.envelope import NotAnEnvelope, parse, stamp
from aktenlauf.kit.errors import CommandReused, Conflict, Halt, Unavailable
from aktenlauf.kit.log import ANY, RECORD_BYTES_MAX, EventLog, Heard, Stored, walk
from aktenlauf.kit.testing.samples import happened, heard

OpenLog = Callable[[], Awaitable[EventLog]]
STREAM = "samples/thing/1"
OTHER = "samples/thing/2"


async def everything(log: EventLog) -> list[Stored]:
    """All records of the log."""
    return [stored async for stored in walk(log)]


async def write_many(log: EventLog, writer: int, times: int) -> None:
    """One writer that shares a stream with the others, by reloading on Conflict, and has one of its own."""
    own, shared = f"samples/thing/own-{writer}", "samples/thing/shared"
    for number in range(times):
        await log.append(own, number, [happened(own, number)], f"own-{writer}-{number}")
        while True:
            version = await log.version(shared)
            try:
                await log.append(shared, version, [happened(shared, number)], f"shared-{writer}-{number}")
                break
            except Conflict:
                continue


class LogSuite:
    """One test per promise of the port."""

    @pytest.fixture
    def open_log(self) -> OpenLog:
        raise NotImplementedError("give the adapter under test")

    @pytest.fixture
    async def log(self, open_log: OpenLog) -> AsyncIterator[EventLog]:
        log = await open_log()
        yield log
        await log.close()

    # --- append ---------------------------------------------------------------------------------------------------

    async def test_an_empty_log_has_head_zero_and_no_records(self, log: EventLog) -> None:
        assert (await log.head(), await log.version(STREAM), await log.read(STREAM)) == (0, 0, [])
        assert await log.tail(0) == []

    async def test_the_bytes_appended_are_the_bytes_read_with_the_version_behind_them(self, log: EventLog) -> None:
        first, second = happened(STREAM, 1), happened(STREAM, 2)
        await log.append(STREAM, 0, [first, second], "c")
        expected = [Stored(1, STREAM, 1, stamp(first, 1)), Stored(2, STREAM, 2, stamp(second, 2))]
        assert await log.read(STREAM) == await log.tail(0) == expected

    async def test_a_commit_of_several_events_is_consecutive_and_says_where_it_ends(self, log: EventLog) -> None:
        await log.append(OTHER, 0, [happened(OTHER, 1)], "c")
        appended = await log.append(STREAM, 0, [happened(STREAM, n) for n in range(3)], "c")
        assert (appended.stream, appended.version, appended.position, appended.repeated) == (STREAM, 3, 4, False)
        assert [(s.position, s.version) for s in await log.read(STREAM)] == [(2, 1), (3, 2), (4, 3)]

    @pytest.mark.parametrize("expected", [0, 2, 7])
    async def test_a_stale_or_future_version_is_a_conflict_and_appends_nothing(
        self, log: EventLog, expected: int
    ) -> None:
        await log.append(STREAM, 0, [happened(STREAM, 1)], "c1")
        with pytest.raises(Conflict):
            await log.append(STREAM, expected, [happened(STREAM, 2), happened(STREAM, 3)], "c2")
        assert (await log.head(), await log.version(STREAM)) == (1, 1)
        assert await log.known(STREAM, "c2") is None

    async def test_any_appends_behind_whatever_is_there(self, log: EventLog) -> None:
        for number in (1, 2):
            appended = await log.append(STREAM, ANY, [happened(STREAM, number)], f"c{number}")
            assert appended.version == number

    async def test_a_commit_needs_an_event(self, log: EventLog) -> None:
        with pytest.raises(ValueError, match="at least one"):
            await log.append(STREAM, 0, [], "c")

    async def test_an_event_above_the_limit_is_refused_with_the_whole_commit(self, log: EventLog) -> None:
        large = happened(STREAM, 2, actor="x" * RECORD_BYTES_MAX)
        with pytest.raises(ValueError, match="limit"):
            await log.append(STREAM, 0, [happened(STREAM, 1), large], "c")
        assert await log.head() == 0

    async def test_an_event_just_below_the_limit_is_kept_whole(self, log: EventLog) -> None:
        room = RECORD_BYTES_MAX - len(happened(STREAM, 1, actor="")) - 32
        event = happened(STREAM, 1, actor="x" * room)
        await log.append(STREAM, 0, [event], "c")
        assert (await log.read(STREAM))[0].record == stamp(event, 1)

    # --- repetition -----------------------------------------------------------------------------------------------

    async def test_the_same_command_again_gives_the_earlier_result_and_appends_nothing(self, log: EventLog) -> None:
        first = await log.append(STREAM, 0, [happened(STREAM, 1), happened(STREAM, 2)], "c", b"digest")
        await log.append(STREAM, 2, [happened(STREAM, 3)], "later")
        again = await log.append(STREAM, 0, [happened(STREAM, 9)], "c", b"digest")
        assert (again.stream, again.version, again.position) == (first.stream, first.version, first.position)
        assert (again.repeated, await log.head()) == (True, 3)

    async def test_an_earlier_result_can_be_asked_for(self, log: EventLog) -> None:
        await log.append(STREAM, 0, [happened(STREAM, 1), happened(STREAM, 2)], "c", b"digest")
        known = await log.known(STREAM, "c", b"digest")
        assert known is not None
        assert (known.version, known.position, known.repeated) == (2, 2, True)
        assert await log.known(STREAM, "unknown") is None

    async def test_a_command_id_with_other_content_is_refused_and_appends_nothing(self, log: EventLog) -> None:
        await log.append(STREAM, 0, [happened(STREAM, 1)], "c", b"digest")
        with pytest.raises(CommandReused):
            await log.append(STREAM, 1, [happened(STREAM, 2)], "c", b"other")
        with pytest.raises(CommandReused):
            await log.known(STREAM, "c", b"other")
        assert await log.head() == 1

    async def test_without_a_digest_a_known_id_is_done_whatever_the_content(self, log: EventLog) -> None:
        await log.append(STREAM, 0, [happened(STREAM, 1)], "c")
        assert (await log.append(STREAM, 1, [happened(STREAM, 2)], "c")).repeated

    async def test_a_command_id_counts_within_its_stream_only(self, log: EventLog) -> None:
        await log.append(STREAM, 0, [happened(STREAM, 1)], "c", b"digest")
        assert not (await log.append(OTHER, 0, [happened(OTHER, 1)], "c", b"other")).repeated

    async def test_the_same_command_sent_at_once_by_many_is_done_once(self, log: EventLog) -> None:
        async def send() -> bool:
            return (await log.append(STREAM, 0, [happened(STREAM, 1)], "c")).repeated

        repeated = await asyncio.gather(*(send() for _ in range(16)))
        assert (sum(not r for r in repeated), await log.head()) == (1, 1)

    # --- order ----------------------------------------------------------------------------------------------------

    async def test_one_refused_append_does_not_harm_those_beside_it(self, log: EventLog) -> None:
        streams = [f"samples/thing/{n}" for n in range(10)]
        jobs = [log.append(s, n % 2, [happened(s, 1)], "c") for n, s in enumerate(streams)]
        results = await asyncio.gather(*jobs, return_exceptions=True)
        assert [isinstance(r, Conflict) for r in results] == [n % 2 == 1 for n in range(10)]
        assert [s.position for s in await everything(log)] == [1, 2, 3, 4, 5]

    async def test_positions_and_versions_are_dense_under_64_writers_on_two_connections(
        self, log: EventLog, open_log: OpenLog
    ) -> None:
        second = await open_log()
        await asyncio.gather(*(write_many((log, second)[n % 2], n, 3) for n in range(64)))
        records = await everything(second)
        await second.close()
        assert [s.position for s in records] == list(range(1, 64 * 3 * 2 + 1))
        versions: dict[str, list[int]] = {}
        for stored in records:
            versions.setdefault(stored.stream, []).append(stored.version)
        assert all(found == list(range(1, len(found) + 1)) for found in versions.values())
        assert len(versions["samples/thing/shared"]) == 64 * 3

    async def test_a_reader_never_finds_something_later_at_or_below_what_it_saw(
        self, log: EventLog, open_log: OpenLog
    ) -> None:
        second, seen = await open_log(), list[Stored]()

        async def follow(total: int) -> None:
            while len(seen) < total:
                seen.extend(await second.tail(seen[-1].position if seen else 0, 7))

        writers = [write_many((log, second)[n % 2], n, 5) for n in range(8)]
        await asyncio.wait_for(asyncio.gather(follow(80), *writers), 30)
        assert seen == await everything(log)
        await second.close()

    async def test_tail_gives_at_most_what_was_asked_for_and_leaves_nothing_out(self, log: EventLog) -> None:
        for number in range(5):
            await log.append(STREAM, number, [happened(STREAM, number)], f"c{number}")
        assert [s.position for s in await log.tail(1, 2)] == [2, 3]
        assert [s.position for s in await log.tail(3, 10)] == [4, 5]

    async def test_read_begins_behind_a_version(self, log: EventLog) -> None:
        await log.append(STREAM, 0, [happened(STREAM, n) for n in range(4)], "c")
        assert [s.version for s in await log.read(STREAM, 2)] == [3, 4]

    # --- waiting --------------------------------------------------------------------------------------------------

    async def test_wait_returns_at_once_if_something_is_there(self, log: EventLog) -> None:
        await log.append(STREAM, 0, [happened(STREAM, 1)], "c")
        assert await asyncio.wait_for(log.wait(0, 600), 10) is True

    async def test_wait_returns_when_something_comes(self, log: EventLog) -> None:
        async with asyncio.timeout(20):
            for number in range(20):
                waiting = asyncio.create_task(log.wait(number, 600))
                await log.append(STREAM, number, [happened(STREAM, number)], f"c{number}")
                assert await waiting is True

    async def test_wait_gives_up_after_its_time(self, log: EventLog) -> None:
        assert await log.wait(0, 0.01) is False

    # --- hear -----------------------------------------------------------------------------------------------------

    async def test_what_is_heard_is_kept_byte_for_byte_at_its_own_stream_and_version(self, log: EventLog) -> None:
        records = [heard(STREAM, 1), heard(OTHER, 1), heard(STREAM, 2)]
        assert await log.hear(records) == [Heard.INSERTED] * 3
        assert [s.record for s in await everything(log)] == records
        assert [(s.stream, s.version) for s in await everything(log)] == [(STREAM, 1), (OTHER, 1), (STREAM, 2)]

    async def test_hearing_the_same_again_changes_nothing(self, log: EventLog) -> None:
        first, second = heard(STREAM, 1), heard(STREAM, 2)
        await log.hear([first, second])
        assert await log.hear([first, second, second]) == [Heard.KNOWN] * 3
        assert await log.head() == 2

    async def test_a_repeat_within_one_batch_is_known(self, log: EventLog) -> None:
        record = heard(STREAM, 1)
        assert await log.hear([record, record]) == [Heard.INSERTED, Heard.KNOWN]

    async def test_beyond_a_gap_nothing_of_that_stream_is_inserted(self, log: EventLog) -> None:
        batch = [heard(STREAM, 1), heard(STREAM, 3), heard(STREAM, 4), heard(OTHER, 1)]
        assert await log.hear(batch) == [Heard.INSERTED, Heard.GAP, Heard.GAP, Heard.INSERTED]
        assert (await log.version(STREAM), await log.head()) == (1, 2)

    async def test_a_gap_closes_when_the_missing_one_comes(self, log: EventLog) -> None:
        first, second = heard(STREAM, 1), heard(STREAM, 2)
        assert await log.hear([second]) == [Heard.GAP]
        assert await log.hear([first, second]) == [Heard.INSERTED, Heard.INSERTED]

    async def test_what_another_process_heard_meanwhile_is_no_gap(self, log: EventLog, open_log: OpenLog) -> None:
        """As partitions move from one replica to another and back."""
        second = await open_log()
        await log.hear([heard(STREAM, 1)])
        await second.hear([heard(STREAM, 2), heard(STREAM, 3)])
        assert await log.hear([heard(STREAM, 4)]) == [Heard.INSERTED]
        await second.close()

    async def test_another_event_at_a_known_place_halts_and_inserts_nothing_of_the_batch(self, log: EventLog) -> None:
        await log.hear([heard(STREAM, 1)])
        with pytest.raises(Halt):
            await log.hear([heard(OTHER, 1), heard(STREAM, 1)])
        assert (await log.version(OTHER), await log.head()) == (0, 1)

    async def test_what_is_no_envelope_is_refused_and_nothing_of_the_batch_inserted(self, log: EventLog) -> None:
        with pytest.raises(NotAnEnvelope):
            await log.hear([heard(STREAM, 1), b"{}"])
        assert await log.head() == 0

    async def test_hearing_and_appending_share_one_order(self, log: EventLog) -> None:
        own = "own/thing/1"
        both = (log.append(own, n, [happened(own, n)], f"c{n}") for n in range(1))
        await asyncio.gather(log.hear([heard(STREAM, n) for n in range(1, 30)]), *both)
        assert [s.position for s in await everything(log)] == list(range(1, 31))

    # --- durability -----------------------------------------------------------------------------------------------

    async def test_opened_again_it_finds_everything_and_goes_on(self, open_log: OpenLog) -> None:
        first = await open_log()
        await first.append(STREAM, 0, [happened(STREAM, 1)], "c", b"digest")
        await first.hear([heard(OTHER, 1)])
        before = await everything(first)
        await first.close()
        again = await open_log()
        assert await everything(again) == before
        assert (await again.append(STREAM, 0, [happened(STREAM, 1)], "c", b"digest")).repeated
        assert (await again.append(STREAM, 1, [happened(STREAM, 2)], "d")).position == 3
        await again.close()

    async def test_closing_finishes_what_was_accepted(self, open_log: OpenLog) -> None:
        first = await open_log()
        streams = [f"samples/thing/{n}" for n in range(50)]
        accepted = [asyncio.create_task(first.append(s, 0, [happened(s, 1)], "c")) for s in streams]
        await asyncio.sleep(0)  # every task has handed over its append
        await first.close()
        assert [a.version for a in await asyncio.gather(*accepted)] == [1] * 50
        again = await open_log()
        assert await again.head() == 50
        await again.close()

    async def test_a_closed_log_is_unavailable(self, open_log: OpenLog) -> None:
        log = await open_log()
        await log.close()
        with pytest.raises(Unavailable):
            await log.append(STREAM, 0, [happened(STREAM, 1)], "c")
        with pytest.raises(Unavailable):
            await log.head()

    async def test_a_cancelled_append_is_either_there_whole_or_not_and_known_by_its_id(self, log: EventLog) -> None:
        task = asyncio.create_task(log.append(STREAM, 0, [happened(STREAM, 1), happened(STREAM, 2)], "c"))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        again = await log.append(STREAM, 0, [happened(STREAM, 1), happened(STREAM, 2)], "c")
        assert (again.version, await log.head()) == (2, 2)
        assert [parse(s.record).data["number"] for s in await log.read(STREAM)] == [1, 2]

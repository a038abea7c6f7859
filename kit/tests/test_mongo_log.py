"""MongoDB keeps the promises of the event log, also when several processes write and answers are lost."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from aktenlauf.kit.adapters.mongo import Database
from aktenlauf.kit.adapters.mongo_log import MongoLog
from aktenlauf.kit.errors import CommandReused, Conflict, Halt, Unavailable
from aktenlauf.kit.log import ANY, Appended, Heard
from aktenlauf.kit.testing.log_suite import OTHER, STREAM, LogSuite, OpenLog, everything
from aktenlauf.kit.testing.on_mongo import OnMongo
from aktenlauf.kit.testing.samples import happened, heard

pytestmark = pytest.mark.servers

PROCESSES, WRITERS, COMMITS = 3, 8, 20


class LosesAnswers:
    """A collection whose next inserts end in a lost connection: `done` before it, `late` only after the next call, or
    never."""

    def __init__(self, rows: Any, *fates: str) -> None:
        self._rows, self._fates = rows, list(fates)
        self._late: list[dict[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rows, name)

    async def land(self) -> None:
        """What is late happens."""
        late, self._late = self._late, []
        if late:
            await self._rows.insert_many(late)

    async def insert_many(self, rows: Sequence[dict[str, Any]]) -> None:
        await self.land()
        fate = self._fates.pop(0) if self._fates else "answered"
        if fate == "late":
            self._late = list(rows)
        elif fate != "never":
            await self._rows.insert_many(rows)
        if fate != "answered":
            raise AutoReconnect("connection closed")


class LosesAllAnswers(LosesAnswers):
    """One that also cannot be read any more, once an insert has lost its answer."""

    def find_one(self, *args: Any) -> Any:
        if not self._fates:
            raise AutoReconnect("connection closed")
        return self._rows.find_one(*args)


class NewPrimary:
    """The log's collection where a primary has just been elected: until the majority has a write of its own, reads lack
    what came after `position`."""

    def __init__(self, log: MongoLog, position: int) -> None:
        self._log, self._position = log, position
        self._rows, self._formats = log._commits._rows, log._commits._formats
        log._commits._rows = log._commits._formats = self  # type: ignore[assignment]

    def find(self, query: dict[str, Any], *args: Any) -> Any:
        return self._rows.find({"$and": [query, {"_id": {"$lte": self._position}}]}, *args)

    async def find_one(self, query: dict[str, Any], *args: Any) -> Any:
        return next(iter(await self.find(query, *args).to_list(None)), None)

    async def update_one(self, *args: Any) -> None:
        self._log._commits._rows, self._log._commits._formats = self._rows, self._formats
        await self._formats.update_one(*args)


class TestMongoLog(OnMongo, LogSuite):
    @pytest.fixture
    def open_log(self, database: Database) -> OpenLog:
        async def open_() -> MongoLog:
            return await MongoLog.open(database)

        return open_

    @pytest.fixture
    async def other(self, log: MongoLog, open_log: OpenLog) -> AsyncIterator[MongoLog]:
        """The log of another replica, which has not seen what `log` does."""
        other: Any = await open_log()
        yield other
        await other.close()

    async def test_a_newer_data_format_is_refused_with_a_sentence(self, open_log: OpenLog, database: Database) -> None:
        await (await open_log()).close()
        await database["formats"].update_one({"_id": "log"}, {"$set": {"format": 99}})
        with pytest.raises(Halt, match=r"log in the database .* newer version .*format 99"):
            await open_log()

    # --- several writers ------------------------------------------------------------------------------------------

    async def test_writers_in_three_processes_make_one_dense_log_and_each_append_is_answered_once(
        self, log: MongoLog, database: Database, mongo: str
    ) -> None:
        replies = await asyncio.to_thread(write_in_processes, mongo, database.name)
        answers = [Appended(*answer) for reply in replies for answer in reply["answers"]]
        records = await everything(log)
        assert [stored.position for stored in records] == list(range(1, len(records) + 1))
        versions: dict[str, int] = {}
        for stored in records:
            assert stored.version == versions.get(stored.stream, 0) + 1
            versions[stored.stream] = stored.version
        rows = await database["log"].find({}).to_list(None)
        ends = {(row["stream"], row["last"], row["_id"] + len(row["records"]) - 1, False) for row in rows}
        assert len(answers) == len(rows) == PROCESSES * WRITERS * COMMITS
        assert set(answers) == ends

    async def test_a_place_that_another_has_taken_is_given_up_for_the_next(
        self, log: MongoLog, other: MongoLog
    ) -> None:
        await log.append(STREAM, 0, [happened(STREAM, n) for n in range(3)], "c")
        assert await other.append(OTHER, 0, [happened(OTHER, 1)], "c") == Appended(OTHER, 1, 4)
        assert await log.append(OTHER, 1, [happened(OTHER, 2)], "d") == Appended(OTHER, 2, 5)

    async def test_a_stream_that_another_has_moved_on_is_a_conflict(self, log: MongoLog, other: MongoLog) -> None:
        await log.append(STREAM, 0, [happened(STREAM, 1)], "c")
        with pytest.raises(Conflict):
            await other.append(STREAM, 0, [happened(STREAM, 1)], "d")
        assert (await other.append(STREAM, ANY, [happened(STREAM, 2)], "d")).version == 2

    async def test_a_command_that_another_has_done_is_known_and_its_id_refused_for_another_content(
        self, log: MongoLog, other: MongoLog
    ) -> None:
        await log.append(STREAM, 0, [happened(STREAM, 1)], "c", b"digest")
        assert await other.append(STREAM, 0, [happened(STREAM, 1)], "c", b"digest") == Appended(STREAM, 1, 1, True)
        with pytest.raises(CommandReused):
            await other.append(STREAM, 1, [happened(STREAM, 2)], "c", b"other")
        assert await log.head() == 1

    async def test_what_two_processes_hear_at_once_is_there_once(self, log: MongoLog, other: MongoLog) -> None:
        records = [heard(f"samples/thing/{n % 7}", 1 + n // 7) for n in range(70)]
        parts = [(log, records[:50]), (other, records[:70]), (log, records)]
        found = await asyncio.gather(*(part.hear(batch) for part, batch in parts))
        assert not any(one is Heard.GAP for batch in found for one in batch)
        assert sorted(s.record for s in await everything(log)) == sorted(records)

    async def test_more_streams_are_heard_at_once_than_are_remembered(
        self, log: MongoLog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("aktenlauf.kit.adapters.mongo_commits.STREAMS_MAX", 3)
        await log.hear([heard(f"samples/thing/{n}", 1) for n in range(3)])
        records = [heard(f"samples/thing/{n}", 2 if n < 3 else 1) for n in range(10)]
        assert await log.hear(records) == [Heard.INSERTED] * 10

    async def test_what_a_new_primary_does_not_show_yet_is_no_gap_and_no_failure_for_good(
        self, log: MongoLog, other: MongoLog
    ) -> None:
        """Another process has heard version 2; for a moment, reads of the majority lack it."""
        await log.hear([heard(STREAM, 1)])
        await other.hear([heard(STREAM, 2)])
        NewPrimary(log, 1)
        assert await log.hear([heard(STREAM, 3)]) == [Heard.INSERTED]
        NewPrimary(log, 2)
        with pytest.raises(Unavailable):
            await log.hear([heard(STREAM, 3)])

    async def test_another_process_may_hear_only_a_part_of_what_stands_in_one_commit(
        self, log: MongoLog, other: MongoLog
    ) -> None:
        records = [heard(STREAM, n) for n in range(1, 6)]
        await log.hear(records[:3])
        assert await other.hear(records[1:]) == [Heard.KNOWN] * 2 + [Heard.INSERTED] * 2
        with pytest.raises(Halt):
            await other.hear([heard(OTHER, 1), heard(STREAM, 2)])
        assert [s.record for s in await everything(other)] == records

    # --- lost answers ---------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("fates", [["done"], ["never"], ["late"], ["never", "done"], ["late", "done", "never"]])
    async def test_an_append_whose_answer_was_lost_is_done_once_and_answered_as_if_it_were_not(
        self, log: MongoLog, fates: list[str]
    ) -> None:
        await log.append(OTHER, 0, [happened(OTHER, 1)], "before")
        log._commits._rows = LosesAnswers(log._commits._rows, *fates)  # type: ignore[assignment]
        appends = [
            log.append(STREAM, 0, [happened(STREAM, 1), happened(STREAM, 2)], "c"),
            log.append(OTHER, 1, [happened(OTHER, 2)], "c"),
        ]
        assert await asyncio.gather(*appends) == [Appended(STREAM, 2, 3), Appended(OTHER, 2, 4)]
        assert [(s.position, s.stream, s.version) for s in await everything(log)] == [
            (1, OTHER, 1),
            (2, STREAM, 1),
            (3, STREAM, 2),
            (4, OTHER, 2),
        ]

    async def test_a_place_lost_while_the_answer_was_lost_is_given_up_for_the_next(
        self, log: MongoLog, other: MongoLog
    ) -> None:
        log._commits._rows = LosesAnswers(log._commits._rows, "never")  # type: ignore[assignment]
        await other.append(OTHER, 0, [happened(OTHER, 1)], "c")
        assert await log.append(STREAM, 0, [happened(STREAM, 1)], "c") == Appended(STREAM, 1, 2)

    async def test_a_commit_that_lands_while_it_is_looked_for_is_no_conflict_with_itself(
        self, log: MongoLog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lossy, commits = LosesAnswers(log._commits._rows, "late"), log._commits
        known_versions = commits.known_versions

        async def behind_the_lookup(streams: Iterable[str]) -> dict[str, int]:
            known = await known_versions(streams)
            await lossy.land()
            await commits.follow()
            return known

        commits._rows = lossy  # type: ignore[assignment]
        monkeypatch.setattr(commits, "known_versions", behind_the_lookup)
        assert await log.append(STREAM, 0, [happened(STREAM, 1)], "c") == Appended(STREAM, 1, 1)

    async def test_an_outcome_that_cannot_be_learned_is_unavailable_and_known_later(
        self, log: MongoLog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("aktenlauf.kit.adapters.mongo_writer.PATIENCE_SECONDS", 0.2)
        rows = log._commits._rows
        log._commits._rows = LosesAllAnswers(rows, "done")  # type: ignore[assignment]
        with pytest.raises(Unavailable):
            await log.append(STREAM, 0, [happened(STREAM, 1)], "c")
        log._commits._rows = rows
        monkeypatch.undo()
        again = await log.append(STREAM, 0, [happened(STREAM, 1)], "c")
        assert (again, await log.head()) == (Appended(STREAM, 1, 1, True), 1)

    async def test_nobody_waits_for_a_server_that_is_silent_longer_than_promised(
        self, log: MongoLog, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("aktenlauf.kit.adapters.mongo_writer.PATIENCE_SECONDS", 0.2)
        silent = asyncio.Event()

        async def insert(_: object) -> None:
            await silent.wait()

        monkeypatch.setattr(log._commits, "insert", insert)
        async with asyncio.timeout(2):
            with pytest.raises(Unavailable):
                await log.append(STREAM, 0, [happened(STREAM, 1)], "c")
        silent.set()

    # --- following ------------------------------------------------------------------------------------------------

    async def test_a_reader_stops_at_a_missing_position_until_it_is_there(
        self, log: MongoLog, database: Database
    ) -> None:
        await log.append(STREAM, 0, [happened(STREAM, 1)], "c")
        row = await database["log"].find_one({"_id": 1})
        for position, stream in ((3, "samples/thing/3"), (2, "samples/thing/2")):
            assert (await log.head(), [s.position for s in await log.tail(0)], await log.wait(1, 0.5)) == (
                1,
                [1],
                False,
            )
            assert await log.tail(1) == await log.tail(2) == []
            await database["log"].insert_one({**(row or {}), "_id": position, "stream": stream})
        assert (await log.head(), [s.position for s in await log.tail(0)]) == (3, [1, 2, 3])

    async def test_a_reader_goes_on_within_a_commit(self, log: MongoLog, open_log: OpenLog) -> None:
        for stream in (STREAM, OTHER):
            await log.append(stream, 0, [happened(stream, n) for n in range(3)], "c")
        fresh = await open_log()
        assert [(after, [s.position for s in await fresh.tail(after, 2)]) for after in range(7)] == [
            (0, [1, 2]),
            (1, [2, 3]),
            (2, [3, 4]),
            (3, [4, 5]),
            (4, [5, 6]),
            (5, [6]),
            (6, []),
        ]
        await fresh.close()

    async def test_who_waits_hears_of_what_another_process_commits(self, log: MongoLog, other: MongoLog) -> None:
        waiting = asyncio.create_task(log.wait(0, 600))
        await other.append(STREAM, 0, [happened(STREAM, 1)], "c")
        assert await asyncio.wait_for(waiting, 10) is True
        assert await log.tail(0) == await other.tail(0)

    async def test_one_who_fell_far_behind_catches_up(self, log: MongoLog, other: MongoLog) -> None:
        for number in range(50):
            await other.append(STREAM, number, [happened(STREAM, number)], f"c{number}")
        assert (await log.append(OTHER, 0, [happened(OTHER, 1)], "c")).position == 51
        assert [s.position for s in await log.tail(0)] == list(range(1, 52))


def write_in_processes(url: str, database: str) -> list[dict[str, Any]]:
    """What the processes said at the end."""
    program = [sys.executable, "-m", "aktenlauf.kit.testing.mongo_writers", url, database]
    start: Callable[[int], Any] = lambda n: subprocess.Popen(  # noqa: E731
        [*program, f"p{n}", str(WRITERS), str(COMMITS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    processes = [start(n) for n in range(PROCESSES)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    return [json.loads(process.communicate(timeout=60)[0]) for process in processes]

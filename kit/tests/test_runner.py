"""A command is done once, by whom it is allowed to, on what they have seen; conflicts are met by deciding again."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aktenlauf.contracts.envelope import parse
from aktenlauf.contracts.errors import Code
from aktenlauf.kit.adapters.sqlite_keyring import SqliteKeyring
from aktenlauf.kit.adapters.sqlite_log import SqliteLog
from aktenlauf.kit.errors import CommandReused, Conflict, Erased, NotFound, Refused, Unavailable
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.log import EventLog, walk
from aktenlauf.kit.runner import CONFLICTS_MAX, Runner
from aktenlauf.kit.scope import Office, Party, Scope, System
from aktenlauf.kit.sealing import Sealing
from aktenlauf.kit.testing.samples import NOON
from aktenlauf.kit.testing.toy import DECIDERS, Note, Noted, Open, Opened

OFFICE = Office("a")


def common(scope: Scope = OFFICE, **fields: Any) -> dict[str, Any]:
    """What every command carries."""
    return {"id": new_id(), "at": NOON, "actor": "1", "scope": scope, "case": "1", **fields}


class Desk:
    """A runner on its log."""

    def __init__(self, folder: Path) -> None:
        self.log = SqliteLog(folder / "log.db")
        self.keyring = SqliteKeyring(folder / "keyring.db", bytes(32))
        self.sealing = Sealing(self.keyring)
        self.runner = self.runner_on(self.log)

    def runner_on(self, log: EventLog) -> Runner:
        """Another runner, as of another process."""
        return Runner("toy", log, self.sealing, DECIDERS)

    async def records(self) -> list[Any]:
        """What is in the log."""
        return [parse(stored.record, stored.position) async for stored in walk(self.log)]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    await desk.log.close()
    await desk.keyring.close()


async def test_a_command_becomes_events_with_all_their_attributes(desk: Desk) -> None:
    command = Open(**common(correlation="first"))
    outcome = await desk.runner.run(command)
    assert (outcome.stream, outcome.version, outcome.repeated) == ("toy/case/1", 1, False)
    assert list(outcome.events) == [Opened(office="a")]
    (record,) = await desk.records()
    meta = record.meta
    assert (meta.type, meta.source, meta.subject, meta.office) == ("de.aktenlauf.toy.opened.v1", "toy", "1", "a")
    assert (meta.causationid, meta.correlationid, meta.actor, meta.at) == (command.id, "first", "1", NOON)


async def test_a_personal_part_is_sealed_for_its_event_with_the_cases_key(desk: Desk) -> None:
    await desk.runner.run(Open(**common()))
    await desk.runner.run(Note(**common(fact=1, text="Grüße")))
    record = (await desk.records())[1]
    assert isinstance(record.event, Noted)
    opened = await desk.sealing.open(record.event.sealed)
    assert opened.text == "Grüße"
    await desk.keyring.destroy("case/1")
    with pytest.raises(Erased):
        await desk.runner.run(Note(**common(fact=2)))


async def test_a_command_sent_twice_is_done_once_and_answered_as_before(desk: Desk) -> None:
    command = Open(**common())
    first = await desk.runner.run(command)
    later = command.model_copy(update={"at": NOON.replace(hour=13), "seen": 0, "correlation": "other"})
    again = await desk.runner.run(later)
    assert (again.stream, again.version, again.repeated) == (first.stream, first.version, True)
    assert len(await desk.records()) == 1


@pytest.mark.parametrize("change", [{"office": "b"}, {"actor": "2"}, {"scope": Party("p")}])
async def test_the_same_id_with_another_content_is_refused(desk: Desk, change: dict[str, Any]) -> None:
    command = Open(**common())
    await desk.runner.run(command)
    with pytest.raises(CommandReused):
        await desk.runner.run(command.model_copy(update=change))
    assert len(await desk.records()) == 1


async def test_the_same_id_as_another_kind_of_command_is_refused(desk: Desk) -> None:
    command = Open(**common())
    await desk.runner.run(command)
    with pytest.raises(CommandReused):
        await desk.runner.run(Note(**common(fact=1, id=command.id)))


async def test_for_commands_of_the_system_a_known_id_is_done_whatever_the_content(desk: Desk) -> None:
    command = Open(**common(System("test")))
    await desk.runner.run(command)
    assert (await desk.runner.run(command.model_copy(update={"office": "b"}))).repeated


async def test_what_changes_nothing_and_what_is_refused_leave_no_record(desk: Desk) -> None:
    with pytest.raises(Refused) as refused:
        await desk.runner.run(Note(**common(fact=1)))
    assert refused.value.code is Code.NOT_NOW
    await desk.runner.run(Open(**common()))
    outcome = await desk.runner.run(Open(**common()))
    assert (list(outcome.events), outcome.version, outcome.repeated) == ([], 1, False)
    assert len(await desk.records()) == 1


async def test_a_form_made_before_something_that_matters_is_refused_as_changed(desk: Desk) -> None:
    await desk.runner.run(Open(**common(seen=0)))
    await desk.runner.run(Note(**common(fact=1, seen=1)))
    with pytest.raises(Refused) as refused:
        await desk.runner.run(Note(**common(fact=2, seen=1)))
    assert refused.value.code is Code.CHANGED
    assert (await desk.runner.run(Note(**common(fact=2, seen=2)))).version == 3


async def test_a_form_made_before_something_that_does_not_matter_is_carried_out(desk: Desk) -> None:
    await desk.runner.run(Open(**common()))
    assert (await desk.runner.run(Note(**common(fact=1, seen=0)))).version == 2


@pytest.mark.parametrize("scope", [Office("b"), Party("p")])
async def test_the_case_of_others_is_not_found_and_looks_like_none(desk: Desk, scope: Scope) -> None:
    await desk.runner.run(Open(**common()))
    with pytest.raises(NotFound):
        await desk.runner.run(Note(**common(scope, fact=1)))
    assert len(await desk.records()) == 1


async def test_a_command_for_a_stream_of_another_service_is_a_programming_error(desk: Desk) -> None:
    with pytest.raises(ValueError, match="does not own"):
        await Runner("other", desk.log, desk.sealing, DECIDERS).run(Open(**common()))


async def test_commands_of_one_stream_queue_up_and_none_conflicts(desk: Desk) -> None:
    await desk.runner.run(Open(**common()))
    outcomes = await asyncio.gather(*(desk.runner.run(Note(**common(fact=n))) for n in range(20)))
    assert sorted(outcome.version for outcome in outcomes) == list(range(2, 22))
    assert desk.runner._queues == {}


async def test_two_processes_on_one_stream_decide_again_after_a_conflict(desk: Desk, tmp_path: Path) -> None:
    second_log = SqliteLog(tmp_path / "log.db")
    second = desk.runner_on(second_log)
    await desk.runner.run(Open(**common()))
    commands = [Note(**common(fact=n)) for n in range(20)]
    runners = (desk.runner, second)
    outcomes = await asyncio.gather(*(runners[n % 2].run(command) for n, command in enumerate(commands)))
    await second_log.close()
    assert sorted(outcome.version for outcome in outcomes) == list(range(2, 22))


async def test_the_same_command_at_two_processes_is_done_once(desk: Desk, tmp_path: Path) -> None:
    second_log = SqliteLog(tmp_path / "log.db")
    second = desk.runner_on(second_log)
    for number in range(10):
        command = Open(**common(case=f"{number}"))
        outcomes = await asyncio.gather(desk.runner.run(command), second.run(command))
        assert [outcome.version for outcome in outcomes] == [1, 1]
    await second_log.close()
    assert len(await desk.records()) == 10


class Contended:
    """A log that somebody else is always faster on."""

    def __init__(self, log: EventLog, times: int) -> None:
        self._log, self.left = log, times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    async def append(self, *args: Any) -> Any:
        self.left -= 1
        if self.left >= 0:
            raise Conflict("toy/case/1", 0, 1)
        return await self._log.append(*args)


@pytest.mark.parametrize("conflicts,done", [(CONFLICTS_MAX, True), (CONFLICTS_MAX + 1, False)])
async def test_after_five_conflicts_a_request_is_told_to_try_again(desk: Desk, conflicts: int, done: bool) -> None:
    runner = desk.runner_on(Contended(desk.log, conflicts))  # type: ignore[arg-type]
    if done:
        assert (await runner.run(Open(**common()))).version == 1
    else:
        with pytest.raises(Unavailable) as unavailable:
            await runner.run(Open(**common()))
        assert unavailable.value.retry_after == 1


async def test_a_command_whose_events_came_back_after_a_restore_is_known(desk: Desk, tmp_path: Path) -> None:
    opening, noting = Open(**common()), Note(**common(fact=1))
    await desk.runner.run(opening)
    await desk.runner.run(noting)
    restored = SqliteLog(tmp_path / "restored.db")
    await restored.hear([stored.record async for stored in walk(desk.log)])
    runner = desk.runner_on(restored)
    for command, version in ((opening, 1), (noting, 2)):
        outcome = await runner.run(command)
        assert (outcome.version, outcome.repeated) == (version, True)
    assert await restored.head() == 2
    await restored.close()

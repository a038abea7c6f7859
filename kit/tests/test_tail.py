"""The machine as a whole: whatever fails, stops, dies or comes in another order, the same events and documents follow.

The toy service (`kit.testing.toy`) hears two others over a bus that mixes what may be mixed.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from copy import copy
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aktenlauf.contracts.common import Accessed, ErasureOrdered
from aktenlauf.contracts.envelope import Meta, stamp
from aktenlauf.kit.adapters.local_bus import LocalBus
from aktenlauf.kit.adapters.mongo import close_client, database_of, open_client
from aktenlauf.kit.adapters.mongo_log import MongoLog
from aktenlauf.kit.adapters.mongo_views import MongoViews
from aktenlauf.kit.adapters.mongo_work import MongoWork
from aktenlauf.kit.adapters.sqlite_log import SqliteLog
from aktenlauf.kit.decider import Command
from aktenlauf.kit.errors import NotYet, Unavailable
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.log import EventLog
from aktenlauf.kit.ports import Ports
from aktenlauf.kit.reaction_tail import NOT_YET_MAX
from aktenlauf.kit.reactions import Do, Reactions
from aktenlauf.kit.runner import Runner
from aktenlauf.kit.scope import System
from aktenlauf.kit.service import Definition, Service
from aktenlauf.kit.tail import ClockTail, ViewTail
from aktenlauf.kit.testing.faults import CrashNow, Fate, When
from aktenlauf.kit.testing.normal import Normal
from aktenlauf.kit.testing.permuting_bus import PermutingBus, Topics
from aktenlauf.kit.testing.samples import NOON, Happened, happened, heard, unstamped
from aktenlauf.kit.testing.toy import (
    DECIDERS,
    DEFINITION,
    HEARS,
    SERVICE,
    Open,
    Opened,
    Stores,
    cases,
    on_sqlite,
    told,
    topics_of,
    toy,
    toy_ports,
)
from aktenlauf.kit.testing.waiting import until
from aktenlauf.kit.views import Change, Document, View, Views
from aktenlauf.kit.work import Standing, Work

TOLD = told(3)
ALL = System("test")


async def is_done(service: Service) -> bool:
    """Whether everything has been heard, applied and reacted to, and nothing waits."""
    return await service.settled() and not await service.ports.work.aside()


async def live(
    folder: Path,
    topics: Topics,
    *,
    seed: int = 0,
    fate: Fate | None = None,
    definition: Definition = DEFINITION,
    stores: Stores = on_sqlite,
) -> Any:
    """One process: runs until nothing is left to do, or it dies. What there is then, made comparable."""
    fate = fate or Fate()
    async with toy_ports(folder, lambda _: PermutingBus(topics, SERVICE, seed), fate, stores=stores) as ports:
        try:
            async with toy(ports, definition) as service:
                await until(lambda: is_done(service))
            return await result(ports)
        except CrashNow:
            return None


async def result(ports: Ports) -> Any:
    """Events per stream and documents, made comparable."""
    normal = Normal(ports.sealing)
    return await normal.streams(ports.log), await normal.documents(ports.views, cases)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return asyncio.run(live(tmp_path_factory.mktemp("undisturbed"), topics_of(TOLD)))


# --- whatever happens, the same follows -------------------------------------------------------------------------------


async def test_the_undisturbed_run_is_what_the_toy_promises(undisturbed: Any) -> None:
    streams, documents = undisturbed
    own = [name for name in streams if name.startswith("toy/")]
    assert own == [f"toy/{kind}/case-{n}" for kind in ("account", "case", "echo") for n in range(3)]
    assert [e["type"].split(".")[3] for e in streams["toy/case/case-0"]] == ["opened", "noted", "noted"]
    assert [e["data"]["fact"] for e in streams["toy/account/case-0"]] == [1, 2, 3]
    assert [e["data"]["fact"] for e in streams["toy/echo/case-0"]] == [2, 3]
    token = {"sealed by": "case/case-0", "content": {"text": "a secret"}}
    expected = {"asked": 3, "asks": [1, 2, 3], "offices": ["a"], "notes": [[2, token], [3, token]]}
    assert documents["case-0"] == expected


@pytest.mark.parametrize("seed", range(1, 25))
async def test_any_order_between_topics_and_cases_gives_the_same(undisturbed: Any, tmp_path: Path, seed: int) -> None:
    assert await live(tmp_path, topics_of(TOLD), seed=seed) == undisturbed


async def test_the_logs_followed_give_the_same_as_the_fake_bus(undisturbed: Any, tmp_path: Path) -> None:
    logs = {owner: SqliteLog(tmp_path / owner / "log.db") for owner in ("samples", "others")}
    async with toy_ports(tmp_path, lambda work: LocalBus(logs, work)) as ports, toy(ports) as service:
        for owner, record in TOLD:
            await logs[owner].hear([record])
        await until(lambda: is_done(service))
        assert await result(ports) == undisturbed
    for log in logs.values():
        await log.close()


async def test_a_topic_that_contradicts_the_log_is_stopped_alone_and_named(tmp_path: Path) -> None:
    logs = {owner: SqliteLog(tmp_path / owner / "log.db") for owner in ("samples", "others")}
    async with toy_ports(tmp_path, lambda work: LocalBus(logs, work), clock=lambda: NOON) as ports:
        await ports.log.hear([heard("samples/thing/1", 1)])
        await logs["samples"].hear([heard("samples/thing/1", 1), heard("samples/thing/2", 1)])
        async with toy(ports) as service:
            await until(lambda: _is(sorted(service.failed), ["hearing samples"]))
            await logs["others"].hear([record for owner, record in told(1) if owner == "others"])
            await until(lambda: ports.bus.caught_up(["others"]))
            assert (service.ready, service.failed) == (True, {"hearing samples"})
            assert await ports.log.version("others/access/case-0") == 3
            assert await ports.log.version("samples/thing/2") == 0
    for log in logs.values():
        await log.close()


ORDERS_MAX = 4
CRASHES_MAX = 60
"""Far more than the changing calls of a run with one case; beyond its end a crash point is passed over."""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at_once", [1, 3])
async def test_a_crash_between_any_two_steps_changes_nothing_in_the_end(
    tmp_path: Path, when: When, at_once: int
) -> None:
    (several,) = map(copy, DEFINITION.reactions)
    several.at_once = at_once
    definition = replace(DEFINITION, reactions=[several])
    await dies_at_every_step(tmp_path, when, definition, on_sqlite)


@pytest.mark.servers
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_crash_between_any_two_steps_changes_nothing_on_mongodb(
    tmp_path: Path, when: When, servers: Any
) -> None:
    client, prefix = open_client(servers.mongo), f"crash-{new_id()}-"

    async def on_mongo(folder: Path) -> tuple[EventLog, Views, Work]:
        database = database_of(client, prefix + "-".join(folder.relative_to(tmp_path).parts))
        folder.mkdir(parents=True, exist_ok=True)
        return await MongoLog.open(database), await MongoViews.open(database), await MongoWork.open(database)

    try:
        await dies_at_every_step(tmp_path, when, DEFINITION, on_mongo)
    finally:
        for name in [found for found in await client.list_database_names() if found.startswith(prefix)]:
            await client.drop_database(name)
        await close_client(client)


async def dies_at_every_step(tmp_path: Path, when: When, definition: Definition, stores: Stores) -> None:
    """Each time one step later, as long as there are steps; in another order until each kind of step was met."""
    expected = await live(tmp_path / "undisturbed", topics_of(told(1, asks=2, facts=2)), stores=stores)
    deaths: set[str] = set()
    for order in range(ORDERS_MAX):
        deaths |= await _dies_in_order(tmp_path / f"order-{order}", when, definition, stores, expected, order)
        if deaths >= {"log.append", "log.hear", "views.write", "work.advance"}:
            return
    raise AssertionError(f"died only at {deaths}")


async def _dies_in_order(
    tmp_path: Path, when: When, definition: Definition, stores: Stores, expected: Any, order: int
) -> set[str]:
    """The kinds of step at which it died."""
    records, deaths = told(1, asks=2, facts=2), set[str]()
    for number in range(1, CRASHES_MAX):
        folder, topics, fate = tmp_path / str(number), topics_of(records), Fate(crash_at=number, when=when)
        seed = order * CRASHES_MAX + number
        if await live(folder, topics, seed=seed, fate=fate, definition=definition, stores=stores) is not None:
            return deaths
        deaths.add(fate.calls[number - 1])
        assert await live(folder, topics, seed=seed, definition=definition, stores=stores) == expected, (
            f"died {when} call {number}, {fate.calls[-1]}"
        )
        shutil.rmtree(folder)
    raise AssertionError("more calls than CRASHES_MAX")


async def test_dying_again_and_again_changes_nothing_in_the_end(undisturbed: Any, tmp_path: Path) -> None:
    topics, lives = topics_of(TOLD), 0
    while (found := await live(tmp_path, topics, fate=Fate(crash_at=7, when="after"))) is None:
        lives += 1
        assert lives < 200
    assert lives > 5
    assert found == undisturbed


@pytest.mark.parametrize("when", ["before", "after"])
async def test_what_is_unavailable_for_a_moment_is_tried_again(undisturbed: Any, tmp_path: Path, when: When) -> None:
    fate = Fate(fail_at=range(4, 400, 5), when=when)
    assert await live(tmp_path, topics_of(TOLD), fate=fate) == undisturbed


async def test_deleting_the_views_is_a_rebuild(undisturbed: Any, tmp_path: Path) -> None:
    topics = topics_of(TOLD)
    await live(tmp_path, topics)
    for file in tmp_path.glob("views.db*"):
        file.unlink()
    assert await live(tmp_path, topics) == undisturbed


async def test_a_view_of_a_newer_version_is_rebuilt_and_the_old_one_dropped(tmp_path: Path) -> None:
    topics = topics_of(TOLD)
    await live(tmp_path, topics)
    newer = View("cases", version=2)

    @newer.on(Opened)
    def mark(document: Document, event: Opened, meta: Meta) -> None:
        document["newer"] = True

    definition = replace(DEFINITION, views=[newer], reactions=[])
    async with toy_ports(tmp_path, lambda _: PermutingBus(topics, SERVICE, 0)) as ports:
        async with toy(ports, definition) as service:
            assert (await service.get(newer, ALL, "case-2")) == {"newer": True}
        await ports.views.prepare([cases])
        assert await ports.views.cursor(cases) == 0


# --- views: one case stops, the others go on --------------------------------------------------------------------------

counts = View("counts", version=1)
BROKEN: set[tuple[str, int]] = set()
"""(case, number) at which the view fails: a bug that a new release repairs."""


@counts.on(Happened)
def count(document: Document, event: Happened, meta: Meta) -> None:
    if (meta.case, event.number) in BROKEN:
        raise ValueError("a bug")
    document["seen"] = [*document.get("seen", ()), event.number]


@pytest.fixture
async def ports(tmp_path: Path) -> AsyncIterator[Ports]:
    BROKEN.clear()
    async with toy_ports(tmp_path, lambda _: PermutingBus(Topics(), SERVICE, 0), clock=lambda: NOON) as ports:
        yield ports


async def tell(ports: Ports, *numbers: int, case: str = "1") -> None:
    """Let the log hear some `Happened` of a case, numbered by version."""
    await ports.log.hear([heard(f"samples/thing/{case}", number) for number in numbers])


async def caught_up(ports: Ports) -> ViewTail:
    """A view tail, as after a start, that has applied all there is."""
    tail = ViewTail(ports.log, ports.views, [counts], ports.work, ports.clock)
    await tail.prepare()
    await tail.catch_up()
    return tail


async def seen(ports: Ports) -> dict[str, list[int]]:
    """What the documents say."""
    held = await ports.views.load(counts, ["1", "2"])
    return {key: value.document["seen"] for key, value in held.items() if value.document}


async def mark(ports: Ports, position: int, standing: Standing) -> None:
    """What an operator does."""
    await ports.work.mark("view:counts", "1", position, standing)


async def test_a_record_that_a_view_cannot_apply_is_parked_with_its_successors_and_nothing_else(ports: Ports) -> None:
    BROKEN.add(("1", 2))
    await tell(ports, 1, 2, 3)
    await tell(ports, 1, 2, case="2")
    await caught_up(ports)
    assert await seen(ports) == {"1": [1], "2": [1, 2]}
    rows = await ports.work.aside("view:counts")
    assert [(r.position, r.group, r.standing) for r in rows] == [(2, "1", "parked"), (3, "1", "parked")]
    assert rows[0].error.startswith("ValueError at")
    assert "a bug" not in rows[0].error
    assert [r.record for r in rows] == [s.record for s in await ports.log.tail(1, 2)]


async def test_what_comes_later_for_a_stopped_case_waits_also_after_a_restart(ports: Ports) -> None:
    BROKEN.add(("1", 2))
    await tell(ports, 1, 2)
    await caught_up(ports)
    BROKEN.clear()
    await tell(ports, 3, 4)
    await tell(ports, 1, case="2")
    await caught_up(ports)
    assert await seen(ports) == {"1": [1], "2": [1]}
    assert [r.position for r in await ports.work.aside()] == [2, 3, 4]


async def test_replay_finishes_in_order_and_the_case_goes_on(ports: Ports) -> None:
    BROKEN.add(("1", 2))
    await tell(ports, 1, 2, 3, 4)
    tail = await caught_up(ports)
    BROKEN.clear()
    await mark(ports, 2, Standing.REPLAY)
    await tail._replay()
    assert (await seen(ports), await ports.work.aside()) == ({"1": [1, 2, 3, 4]}, [])
    await tell(ports, 5)
    await tail.catch_up()
    assert await seen(ports) == {"1": [1, 2, 3, 4, 5]}


async def test_a_replay_that_fails_again_parks_there_and_keeps_what_succeeded(ports: Ports) -> None:
    BROKEN.update({("1", 2), ("1", 3)})
    await tell(ports, 1, 2, 3, 4)
    tail = await caught_up(ports)
    BROKEN.remove(("1", 2))
    await mark(ports, 2, Standing.REPLAY)
    await tail._replay()
    assert await seen(ports) == {"1": [1, 2]}
    assert [(r.position, r.standing) for r in await ports.work.aside()] == [(3, "parked"), (4, "parked")]


async def test_a_skipped_record_is_left_out_and_its_successors_are_applied(ports: Ports) -> None:
    BROKEN.add(("1", 2))
    await tell(ports, 1, 2, 3)
    tail = await caught_up(ports)
    await mark(ports, 2, Standing.SKIP)
    await tail._replay()
    assert (await seen(ports), await ports.work.aside()) == ({"1": [1, 3]}, [])


async def test_without_an_operator_nothing_is_replayed(ports: Ports) -> None:
    BROKEN.add(("1", 2))
    await tell(ports, 1, 2)
    tail = await caught_up(ports)
    BROKEN.clear()
    await tail._replay()
    assert await seen(ports) == {"1": [1]}


async def test_a_rebuild_leaves_out_what_is_parked(ports: Ports) -> None:
    BROKEN.add(("1", 2))
    await tell(ports, 1, 2, 3)
    await caught_up(ports)
    before = await seen(ports)
    await ports.views.drop_others([])
    await caught_up(ports)
    assert await seen(ports) == before


async def test_two_tails_on_the_same_views_apply_everything_once(ports: Ports) -> None:
    first, second = await caught_up(ports), await caught_up(ports)
    await tell(ports, 1, 2)
    await first.catch_up()
    await tell(ports, 3)
    await second.catch_up()
    await first.catch_up()
    assert await seen(ports) == {"1": [1, 2, 3]}


async def test_a_document_written_by_somebody_else_meanwhile_is_loaded_again(ports: Ports) -> None:
    await tell(ports, 1)
    tail, write = await caught_up(ports), ports.views.write
    await tell(ports, 2)
    overtaken = iter([True])

    async def overtaken_once(view: View, changes: Any, cursor: int) -> bool:
        if next(overtaken, False):
            await write(view, [Change("1", 1, 2, {"seen": [1, 2], "by": "another"})], cursor)
        return await write(view, changes, cursor)

    tail._views = _With(ports.views, write=overtaken_once)  # type: ignore[assignment]
    await tail.catch_up()
    held = (await ports.views.load(counts, ["1"]))["1"]
    assert (held.position, held.document) == (2, {"seen": [1, 2], "by": "another"})


class _With:
    """A port with one method replaced."""

    def __init__(self, port: Any, **methods: Any) -> None:
        self._port = port
        self.__dict__.update(methods)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)


async def test_an_event_of_the_same_name_from_another_service_is_none_of_ours(ports: Ports) -> None:
    await ports.log.hear([stamp(happened("others/thing/1", 1), 1)])
    await caught_up(ports)
    assert await seen(ports) == {}


# --- reactions --------------------------------------------------------------------------------------------------------


class Story:
    """A service with one reaction, which does what the test says, and tells in which order it was run."""

    def __init__(self, ports: Ports, now: Any = None) -> None:
        self.ran: list[tuple[str, int]] = []
        self.fail: dict[tuple[str, int], Exception] = {}
        self.reactions = Reactions("story")
        self.ports = ports
        self.definition = replace(DEFINITION, hears=frozenset(), views=[], reactions=[self.reactions])
        self.reactions.on(Happened, name="tell")(self._tell)

    async def _tell(self, event: Happened, meta: Meta, do: Do, service: Service) -> AsyncIterator[Command]:
        if error := self.fail.get((meta.case, event.number)):
            if isinstance(error, Unavailable):
                del self.fail[(meta.case, event.number)]
            raise error
        self.ran.append((meta.case, event.number))
        yield do(Open, case=meta.case)

    async def aside(self) -> list[tuple[int, str]]:
        """What was put aside: position and standing."""
        return [(a.position, str(a.standing)) for a in await self.ports.work.aside("story")]


async def settled(service: Service) -> None:
    """Return once everything in the log has been taken."""
    await until(service.settled)


async def test_a_reaction_that_needs_what_was_not_heard_waits_with_its_stream_and_then_goes_on(ports: Ports) -> None:
    story = Story(ports)
    async with toy(ports, story.definition) as service:
        story.fail[("1", 1)] = NotYet("something")
        await tell(ports, 1, 2)
        await tell(ports, 1, case="2")
        await settled(service)
        assert story.ran == [("2", 1)]
        assert await story.aside() == [(1, "waiting"), (2, "waiting")]
        story.fail.clear()
        await ports.log.hear([stamp(unstamped(Accessed(role="r", what="case"), "others/access/1"), 1)])
        await until(lambda: is_done(service))
        assert story.ran == [("2", 1), ("1", 1), ("1", 2)]


async def test_what_waits_does_not_hold_another_stream_of_its_case_that_it_may_be_waiting_for(ports: Ports) -> None:
    story = Story(ports)

    async def settle(event: Accessed, meta: Meta, do: Do, service: Service) -> AsyncIterator[Command]:
        story.fail.clear()
        for nothing in ():
            yield nothing

    story.reactions.on(Accessed, name="settle")(settle)
    async with toy(ports, story.definition) as service:
        story.fail[("1", 1)] = NotYet("what the reaction to the other stream brings")
        await tell(ports, 1)
        await settled(service)
        await ports.log.hear([stamp(unstamped(Accessed(role="r", what="case"), "others/access/1"), 1)])
        await until(lambda: is_done(service))
        assert story.ran == [("1", 1)]


async def test_an_erasure_is_carried_out_although_its_case_is_stopped(ports: Ports) -> None:
    story = Story(ports)
    erased: list[str] = []

    async def erase(event: ErasureOrdered, meta: Meta, service: Service) -> None:
        erased.append(meta.case)

    story.reactions.effect(ErasureOrdered, name="erase")(erase)
    async with toy(ports, story.definition) as service:
        story.fail[("1", 1)] = ValueError("for good")
        await tell(ports, 1)
        await settled(service)
        ordered = ErasureOrdered(reason="test", keys=["case/1"], certify_at=NOON)
        await ports.log.hear([stamp(unstamped(ordered, "others/erasure/1"), 1)])
        await until(lambda: _is(erased, ["1"]))
        assert await story.aside() == [(1, "parked")]


async def _is(found: Any, expected: Any) -> bool:
    return found == expected


@pytest.mark.parametrize("late,standing", [(timedelta(0), "waiting"), (NOT_YET_MAX, "parked")])
async def test_what_was_not_heard_for_a_day_is_parked(tmp_path: Path, late: timedelta, standing: str) -> None:
    now = NOON
    bus = PermutingBus(Topics(), SERVICE, 0)
    async with toy_ports(tmp_path, lambda _: bus, clock=lambda: now) as ports:
        story = Story(ports)
        async with toy(ports, story.definition) as service:
            story.fail[("1", 1)] = NotYet("something")
            await tell(ports, 1)
            await settled(service)
            now += late
            await ports.log.hear([stamp(unstamped(Accessed(role="r", what="case"), "others/access/1"), 1)])
            await settled(service)
            assert await story.aside() == [(1, standing)]


async def test_a_reaction_that_fails_for_good_parks_its_case_and_replay_finishes_in_order(ports: Ports) -> None:
    story = Story(ports)
    async with toy(ports, story.definition) as service:
        story.fail[("1", 2)] = ValueError("a bug")
        await tell(ports, 1, 2, 3)
        await tell(ports, 1, 2, case="2")
        await settled(service)
        assert story.ran == [("1", 1), ("2", 1), ("2", 2)]
        assert await story.aside() == [(2, "parked"), (3, "waiting")]
        story.fail.clear()
        await ports.work.mark("story", "1", 2, Standing.REPLAY)
        await tell(ports, 4)
        await until(lambda: is_done(service))
        assert story.ran[3:] == [("1", 2), ("1", 3), ("1", 4)]


async def test_a_skipped_reaction_is_left_out(ports: Ports) -> None:
    story = Story(ports)
    async with toy(ports, story.definition) as service:
        story.fail[("1", 1)] = ValueError("a bug")
        await tell(ports, 1, 2)
        await settled(service)
        await ports.work.mark("story", "1", 1, Standing.SKIP)
        await tell(ports, 3)
        await until(lambda: is_done(service))
        assert story.ran == [("1", 2), ("1", 3)]


async def test_a_stopped_case_is_still_stopped_after_a_restart(ports: Ports) -> None:
    story = Story(ports)
    story.fail[("1", 1)] = ValueError("a bug")
    async with toy(ports, story.definition) as service:
        await tell(ports, 1)
        await settled(service)
    async with toy(ports, story.definition) as service:
        await tell(ports, 2)
        await settled(service)
    assert story.ran == []
    assert await story.aside() == [(1, "parked"), (2, "waiting")]


async def test_what_a_reaction_finds_unavailable_is_tried_again_in_place(ports: Ports) -> None:
    story = Story(ports)
    story.fail[("1", 1)] = Unavailable("object storage")
    async with toy(ports, story.definition) as service:
        await tell(ports, 1, 2)
        await settled(service)
        assert (story.ran, await story.aside()) == ([("1", 1), ("1", 2)], [])


async def test_in_a_case_that_was_erased_a_reaction_ends_quietly(ports: Ports) -> None:
    async with toy(ports) as service:
        await tell(ports, 1)
        await settled(service)
        await ports.keyring.destroy("case/1")
        await tell(ports, 2)
        await settled(service)
        assert await ports.work.aside() == []
        assert await ports.log.version("toy/case/1") == 1


async def test_an_event_that_does_not_fit_its_model_parks_its_case_alone(ports: Ports) -> None:
    story = Story(ports)
    bad = heard("samples/thing/1", 1).replace(b'"number":1', b'"number":"x"')
    async with toy(ports, story.definition) as service:
        await ports.log.hear([bad])
        await tell(ports, 1, case="2")
        await settled(service)
        assert (story.ran, await story.aside(), service.ready) == ([("2", 1)], [(1, "parked")], True)


async def test_a_handler_that_never_ran_starts_at_the_head(ports: Ports) -> None:
    await tell(ports, 1, 2)
    story = Story(ports)
    async with toy(ports, story.definition) as service:
        await tell(ports, 3)
        await settled(service)
    assert story.ran == [("1", 3)]


async def test_what_a_service_that_was_added_later_hears_first_is_history_to_its_handlers(tmp_path: Path) -> None:
    topics = topics_of([(owner, record) for owner, record in told(2) if owner == "samples"])
    async with toy_ports(tmp_path, lambda _: PermutingBus(topics, SERVICE, 0)) as ports:
        story = Story(ports)
        async with toy(ports, replace(story.definition, hears=HEARS, views=[cases])) as service:
            await settled(service)
            topics.add("samples", heard("samples/thing/new", 1))
            await settled(service)
            assert story.ran == [("new", 1)]
            assert (await service.get(cases, ALL, "case-1"))["asks"] == [1, 2, 3]


async def test_a_page_can_wait_for_what_it_has_just_done(ports: Ports) -> None:
    async with toy(ports, replace(DEFINITION, hears=frozenset())) as service:
        outcome = await service.run(Open(id="c", at=NOON, actor="1", scope=ALL, case="1"))
        await until(lambda: service.has_seen(outcome.stream, outcome.version))
        assert (await service.get(cases, ALL, "1"))["offices"] == ["a"]
        assert not await service.has_seen(outcome.stream, outcome.version + 1)


# --- the clock --------------------------------------------------------------------------------------------------------

due = View("due", version=1, indexes=("due",))


async def test_what_is_due_is_done_and_a_failure_keeps_nobody_waiting(ports: Ports) -> None:
    fallen: list[str] = []
    timers = Reactions("timers")

    @timers.when_due(due, name="fall")
    async def fall(key: str, document: Document, do: Do, service: Any) -> AsyncIterator[Command]:
        if document.get("broken"):
            raise ValueError("a bug")
        fallen.append(key)
        yield do(Open, case=key)

    await ports.views.prepare([due])
    early, later = "2026-11-23T11:00:00.000000Z", "2026-11-23T12:00:00.000000Z"
    broken = [Change(f"a{n}", 0, 1, {"due": early, "broken": True}) for n in range(450)]
    others = [Change("b", 0, 1, {"due": early}), Change("c", 0, 1, {"due": later}), Change("d", 0, 1, {"due": None})]
    await ports.views.write(due, [*broken, *others], 1)
    runner = Runner(SERVICE, ports.log, ports.sealing, DECIDERS)
    clock = ClockTail(timers, ports.views, runner, None, lambda: NOON)
    await clock.tick()
    await clock.tick()
    assert fallen == ["b", "b"]
    assert [s.stream for s in await ports.log.tail(0)] == ["toy/case/b"]

"""The machine as a whole: whatever fails, stops, dies or comes in another order, the same events and documents follow.

The toy service (`kit.testing.toy`) hears two others over a bus that mixes what may be mixed.
"""

import asyncio
import shutil
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.trace import NonRecordingSpan, SpanContext, use_span

from aktenlauf.contracts.envelope import Meta
from aktenlauf.kit.adapters.local_bus import LocalBus
from aktenlauf.kit.adapters.mongo import close_client, database_of, open_client
from aktenlauf.kit.adapters.mongo_log import MongoLog
from aktenlauf.kit.adapters.mongo_views import MongoViews
from aktenlauf.kit.adapters.mongo_work import MongoWork
from aktenlauf.kit.adapters.sqlite_log import SqliteLog
from aktenlauf.kit.bus import caught_up
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.log import EventLog
from aktenlauf.kit.ports import Ports
from aktenlauf.kit.scope import System
from aktenlauf.kit.service import Definition
from aktenlauf.kit.testing.faults import CrashNow, Fate, When
from aktenlauf.kit.testing.normal import Normal
from aktenlauf.kit.testing.permuting_bus import PermutingBus, Topics
from aktenlauf.kit.testing.samples import NOON, heard
from aktenlauf.kit.testing.toy import (
    DEFINITION,
    SERVICE,
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
from aktenlauf.kit.views import Document, View, Views
from aktenlauf.kit.work import Work

from .tails import is_done, is_now

pytestmark = pytest.mark.long

TOLD = told(3)
ALL = System("test")


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


async def test_a_run_that_is_traced_is_the_same_run(undisturbed: Any, tmp_path: Path) -> None:
    with use_span(NonRecordingSpan(SpanContext(trace_id=1, span_id=1, is_remote=False))):
        assert await live(tmp_path, topics_of(TOLD)) == undisturbed


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
            await until(lambda: is_now(sorted(service.failed), ["hearing samples"]))
            await logs["others"].hear([record for owner, record in told(1) if owner == "others"])
            await until(lambda: caught_up(ports.bus, ["others"]))
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

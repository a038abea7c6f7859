"""The tail of views: a record that a view cannot apply stops one case, and the others go on."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aktenlauf.contracts.envelope import Meta, stamp
from aktenlauf.kit import views
from aktenlauf.kit.ports import Ports
from aktenlauf.kit.scope import System
from aktenlauf.kit.tail import ViewTail
from aktenlauf.kit.testing.permuting_bus import PermutingBus, Topics
from aktenlauf.kit.testing.samples import NOON, Happened, happened
from aktenlauf.kit.testing.toy import (
    DEFINITION,
    SERVICE,
    Open,
    cases,
    toy,
    toy_ports,
)
from aktenlauf.kit.views import Change, Document, View
from aktenlauf.kit.work import Standing

from .tails import tell

ALL = System("test")
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


async def test_a_case_whose_document_grows_too_large_stops_alone(ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "DOCUMENT_BYTES_MAX", len(b'{"seen":[1,2]}'))
    await tell(ports, 1, 2, 3, 4)
    await tell(ports, 1, 2, case="2")
    await caught_up(ports)
    assert await seen(ports) == {"1": [1, 2], "2": [1, 2]}
    rows = await ports.work.aside("view:counts")
    assert [(r.position, r.group, r.standing) for r in rows] == [(3, "1", "parked"), (4, "1", "parked")]
    assert rows[0].error.startswith("DocumentTooLarge at")


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
    await ports.views.drop([counts.collection])
    await caught_up(ports)
    assert await seen(ports) == before


async def test_views_of_a_newer_program_that_is_being_rolled_out_are_not_dropped(ports: Ports) -> None:
    """The older one, which still leads, remembers what was there when it began to."""
    newer = View("counts", version=2)
    await ports.views.prepare([View("counts", version=0)])
    tail = await caught_up(ports)
    older = await tail.older()
    await ports.views.prepare([newer])
    await tail.drop(older)
    assert await ports.views.older([counts]) == [newer.collection]


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


async def test_a_page_can_wait_for_what_it_has_just_done(ports: Ports) -> None:
    async with toy(ports, replace(DEFINITION, hears=frozenset())) as service:
        outcome = await service.run(Open(id="c", at=NOON, actor="1", scope=ALL, case="1"))
        assert await service.until_seen(outcome.stream, outcome.version)
        assert (await service.get(cases, ALL, "1"))["offices"] == ["a"]
        assert not await service.until_seen(outcome.stream, outcome.version + 1, seconds=0.05)

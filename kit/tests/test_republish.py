"""What the log holds can be published again: all, one case, or from a position on; and never what others told."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from aktenlauf.kit.adapters.sqlite_log import SqliteLog
from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.log import Stored
from aktenlauf.kit.republish import BATCH_MAX, republish
from aktenlauf.kit.testing.samples import heard

PLACES = [("samples/thing/1", 1), ("others/thing/1", 1), ("samples/thing/2", 1), ("samples/settings/a", 1)]


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[SqliteLog]:
    log = SqliteLog(tmp_path / "log.db")
    # Private streams have no subject: no case.
    await log.hear([heard(s, v, **({"subject": None} if "settings" in s else {})) for s, v in PLACES])
    yield log
    await log.close()


class Published:
    """Keeps the positions that were published."""

    def __init__(self) -> None:
        self.positions: list[int] = []

    async def publish(self, records: Sequence[Stored]) -> None:
        self.positions += [stored.position for stored in records]


async def test_all_own_records_in_order_private_ones_included(log: SqliteLog) -> None:
    published = Published()
    assert await republish("samples", log, published.publish) == 3
    assert published.positions == [1, 3, 4]


async def test_one_case(log: SqliteLog) -> None:
    published = Published()
    await republish("samples", log, published.publish, case="2")
    assert published.positions == [3]


async def test_from_a_position_on(log: SqliteLog) -> None:
    published = Published()
    await republish("samples", log, published.publish, start=3)
    assert published.positions == [3, 4]


async def test_what_is_told_says_where_to_go_on(log: SqliteLog) -> None:
    await log.hear([heard(f"samples/thing/{n}", 1) for n in range(10, 10 + BATCH_MAX)])
    told: list[tuple[int, int]] = []
    calls = 0

    async def once(records: Sequence[Stored]) -> None:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise Unavailable("bus")

    with pytest.raises(Unavailable):
        await republish("samples", log, once, tell=lambda *step: told.append(step))
    assert told == [(BATCH_MAX, BATCH_MAX - 1)]

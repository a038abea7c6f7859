"""The logs, followed, keep the promises of the bus."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from aktenlauf.kit.adapters.local_bus import LocalBus
from aktenlauf.kit.adapters.sqlite_log import SqliteLog
from aktenlauf.kit.adapters.sqlite_work import SqliteWork
from aktenlauf.kit.bus import Bus
from aktenlauf.kit.log import Heard, Stored
from aktenlauf.kit.testing.bus_suite import OWNERS, BusSuite, Exchange


class Logs:
    """An `Exchange`: to publish is to stand in the owner's log."""

    def __init__(self, folder: Path) -> None:
        self.logs = {owner: SqliteLog(folder / owner / "log.db") for owner in OWNERS}
        self.work = SqliteWork(folder / "work.db")

    async def publish(self, owner: str, records: Sequence[Stored]) -> None:
        heard = await self.logs[owner].hear([stored.record for stored in records])
        assert set(heard) == {Heard.INSERTED}
        await LocalBus(self.logs, self.work).publish(records)

    async def connect(self) -> Bus:
        return LocalBus(self.logs, self.work)

    async def close(self) -> None:
        for port in (*self.logs.values(), self.work):
            await port.close()


class TestLocalBus(BusSuite):
    @pytest.fixture
    async def exchange(self, tmp_path: Path) -> AsyncIterator[Exchange]:
        logs = Logs(tmp_path)
        yield logs
        await logs.close()

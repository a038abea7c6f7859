"""A broker that is away, also for longer than the client's patience, delays what is published and heard, no more."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from aktenlauf.kit.adapters import kafka_producer
from aktenlauf.kit.adapters.kafka_brokers import Brokers
from aktenlauf.kit.adapters.kafka_bus import KafkaBus
from aktenlauf.kit.adapters.sqlite_log import SqliteLog
from aktenlauf.kit.adapters.sqlite_work import SqliteWork
from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.hear import Hearing
from aktenlauf.kit.patience import patiently
from aktenlauf.kit.testing.samples import NOON, stored
from aktenlauf.kit.testing.waiting import until

pytestmark = pytest.mark.servers


async def test_publishing_and_listening_go_on_by_themselves_once_the_broker_is_back(
    server_set: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_producer, "SEND_SECONDS", 2.0)
    kafka = Brokers(server_set.addresses().kafka)
    log, work = SqliteLog(tmp_path / "log.db"), SqliteWork(tmp_path / "work.db")
    samples, bus = KafkaBus(kafka, "samples", "outage."), KafkaBus(kafka, "hearer", "outage.")
    await patiently("publishing", samples.publish, [stored("samples/thing/1", 1, 1)])
    listening = asyncio.create_task(bus.listen(["samples"], Hearing(log, work, lambda: NOON).receive))

    async def heard(versions: int) -> bool:
        return await log.version("samples/thing/1") == versions

    await until(lambda: heard(1), 30)
    await asyncio.to_thread(server_set.kill, "kafka")
    for _ in range(2):  # the connection that breaks, then the one that cannot be made
        with pytest.raises(Unavailable):
            await asyncio.wait_for(samples.publish([stored("samples/thing/1", 2, 2)]), 30)
    waiting = asyncio.create_task(patiently("publishing", samples.publish, [stored("samples/thing/1", 2, 2)]))
    await asyncio.to_thread(server_set.start_again, "kafka")
    await asyncio.wait_for(waiting, 60)
    await until(lambda: heard(2), 60)
    await asyncio.to_thread(server_set.kill, "kafka")
    listening.cancel()
    await asyncio.wait_for(asyncio.gather(listening, return_exceptions=True), 30)
    for port in (bus, samples, log, work):
        await asyncio.wait_for(port.close(), 30)

"""An operator makes the topics and has records published again, whether or not the services run."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from typer.testing import CliRunner

from aktenlauf.cli.bus import NOT_REACHED
from aktenlauf.cli.main import app
from aktenlauf.kit.adapters.kafka_brokers import Brokers
from aktenlauf.kit.adapters.kafka_bus import KafkaBus
from aktenlauf.kit.adapters.sqlite_log import SqliteLog
from aktenlauf.kit.bus import caught_up
from aktenlauf.kit.settings import WrongSetting
from aktenlauf.kit.testing.samples import heard


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of an installation whose services keep their logs in files."""
    for name, value in {"DATA": str(tmp_path), "MONGO": "", "KAFKA": "127.0.0.1:1"}.items():
        monkeypatch.setenv(f"AKTENLAUF_{name}", value)
    return tmp_path


@pytest.fixture
def prefix(servers: Any, data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    prefix = f"test-{uuid4().hex[:12]}."
    monkeypatch.setenv("AKTENLAUF_KAFKA", servers.kafka)
    monkeypatch.setenv("AKTENLAUF_KAFKA_PREFIX", prefix)
    yield prefix
    asyncio.run(delete_topics(servers.kafka, prefix))


async def delete_topics(kafka: str, prefix: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.delete_topics([topic for topic in await admin.list_topics() if topic.startswith(prefix)])
    await admin.close()


async def fill(data: Path) -> None:
    """Two cases in the log of `review`."""
    log = SqliteLog(data / "review" / "log.db")
    await log.hear([heard(f"review/case/{case}", 1) for case in "12"])
    await log.close()


@pytest.mark.servers
def test_topics_are_made_once_for_every_service(prefix: str) -> None:
    first, second = (CliRunner().invoke(app, ["bus", "topics"]) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert f"{prefix}review  made" in first.output
    assert f"{prefix}review.private  made" in first.output
    assert "made" not in second.output


@pytest.mark.servers
def test_records_are_published_again(prefix: str, servers: Any, data: Path) -> None:
    asyncio.run(fill(data))
    for options, count in (([], 2), (["--case", "2"], 1), (["--from", "2"], 1), (["--from", "3"], 0)):
        run = CliRunner().invoke(app, ["bus", "republish", "review", *options])
        assert (run.exit_code, f"{count} records of review" in run.output) == (0, True), run.output

    async def waits() -> bool:
        bus = KafkaBus(Brokers(servers.kafka), "hearer", prefix)
        heard_all = await caught_up(bus, ["review"])
        await bus.close()
        return not heard_all

    assert asyncio.run(waits())


def test_without_a_broker_it_says_where_to_go_on(data: Path) -> None:
    asyncio.run(fill(data))
    run = CliRunner().invoke(app, ["bus", "republish", "review"])
    assert run.exit_code == NOT_REACHED
    assert "--from 1" in run.output


@pytest.mark.parametrize("service,kafka", [("nobody", "127.0.0.1:1"), ("review", "")])
def test_what_cannot_be_meant_is_named(data: Path, monkeypatch: pytest.MonkeyPatch, service: str, kafka: str) -> None:
    monkeypatch.setenv("AKTENLAUF_KAFKA", kafka)
    run = CliRunner().invoke(app, ["bus", "republish", service])
    assert isinstance(run.exception, WrongSetting)

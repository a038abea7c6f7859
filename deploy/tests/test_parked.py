"""What a handler put aside is seen and decided from outside, while the service runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from aktenlauf.cli import parked
from aktenlauf.contracts.envelope import Meta
from aktenlauf.kit.adapters.local_bus import LocalBus
from aktenlauf.kit.adapters.sqlite_log import SqliteLog
from aktenlauf.kit.adapters.sqlite_work import SqliteWork
from aktenlauf.kit.decider import Command
from aktenlauf.kit.log import ANY, walk
from aktenlauf.kit.reactions import Do, Reactions
from aktenlauf.kit.service import Service
from aktenlauf.kit.settings import Settings, WrongSetting
from aktenlauf.kit.testing import toy
from aktenlauf.kit.testing.samples import NOON, Happened, happened
from aktenlauf.kit.testing.toy import DEFINITION, SERVICE, Open, toy_ports
from aktenlauf.kit.testing.waiting import until
from aktenlauf.kit.work import Aside, Standing

CASE = "case-1"


@dataclass
class Stand:
    """A running toy whose reaction fails on the numbers in `broken`."""

    data: Path
    samples: SqliteLog
    broken: set[int]
    tried: list[int] = field(default_factory=list)
    service: Service = field(init=False)

    async def happen(self, *numbers: int, case: str = CASE) -> None:
        for number in numbers:
            record = happened(f"samples/thing/{case}", number)
            await self.samples.append(f"samples/thing/{case}", ANY, [record], f"{case}-{number}")

    async def aside(self) -> list[tuple[int, Standing]]:
        return [(a.position, a.standing) for a in await self.service.ports.work.aside("reactions")]


@asynccontextmanager
async def running(data: Path, *broken: int) -> AsyncIterator[Stand]:
    samples, others = SqliteLog(data / "samples" / "log.db"), SqliteLog(data / "others" / "log.db")
    stand = Stand(data, samples, set(broken))
    reactions = Reactions("reactions")

    @reactions.on(Happened, name="open-case")
    async def open_case(event: Happened, meta: Meta, do: Do, service: Service) -> AsyncIterator[Command]:
        stand.tried.append(event.number)
        if event.number in stand.broken:
            raise RuntimeError("this must not be shown")
        yield do(Open, case=meta.case)

    logs = {"samples": samples, "others": others}
    async with toy_ports(data / SERVICE, lambda work: LocalBus(logs, work)) as ports:
        async with toy.toy(ports, replace(DEFINITION, reactions=[reactions])) as stand.service:
            yield stand
    for log in logs.values():
        await log.close()


async def test_replay_finishes_the_case_in_order_while_the_service_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running(tmp_path, 1) as stand:
        await stand.happen(1, 2, 3)
        await until(lambda: _has(stand, 3))
        stand.broken.clear()
        stand.tried.clear()
        assert await parked.replay(_in(tmp_path), SERVICE, "reactions", CASE) == 0
        assert "then the 2 behind it" in capsys.readouterr().out
        await until(lambda: _has(stand, 0))
        assert stand.tried == [1, 2, 3]


async def test_what_fails_again_is_parked_again(tmp_path: Path) -> None:
    async with running(tmp_path, 1) as stand:
        await stand.happen(1)
        await until(lambda: _has(stand, 1))
        await parked.replay(_in(tmp_path), SERVICE, "reactions", CASE)
        async with asyncio.timeout(10):
            while len(stand.tried) < 2 or (await stand.aside())[0][1] is not Standing.PARKED:
                await asyncio.sleep(0.02)
        assert stand.tried == [1, 1]


async def test_skip_gives_up_the_first_record_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with running(tmp_path, 1) as stand:
        await stand.happen(1, 2)
        await until(lambda: _has(stand, 2))
        stand.tried.clear()
        assert await parked.skip(_in(tmp_path), SERVICE, "reactions", CASE) == 0
        assert "for good" in capsys.readouterr().out
        await until(lambda: _has(stand, 0))
        assert stand.tried == [2]
        heard = [stored.stream async for stored in walk(stand.service.ports.log) if stored.stream.startswith("samples")]
        assert len(heard) == 2


async def test_list_shows_each_stopped_case_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    async with running(tmp_path, 1) as stand:
        await stand.happen(1, 2)
        await stand.happen(1, case="case-2")
        await until(lambda: _has(stand, 3))
        await stand.service.ports.work.gap("samples/thing/case-9", 4, NOON)
        capsys.readouterr()
        assert await parked.list_parked(_in(tmp_path)) == 0
    out = capsys.readouterr().out
    assert out.count(CASE) == 1 and "case-2" in out and "samples/thing/case-9" in out
    assert "RuntimeError" in out and "this must not be shown" not in out


async def test_show_prints_envelopes_and_never_content(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with running(tmp_path, 77) as stand:
        await stand.happen(77)
        await until(lambda: _has(stand, 1))
        assert await parked.show(_in(tmp_path), SERVICE, "reactions", CASE) == 0
    out = capsys.readouterr().out
    assert f"samples/thing/{CASE}" in out and "de.aktenlauf.samples.happened.v1" in out
    assert "number" not in out and "data" not in out


async def test_what_the_bus_brought_wrongly_can_be_taken_off_the_list_but_not_tried_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = "samples log, position 3"
    work = SqliteWork(tmp_path / SERVICE / "work.db")
    await work.advance("hear", 0, [Aside("hear", place, -5, b"no envelope", Standing.PARKED, "not JSON", NOON)])
    assert await parked.replay(_in(tmp_path), SERVICE, "hear", place) == parked.NOT_POSSIBLE
    assert await parked.show(_in(tmp_path), SERVICE, "hear", place) == 0
    assert "no envelope" not in capsys.readouterr().out.replace("no envelope   not JSON", "")
    assert await parked.skip(_in(tmp_path), SERVICE, "hear", place) == 0
    assert await work.aside() == []
    await work.close()


async def test_a_name_that_fits_nothing_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await SqliteWork(tmp_path / SERVICE / "work.db").close()
    assert await parked.replay(_in(tmp_path), SERVICE, "reactions", "case-7") == parked.NOTHING_FOUND
    assert await parked.skip(_in(tmp_path), "nobody", "reactions", "case-7") == parked.NOTHING_FOUND
    said = capsys.readouterr().err
    assert "case-7" in said and "no service nobody" in said


async def test_a_folder_without_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongSetting, match="AKTENLAUF_DATA"):
        await parked.list_parked(_in(tmp_path))


def _in(data: Path) -> Settings:
    return Settings(data=data, mongo=SecretStr(""), _env_file=None)  # type: ignore[call-arg]


async def _has(stand: Stand, count: int) -> bool:
    return len(await stand.aside()) == count

"""A backup taken under load is one consistent moment, and what is restored goes on from there to the same end."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from aktenlauf.cli.backup import backup
from aktenlauf.cli.manifest import KEYRING, read_manifest, write_manifest
from aktenlauf.cli.restore import MARKER, refuse_unfinished, restore
from aktenlauf.contracts.envelope import Event
from aktenlauf.kit.adapters.folder_blobs import FolderBlobs
from aktenlauf.kit.adapters.local_bus import LocalBus
from aktenlauf.kit.adapters.sqlite_keyring import load_or_make_kek
from aktenlauf.kit.adapters.sqlite_log import SqliteLog
from aktenlauf.kit.adapters.sqlite_work import SqliteWork
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.log import ANY
from aktenlauf.kit.service import Service
from aktenlauf.kit.settings import WrongSetting
from aktenlauf.kit.testing.normal import Normal
from aktenlauf.kit.testing.samples import unstamped
from aktenlauf.kit.testing.toy import SERVICE, cases, told, toy, toy_ports
from aktenlauf.kit.testing.waiting import until

Row = tuple[Any, ...]


class Filed(Event):
    """Names an object, as the events of documents do."""

    blobs: list[str]


@dataclass
class Stand:
    """The toy, following two logs that the test writes to."""

    service: Service
    logs: dict[str, SqliteLog]
    blobs: FolderBlobs

    async def tell(self, records: Sequence[tuple[str, bytes]]) -> None:
        """Append what is not there yet: the same bytes each time, so a restored log grows to the same end."""
        for owner, record in records:
            envelope = orjson.loads(record)
            if envelope["version"] > await self.logs[owner].version(envelope["stream"]):
                await self.logs[owner].hear([record])
                await asyncio.sleep(0)

    async def file(self, number: int) -> None:
        name = new_id()
        await self.blobs.put(name, _chunks(b"sealed %d" % number))
        stream = f"samples/file/{number}"
        await self.logs["samples"].append(stream, ANY, [unstamped(Filed(blobs=[name]), stream)], name)

    async def settled(self) -> None:
        await until(self.service.settled, 30)

    async def seen(self) -> tuple[Any, Any]:
        """The toy's streams and documents, comparable between runs."""
        normal = Normal(self.service.ports.sealing)
        streams = await normal.streams(self.service.ports.log)
        own = {name: events for name, events in streams.items() if name.startswith(f"{SERVICE}/")}
        return own, await normal.documents(self.service.ports.views, cases)


@asynccontextmanager
async def running(data: Path) -> AsyncIterator[Stand]:
    """Laid out as an installation: the keyring, which the toy keeps with its files, stands above by a link."""
    logs = {name: SqliteLog(data / name / "log.db") for name in ("samples", "others")}
    (data / SERVICE).mkdir(exist_ok=True)
    if not (data / SERVICE / "keyring.db").is_symlink():
        (data / SERVICE / "keyring.db").symlink_to(data / "keyring.db")
    load_or_make_kek(data / "kek")
    async with toy_ports(data / SERVICE, lambda work: LocalBus(logs, work)) as ports:
        async with toy(ports) as service:
            yield Stand(service, logs, FolderBlobs(data / "blobs"))
    for log in logs.values():
        await log.close()


async def test_what_is_restored_ends_where_the_undisturbed_run_ends(tmp_path: Path) -> None:
    data, saved, again = tmp_path / "data", tmp_path / "backup", tmp_path / "again"
    load = told(case_count=25, asks=3, facts=4)
    async with running(data) as stand:
        telling = asyncio.create_task(stand.tell(load))
        await until(lambda: _holds(stand.service, 40))
        await asyncio.to_thread(backup, data, saved, with_kek=True)
        assert not telling.done(), "the load must go on while the backup is made"
        await telling
        await stand.settled()
        undisturbed = await stand.seen()
        whole = {name: _rows(data / name / "log.db") for name in (*stand.logs, SERVICE)}
    restore(saved, again)
    for name, rows in whole.items():
        restored = _rows(again / name / "log.db")
        assert restored == rows[: len(restored)] and restored
    assert len(_rows(again / SERVICE / "log.db")) < len(whole[SERVICE])
    async with running(again) as stand:
        await stand.tell(load)
        await stand.settled()
        assert await stand.seen() == undisturbed


async def test_all_logs_and_cursors_are_of_one_moment(tmp_path: Path) -> None:
    data, saved = tmp_path / "data", tmp_path / "backup"
    async with running(data) as stand:
        telling = asyncio.create_task(stand.tell(told(case_count=25, asks=3, facts=4)))
        await until(lambda: _holds(stand.service, 40))
        await asyncio.to_thread(backup, data, saved)
        await telling
    heads = {name: len(_rows(saved / name / "log.db")) for name in ("samples", "others", SERVICE)}
    owned = {(row[1], row[2]) for name in ("samples", "others") for row in _rows(saved / name / "log.db")}
    heard = {(row[1], row[2]) for row in _rows(saved / SERVICE / "log.db") if not row[1].startswith(f"{SERVICE}/")}
    assert heard and heard <= owned
    work = SqliteWork(saved / SERVICE / "work.db")
    assert 0 < (await work.cursor("reactions") or 0) <= heads[SERVICE]
    for owner in ("samples", "others"):
        assert 0 < (await work.cursor(f"hear:{owner}") or 0) <= heads[owner]
    await work.close()


async def test_a_blob_that_the_log_names_is_in_the_backup(tmp_path: Path) -> None:
    data, saved = tmp_path / "data", tmp_path / "backup"
    async with running(data) as stand:

        async def file_all() -> None:
            for number in range(150):
                await stand.file(number)

        filing = asyncio.create_task(file_all())
        await until(lambda: _holds(stand.service, 20))
        await asyncio.to_thread(backup, data, saved)
        await filing
    rows = _rows(saved / "samples" / "log.db")
    named = {name for row in rows for name in orjson.loads(row[-1])["data"].get("blobs", [])}
    there = {path.name for path in (saved / "blobs").glob("??/*")}
    assert 20 <= len(named) < 150 and named <= there


async def test_neither_views_nor_sessions_nor_hand_over_points_are_saved(tmp_path: Path) -> None:
    data, saved = tmp_path / "data", tmp_path / "backup"
    await _small(data)
    for name in ("sessions.db", "mail/1.eml", "xoev-gateway/drop/to-office/1.xml"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text("in the clear")
    backup(data, saved)
    places = {str(path.relative_to(saved)) for path in saved.rglob("*") if path.is_file()}
    manifests = {"manifest.json", f"{KEYRING}/manifest.json"}
    logs = {"samples/log.db", "others/log.db", f"{SERVICE}/log.db"}
    assert places == manifests | logs | {f"{KEYRING}/keyring.db", f"{SERVICE}/work.db", f"{SERVICE}/drafts.db"}


async def test_the_key_encryption_key_is_saved_only_when_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    await _small(data)
    backup(data, tmp_path / "without")
    assert not (tmp_path / "without" / KEYRING / "kek").exists()
    restore(tmp_path / "without", tmp_path / "again")
    assert "key-encryption key was not in the backup" in capsys.readouterr().out
    backup(data, tmp_path / "with", with_kek=True)
    restore(tmp_path / "with", tmp_path / "again with")
    restored = tmp_path / "again with" / "kek"
    assert restored.read_bytes() == (data / "kek").read_bytes() and restored.stat().st_mode & 0o777 == 0o600


async def test_restore_refuses_a_folder_that_holds_anything(tmp_path: Path) -> None:
    saved, full = await _saved(tmp_path), tmp_path / "full"
    full.mkdir()
    (full / "note").write_text("mine")
    with pytest.raises(WrongSetting, match="is not empty"):
        restore(saved, full)
    assert [path.name for path in full.iterdir()] == ["note"]


@pytest.mark.parametrize("place", [f"{SERVICE}/log.db", f"{KEYRING}/keyring.db"])
async def test_a_damaged_backup_is_named_and_nothing_is_written(tmp_path: Path, place: str) -> None:
    saved = await _saved(tmp_path)
    with (saved / place).open("r+b") as file:
        file.seek(5000)
        file.write(b"damage")
    with pytest.raises(WrongSetting, match=place):
        restore(saved, tmp_path / "again")
    assert not (tmp_path / "again").exists()


async def test_a_missing_file_is_named(tmp_path: Path) -> None:
    saved = await _saved(tmp_path)
    (saved / SERVICE / "work.db").unlink()
    with pytest.raises(WrongSetting, match=f"{SERVICE}/work.db is missing"):
        restore(saved, tmp_path / "again")


async def test_an_unfinished_backup_is_none(tmp_path: Path) -> None:
    saved = await _saved(tmp_path)
    (saved / "manifest.json").unlink()
    with pytest.raises(WrongSetting, match="not finished"):
        restore(saved, tmp_path / "again")


async def test_a_newer_backup_format_is_refused(tmp_path: Path) -> None:
    saved = await _saved(tmp_path)
    manifest = orjson.loads((saved / "manifest.json").read_bytes())
    (saved / "manifest.json").write_bytes(orjson.dumps(manifest | {"format": 2}))
    with pytest.raises(WrongSetting, match="newer version"):
        restore(saved, tmp_path / "again")


async def test_a_newer_data_format_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "data"
    await _small(data)
    with closing(sqlite3.connect(data / SERVICE / "work.db")) as db:
        db.execute("PRAGMA user_version = 99")
    backup(data, tmp_path / "backup")
    with pytest.raises(WrongSetting, match=f"{SERVICE}/work.db was written by a newer version"):
        restore(tmp_path / "backup", tmp_path / "again")


async def test_a_manifest_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    saved = await _saved(tmp_path)
    entries = read_manifest(saved).files
    write_manifest(saved, datetime.now(UTC), [entries[0].model_copy(update={"place": "../outside"})])
    with pytest.raises(WrongSetting, match="lies outside"):
        restore(saved, tmp_path / "again")


async def test_a_restore_that_was_cut_off_does_not_start(tmp_path: Path) -> None:
    (tmp_path / MARKER).touch()
    with pytest.raises(WrongSetting, match="cut off"):
        refuse_unfinished(tmp_path)


async def test_a_backup_without_the_keyring_says_what_is_missing(tmp_path: Path) -> None:
    saved = await _saved(tmp_path)
    (saved / KEYRING).rename(tmp_path / "elsewhere")
    with pytest.raises(WrongSetting, match="no personal data can be opened"):
        restore(saved, tmp_path / "again")


async def test_a_newer_keyring_may_take_the_place_of_the_older(tmp_path: Path) -> None:
    data = tmp_path / "data"
    await _small(data)
    backup(data, tmp_path / "older")
    async with running(data) as stand:
        await stand.service.ports.keyring.destroy("case/gone")
    backup(data, tmp_path / "newer")
    (tmp_path / "older" / KEYRING).rename(tmp_path / "unused")
    (tmp_path / "newer" / KEYRING).rename(tmp_path / "older" / KEYRING)
    restore(tmp_path / "older", tmp_path / "again")
    with closing(sqlite3.connect(tmp_path / "again" / "keyring.db")) as db:
        assert db.execute("SELECT wrapped FROM keys WHERE name = 'case/gone'").fetchall() == [(None,)]


async def test_a_backup_is_never_mixed_with_another(tmp_path: Path) -> None:
    saved = await _saved(tmp_path)
    with pytest.raises(WrongSetting, match="is not empty"):
        backup(tmp_path / "data", saved)


def test_a_folder_without_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongSetting, match="AKTENLAUF_DATA"):
        backup(tmp_path, tmp_path / "backup")


async def _small(data: Path) -> None:
    async with running(data) as stand:
        await stand.tell(told(1))
        await stand.settled()


async def _saved(folder: Path) -> Path:
    await _small(folder / "data")
    backup(folder / "data", folder / "backup", with_kek=True)
    return folder / "backup"


async def _holds(service: Service, count: int) -> bool:
    return await service.ports.log.head() >= count


def _rows(path: Path) -> list[Row]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT * FROM events ORDER BY position").fetchall()


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    yield content

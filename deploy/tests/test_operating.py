"""An operator's commands find the stores where the settings say that they are, or refuse with what to do instead."""

import asyncio
import os
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pymongo import MongoClient
from typer.testing import CliRunner, Result

from aktenlauf.cli.main import app
from aktenlauf.cli.parked import NOTHING_FOUND
from aktenlauf.kit.adapters.mongo import close_clients, open_database
from aktenlauf.kit.adapters.mongo_work import MongoWork
from aktenlauf.kit.errors import Halt
from aktenlauf.kit.ports import disconnect, open_keyring
from aktenlauf.kit.settings import WrongSetting, load_settings
from aktenlauf.kit.testing.samples import NOON, heard
from aktenlauf.kit.testing.waiting import until
from aktenlauf.kit.work import Aside, Standing

from .conftest import showing, started

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from native.sets import ServerSet
    from native.spaces import Space

OLD, NEW = (b64encode(bytes(range(start, start + 32))).decode() for start in (0, 32))
CASE = "0190aaaa-0000-7000-8000-000000000001"


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def said(result: Result) -> str:
    """A wrong setting is told by the console script, which is not what a test calls."""
    return result.output + str(result.exception or "")


@pytest.fixture
def settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is set but the data folder."""
    for name in [name for name in os.environ if name.startswith("AKTENLAUF_") and name != "AKTENLAUF_TEST_RUN"]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AKTENLAUF_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


@pytest.fixture
def distributed(settled: Path, space: "Space", monkeypatch: pytest.MonkeyPatch) -> "Space":
    for name, value in space.environment.items():
        monkeypatch.setenv(name, value)
    return space


async def put_aside(space: "Space", *positions: int) -> None:
    work = await MongoWork.open(open_database(space.servers.mongo, f"{space.name}-review"))
    records = [heard(f"samples/thing/{CASE}", number) for number in range(1, len(positions) + 1)]
    await work.advance(
        "reactions",
        positions[-1],
        [
            Aside("reactions", CASE, position, record, Standing.PARKED, "RuntimeError", NOON)
            for position, record in zip(positions, records, strict=True)
        ],
    )
    await work.gap("samples/thing/9", 4, NOON)
    await close_clients()


async def standing(space: "Space") -> list[tuple[int, Standing]]:
    work = await MongoWork.open(open_database(space.servers.mongo, f"{space.name}-review"))
    found = [(aside.position, aside.standing) for aside in await work.aside()]
    await close_clients()
    return found


@pytest.mark.servers
def test_what_is_parked_on_mongodb_is_listed_shown_and_decided(distributed: "Space") -> None:
    asyncio.run(put_aside(distributed, 7, 8))
    listed = run("parked", "list")
    assert CASE in listed.output and "samples/thing/9" in listed.output
    shown = run("parked", "show", "review", "reactions", CASE)
    assert shown.output.count("position") == 2 and "de.aktenlauf.samples.happened.v1" in shown.output
    assert run("parked", "replay", "review", "reactions", CASE).exit_code == 0
    assert asyncio.run(standing(distributed)) == [(7, Standing.REPLAY), (8, Standing.PARKED)]
    assert run("parked", "skip", "review", "reactions", CASE).exit_code == 0
    assert asyncio.run(standing(distributed)) == [(7, Standing.SKIP), (8, Standing.PARKED)]
    assert run("parked", "skip", "intake", "reactions", CASE).exit_code == NOTHING_FOUND


@pytest.mark.servers
def test_databases_that_are_not_there_are_named_and_not_made(distributed: "Space") -> None:
    assert "AKTENLAUF_MONGO" in said(run("parked", "list"))
    with MongoClient[dict[str, object]](distributed.servers.mongo) as client:
        assert [name for name in client.list_database_names() if name.startswith(distributed.name)] == []


async def keys_made(names: list[str]) -> list[bytes]:
    """As the keyring of the present settings gives them; made if there are none."""
    settings = load_settings()
    settings.data.mkdir(exist_ok=True)
    keyring = await open_keyring(settings)
    try:
        return [await keyring.create(name) for name in names]
    finally:
        await keyring.close()
        await disconnect(settings)


def rotates(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["installation/web", "case/1", "case/2"]
    monkeypatch.setenv("AKTENLAUF_KEK", OLD)
    keys = asyncio.run(keys_made(names))
    monkeypatch.setenv("AKTENLAUF_KEK", NEW)
    assert isinstance(run("keyring", "rewrap").exception, Halt)
    monkeypatch.setenv("AKTENLAUF_KEK", f"{NEW},{OLD}")
    for count in (3, 0):
        assert f"{count} keys wrapped anew" in run("keyring", "rewrap").output
    monkeypatch.setenv("AKTENLAUF_KEK", NEW)
    assert asyncio.run(keys_made(names)) == keys


def test_the_key_encryption_key_is_rotated(settled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rotates(monkeypatch)


@pytest.mark.servers
def test_the_key_encryption_key_is_rotated_on_mongodb(distributed: "Space", monkeypatch: pytest.MonkeyPatch) -> None:
    rotates(monkeypatch)


def test_to_wrap_keys_of_nowhere_is_refused_and_makes_nothing(settled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "AKTENLAUF_KEK" in said(run("keyring", "rewrap"))
    monkeypatch.setenv("AKTENLAUF_KEK", NEW)
    assert "AKTENLAUF_DATA" in said(run("keyring", "rewrap"))
    assert not (settled / "data").exists()


@pytest.mark.servers
def test_an_empty_keyring_on_mongodb_is_not_taken_for_a_wrapped_one(
    distributed: "Space", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AKTENLAUF_KEK", NEW)
    assert "AKTENLAUF_MONGO_PREFIX" in said(run("keyring", "rewrap"))


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("MONGO", "mongodb://user:hidden@127.0.0.1:1/", ["aktenlauf-intake", "aktenlauf-keyring"]),
        ("MONGO_KEYRING", "mongodb://user:hidden@127.0.0.1:1/", ["aktenlauf-keyring"]),
        ("S3", "http://127.0.0.1:1/aktenlauf", ["bucket"]),
    ],
)
@pytest.mark.parametrize(("command", "tool"), [("backup", "mongodump"), ("restore", "mongorestore")])
def test_no_half_backup_where_something_is_on_a_server(
    settled: Path, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, words: list[str], command: str, tool: str
) -> None:
    monkeypatch.setenv(f"AKTENLAUF_{setting}", value)
    refused = run(command, str(settled / "copy"))
    assert isinstance(refused.exception, WrongSetting) and "hidden" not in said(refused)
    wanted = ["operations.md", *words] + ([tool] if "MONGO" in setting else [])
    assert [word for word in wanted if word not in said(refused)] == []
    assert list(settled.iterdir()) == []


def test_the_key_in_the_settings_is_not_taken_for_one_in_the_folder(
    settled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AKTENLAUF_KEK", NEW)
    assert "AKTENLAUF_KEK" in said(run("backup", str(settled / "copy"), "--with-kek"))


@pytest.mark.servers
async def test_readiness_follows_database_and_keyring_and_names_what_stopped(
    tmp_path: Path, server_set: "ServerSet"
) -> None:
    async with showing(tmp_path, mongo=server_set.addresses().mongo, kek=OLD, demo=True) as show:
        async with started(show):
            browser = show.browser()

            async def told(status: int) -> bool:
                return (await browser.get("/readyz")).status_code == status

            await until(lambda: told(200), 30)
            show.installation.services["review"]._topic_halted("intake")
            answer = await browser.get("/readyz")
            assert (answer.status_code, answer.json()["stopped"]) == (200, {"review": ["hearing intake"]})
            await asyncio.to_thread(server_set.kill, "mongo")
            await until(lambda: told(503), 10)
            asking = asyncio.get_running_loop().time()
            parts: dict[str, bool] = (await browser.get("/readyz")).json()["parts"]
            assert asyncio.get_running_loop().time() - asking < 3
            assert not any(parts.values()) and set(parts) == {*show.installation.services, "keyring"}
            await asyncio.to_thread(server_set.start_again, "mongo")
            await until(lambda: told(200), 60)

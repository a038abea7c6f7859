"""SQLite keeps the promises of the keyring; a destroyed key is nowhere in its files; caches forget in a minute."""

import os
import sqlite3
from pathlib import Path

import pytest

from aktenlauf.kit.adapters.sqlite_keyring import SqliteKeyring, load_or_make_kek
from aktenlauf.kit.errors import Erased, Halt, Unavailable
from aktenlauf.kit.keyring import CACHE_SECONDS, CachedKeyring, party_of, person_name
from aktenlauf.kit.testing.keyring_suite import KeyringSuite, OpenKeyring, RawBytes

KEK = bytes(range(32))


def files(folder: Path) -> bytes:
    """Everything in the folder, one file after the other."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def wrapped(path: Path) -> dict[str, bytes]:
    """The wrapped keys by name, read past the adapter."""
    db = sqlite3.connect(path)
    try:
        return dict(db.execute("SELECT name, wrapped FROM keys").fetchall())
    finally:
        db.close()


class TestSqliteKeyring(KeyringSuite):
    @pytest.fixture
    def open_keyring(self, tmp_path: Path) -> OpenKeyring:
        async def open_() -> SqliteKeyring:
            return SqliteKeyring(tmp_path / "keyring.db", KEK)

        return open_

    @pytest.fixture
    def raw_bytes(self, tmp_path: Path) -> RawBytes:
        return lambda: files(tmp_path)

    async def test_after_destruction_the_wrapped_key_is_in_none_of_the_files(self, tmp_path: Path) -> None:
        keyring = SqliteKeyring(tmp_path / "keyring.db", KEK)
        for number in range(400):  # enough for pages to be split, so that copies could be left behind
            await keyring.create(f"case/{number * 7919 % 400}")
        before = wrapped(tmp_path / "keyring.db")
        assert all(key in files(tmp_path) for key in before.values())  # the search itself works
        destroyed = [f"case/{number}" for number in range(0, 400, 3)]
        for name in destroyed:
            await keyring.destroy(name)
        left = files(tmp_path)
        assert [name for name in destroyed if before[name] in left] == []
        assert before["case/1"] in left
        await keyring.close()

    async def test_destruction_is_not_confirmed_while_somebody_can_still_read_the_key(self, tmp_path: Path) -> None:
        keyring = SqliteKeyring(tmp_path / "keyring.db", KEK)
        await keyring.create("case/1")
        keyring._database._db.execute("PRAGMA busy_timeout=1")
        reader = sqlite3.connect(tmp_path / "keyring.db", isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM keys").fetchall()
        with pytest.raises(Unavailable):
            await keyring.destroy("case/1")
        reader.close()
        await keyring.destroy("case/1")
        await keyring.close()

    async def test_another_kek_is_refused_with_a_sentence(self, tmp_path: Path) -> None:
        first = SqliteKeyring(tmp_path / "keyring.db", KEK)
        await first.create("case/1")
        await first.close()
        other = SqliteKeyring(tmp_path / "keyring.db", os.urandom(32))
        with pytest.raises(Halt, match="key-encryption key"):
            await other.get("case/1")
        await other.close()

    async def test_a_new_kek_reads_on_and_wraps_all_keys_anew(self, tmp_path: Path) -> None:
        path, new_kek = tmp_path / "keyring.db", bytes(range(32, 64))
        before = SqliteKeyring(path, KEK)
        keys = {f"case/{number}": await before.create(f"case/{number}") for number in range(250)}
        await before.destroy("case/7")
        old = wrapped(path)["case/1"]
        await before.close()
        rotating = SqliteKeyring(path, new_kek, KEK)
        assert await rotating.get("case/1") == keys["case/1"]
        assert await rotating.rewrap() == 249
        assert await rotating.rewrap() == 0
        await rotating.close()
        assert old not in files(tmp_path)
        rotated = SqliteKeyring(path, new_kek)
        assert await rotated.get("case/249") == keys["case/249"]
        with pytest.raises(Erased):
            await rotated.get("case/7")
        await rotated.close()

    async def test_a_key_that_was_changed_in_the_store_opens_nothing(self, tmp_path: Path) -> None:
        keyring = SqliteKeyring(tmp_path / "keyring.db", KEK)
        await keyring.create("case/1")
        await keyring.create("case/2")
        await keyring._database.run(
            lambda db: db.execute("UPDATE keys SET wrapped = zeroblob(40) WHERE name = 'case/1'")
        )
        with pytest.raises(Halt, match="changed"):
            await keyring.get("case/1")
        assert len(await keyring.get("case/2")) == 32
        await keyring.close()

    async def test_a_newer_data_format_is_refused_with_a_sentence(self, tmp_path: Path) -> None:
        await SqliteKeyring(tmp_path / "keyring.db", KEK).close()
        with sqlite3.connect(tmp_path / "keyring.db") as db:
            db.execute("PRAGMA user_version=99")
        with pytest.raises(Halt, match="newer version"):
            SqliteKeyring(tmp_path / "keyring.db", KEK)


class TestCachedKeyring(KeyringSuite):
    """The cache obeys the same suite."""

    @pytest.fixture
    def open_keyring(self, tmp_path: Path) -> OpenKeyring:
        async def open_() -> CachedKeyring:
            return CachedKeyring(SqliteKeyring(tmp_path / "keyring.db", KEK))

        return open_

    @pytest.fixture
    def raw_bytes(self, tmp_path: Path) -> RawBytes:
        return lambda: files(tmp_path)

    @pytest.mark.parametrize("age,opens", [(CACHE_SECONDS - 1, True), (CACHE_SECONDS, False)])
    async def test_a_key_destroyed_elsewhere_opens_for_at_most_sixty_seconds(
        self, tmp_path: Path, age: float, opens: bool
    ) -> None:
        now = 1000.0
        cached = CachedKeyring(SqliteKeyring(tmp_path / "keyring.db", KEK), monotonic=lambda: now)
        elsewhere = SqliteKeyring(tmp_path / "keyring.db", KEK)
        key = await cached.create("case/1")
        await elsewhere.destroy("case/1")
        now += age
        if opens:
            assert await cached.get("case/1") == key
        else:
            with pytest.raises(Erased):
                await cached.get("case/1")
        await cached.close()
        await elsewhere.close()

    async def test_using_a_key_does_not_prolong_its_minute(self, tmp_path: Path) -> None:
        now = 1000.0
        cached = CachedKeyring(SqliteKeyring(tmp_path / "keyring.db", KEK), monotonic=lambda: now)
        elsewhere = SqliteKeyring(tmp_path / "keyring.db", KEK)
        await cached.create("case/1")
        await elsewhere.destroy("case/1")
        for _ in range(2):
            now += CACHE_SECONDS / 2 - 1
            await cached.get("case/1")
        now += 2
        with pytest.raises(Erased):
            await cached.create("case/1")
        await cached.close()
        await elsewhere.close()

    async def test_the_cache_has_a_bound(self, tmp_path: Path) -> None:
        cached = CachedKeyring(SqliteKeyring(tmp_path / "keyring.db", KEK), entries_max=3)
        keys = [await cached.create(f"case/{n}") for n in range(7)]
        assert len(cached._keys) <= 3
        assert [await cached.get(f"case/{n}") for n in range(7)] == keys
        await cached.close()


async def test_a_party_is_the_same_again_and_unlinkable_once_the_person_is_erased(tmp_path: Path) -> None:
    keyring = SqliteKeyring(tmp_path / "keyring.db", KEK)
    party = await party_of(keyring, "subject-1")
    assert party == await party_of(keyring, "subject-1")
    assert party != await party_of(keyring, "subject-2")
    await keyring.destroy(await person_name(keyring, "subject-1"))
    with pytest.raises(Erased):
        await party_of(keyring, "subject-1")
    await keyring.close()


def test_the_kek_is_made_once_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "kek"
    assert len(load_or_make_kek(path)) == 32
    assert load_or_make_kek(path) == path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_kek_of_another_length_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "kek").write_bytes(b"short")
    with pytest.raises(Halt, match="exactly 32 bytes"):
        load_or_make_kek(tmp_path / "kek")

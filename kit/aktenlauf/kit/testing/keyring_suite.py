"""What every adapter of `Keyring` promises. Inherit, and give the fixtures `open_keyring` and `raw_bytes`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from aktenlauf.kit.errors import Erased
from aktenlauf.kit.keyring import Keyring, is_erased

OpenKeyring = Callable[[], Awaitable[Keyring]]
RawBytes = Callable[[], bytes]


class KeyringSuite:
    """One test per promise of the port."""

    @pytest.fixture
    def open_keyring(self) -> OpenKeyring:
        raise NotImplementedError("give an async function that opens the same keyring again and again")

    @pytest.fixture
    def raw_bytes(self) -> RawBytes:
        raise NotImplementedError("give a function that returns all that the keyring has stored, byte for byte")

    @pytest.fixture
    async def keyring(self, open_keyring: OpenKeyring) -> AsyncIterator[Keyring]:
        keyring = await open_keyring()
        yield keyring
        await keyring.close()

    async def test_a_key_is_made_once_and_has_32_bytes(self, keyring: Keyring) -> None:
        key = await keyring.create("case/1")
        assert len(key) == 32
        assert key == await keyring.create("case/1") == await keyring.get("case/1")

    async def test_two_names_have_two_keys(self, keyring: Keyring) -> None:
        assert await keyring.create("case/1") != await keyring.create("case/2")

    async def test_many_that_make_the_same_key_at_once_get_the_same(
        self, keyring: Keyring, open_keyring: OpenKeyring
    ) -> None:
        second = await open_keyring()
        keys = await asyncio.gather(*((keyring, second)[n % 2].create("case/1") for n in range(16)))
        await second.close()
        assert len(set(keys)) == 1

    async def test_a_key_that_never_was_is_a_key_error(self, keyring: Keyring) -> None:
        with pytest.raises(KeyError):
            await keyring.get("case/1")
        assert not await is_erased(keyring, "case/1")

    async def test_a_destroyed_key_is_erased_and_its_name_can_never_be_used_again(self, keyring: Keyring) -> None:
        await keyring.create("case/1")
        await keyring.destroy("case/1")
        with pytest.raises(Erased):
            await keyring.get("case/1")
        with pytest.raises(Erased):
            await keyring.create("case/1")
        assert await is_erased(keyring, "case/1")

    async def test_destroying_again_or_what_never_was_leaves_a_tombstone(self, keyring: Keyring) -> None:
        await keyring.destroy("case/1")
        await keyring.destroy("case/1")
        with pytest.raises(Erased):
            await keyring.create("case/1")

    async def test_destroying_one_key_leaves_the_others(self, keyring: Keyring) -> None:
        other = await keyring.create("case/2")
        await keyring.create("case/1")
        await keyring.destroy("case/1")
        assert await keyring.get("case/2") == other

    async def test_keys_and_tombstones_survive_a_restart(self, open_keyring: OpenKeyring) -> None:
        first = await open_keyring()
        key = await first.create("case/1")
        await first.destroy("case/2")
        await first.close()
        again = await open_keyring()
        assert await again.get("case/1") == key
        assert await is_erased(again, "case/2")
        await again.close()

    async def test_no_key_is_stored_in_the_clear(self, keyring: Keyring, raw_bytes: RawBytes) -> None:
        key = await keyring.create("case/1")
        stored = raw_bytes()
        assert b"case/1" in stored  # the search itself works
        assert key not in stored
        assert key.hex().encode() not in stored

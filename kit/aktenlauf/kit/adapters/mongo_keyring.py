"""Keyring in a database of its own.

A database of this kind keeps what was overwritten in its files for a while (old pages, its log, replicas, backups).
So a destroyed key is gone from there for good at the latest with the key-encryption key that had wrapped it: rotate
that regularly (`rewrap`), and destroy the old one.
"""

from typing import Any

from aktenlauf.kit.adapters.key_wrap import KeyWrap
from aktenlauf.kit.adapters.mongo import Database, check_format, insert_if_new, translated
from aktenlauf.kit.errors import Erased

DATA_FORMAT = 1
_TOMBSTONE = {"wrapped": None, "kek": None}


class MongoKeyring:
    """See `aktenlauf.kit.keyring.Keyring`. One document a key: {_id: name, wrapped, kek}, both null once destroyed."""

    def __init__(self, database: Database, *keks: bytes) -> None:
        self._wrap = KeyWrap(keks)
        self._keys = database["keys"]

    @classmethod
    async def open(cls, database: Database, *keks: bytes) -> "MongoKeyring":
        """`keks`: the key-encryption key in use, then those still to be read.

        Raises Halt for data of a newer program, Unavailable.
        """
        await check_format(database, "keyring", DATA_FORMAT)
        with translated():
            await database["keys"].create_index("kek")
        return cls(database, *keks)

    async def create(self, name: str) -> bytes:
        try:
            return await self.get(name)
        except KeyError:
            await insert_if_new(self._keys, {"_id": name, "wrapped": self._wrap.new_key(), "kek": self._wrap.kek})
            return await self.get(name)  # of several that make it at once, all get the one that was stored

    async def get(self, name: str) -> bytes:
        with translated():
            row: Any = await self._keys.find_one({"_id": name})
        if row is None:
            raise KeyError(name)
        if row["wrapped"] is None:
            raise Erased(name)
        return self._wrap.unwrap(row["wrapped"], row["kek"])

    async def destroy(self, name: str) -> None:
        if not await insert_if_new(self._keys, {"_id": name, **_TOMBSTONE}):
            with translated():
                await self._keys.update_one({"_id": name}, {"$set": _TOMBSTONE})

    async def rewrap(self) -> int:
        done = 0
        with translated():
            async for row in self._keys.find({"kek": {"$nin": [self._wrap.kek, None]}}):
                fresh = {"wrapped": self._wrap.rewrap(row["wrapped"], row["kek"]), "kek": self._wrap.kek}
                # only what is still as it was read: a key destroyed meanwhile stays destroyed
                same = {"_id": row["_id"], "kek": row["kek"]}
                done += (await self._keys.update_one(same, {"$set": fresh})).modified_count
        return done

    async def close(self) -> None:
        """Nothing to do: whoever opened the client closes it."""

"""Keyring in a database of its own.

A database of this kind keeps what was overwritten in its files for a while (old pages, its log, replicas, backups).
So a destroyed key is gone from there for good at the latest with the key-encryption key that had wrapped it: rotate
that regularly (`rewrap`), and destroy the old one.
"""

from typing import Any

from aktenlauf.kit.adapters.key_wrap import KeyWrap
from aktenlauf.kit.adapters.mongo import Database, Row, check_format, in_parallel, insert_if_new, translated
from aktenlauf.kit.errors import Erased, Unavailable

DATA_FORMAT = 1
REWRAPPED_MAX = 500
"""Keys that are read at once."""


class MongoKeyring:
    """See `aktenlauf.kit.keyring.Keyring`. Documents: `keys` {_id: name, wrapped, kek}, `destroyed` {_id: name}.

    A tombstone is a document of its own, inserted before the key is deleted and looked for after it: so no update that
    is under way can bring a destroyed key back, on a server whose updates are not atomic (FerretDB 1.24) either.
    """

    def __init__(self, database: Database, *keks: bytes) -> None:
        self._wrap = KeyWrap(keks)
        self._keys, self._destroyed = database["keys"], database["destroyed"]

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
        try:
            return await self.get(name)  # of several that make it at once, all get the one that was stored
        except KeyError:
            raise Unavailable("keyring: a new key is not yet with the majority") from None

    async def get(self, name: str) -> bytes:
        with translated():
            row: Any = await self._keys.find_one({"_id": name})
            destroyed = await self._destroyed.find_one({"_id": name})
        if destroyed:
            raise Erased(name)
        if row is None:
            raise KeyError(name)
        return self._wrap.unwrap(row["wrapped"], row["kek"])

    async def destroy(self, name: str) -> None:
        await insert_if_new(self._destroyed, {"_id": name})
        with translated():
            await self._keys.delete_one({"_id": name})

    async def rewrap(self) -> int:
        done = 0
        while rows := await self._under_another():
            done += sum(await in_parallel(self._rewrap(row) for row in rows))
        return done

    async def _under_another(self) -> list[Row]:
        """Some keys that another key-encryption key wraps. No cursor: one may be forgotten by the server meanwhile."""
        with translated():
            return await self._keys.find({"kek": {"$ne": self._wrap.kek}}).limit(REWRAPPED_MAX).to_list(None)

    async def _rewrap(self, row: Row) -> int:
        fresh = {"wrapped": self._wrap.rewrap(row["wrapped"], row["kek"]), "kek": self._wrap.kek}
        with translated():
            return (await self._keys.update_one({"_id": row["_id"]}, {"$set": fresh})).modified_count

    async def close(self) -> None:
        """Nothing to do: whoever opened the client closes it."""

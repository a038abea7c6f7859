"""The keyring: one key per case, person and office; to destroy a key is to erase what it sealed.

Infrastructure shared by the services like the bus, with a database and credentials of its own. Keys are wrapped by a
key-encryption key (KEK) that the operator supplies; its id is stored beside each key, so that it can be rotated.
"""

import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Protocol

from aktenlauf.kit.errors import Erased

CACHE_SECONDS = 60
"""How long a process may still open what another has erased."""


class Keyring(Protocol):
    """Named 32-byte keys.

    Implementations MUST:
    - store keys wrapped only, with the id of the KEK;
    - leave a tombstone when a key is destroyed, so that the name can never be used again;
    - make a destroyed key unreadable in the files themselves (secure delete), not only through this port.

    Callers MUST NOT keep a key longer than CACHE_SECONDS, log it, or put it into an event.
    """

    async def create(self, name: str) -> bytes:
        """The key of this name, made now if there is none. Raises Erased on a tombstone."""
        ...

    async def get(self, name: str) -> bytes:
        """The key. Raises Erased on a tombstone, KeyError if there never was one."""
        ...

    async def destroy(self, name: str) -> None:
        """Leave a tombstone, whether or not the key existed. Repeating it changes nothing."""
        ...

    async def rewrap(self) -> int:
        """Wrap under the KEK in use whatever is still under an older one; the number of these keys.

        Once it is done no older KEK is needed, and what a copy of the store still holds under them opens no more.
        Raises Halt if one was not supplied.
        """
        ...

    async def close(self) -> None:
        """Let go of the file or connection."""
        ...


class CachedKeyring:
    """A keyring that remembers keys for at most CACHE_SECONDS; a destroyed one is forgotten here at once."""

    def __init__(self, keyring: Keyring, monotonic: Callable[[], float] = time.monotonic, entries_max: int = 4096):
        self._keyring = keyring
        self._monotonic = monotonic
        self._entries_max = entries_max
        self._keys: dict[str, tuple[float, bytes]] = {}

    async def create(self, name: str) -> bytes:
        return self._fresh(name) or self._keep(name, await self._keyring.create(name))

    async def get(self, name: str) -> bytes:
        return self._fresh(name) or self._keep(name, await self._keyring.get(name))

    async def destroy(self, name: str) -> None:
        try:
            await self._keyring.destroy(name)
        finally:  # afterwards, so that a read under way meanwhile does not bring it back
            self._keys.pop(name, None)

    async def rewrap(self) -> int:
        return await self._keyring.rewrap()

    async def close(self) -> None:
        self._keys.clear()
        await self._keyring.close()

    def _fresh(self, name: str) -> bytes | None:
        kept = self._keys.get(name)
        return kept[1] if kept and self._monotonic() - kept[0] < CACHE_SECONDS else None

    def _keep(self, name: str, key: bytes) -> bytes:
        if len(self._keys) >= self._entries_max:
            self._keys.clear()
        self._keys[name] = (self._monotonic(), key)
        return key


def case_key(case: str) -> str:
    """Name of the key of everything personal in a case."""
    return f"case/{case}"


async def person_name(keyring: Keyring, subject: str) -> str:
    """Keyring entry of a person: a keyed hash of the identity provider's subject, so it says nothing by itself."""
    pepper = await keyring.create("installation/person-pepper")
    return "person/" + hmac.new(pepper, subject.encode(), hashlib.sha256).hexdigest()[:32]


async def party_of(keyring: Keyring, subject: str) -> str:
    """The person's id in scopes and events: unlinkable to the person once their entry is destroyed."""
    key = await keyring.create(await person_name(keyring, subject))
    return hmac.new(key, b"party", hashlib.sha256).hexdigest()[:32]


async def staff_of(keyring: Keyring, subject: str) -> str:
    """A staff member's pseudonym as `actor` in events."""
    pepper = await keyring.create("installation/staff-pepper")
    return "staff-" + hmac.new(pepper, subject.encode(), hashlib.sha256).hexdigest()[:16]


async def is_erased(keyring: Keyring, name: str) -> bool:
    """Whether the key was destroyed. A key that never existed is not erased."""
    try:
        await keyring.get(name)
    except Erased:
        return True
    except KeyError:
        return False
    return False

"""Files of a case: encrypted with age, each under an identity of its own, stored as blobs.

The identity travels only inside a sealed part (`StoredFile`), so destroying the case's key makes every file of the
case unreadable at once, copies and backups of the object storage included.
"""

import hashlib
import io
from collections.abc import AsyncIterator

import pyrage

from aktenlauf.kit.blobs import Blobs
from aktenlauf.kit.ids import new_id


class Sha256Counter:
    """Digest and size of what runs through."""

    def __init__(self) -> None:
        self._hash, self.size_bytes = hashlib.sha256(), 0

    def add(self, chunk: bytes) -> None:
        """Take one chunk into account."""
        self._hash.update(chunk)
        self.size_bytes += len(chunk)

    @property
    def hex(self) -> str:
        """The digest so far."""
        return self._hash.hexdigest()


def new_identity() -> str:
    """A fresh age X25519 identity, as text."""
    return str(pyrage.x25519.Identity.generate())


async def keep(blobs: Blobs, content: bytes, identity: str) -> str:
    """Encrypt and store; the blob's name. For files that fit in memory (uploads have a limit, ours are small)."""
    recipient = pyrage.x25519.Identity.from_str(identity).to_public()
    sealed = pyrage.encrypt(content, [recipient])
    name = new_id()
    await blobs.put(name, _chunks(sealed))
    return name


async def fetch(blobs: Blobs, name: str, identity: str) -> bytes:
    """The plain content. Raises NotFound if the blob is gone, ValueError if it does not open."""
    sealed = io.BytesIO()
    async for chunk in blobs.get(name):
        sealed.write(chunk)
    try:
        content: bytes = pyrage.decrypt(sealed.getvalue(), [pyrage.x25519.Identity.from_str(identity)])
    except pyrage.DecryptError as error:
        raise ValueError("the file was changed or belongs to another identity") from error
    return content


async def _chunks(content: bytes, size: int = 256 * 1024) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]

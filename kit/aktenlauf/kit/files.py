"""Files of a case: encrypted with age, each under an identity of its own, stored as blobs.

The identity travels only inside a sealed part (`StoredFile`), so destroying the case's key makes every file of the
case unreadable at once, copies and backups of the object storage included.
"""

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator
from contextlib import suppress

import pyrage

from aktenlauf.contracts.common import StoredFile
from aktenlauf.kit.blobs import Blobs
from aktenlauf.kit.ids import new_id


def new_identity() -> str:
    """A fresh age X25519 identity, as text."""
    return str(pyrage.x25519.Identity.generate())


async def keep_file(blobs: Blobs, content: bytes, name: str, media_type: str) -> StoredFile:
    """Encrypt and store a file under an identity of its own. For files that fit in memory. Raises Unavailable."""
    identity = new_identity()
    recipient = _recipient(identity)
    sealed, sha256 = await asyncio.to_thread(lambda: (pyrage.encrypt(content, [recipient]), _sha256(content)))
    blob = new_id()
    await blobs.put(blob, _chunks(sealed))
    return StoredFile(
        blob=blob,
        identity=identity,
        name=name,
        media_type=media_type,
        size_bytes=len(content),
        sha256=sha256,
    )


async def keep(blobs: Blobs, content: bytes, identity: str, blob: str) -> None:
    """Encrypt under a given identity and store under a given name, unless it is there already. Raises Unavailable."""
    sealed = await asyncio.to_thread(pyrage.encrypt, content, [_recipient(identity)])  # a quarter second for 20 MB
    with suppress(FileExistsError):
        await blobs.put(blob, _chunks(sealed))


async def fetch(blobs: Blobs, name: str, identity: str) -> bytes:
    """The plain content. Raises NotFound if the blob is gone, ValueError if it does not open."""
    sealed = io.BytesIO()
    async for chunk in blobs.get(name):
        sealed.write(chunk)
    try:
        key = pyrage.x25519.Identity.from_str(identity)
        content: bytes = await asyncio.to_thread(pyrage.decrypt, sealed.getvalue(), [key])
    except pyrage.DecryptError as error:
        raise ValueError("the file was changed or belongs to another identity") from error
    return content


def _recipient(identity: str) -> pyrage.x25519.Recipient:
    return pyrage.x25519.Identity.from_str(identity).to_public()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def _chunks(content: bytes, size: int = 256 * 1024) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]

"""Blobs in a folder: one file each, spread over 256 subfolders, written beside and renamed when whole."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

from aktenlauf.kit.errors import NotFound, Unavailable
from aktenlauf.kit.ids import new_id

CHUNK_BYTES = 256 * 1024


class FolderBlobs:
    """See `aktenlauf.kit.blobs.Blobs`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts = folder / "parts"
        self._parts.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left_over in self._parts.iterdir():  # uploads that a crash cut off: nobody knows their name
            left_over.unlink()

    async def put(self, name: str, chunks: AsyncIterator[bytes]) -> int:
        target = self._path(name)
        part = self._parts / new_id()
        size = 0
        try:
            handle = await asyncio.to_thread(part.open, "xb")
            try:
                async for chunk in chunks:
                    size += len(chunk)
                    await asyncio.to_thread(handle.write, chunk)
                await asyncio.to_thread(_sync, handle.fileno(), handle.flush)
            finally:
                await asyncio.to_thread(handle.close)
            await asyncio.to_thread(_publish, part, target)
        except FileExistsError:
            raise
        except OSError as error:
            raise Unavailable(f"object storage: {error.strerror}") from error
        finally:
            await asyncio.to_thread(part.unlink, missing_ok=True)
        return size

    async def get(self, name: str) -> AsyncIterator[bytes]:
        try:
            handle = await asyncio.to_thread(self._path(name).open, "rb")
        except FileNotFoundError:
            raise NotFound(name) from None
        except OSError as error:
            raise Unavailable(f"object storage: {error.strerror}") from error
        try:
            while chunk := await asyncio.to_thread(handle.read, CHUNK_BYTES):
                yield chunk
        finally:
            await asyncio.to_thread(handle.close)

    async def delete(self, name: str) -> None:
        await asyncio.to_thread(self._path(name).unlink, missing_ok=True)

    async def close(self) -> None:
        return None

    def _path(self, name: str) -> Path:
        if not name.replace("-", "").isalnum():
            raise ValueError("a blob's name has letters, digits and hyphens only")
        return self._folder / name[-2:] / name


def _sync(fileno: int, flush: object) -> None:
    if callable(flush):
        flush()
    os.fsync(fileno)


def _publish(part: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True, mode=0o700)
    os.link(part, target)  # unlike rename, fails if the name is taken
    for folder in (target.parent, target.parent.parent):  # a name is durable once its folder is, up to the one we made
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

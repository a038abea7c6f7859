"""Blobs in a folder: one file each, spread over 256 subfolders, written beside and renamed when whole."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from aktenlauf.kit.errors import NotFound, Unavailable
from aktenlauf.kit.ids import new_id

CHUNK_BYTES = 1024 * 1024
"""What one change of thread reads or writes: most files whole, and no file fills the memory."""
LEFT_OVER_SECONDS = 3600
"""A part that nobody has written to for so long is left over by a crash; a younger one may be another process's."""


class FolderBlobs:
    """See `aktenlauf.kit.blobs.Blobs`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts = folder / "parts"
        self._parts.mkdir(parents=True, exist_ok=True, mode=0o700)
        for part in self._parts.iterdir():
            with suppress(FileNotFoundError):  # it was finished meanwhile
                if time.time() - part.stat().st_mtime > LEFT_OVER_SECONDS:
                    part.unlink()

    async def put(self, name: str, chunks: AsyncIterator[bytes]) -> int:
        target = self._path(name)
        part = self._parts / new_id()
        size, waiting = 0, bytearray()
        with _reachable():
            try:
                async for chunk in chunks:
                    size += len(chunk)
                    waiting += chunk
                    if len(waiting) >= CHUNK_BYTES:
                        await asyncio.to_thread(_write, part, waiting)
                        waiting = bytearray()
                await asyncio.to_thread(_publish, part, waiting, target)
            except BaseException:
                await asyncio.to_thread(part.unlink, missing_ok=True)
                raise
        return size

    async def get(self, name: str) -> AsyncIterator[bytes]:
        after = 0
        while chunk := await self._read(name, after):
            yield chunk
            if len(chunk) < CHUNK_BYTES:
                return
            after += len(chunk)

    async def delete(self, name: str) -> None:
        with _reachable():
            await asyncio.to_thread(self._path(name).unlink, missing_ok=True)

    async def close(self) -> None:
        return None

    async def _read(self, name: str, after: int) -> bytes:
        with _reachable():
            try:
                return await asyncio.to_thread(_read, self._path(name), after)
            except FileNotFoundError:
                raise NotFound(name) from None

    def _path(self, name: str) -> Path:
        if not name.replace("-", "").isalnum():
            raise ValueError("a blob's name has letters, digits and hyphens only")
        return self._folder / name[-2:] / name


@contextmanager
def _reachable() -> Iterator[None]:
    """What the folder cannot do now is tried again; a taken name stays what it is."""
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        raise Unavailable(f"object storage: {error.strerror}") from error


def _read(path: Path, after: int) -> bytes:
    with path.open("rb") as file:
        file.seek(after)
        return file.read(CHUNK_BYTES)


def _write(part: Path, content: bytearray) -> None:
    with part.open("ab") as file:
        file.write(content)


def _publish(part: Path, rest: bytearray, target: Path) -> None:
    with part.open("ab") as file:
        file.write(rest)
        file.flush()
        os.fsync(file.fileno())
    target.parent.mkdir(exist_ok=True, mode=0o700)
    os.link(part, target)  # unlike rename, fails if the name is taken
    for folder in (target.parent, target.parent.parent):  # a name is durable once its folder is, up to the one we made
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    part.unlink()

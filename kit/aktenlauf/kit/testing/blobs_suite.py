"""What every adapter of `Blobs` promises. Inherit, and give a fixture `open_blobs`."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from aktenlauf.kit.blobs import Blobs
from aktenlauf.kit.errors import NotFound

OpenBlobs = Callable[[], Awaitable[Blobs]]
NAME = "0192f0c1-0000-7000-8000-000000000001"
MEGABYTE = bytes(1024 * 1024)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    """These parts, one after the other."""
    for part in parts:
        yield part


async def content(blobs: Blobs, name: str) -> bytes:
    """The whole blob."""
    return b"".join([chunk async for chunk in blobs.get(name)])


class BlobsSuite:
    """One test per promise of the port."""

    @pytest.fixture
    def open_blobs(self) -> OpenBlobs:
        raise NotImplementedError("give an async function that opens the same storage again and again")

    @pytest.fixture
    async def blobs(self, open_blobs: OpenBlobs) -> AsyncIterator[Blobs]:
        blobs = await open_blobs()
        yield blobs
        await blobs.close()

    async def test_a_blob_comes_back_whole(self, blobs: Blobs) -> None:
        assert await blobs.put(NAME, chunks(b"one", b"", b"two")) == 6
        assert await content(blobs, NAME) == b"onetwo"

    async def test_an_empty_blob_is_a_blob(self, blobs: Blobs) -> None:
        assert await blobs.put(NAME, chunks()) == 0
        assert await content(blobs, NAME) == b""

    async def test_a_taken_name_is_refused_and_its_blob_kept(self, blobs: Blobs) -> None:
        await blobs.put(NAME, chunks(b"first"))
        with pytest.raises(FileExistsError):
            await blobs.put(NAME, chunks(b"second"))
        assert await content(blobs, NAME) == b"first"

    async def test_what_is_not_there_is_not_found(self, blobs: Blobs) -> None:
        with pytest.raises(NotFound):
            await content(blobs, NAME)

    async def test_a_blob_is_not_visible_before_it_is_whole(self, blobs: Blobs) -> None:
        first_part_is_out, go_on = asyncio.Event(), asyncio.Event()

        async def slowly() -> AsyncIterator[bytes]:
            yield b"first"
            first_part_is_out.set()
            await go_on.wait()
            yield b"second"

        putting = asyncio.create_task(blobs.put(NAME, slowly()))
        await first_part_is_out.wait()
        with pytest.raises(NotFound):
            await content(blobs, NAME)
        go_on.set()
        await putting
        assert await content(blobs, NAME) == b"firstsecond"

    async def test_an_upload_that_breaks_off_leaves_nothing_and_its_name_free(self, blobs: Blobs) -> None:
        async def broken() -> AsyncIterator[bytes]:
            yield b"first"
            raise ConnectionResetError

        with pytest.raises(Exception):  # noqa: B017 the error of the source or the port's, the blob counts
            await blobs.put(NAME, broken())
        with pytest.raises(NotFound):
            await content(blobs, NAME)
        await blobs.put(NAME, chunks(b"whole"))
        assert await content(blobs, NAME) == b"whole"

    async def test_a_deleted_blob_is_gone_and_deleting_again_is_done(self, blobs: Blobs) -> None:
        await blobs.put(NAME, chunks(b"x"))
        await blobs.delete(NAME)
        await blobs.delete(NAME)
        with pytest.raises(NotFound):
            await content(blobs, NAME)

    async def test_memory_does_not_grow_with_the_size_of_a_blob(self, blobs: Blobs) -> None:
        tracemalloc.start()
        assert await blobs.put(NAME, chunks(*[MEGABYTE] * 24)) == 24 * len(MEGABYTE)
        size = 0
        async for chunk in blobs.get(NAME):
            size += len(chunk)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert size == 24 * len(MEGABYTE)
        assert peak < 8 * len(MEGABYTE)

    async def test_blobs_survive_a_restart(self, open_blobs: OpenBlobs) -> None:
        first = await open_blobs()
        await first.put(NAME, chunks(b"kept"))
        await first.close()
        again = await open_blobs()
        assert await content(again, NAME) == b"kept"
        await again.close()

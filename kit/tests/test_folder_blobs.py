"""A folder keeps the promises of the object storage."""

import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aktenlauf.kit.adapters.folder_blobs import LEFT_OVER_SECONDS, FolderBlobs
from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.testing.blobs_suite import NAME, BlobsSuite, OpenBlobs, chunks, content


class TestFolderBlobs(BlobsSuite):
    @pytest.fixture
    def open_blobs(self, tmp_path: Path) -> OpenBlobs:
        async def open_() -> FolderBlobs:
            return FolderBlobs(tmp_path / "blobs")

        return open_

    async def test_what_a_crash_left_over_is_removed_at_the_next_start(self, tmp_path: Path) -> None:
        FolderBlobs(tmp_path)
        part = tmp_path / "parts" / "left-over"
        part.write_bytes(b"x")
        past = time.time() - LEFT_OVER_SECONDS - 1
        os.utime(part, (past, past))
        FolderBlobs(tmp_path)
        assert not part.exists()

    async def test_what_another_process_is_just_storing_survives_a_start(self, tmp_path: Path) -> None:
        async def while_another_starts() -> AsyncIterator[bytes]:
            yield b"first"
            FolderBlobs(tmp_path)
            yield b"second"

        blobs = FolderBlobs(tmp_path)
        await blobs.put(NAME, while_another_starts())
        assert await content(blobs, NAME) == b"firstsecond"

    async def test_a_folder_that_cannot_be_read_or_cleared_now_is_tried_again(self, tmp_path: Path) -> None:
        blobs = FolderBlobs(tmp_path)
        (tmp_path / NAME[-2:] / NAME).mkdir(parents=True)
        with pytest.raises(Unavailable):
            await content(blobs, NAME)
        with pytest.raises(Unavailable):
            await blobs.delete(NAME)

    @pytest.mark.parametrize("name", ["", "../x", "a/b", ".", "x\x00", "parts/../x"])
    async def test_a_name_cannot_leave_the_folder(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(ValueError, match="name"):
            await FolderBlobs(tmp_path).put(name, chunks(b"x"))

    async def test_nothing_but_the_blob_is_left_behind(self, tmp_path: Path) -> None:
        await FolderBlobs(tmp_path).put(NAME, chunks(b"x"))
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [NAME]

"""A folder keeps the promises of the object storage."""

from pathlib import Path

import pytest

from aktenlauf.kit.adapters.folder_blobs import FolderBlobs
from aktenlauf.kit.testing.blobs_suite import NAME, BlobsSuite, OpenBlobs, chunks


class TestFolderBlobs(BlobsSuite):
    @pytest.fixture
    def open_blobs(self, tmp_path: Path) -> OpenBlobs:
        async def open_() -> FolderBlobs:
            return FolderBlobs(tmp_path / "blobs")

        return open_

    async def test_what_a_crash_left_over_is_removed_at_the_next_start(self, tmp_path: Path) -> None:
        FolderBlobs(tmp_path)
        (tmp_path / "parts" / "left-over").write_bytes(b"x")
        FolderBlobs(tmp_path)
        assert list((tmp_path / "parts").iterdir()) == []

    @pytest.mark.parametrize("name", ["", "../x", "a/b", ".", "x\x00", "parts/../x"])
    async def test_a_name_cannot_leave_the_folder(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(ValueError, match="name"):
            await FolderBlobs(tmp_path).put(name, chunks(b"x"))

    async def test_nothing_but_the_blob_is_left_behind(self, tmp_path: Path) -> None:
        await FolderBlobs(tmp_path).put(NAME, chunks(b"x"))
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [NAME]

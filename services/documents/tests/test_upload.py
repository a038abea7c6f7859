"""Putting photos together takes no more memory than the largest of them."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from starlette.datastructures import UploadFile

from aktenlauf.documents.upload import bound
from aktenlauf.kit.testing.files import jpeg
from aktenlauf.kit.workers import Workers


class Weighed(Workers):
    """Workers that note how many bytes of a form each job was given."""

    def __init__(self) -> None:
        super().__init__(size=1)
        self.jobs: list[int] = []

    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        self.jobs.append(len(args[0]) if isinstance(args[0], bytes) else sum(len(data) for data, _ in args[0]))
        return await super().run(function, *args)


async def test_photos_are_given_to_a_worker_one_by_one_and_together_only_as_pages() -> None:
    photos = [jpeg(seed=seed, size_bytes=3_000_000) for seed in range(4)]
    parts = [UploadFile(BytesIO(photo), size=len(photo), filename=f"{n}.jpg") for n, photo in enumerate(photos)]
    async with Weighed() as workers:
        (document,) = await bound(workers, parts, 20_000_000, "Reisepass.pdf")
    assert (await document.read(5)) == b"%PDF-"
    assert workers.jobs[:4] == [len(photo) for photo in photos]
    assert max(workers.jobs) < sum(map(len, photos)) / 2

"""What an attempt stored that failed does not stay in storage, and what a successful one stored does."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, cast

import orjson
import pytest

from aktenlauf.contracts.documents import DocumentChecked, DocumentRejected, DocumentUploaded, UploadedFile
from aktenlauf.contracts.envelope import Event, parse
from aktenlauf.documents import inspection
from aktenlauf.documents.deliveries import TEXTS_BYTES_MAX, page_images
from aktenlauf.documents.domain import AcceptUpload, DeleteDocument
from aktenlauf.documents.service import definition
from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.files import fetch, keep_file
from aktenlauf.kit.scope import System
from aktenlauf.kit.testing import files as made
from aktenlauf.kit.testing.alone import Stand, alone
from aktenlauf.kit.testing.waiting import until
from aktenlauf.kit.workers import WorkerFailed

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PAGES = 3
STREAM = "documents/document/d-1"

E = TypeVar("E")


class Archive:
    """The service with one document of some pages, and a storage that can be counted."""

    def __init__(self, stand: Stand, folder: Path) -> None:
        self.stand, self.ports, self._folder = stand, stand.service.ports, folder / "blobs"

    async def upload(self) -> None:
        file = await keep_file(self.ports.blobs, made.pdf(PAGES), "Pass.pdf", "application/pdf")
        await self.stand.service.run(
            AcceptUpload(
                **given("upload"),
                case="c-1",
                document="d-1",
                evidence="passport",
                party="p",
                digest="0" * 64,
                blobs=(file.blob,),
                file=UploadedFile(file=file, salt="s"),
            )
        )

    async def remove(self) -> None:
        await self.stand.service.run(DeleteDocument(**given("remove"), case="c-1", document="d-1", submitted=False))

    async def look_through_again(self) -> None:
        """As after a lost cursor."""
        (stored, *_) = await self.ports.log.read(STREAM)
        record = parse(stored.record, stored.position)
        (reaction,) = page_images.of(record.meta)
        async for command in reaction.run(cast(Event, record.event), record.meta, self.stand.service):
            await self.stand.service.run(command)

    async def event(self, kind: type[E]) -> E:
        """Once it happened."""
        found: list[E] = []

        async def happened() -> bool:
            records = [parse(stored.record).event for stored in await self.ports.log.read(STREAM)]
            found[:] = [event for event in records if isinstance(event, kind)]
            return bool(found)

        await until(happened)
        await self.stand.settled()
        return found[0]

    @property
    def blobs(self) -> set[str]:
        return {path.name for path in self._folder.rglob("*") if path.is_file()}


def given(id_: str) -> dict[str, Any]:
    return {"id": id_, "at": NOW, "actor": "party-1", "scope": System("test")}


class Full:
    """Storage that takes `room` more blobs and then none, until it is empty again."""

    def __init__(self, blobs: Any, room: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room, self.refused = room, asyncio.Event()
        self._put = blobs.put
        monkeypatch.setattr(blobs, "put", self.put)

    async def put(self, name: str, chunks: AsyncIterator[bytes]) -> int:
        if not self.room:
            self.refused.set()
            raise Unavailable("full")
        self.room -= 1
        return int(await self._put(name, chunks))


def break_after_one_page(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file kills the worker that draws its second page."""
    run = archive.ports.workers.run

    async def run_or_die(function: Callable[..., Any], *args: Any) -> Any:
        if function is not inspection.draw:
            return await run(function, *args)
        if args[2]:
            raise WorkerFailed("died")
        return (await run(function, *args))[:1]

    monkeypatch.setattr(archive.ports.workers, "run", run_or_die)


def write_on_every_page(archive: Archive, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """As if the file's pages had this text layer."""
    run = archive.ports.workers.run

    async def run_and_write(function: Callable[..., Any], *args: Any) -> Any:
        found = await run(function, *args)
        return [replace(page, text=text) for page in found] if function is inspection.draw else found

    monkeypatch.setattr(archive.ports.workers, "run", run_and_write)


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Archive]:
    async with alone(definition, tmp_path, NOW) as stand:
        yield Archive(stand, tmp_path)


async def test_an_attempt_that_comes_again_uses_the_images_of_the_one_before(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = Full(archive.ports.blobs, 1 + 2, monkeypatch)
    await archive.upload()
    await full.refused.wait()
    full.room = 100
    checked, uploaded = await archive.event(DocumentChecked), await archive.event(DocumentUploaded)
    assert len(checked.blobs) == PAGES
    assert archive.blobs == {*checked.blobs, *uploaded.blobs}
    images = await archive.ports.sealing.open(checked.sealed)
    for blob in checked.blobs:
        assert (await fetch(archive.ports.blobs, blob, images.identity)).startswith(b"\xff\xd8")


@pytest.mark.parametrize("text", ["Zeile mit ü\n" * 5_000, '"\\\x00' * 20_000, "😀" * 50_000])
async def test_the_text_of_many_long_pages_is_cut_so_that_its_event_is_kept_and_opens(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    write_on_every_page(archive, monkeypatch, text)
    await archive.upload()
    images = await archive.ports.sealing.open((await archive.event(DocumentChecked)).sealed)
    assert len(images.texts) == PAGES
    assert all(page and text.startswith(page) for page in images.texts)
    assert sum(len(orjson.dumps(page)) for page in images.texts) <= TEXTS_BYTES_MAX + PAGES * len('""')


async def test_images_of_a_file_that_turns_out_unreadable_are_removed(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_after_one_page(archive, monkeypatch)
    await archive.upload()
    await archive.event(DocumentRejected)
    assert archive.blobs == set((await archive.event(DocumentUploaded)).blobs)


async def test_images_of_a_file_that_is_removed_between_two_attempts_are_removed(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = Full(archive.ports.blobs, 1 + 2, monkeypatch)
    await archive.upload()
    await full.refused.wait()
    await archive.remove()
    full.room = 100
    await until(archive.stand.service.settled)
    assert archive.blobs == set()


@pytest.mark.parametrize("breaks", [False, True])
async def test_images_of_a_checked_document_stay_whatever_a_later_attempt_meets(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, breaks: bool
) -> None:
    await archive.upload()
    await archive.event(DocumentChecked)
    before = archive.blobs
    if breaks:
        break_after_one_page(archive, monkeypatch)
    await archive.look_through_again()
    assert archive.blobs == before
    assert len(before) == 1 + PAGES


async def test_images_of_a_checked_document_stay_when_its_file_is_missing(archive: Archive) -> None:
    await archive.upload()
    checked, uploaded = await archive.event(DocumentChecked), await archive.event(DocumentUploaded)
    await archive.ports.blobs.delete(uploaded.blobs[0])
    await archive.look_through_again()
    assert archive.blobs == set(checked.blobs)

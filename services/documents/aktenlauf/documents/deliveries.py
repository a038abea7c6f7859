"""What happens to a file after the upload has answered: scanned, opened in a worker, its pages made into images.

The images' names follow from the event, so an attempt that comes again, after an error or the end of its process,
finds what the one before stored. Whatever no event names is removed once it is settled what becomes of the document.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import orjson

from aktenlauf.contracts.common import StoredFile
from aktenlauf.contracts.documents import DocumentChecked, DocumentDeleted, DocumentUploaded, PageImages
from aktenlauf.contracts.envelope import Meta, parse
from aktenlauf.documents import inspection
from aktenlauf.documents.domain import RecordCheck, RecordScan, RejectDocument
from aktenlauf.documents.inspection import PAGES_SHOWN_MAX
from aktenlauf.documents.recognition import Refusal
from aktenlauf.documents.scanning import judge
from aktenlauf.kit.decider import Command
from aktenlauf.kit.errors import NotFound, Unavailable
from aktenlauf.kit.files import fetch, keep
from aktenlauf.kit.ids import derived_id
from aktenlauf.kit.reactions import Do, Reactions
from aktenlauf.kit.scanner import ScannerUnavailable
from aktenlauf.kit.workers import WorkerFailed

page_images = Reactions("page-images", at_once=None)
TEXTS_BYTES_MAX = 48_000
"""Of all pages of a document together, each at least its share; the rest is in the original. They stand in one event,
and those of a hundred documents in one case's document in the views: both have a limit."""
PAGE_WIDTH_PX = 1200
"""Readable when the viewer zooms in once; 51 ms a PDF page, 140 ms a photo on two cores."""


@page_images.on(DocumentUploaded, name="look-through")
async def look_through(event: DocumentUploaded, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """Scan, open, draw. A file that kills its worker is unreadable; the service goes on."""
    stored: Sequence[str] = _names(meta, PAGES_SHOWN_MAX)
    async for command in _found(event, meta, do, service.ports):
        if isinstance(command, RecordCheck):
            stored = command.blobs
        yield command
    await _remove_unless_recorded(service, meta.stream, stored)


async def _found(event: DocumentUploaded, meta: Meta, do: Do, ports: Any) -> AsyncIterator[Command]:
    content = await ports.sealing.open(event.sealed)
    if not content:
        return  # erased meanwhile
    try:
        data = await fetch(ports.blobs, content.file.blob, content.file.identity)
    except NotFound:
        return  # deleted meanwhile
    document = {"case": meta.case, "document": event.document}
    try:
        found = await ports.workers.run(inspection.inspect, data, content.file.media_type)
        if isinstance(found, Refusal):
            yield do(RejectDocument, **document, reason="password" if found is Refusal.PASSWORD else "unreadable")
            return
        # Scanned after it was opened once: a file that kills its worker is known by then, and not tried for ever.
        verdict = await ports.scanner.scan(_whole(data))
        refused = judge(verdict)
        yield do(RecordScan, **document, clean=refused is None, scanner=verdict.scanner)
        if refused is not None:
            yield do(RejectDocument, **document, reason="malware")
            return
        images = await _page_images(ports, data, content.file, _names(meta, found.shown_pages))
    except WorkerFailed:
        yield do(RejectDocument, **document, reason="unreadable")
        return
    except ScannerUnavailable as error:
        raise Unavailable("the scanner did not look") from error
    hints = (*verdict.marks, *(("no-text",) if found.text_pages == 0 else ()))
    yield do(RecordCheck, **document, pages=found.pages, hints=hints, blobs=tuple(images.blobs), images=images)


async def _remove_unless_recorded(service: Any, stream: str, blobs: Iterable[str]) -> None:
    """Not before the document is checked, rejected or deleted: until then another attempt may yet name them."""
    events = [parse(stored.record).event for stored in await service.ports.log.read(stream)]
    recorded = {blob for event in events if isinstance(event, DocumentChecked) for blob in event.blobs}
    if any(isinstance(event, DocumentDeleted) for event in events):
        recorded = set()
    for blob in blobs:
        if blob not in recorded:
            await service.ports.blobs.delete(blob)


def _names(meta: Meta, pages: int) -> list[str]:
    return [derived_id(meta.id, "page-image", str(page)) for page in range(pages)]


async def _page_images(ports: Any, data: bytes, file: StoredFile, names: list[str]) -> PageImages:
    texts: list[str] = []
    left = TEXTS_BYTES_MAX
    while len(texts) < len(names):
        drawn = await ports.workers.run(inspection.draw, data, file.media_type, len(texts), PAGE_WIDTH_PX)
        for page in drawn:
            await keep(ports.blobs, page.image, file.identity, names[len(texts)])
            texts.append(_beginning(page.text, left // (len(names) - len(texts))))
            left -= _written_bytes(texts[-1])
    return PageImages(blobs=names, texts=texts, identity=file.identity)


def _beginning(text: str, bytes_max: int) -> str:
    """As much of a text as there is room for."""
    while text and (size := _written_bytes(text)) > bytes_max:
        text = text[: len(text) * bytes_max // size]
    return text


def _written_bytes(text: str) -> int:
    """In JSON, where control characters and quotes are longer."""
    return len(orjson.dumps(text))


async def _whole(data: bytes) -> AsyncIterator[bytes]:
    yield data

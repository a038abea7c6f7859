"""The documents of a case in the form in which they can travel: PDF or JPEG, each and all together within bounds.

What XAusländer cannot carry (a PNG, a file above the parser's limit for one text) travels as the page images that
documents made; where those do not show every page either, it stays here and a remark says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.contracts.common import DocumentRef, StoredFile
from aktenlauf.contracts.documents import DocumentChecked, DocumentRejected, DocumentUploaded
from aktenlauf.contracts.envelope import Event, parse
from aktenlauf.kit.errors import NotYet
from aktenlauf.kit.files import fetch
from aktenlauf.xoev_gateway.xauslaender.codes import MEDIA_TYPES
from aktenlauf.xoev_gateway.xauslaender.write_parts import DOCUMENT_MAX_BYTES

EMBEDDED_MAX_BYTES = 40_000_000
"""Of all documents of one message: as base64 some 53 MB, which leaves room for the summary below the 64 MiB of one."""


@dataclass(frozen=True)
class Paper:
    """One file to embed. `label` tells the office what it is."""

    kind: str
    label: str
    name: str
    content: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True)
class Papers:
    """What travels, and a sentence in German for each that does not, or not as it was uploaded."""

    papers: tuple[Paper, ...] = ()
    remarks: tuple[str, ...] = ()


def label_of(kind: str) -> str:
    """What the catalogue calls this kind of document."""
    evidence = catalogue().evidence.get(kind)
    return evidence.label.de if evidence else kind


async def gather(service: Any, refs: Sequence[DocumentRef]) -> Papers | None:
    """The documents behind these references; None once the case is erased.

    Raises NotYet until documents has looked through each of them, NotFound if an object is gone.
    """
    # All, before the first byte is read, and from the end: what was uploaded last is looked through last.
    found = [(ref, await _history(service, ref)) for ref in reversed(refs)][::-1]
    papers: list[Paper] = []
    remarks: list[str] = []
    left = EMBEDDED_MAX_BYTES
    for ref, history in found:
        loaded = await _load(service, ref, history, left)
        if loaded is None:
            return None
        papers += loaded.papers
        remarks += loaded.remarks
        left -= sum(len(paper.content) for paper in loaded.papers)
    return Papers(tuple(papers), tuple(remarks))


async def _history(service: Any, ref: DocumentRef) -> Sequence[Event]:
    stored = await service.ports.log.read(f"documents/document/{ref.document}")
    events = [event for record in stored if (event := parse(record.record).event) is not None]
    if not any(isinstance(event, DocumentChecked | DocumentRejected) for event in events):
        raise NotYet(f"document {ref.document}")
    return events


async def _load(service: Any, ref: DocumentRef, history: Sequence[Event], left: int) -> Papers | None:
    label = label_of(ref.kind)
    if any(isinstance(event, DocumentRejected) for event in history):
        return Papers(remarks=(f"Nicht beigefügt, da nicht lesbar oder schädlich: {label}.",))
    uploaded = next(event for event in history if isinstance(event, DocumentUploaded))
    content = await service.ports.sealing.open(uploaded.sealed)
    if not content:
        return None
    file: StoredFile = content.file
    if file.media_type in MEDIA_TYPES and file.size_bytes <= min(DOCUMENT_MAX_BYTES, left):
        data = await fetch(service.ports.blobs, file.blob, file.identity)
        return Papers((Paper(ref.kind, label, file.name, data, file.media_type),))
    checked = next(event for event in history if isinstance(event, DocumentChecked))
    return await _page_images(service, ref, checked, left)


async def _page_images(service: Any, ref: DocumentRef, checked: DocumentChecked, left: int) -> Papers | None:
    label = label_of(ref.kind)
    images = await service.ports.sealing.open(checked.sealed)
    if not images:
        return None
    pages: list[bytes] = []
    for blob in images.blobs:
        pages.append(await fetch(service.ports.blobs, blob, images.identity))
        if sum(map(len, pages)) > left:
            return Papers(remarks=(f"Nicht beigefügt, da zu groß: {label}. Das Dokument liegt im Antragsportal.",))
    if len(pages) != checked.pages:
        return Papers(remarks=(f"Nicht beigefügt, da zu groß: {label}. Das Dokument liegt im Antragsportal.",))
    papers = tuple(
        Paper(ref.kind, f"{label} (Seite {number} von {len(pages)})", f"Seite-{number}.jpg", page, "image/jpeg")
        for number, page in enumerate(pages, 1)
    )
    return Papers(papers, (f"Als Bilder der Seiten beigefügt: {label}. Das Original liegt im Antragsportal.",))

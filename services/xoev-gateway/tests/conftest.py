"""One case of each office, as the other services tell of it. All invented."""

import hashlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from aktenlauf.contracts.common import DocumentRef, ErasureOrdered, SealedFile, StoredFile
from aktenlauf.contracts.documents import (
    DocumentChecked,
    DocumentRejected,
    DocumentUploaded,
    PageImages,
    UploadedFile,
)
from aktenlauf.contracts.envelope import Event, parse
from aktenlauf.contracts.intake import ApplicationContent, ApplicationSubmitted, ReceiptIssued
from aktenlauf.contracts.review import CaseOpened
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.contracts.xoev_gateway import MessagePrepared, MessageReceived, MessageRefused, MessageSent
from aktenlauf.kit.files import keep, new_identity
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.testing.alone import Stand, alone
from aktenlauf.kit.testing.files import jpeg, pdf
from aktenlauf.xoev_gateway.cases import file_content
from aktenlauf.xoev_gateway.service import definition
from aktenlauf.xoev_gateway.xauslaender import Message, Schemas, read

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ANSWERS: dict[str, Any] = orjson.loads(
    (Path(__file__).parents[2] / "intake/tests/study_extension.example.json").read_bytes()
)


class Gateway:
    """The running gateway, and what happens elsewhere."""

    def __init__(self, stand: Stand, folder: Path) -> None:
        self.stand, self.service, self.ports = stand, stand.service, stand.service.ports
        self.drop = folder / "xoev-gateway" / "drop"

    async def happened(self, event: Event, case: str = "c-1", *, stream: str | None = None, **more: Any) -> str:
        """An event of whoever owns it, on its usual stream. The event's id."""
        owner = event.owner or "review"
        kinds = {"intake": "application", "review": "case", "scheduling": "appointment"}
        return await self.stand.happened(
            owner, event, stream=stream or f"{owner}/{kinds[owner]}/{case}", case=case, **more
        )

    async def uploaded(
        self, document: str, evidence: str, data: bytes, media_type: str, case: str = "c-1", name: str = "Datei.pdf"
    ) -> DocumentRef:
        """A document, not yet looked through."""
        file = await self.stored(data, media_type, name)
        event = DocumentUploaded(
            document=document,
            evidence=evidence,
            party="p",
            digest="0" * 64,
            blobs=[file.blob],
            sealed=Sealed.of(UploadedFile(file=file, salt="s")),
        )
        await self.happened(event, case, stream=f"documents/document/{document}")
        return DocumentRef(document=document, kind=evidence)

    async def checked(self, document: str, images: list[bytes], case: str = "c-1", pages: int = 0) -> None:
        """It could be opened; `images` of its pages."""
        identity = new_identity()
        blobs = [new_id() for _ in images]
        for blob, image in zip(blobs, images, strict=True):
            await keep(self.ports.blobs, image, identity, blob)
        sealed = PageImages(blobs=blobs, texts=[""] * len(blobs), identity=identity)
        event = DocumentChecked(
            document=document, pages=pages or len(images), hints=[], blobs=blobs, sealed=Sealed.of(sealed)
        )
        await self.happened(event, case, stream=f"documents/document/{document}")

    async def rejected(self, document: str, case: str = "c-1") -> None:
        event = DocumentRejected(document=document, reason="malware")
        await self.happened(event, case, stream=f"documents/document/{document}")

    async def evidence(self, document: str, kind: str, case: str = "c-1") -> DocumentRef:
        """A PDF that was looked through."""
        ref = await self.uploaded(document, kind, pdf(), "application/pdf", case)
        await self.checked(document, [jpeg(60, 80)], case)
        return ref

    async def stored(self, data: bytes, media_type: str, name: str) -> StoredFile:
        identity = new_identity()
        blob = new_id()
        await keep(self.ports.blobs, data, identity, blob)
        sha256 = hashlib.sha256(data).hexdigest()
        return StoredFile(
            blob=blob, identity=identity, name=name, media_type=media_type, size_bytes=len(data), sha256=sha256
        )

    async def submitted(
        self, office: str, documents: list[DocumentRef] | None = None, case: str = "c-1", **answers: Any
    ) -> str:
        """An application without its receipt. The event's id."""
        content = ApplicationContent(answers={**ANSWERS, **answers}, name="Haddad, Lina", salt="s")
        event = ApplicationSubmitted(
            number=f"AL-{case}",
            service="study_extension",
            catalogue_version=1,
            application="extension",
            office=office,
            party="p",
            documents=documents or [],
            digest="0" * 64,
            sealed=Sealed.of(content),
        )
        return await self.happened(event, case)

    async def receipt(self, case: str = "c-1") -> None:
        file = await self.stored(pdf(text="Eingang"), "application/pdf", "Eingang.pdf")
        event = ReceiptIssued(
            document=DocumentRef(document=f"receipt-{case}", kind="receipt"),
            blobs=[file.blob],
            sealed=Sealed.of(SealedFile(file=file)),
        )
        await self.happened(event, case)

    async def applied(self, office: str, case: str = "c-1", **answers: Any) -> str:
        """A whole application with two documents and its receipt, settled. The event's id."""
        refs = [
            await self.evidence(f"pass-{case}", "passport", case),
            await self.evidence(f"enrolment-{case}", "enrolment", case),
        ]
        submitted = await self.submitted(office, refs, case, **answers)
        await self.receipt(case)
        await self.settled()
        return submitted

    async def opened(self, office: str, case: str = "c-1") -> str:
        event = CaseOpened(
            number=f"AL-{case}",
            service="study_extension",
            application="extension",
            office=office,
            filed_on=date(2026, 11, 23),
            effect="title_continues",
            effect_rule="continuation",
            inaction_from=date(2027, 2, 24),
        )
        return await self.happened(event, case)

    async def erased(self, case: str = "c-1") -> None:
        event = ErasureOrdered(reason="request", keys=[f"case/{case}"], certify_at=NOW)
        await self.happened(event, case, stream=f"review/erasure/{case}")
        await self.settled()

    async def settled(self) -> None:
        await self.stand.settled()

    async def events(self, case: str = "c-1") -> list[Event]:
        """What the gateway said about a case."""
        stored = await self.ports.log.read(f"xoev-gateway/exchange/{case}")
        return [event for record in stored if (event := parse(record.record).event) is not None]

    async def prepared(self, case: str = "c-1") -> list[MessagePrepared]:
        return [event for event in await self.events(case) if isinstance(event, MessagePrepared)]

    async def sent(self, case: str = "c-1") -> list[str]:
        return [event.message for event in await self.events(case) if isinstance(event, MessageSent)]

    async def received(self, case: str = "c-1") -> list[MessageReceived]:
        return [event for event in await self.events(case) if isinstance(event, MessageReceived)]

    async def refused(self, case: str = "c-1") -> list[MessageRefused]:
        return [event for event in await self.events(case) if isinstance(event, MessageRefused)]

    async def xml(self, event: MessagePrepared) -> bytes:
        """The stored message."""
        opened = await self.ports.sealing.open(event.sealed)
        assert isinstance(opened, SealedFile)
        return await file_content(self.service, opened.file)

    async def message(self, type_: str, case: str = "c-1") -> Message:
        """The one message of this type that was written."""
        (event,) = [event for event in await self.prepared(case) if event.type == type_]
        return read(await self.xml(event))

    def lying(self, folder: str) -> list[str]:
        """Names of the files in a folder of the drop."""
        return sorted(file.name for file in (self.drop / folder).glob("*"))


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Gateway]:
    async with alone(definition, folder, NOW) as stand:
        yield Gateway(stand, folder)


@pytest.fixture
def open_gateway() -> Callable[[Path], AbstractAsyncContextManager[Gateway]]:
    """Starts the gateway on a folder, also for the second time."""
    return opened


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with opened(tmp_path) as started:
        yield started


@pytest.fixture(scope="session")
def schemas() -> Schemas:
    folder = os.environ.get("XOEV_SCHEMA_DIR")
    if not folder:
        pytest.skip("XOEV_SCHEMA_DIR is not set: NOTHING WAS CHECKED against the official schemas")
    return Schemas.load(Path(folder))

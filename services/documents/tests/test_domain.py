"""What may happen to a document, in which order."""

from datetime import UTC, datetime
from typing import Any

from aktenlauf.contracts.common import StoredFile
from aktenlauf.contracts.documents import (
    DocumentChecked,
    DocumentDeleted,
    DocumentRejected,
    DocumentScanned,
    DocumentUploaded,
    PageImages,
    UploadedFile,
)
from aktenlauf.contracts.errors import Code
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.documents.domain import (
    DOCUMENT,
    AcceptUpload,
    DeleteDocument,
    RecordCheck,
    RecordScan,
    RejectDocument,
)
from aktenlauf.kit.scope import Party
from aktenlauf.kit.testing.given import given

BASE: dict[str, Any] = {
    "id": "c-1",
    "at": datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
    "actor": "party-1",
    "scope": Party("p"),
    "case": "case",
    "document": "d",
}
STORED = StoredFile(
    blob="b", identity="i", name="Pass.pdf", media_type="application/pdf", size_bytes=3, sha256="0" * 64
)
FILE = UploadedFile(file=STORED, salt="s")
IMAGES = PageImages(blobs=["p1"], texts=[""], identity="i")
UPLOADED = DocumentUploaded(
    document="d", evidence="passport", party="p", digest="x", blobs=["b"], sealed=Sealed.of(FILE)
)
CHECKED = DocumentChecked(document="d", pages=1, hints=["no-text"], blobs=["p1"], sealed=Sealed.of(IMAGES))
REJECTED = DocumentRejected(document="d", reason="unreadable")

ACCEPT = AcceptUpload(**BASE, evidence="passport", party="p", digest="x", blobs=("b",), file=FILE)
SCAN = RecordScan(**BASE, clean=True, scanner="structure-only")
CHECK = RecordCheck(**BASE, pages=1, hints=("no-text",), blobs=("p1",), images=IMAGES)
REJECT = RejectDocument(**BASE, reason="unreadable")


def test_an_upload_becomes_a_document() -> None:
    given(DOCUMENT).when(ACCEPT).then(UPLOADED)


def test_what_was_removed_meanwhile_is_not_looked_through_any_more() -> None:
    removed = DocumentDeleted(document="d")
    for command in (SCAN, CHECK, REJECT):
        given(DOCUMENT, UPLOADED, removed).when(command).quiet()


def test_the_same_upload_again_is_the_same_document() -> None:
    given(DOCUMENT, UPLOADED).when(ACCEPT).quiet()


def test_a_scan_is_recorded_once() -> None:
    scanned = DocumentScanned(document="d", clean=True, scanner="structure-only")
    given(DOCUMENT, UPLOADED).when(SCAN).then(scanned)
    given(DOCUMENT, UPLOADED, scanned).when(SCAN).quiet()


def test_page_images_are_recorded_once() -> None:
    given(DOCUMENT, UPLOADED).when(CHECK).then(CHECKED)
    given(DOCUMENT, UPLOADED, CHECKED).when(CHECK).quiet()


def test_a_document_that_opened_is_not_rejected_later() -> None:
    given(DOCUMENT, UPLOADED).when(REJECT).then(REJECTED)
    given(DOCUMENT, UPLOADED, CHECKED).when(REJECT).quiet()
    given(DOCUMENT, UPLOADED, REJECTED).when(REJECT).quiet()


def test_a_rejected_document_gets_no_page_images() -> None:
    given(DOCUMENT, UPLOADED, REJECTED).when(CHECK).quiet()


def test_a_document_that_was_not_submitted_can_be_removed() -> None:
    removed = DocumentDeleted(document="d")
    given(DOCUMENT, UPLOADED).when(DeleteDocument(**BASE, submitted=False)).then(removed)
    given(DOCUMENT, UPLOADED, removed).when(DeleteDocument(**BASE, submitted=False)).quiet()


def test_a_submitted_document_stays_in_the_file() -> None:
    given(DOCUMENT, UPLOADED).when(DeleteDocument(**BASE, submitted=True)).refused(Code.ALREADY_SUBMITTED)

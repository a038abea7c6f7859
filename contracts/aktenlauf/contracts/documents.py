"""Events of documents: what happened to each piece of evidence."""

from typing import Literal

from aktenlauf.contracts.common import Content, StoredFile
from aktenlauf.contracts.envelope import Event
from aktenlauf.contracts.sealed import Sealed


class UploadedFile(Content):
    """The file as it came."""

    file: StoredFile
    salt: str


class PageImages(Content):
    """Images of the pages, one object each, opened by the document's own identity."""

    blobs: list[str]
    texts: list[str]
    """Text layer of each page, empty where none was recognised."""
    identity: str


class DocumentUploaded(Event):
    """A file was accepted and stored: first event of `documents/document/{document}`."""

    document: str
    evidence: str
    """Evidence kind that it was uploaded for."""
    party: str
    """Who uploaded it, as scope."""
    digest: str
    """SHA-256 over salt and content, hex."""
    blobs: list[str]
    """Names of its objects, open so that erasure can delete them without opening the seal."""
    sealed: Sealed[UploadedFile]


class DocumentScanned(Event):
    """A scanner looked for malicious content."""

    document: str
    clean: bool
    scanner: str


class DocumentChecked(Event):
    """The file could be opened; images of its pages are ready. `hints` advise and never block."""

    document: str
    pages: int
    hints: list[str]
    blobs: list[str]
    """Names of its objects, open so that erasure can delete them without opening the seal."""
    sealed: Sealed[PageImages]


class DocumentRejected(Event):
    """The file cannot be used; the applicant is told why and may upload another."""

    document: str
    reason: Literal["unreadable", "password", "malware"]


class DocumentDeleted(Event):
    """The applicant removed the file before it was submitted."""

    document: str

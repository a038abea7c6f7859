"""What happens to one piece of evidence: stored, looked through, checked or rejected, perhaps removed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from aktenlauf.contracts.documents import (
    DocumentChecked,
    DocumentDeleted,
    DocumentRejected,
    DocumentScanned,
    DocumentUploaded,
    PageImages,
    UploadedFile,
)
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.kit.decider import Code, Command, Decider, Event, Refused


class OfDocument(Command):
    """A command to one document of one case."""

    stream: ClassVar[str] = "documents/document/{document}"
    case: str
    document: str


class AcceptUpload(OfDocument):
    """Take a stored file into the case."""

    evidence: str
    party: str
    digest: str
    blobs: tuple[str, ...]
    file: UploadedFile

    def substance(self) -> dict[str, Any]:
        """A file that is sent again is sealed and stored anew: what it was before that must be the same."""
        sealed_anew = {"digest", "blobs", "file"}
        kept = {name: value for name, value in super().substance().items() if name not in sealed_anew}
        return {**kept, "name": self.file.file.name, "sha256": self.file.file.sha256}


class RecordScan(OfDocument):
    """A scanner has looked."""

    clean: bool
    scanner: str


class RecordCheck(OfDocument):
    """The file opened; its page images are stored."""

    pages: int
    hints: tuple[str, ...]
    blobs: tuple[str, ...]
    images: PageImages


class RejectDocument(OfDocument):
    """The file cannot be used."""

    reason: Literal["unreadable", "password", "malware"]


class DeleteDocument(OfDocument):
    """Remove a file that is not part of a submitted application."""

    submitted: bool
    """Whether the case was submitted with it: then it stays."""


@dataclass(frozen=True)
class Document:
    """State of one document."""

    status: Literal["none", "uploaded", "checked", "rejected", "deleted"] = "none"
    party: str = ""
    scanned: bool = False


def decide(command: OfDocument, state: Document) -> Sequence[Event]:
    """Events that follow, or Refused."""
    match command:
        case AcceptUpload():
            if state.status != "none":
                return []
            return [
                DocumentUploaded(
                    document=command.document,
                    evidence=command.evidence,
                    party=command.party,
                    digest=command.digest,
                    blobs=list(command.blobs),
                    sealed=Sealed.of(command.file),
                )
            ]
        case RecordScan():
            if state.scanned or state.status != "uploaded":
                return []
            return [DocumentScanned(document=command.document, clean=command.clean, scanner=command.scanner)]
        case RecordCheck():
            if state.status != "uploaded":
                return []
            return [
                DocumentChecked(
                    document=command.document,
                    pages=command.pages,
                    hints=list(command.hints),
                    blobs=list(command.blobs),
                    sealed=Sealed.of(command.images),
                )
            ]
        case RejectDocument():
            if state.status != "uploaded":
                return []
            return [DocumentRejected(document=command.document, reason=command.reason)]
        case DeleteDocument():
            return _delete(command, state)
    raise TypeError(type(command).__name__)


def _delete(command: DeleteDocument, state: Document) -> list[Event]:
    if state.status in ("none", "deleted"):
        return []
    if command.submitted:
        raise Refused(Code.ALREADY_SUBMITTED)
    return [DocumentDeleted(document=command.document)]


def evolve(state: Document, event: Event) -> Document:
    """The state after `event`."""
    match event:
        case DocumentUploaded():
            return replace(state, status="uploaded", party=event.party)
        case DocumentScanned():
            return replace(state, scanned=True)
        case DocumentChecked():
            return replace(state, status="checked")
        case DocumentRejected():
            return replace(state, status="rejected")
        case DocumentDeleted():
            return replace(state, status="deleted")
    return state


DOCUMENT: Decider[Document] = Decider(Document, decide, evolve, belongs_to=lambda state: ((), (state.party,)))

DECIDERS: dict[type[Command], Decider[Any]] = dict.fromkeys(OfDocument.__subclasses__(), DOCUMENT)

"""What applicants' pages show: their cases, their mailbox, their files, and who looked."""

from datetime import date
from typing import Any

from aktenlauf.contracts.common import Accessed
from aktenlauf.contracts.documents import (
    DocumentChecked,
    DocumentDeleted,
    DocumentRejected,
    DocumentScanned,
    DocumentUploaded,
)
from aktenlauf.contracts.envelope import Meta
from aktenlauf.contracts.intake import (
    ApplicationSubmitted,
    MessageDelivered,
    MessageRead,
    QuestionAnswered,
    ReceiptIssued,
    SupplementFiled,
)
from aktenlauf.intake.case_view import applications, open_evidence, open_questions
from aktenlauf.kit.erasure import stored_blobs
from aktenlauf.kit.views import Document, View

__all__ = [
    "applications",
    "evidence",
    "looks",
    "mailbox",
    "new_uploads",
    "open_evidence",
    "open_questions",
    "stored",
]

mailbox = View("mailbox", version=1, indexes=("latest",))
"""The messages of a case, newest first; `unread` counts those that were not opened."""

evidence = View("evidence", version=1)
"""The files of a case, drafts included: {documents: {id: {id, evidence, status, sealed, pages, hints, filed, ...}}}.
`status`: uploaded, checked, rejected (then `reason`), deleted."""

looks = View("looks", version=1)
"""Who looked at a case: {entries: [{at, role, office, what, document, service}]}, newest first."""

stored = stored_blobs("stored_blobs", ReceiptIssued)


def new_uploads(doc: Document | None) -> list[Document]:
    """From an evidence document: usable files that are not part of the application yet, oldest first."""
    files = (doc or {}).get("documents", {}).values()
    fresh = [file for file in files if file["status"] in ("uploaded", "checked") and not file.get("filed")]
    return sorted(fresh, key=lambda file: (file["at"], file["id"]))


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


# --- mailbox -------------------------------------------------------------------------------------------------------


@mailbox.on(ApplicationSubmitted)
def box_opened(doc: Document, event: ApplicationSubmitted, meta: Meta) -> None:
    """Whose it is."""
    doc.update(case=meta.case, offices=[event.office], parties=[event.party], office=event.office)
    doc.update(number=event.number, service=event.service, latest=meta.time, application=event.sealed.token)
    doc.update(messages=[], unread=0)


@mailbox.on(MessageDelivered)
def box_delivered(doc: Document, event: MessageDelivered, meta: Meta) -> None:
    """A message of the office or of ours."""
    entry = {
        "id": event.message,
        "from": "office",
        "at": meta.time,
        "about": event.about,
        "refers_to": event.refers_to,
        "deadline": _iso(event.deadline),
        "documents": [ref.document for ref in event.documents],
        "sealed": event.sealed.token,
        "read_at": None,
        "answered": False,
    }
    doc["messages"].insert(0, entry)
    doc.update(latest=meta.time, unread=doc["unread"] + 1)


@mailbox.on(MessageRead)
def box_read(doc: Document, event: MessageRead, meta: Meta) -> None:
    """Opened."""
    for message in doc["messages"]:
        if message["id"] == event.message:
            message["read_at"] = meta.time
    doc["unread"] = sum(1 for m in doc["messages"] if m["from"] == "office" and not m["read_at"])


@mailbox.on(QuestionAnswered)
def box_answered(doc: Document, event: QuestionAnswered, meta: Meta) -> None:
    """What the applicant wrote stands in the same thread."""
    for message in doc["messages"]:
        if event.question is not None and message.get("refers_to") == event.question:
            message["answered"] = True
    documents = [ref.document for ref in event.documents]
    entry = {"id": meta.id, "from": "applicant", "at": meta.time, "answers": event.question, "documents": documents}
    doc["messages"].insert(0, {**entry, "sealed": event.sealed.token})
    doc["latest"] = meta.time


# --- evidence -----------------------------------------------------------------------------------------------------


@evidence.on(DocumentUploaded)
def file_uploaded(doc: Document, event: DocumentUploaded, meta: Meta) -> None:
    """A file came; for drafts this is the first that is heard of a case."""
    doc.setdefault("parties", [event.party])
    file = _document(doc, event.document)
    file.update(evidence=event.evidence, at=meta.time, sealed=event.sealed.token, status="uploaded")


@evidence.on(DocumentScanned)
def file_scanned(doc: Document, event: DocumentScanned, meta: Meta) -> None:
    """A scanner looked."""
    _document(doc, event.document)["clean"] = event.clean


@evidence.on(DocumentChecked)
def file_checked(doc: Document, event: DocumentChecked, meta: Meta) -> None:
    """It could be opened."""
    _document(doc, event.document).update(pages=event.pages, hints=event.hints, status="checked")


@evidence.on(DocumentRejected)
def file_rejected(doc: Document, event: DocumentRejected, meta: Meta) -> None:
    """It cannot be used."""
    _document(doc, event.document).update(status="rejected", reason=event.reason)


@evidence.on(DocumentDeleted)
def file_deleted(doc: Document, event: DocumentDeleted, meta: Meta) -> None:
    """Taken away before it was submitted."""
    _document(doc, event.document)["status"] = "deleted"


@evidence.on(ApplicationSubmitted, SupplementFiled, QuestionAnswered)
def files_filed(doc: Document, event: Any, meta: Meta) -> None:
    """From now on part of the application."""
    if isinstance(event, ApplicationSubmitted):
        doc.update(offices=[event.office], parties=[event.party])
    for ref in event.documents:
        _document(doc, ref.document).update(evidence=ref.kind, filed=True)


def _document(doc: Document, document: str) -> Document:
    found: Document = doc.setdefault("documents", {}).setdefault(document, {"id": document, "status": "unknown"})
    return found


# --- looks --------------------------------------------------------------------------------------------------------


@looks.on(ApplicationSubmitted)
def looks_opened(doc: Document, event: ApplicationSubmitted, meta: Meta) -> None:
    """Whose file it is."""
    doc.update(offices=[event.office], parties=[event.party], number=event.number)


@looks.on(Accessed)
def looked_at(doc: Document, event: Accessed, meta: Meta) -> None:
    """Role and office, never the name: the applicant is told what they are entitled to know."""
    entry = {"id": meta.id, "at": meta.time, "role": event.role, "office": event.office, "service": meta.source}
    entries = doc.setdefault("entries", [])
    entries.append({**entry, "what": event.what, "document": event.document})
    entries.sort(key=lambda look: (look["at"], look["id"]), reverse=True)

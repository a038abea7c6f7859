"""What the evidence pages show: the documents of a case, its own and those that other services made.

A draft is no event, so before submission a case is known here only by its uploads (and by the browser's grant).
"""

from typing import Any

from aktenlauf.contracts.common import PersonalDataErased
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
from aktenlauf.contracts.review import DecisionIssued, EvidenceRequested, EvidenceReviewed
from aktenlauf.contracts.xoev_gateway import MessagePrepared, MessageReceived
from aktenlauf.kit.erasure import stored_blobs
from aktenlauf.kit.views import Document, View
from aktenlauf.kit.web.unread import unread_messages

files = View("files", version=4)
"""Per case: `documents` {id: {evidence, status, sealed, images, pages, hints, reason, filed}}, `uploads` how many there
were with those that were removed, `made` {id: {kind, sealed}}, `demanded` evidence kinds, `requests` of the office,
`supplied` {evidence: when last}."""

stored = stored_blobs("stored_blobs", DocumentUploaded, DocumentChecked)

unread = unread_messages(ApplicationSubmitted, MessageDelivered, MessageRead)


@files.on(ApplicationSubmitted)
def submit(doc: Document, event: ApplicationSubmitted, meta: Meta) -> None:
    _party(doc, event.party)
    doc.update(offices=[event.office], submitted=True, number=event.number, demanded=event.evidence)
    for ref in event.documents:
        _document(doc, ref.document)["filed"] = True


@files.on(SupplementFiled, QuestionAnswered)
def supplement(doc: Document, event: SupplementFiled | QuestionAnswered, meta: Meta) -> None:
    for ref in event.documents:
        _document(doc, ref.document)["filed"] = True
        supplied = doc.setdefault("supplied", {})
        supplied[ref.kind] = max(meta.time, supplied.get(ref.kind, ""))


@files.on(EvidenceRequested)
def request(doc: Document, event: EvidenceRequested, meta: Meta) -> None:
    asked = {"evidence": list(event.evidence), "deadline": event.deadline.isoformat(), "at": meta.time}
    doc.setdefault("requests", {})[event.request] = asked


@files.on(EvidenceReviewed)
def review(doc: Document, event: EvidenceReviewed, meta: Meta) -> None:
    doc.setdefault("verdicts", {})[event.evidence] = event.verdict


@files.on(DocumentUploaded)
def upload(doc: Document, event: DocumentUploaded, meta: Meta) -> None:
    _party(doc, event.party)
    doc["uploads"] = doc.get("uploads", 0) + 1
    entry = _document(doc, event.document)
    entry.update(evidence=event.evidence, status="uploaded", sealed=event.sealed.token, at=meta.time)


@files.on(DocumentScanned)
def scan(doc: Document, event: DocumentScanned, meta: Meta) -> None:
    _document(doc, event.document)["scanner"] = event.scanner


@files.on(DocumentChecked)
def check(doc: Document, event: DocumentChecked, meta: Meta) -> None:
    entry = _document(doc, event.document)
    entry.update(status="checked", pages=event.pages, hints=event.hints, images=event.sealed.token)


@files.on(DocumentRejected)
def reject(doc: Document, event: DocumentRejected, meta: Meta) -> None:
    _document(doc, event.document).update(status="rejected", reason=event.reason)


@files.on(DocumentDeleted)
def delete(doc: Document, event: DocumentDeleted, meta: Meta) -> None:
    doc.get("documents", {}).pop(event.document, None)


@files.on(ReceiptIssued, DecisionIssued, MessagePrepared, MessageReceived)
def make(doc: Document, event: Any, meta: Meta) -> None:
    entry = {"kind": event.document.kind, "sealed": event.sealed.token, "at": meta.time}
    doc.setdefault("made", {})[event.document.document] = entry


@files.on(PersonalDataErased)
def erase(doc: Document, event: PersonalDataErased, meta: Meta) -> None:
    doc["erased_at"] = meta.time


def still_asked(doc: Document) -> dict[str, str]:
    """The deadline of each evidence kind that was not supplied after the office asked for it.

    By time, as the request and the answer come from two services and may be heard in either order.
    """
    supplied = doc.get("supplied", {})
    return {
        kind: asked["deadline"]
        for asked in doc.get("requests", {}).values()
        for kind in asked["evidence"]
        if supplied.get(kind, "") < asked["at"]
    }


def _party(doc: Document, party: str) -> None:
    if party not in doc.setdefault("parties", []):
        doc["parties"].append(party)


def _document(doc: Document, document: str) -> Document:
    entry: Document = doc.setdefault("documents", {}).setdefault(document, {"id": document})
    return entry

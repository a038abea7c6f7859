"""The case file: everything that a caseworker sees of one case, one document a case.

Topics arrive in any order between services, so no handler relies on another service's event having come before.
"""

from datetime import date

from aktenlauf.contracts.common import DocumentRef, ErasureOrdered, PersonalDataErased
from aktenlauf.contracts.documents import (
    DocumentChecked,
    DocumentDeleted,
    DocumentRejected,
    DocumentScanned,
    DocumentUploaded,
)
from aktenlauf.contracts.envelope import Meta, timestamp
from aktenlauf.contracts.intake import (
    ApplicationSubmitted,
    ApplicationWithdrawn,
    MessageDelivered,
    MessageRead,
    QuestionAnswered,
    ReceiptIssued,
    SupplementFiled,
)
from aktenlauf.contracts.review import (
    AnswerReceived,
    CaseAssigned,
    CaseClosed,
    CaseOpened,
    DecisionApproved,
    DecisionIssued,
    DecisionProposed,
    DecisionReturned,
    EvidenceRequested,
    EvidenceReviewed,
    QuestionAsked,
    SupplementReceived,
)
from aktenlauf.contracts.scheduling import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentMoved,
    AppointmentOffered,
    AttendanceRecorded,
    OfferExpired,
)
from aktenlauf.contracts.xoev_gateway import MessagePrepared, MessageReceived, MessageSent
from aktenlauf.kit.views import DELETE, Document, View
from aktenlauf.kit.web.told import tell

case_file = View("case_file", version=4)
"""`sealed` content of the application, `documents` {id: ...}, `verdicts` {kind: ...}, `messages` {id: ...}, `proposal`,
`decision`, `appointment`, `mailbox` {message: ...}, `exchange` {message: ...}, `told` events that documents
needs to show a file (`kit.web.told`), `version` of the case's stream."""


DRAFTS_OWNER = "intake"
"""Erases drafts; what was submitted is erased by review. Of a draft, known by its uploads alone, nothing is left."""


@case_file.on(ApplicationSubmitted)
def file_application(doc: Document, event: ApplicationSubmitted, meta: Meta) -> None:
    doc.update(
        case=meta.case,
        offices=[event.office],
        office=event.office,
        submitted_at=meta.time,
        catalogue_version=event.catalogue_version,
        residence_title=event.residence_title,
        sealed=event.sealed.token,
    )
    _file_documents(doc, event.documents, meta)


@case_file.on(CaseOpened)
def file_case(doc: Document, event: CaseOpened, meta: Meta) -> None:
    doc.update(event.model_dump(mode="json"), version=meta.version)
    doc.setdefault("status", "open")


@case_file.on(DocumentUploaded)
def file_uploaded(doc: Document, event: DocumentUploaded, meta: Meta) -> None:
    _document(doc, event.document).update(evidence=event.evidence, sealed=event.sealed.token, uploaded_at=meta.time)


@case_file.on(DocumentScanned)
def file_scanned(doc: Document, event: DocumentScanned, meta: Meta) -> None:
    _document(doc, event.document).update(scanner=event.scanner, clean=event.clean)


@case_file.on(DocumentChecked)
def file_checked(doc: Document, event: DocumentChecked, meta: Meta) -> None:
    _document(doc, event.document).update(pages=event.pages, hints=event.hints, images=event.sealed.token)
    tell(doc, event.document, meta)


@case_file.on(DocumentRejected)
def file_rejected(doc: Document, event: DocumentRejected, meta: Meta) -> None:
    _document(doc, event.document)["rejected"] = event.reason


@case_file.on(DocumentDeleted)
def file_deleted(doc: Document, event: DocumentDeleted, meta: Meta) -> None:
    _document(doc, event.document)["deleted"] = True


@case_file.on(SupplementFiled)
def file_supplement(doc: Document, event: SupplementFiled, meta: Meta) -> None:
    _file_documents(doc, event.documents, meta)


@case_file.on(QuestionAnswered)
def file_answer(doc: Document, event: QuestionAnswered, meta: Meta) -> None:
    _file_documents(doc, event.documents, meta)
    _message(doc, meta.id).update(
        {"at": meta.time, "from": "applicant", "sealed": event.sealed.token, "answers": event.question},
        documents=[ref.document for ref in event.documents],
    )


@case_file.on(ReceiptIssued)
def file_receipt(doc: Document, event: ReceiptIssued, meta: Meta) -> None:
    doc["receipt"] = {"document": event.document.document, "at": meta.time}
    tell(doc, event.document.document, meta)


@case_file.on(MessageDelivered)
def file_delivered(doc: Document, event: MessageDelivered, meta: Meta) -> None:
    _mail(doc, event.message).update(about=event.about, refers_to=event.refers_to, delivered_at=meta.time)


@case_file.on(MessageRead)
def file_read(doc: Document, event: MessageRead, meta: Meta) -> None:
    _mail(doc, event.message)["read_at"] = meta.time


@case_file.on(CaseAssigned)
def file_assigned(doc: Document, event: CaseAssigned, meta: Meta) -> None:
    doc.update(assignee=event.staff, assigned_at=meta.time, version=meta.version)


@case_file.on(EvidenceReviewed)
def file_reviewed(doc: Document, event: EvidenceReviewed, meta: Meta) -> None:
    verdict = {"verdict": event.verdict, "at": meta.time, "by": meta.actor, "document": event.document}
    verdict["sealed"] = event.sealed.token if event.sealed else None
    doc.setdefault("verdicts", {})[event.evidence] = verdict
    doc["version"] = meta.version


@case_file.on(EvidenceRequested)
def file_requested(doc: Document, event: EvidenceRequested, meta: Meta) -> None:
    _message(doc, event.request).update(
        {"at": meta.time, "from": "office", "by": meta.actor, "sealed": event.sealed.token},
        evidence=event.evidence,
        deadline=event.deadline.isoformat(),
        open=list(event.evidence),
    )
    doc["version"] = meta.version


@case_file.on(QuestionAsked)
def file_asked(doc: Document, event: QuestionAsked, meta: Meta) -> None:
    _message(doc, event.question).update(
        {"at": meta.time, "from": "office", "by": meta.actor, "sealed": event.sealed.token},
        deadline=_iso(event.deadline),
        question=True,
    )
    doc["version"] = meta.version


@case_file.on(SupplementReceived)
def file_supplied(doc: Document, event: SupplementReceived, meta: Meta) -> None:
    """What came in is no longer missing, and must be looked at again: as in the domain."""
    kinds = {document.kind for document in event.documents}
    for message in doc.get("messages", {}).values():
        if "open" in message:
            message["open"] = [kind for kind in message["open"] if kind not in kinds]
    for kind in kinds:
        doc.get("verdicts", {}).pop(kind, None)
    doc["version"] = meta.version


@case_file.on(AnswerReceived)
def file_answered(doc: Document, event: AnswerReceived, meta: Meta) -> None:
    if event.question:
        _message(doc, event.question)["answered"] = True
    doc["version"] = meta.version


@case_file.on(DecisionProposed)
def file_proposed(doc: Document, event: DecisionProposed, meta: Meta) -> None:
    doc["proposal"] = {
        "decision": event.decision,
        "outcome": event.outcome,
        "valid_until": _iso(event.valid_until),
        "staff": event.staff,
        "at": meta.time,
        "sealed": event.sealed.token,
    }
    doc.update(status="proposed", returned=None, version=meta.version)


@case_file.on(DecisionReturned)
def file_returned(doc: Document, event: DecisionReturned, meta: Meta) -> None:
    before = doc.get("proposal") or {}
    doc["returned"] = {**before, "note": event.sealed.token, "by": event.staff, "returned_at": meta.time}
    doc.update(status="open", proposal=None, version=meta.version)


@case_file.on(DecisionApproved)
def file_approved(doc: Document, event: DecisionApproved, meta: Meta) -> None:
    doc.setdefault("proposal", {}).update(approved_by=event.staff, approved_at=meta.time)
    doc.update(status="approved", version=meta.version)


@case_file.on(DecisionIssued)
def file_issued(doc: Document, event: DecisionIssued, meta: Meta) -> None:
    doc["decision"] = {**event.model_dump(mode="json", exclude={"sealed", "blobs"}), "at": meta.time}
    doc.update(status="issued", version=meta.version)
    tell(doc, event.document.document, meta)


@case_file.on(CaseClosed)
def file_closed(doc: Document, event: CaseClosed, meta: Meta) -> None:
    doc.update(status="closed", closed=event.reason, closed_at=meta.time, version=meta.version)


@case_file.on(ApplicationWithdrawn)
def file_withdrawn(doc: Document, event: ApplicationWithdrawn, meta: Meta) -> None:
    doc["withdrawn_at"] = meta.time


@case_file.on(AppointmentOffered)
def file_offered(doc: Document, event: AppointmentOffered, meta: Meta) -> None:
    offer = {"state": "offered", "purpose": event.purpose, "until": timestamp(event.until), "at": meta.time}
    doc["appointment"] = {**offer, "minutes": event.minutes}


@case_file.on(AppointmentBooked, AppointmentMoved)
def file_booked(doc: Document, event: AppointmentBooked | AppointmentMoved, meta: Meta) -> None:
    slot = event.slot.model_dump(mode="json")
    doc.setdefault("appointment", {}).update(state="booked", slot=slot, at=meta.time)


@case_file.on(AppointmentCancelled, OfferExpired)
def file_no_appointment(doc: Document, event: AppointmentCancelled | OfferExpired, meta: Meta) -> None:
    state = "cancelled" if isinstance(event, AppointmentCancelled) else "expired"
    doc.setdefault("appointment", {}).update(state=state, slot=None, at=meta.time)


@case_file.on(AttendanceRecorded)
def file_attendance(doc: Document, event: AttendanceRecorded, meta: Meta) -> None:
    doc.setdefault("appointment", {})["came"] = event.came


@case_file.on(MessagePrepared)
def file_message_out(doc: Document, event: MessagePrepared, meta: Meta) -> None:
    entry = {"type": event.type, "direction": event.direction, "checked": event.checked, "at": meta.time}
    _exchanged(doc, event.message).update(entry, document=event.document.document)
    tell(doc, event.document.document, meta)


@case_file.on(MessageSent)
def file_message_sent(doc: Document, event: MessageSent, meta: Meta) -> None:
    _exchanged(doc, event.message)["sent_at"] = meta.time


@case_file.on(MessageReceived)
def file_message_in(doc: Document, event: MessageReceived, meta: Meta) -> None:
    entry = {"type": event.type, "direction": "from-office", "status": event.status, "at": meta.time}
    _exchanged(doc, event.message).update(entry, document=event.document.document)
    tell(doc, event.document.document, meta)


@case_file.on(ErasureOrdered)
def file_erasure(doc: Document, event: ErasureOrdered, meta: Meta) -> object:
    if meta.source == DRAFTS_OWNER:
        return DELETE
    doc["erasure"] = {**doc.get("erasure", {}), "at": meta.time, "by": meta.actor, "reason": event.reason}
    return None


@case_file.on(PersonalDataErased)
def file_erased(doc: Document, event: PersonalDataErased, meta: Meta) -> object:
    if meta.source == DRAFTS_OWNER:
        return DELETE
    doc["erasure"] = {**doc.get("erasure", {}), "certified_at": meta.time, "certificate": meta.id}
    return None


def _document(doc: Document, document: str) -> Document:
    return _entry(doc, "documents", document)


def _message(doc: Document, message: str) -> Document:
    return _entry(doc, "messages", message)


def _mail(doc: Document, message: str) -> Document:
    return _entry(doc, "mailbox", message)


def _exchanged(doc: Document, message: str) -> Document:
    return _entry(doc, "exchange", message)


def _entry(doc: Document, part: str, key: str) -> Document:
    found: Document = doc.setdefault(part, {}).setdefault(key, {"id": key})
    return found


def _file_documents(doc: Document, documents: list[DocumentRef], meta: Meta) -> None:
    for ref in documents:
        _document(doc, ref.document).update(evidence=ref.kind, filed=True)
        tell(doc, ref.document, meta)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None

"""What the office's pages show: the worklist, the case file, the history, and colleagues' names.

Topics arrive in any order between services, so no handler relies on another service's event having come before.
"""

from datetime import date
from typing import Any

from aktenlauf.contracts.common import Accessed, DocumentRef, ErasureOrdered, PersonalDataErased
from aktenlauf.contracts.documents import (
    DocumentChecked,
    DocumentDeleted,
    DocumentRejected,
    DocumentScanned,
    DocumentUploaded,
)
from aktenlauf.contracts.envelope import Event, Meta
from aktenlauf.contracts.intake import (
    ApplicationSubmitted,
    ApplicationWithdrawn,
    MessageDelivered,
    MessageRead,
    NotificationSent,
    QuestionAnswered,
    ReceiptIssued,
    SupplementFiled,
)
from aktenlauf.contracts.review import (
    AnswerReceived,
    AppointmentRequired,
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
    StaffIdentified,
    SupplementReceived,
)
from aktenlauf.contracts.scheduling import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentMoved,
    AppointmentOffered,
    AttendanceRecorded,
    ChoiceLost,
    OfferExpired,
    SlotChosen,
)
from aktenlauf.contracts.xoev_gateway import MessagePrepared, MessageReceived, MessageRefused, MessageSent
from aktenlauf.kit.erasure import stored_blobs
from aktenlauf.kit.views import Document, View

SOON_DAYS = 21
"""From when on a title that runs out is urgent in the worklist; a choice of ours, not of law."""

worklist = View("worklist", version=1, indexes=("state", "due", "assignee", "number"))
"""One row a case. `state`: open, asked, proposed, approved, issued, closed. `due`: the next date that matters (ISO)."""

case_file = View("case_file", version=1)
"""Everything a caseworker sees of one case."""

history = View("history", version=1)
"""Every event of all services about the case, in the order in which review learned of them."""

staff_names = View("staff_names", version=1)
"""{sealed} by pseudonym; offices = those that may read it."""

stored = stored_blobs("stored_blobs", DecisionIssued)


# --- worklist -----------------------------------------------------------------------------------------------------


@worklist.on(ApplicationSubmitted)
def row_of_application(doc: Document, event: ApplicationSubmitted, meta: Meta) -> None:
    doc.update(case=meta.case, offices=[event.office], sealed=event.sealed.token, evidence=event.evidence)
    doc.setdefault("state", "open")
    _count_evidence(doc)


@worklist.on(CaseOpened)
def row_of_case(doc: Document, event: CaseOpened, meta: Meta) -> None:
    doc.update(
        number=event.number,
        service=event.service,
        application=event.application,
        effect=event.effect,
        title_valid_until=_iso(event.title_valid_until),
        filed_on=event.filed_on.isoformat(),
        inaction_from=event.inaction_from.isoformat(),
    )
    _set_due(doc)


@worklist.on(CaseAssigned)
def row_assigned(doc: Document, event: CaseAssigned, meta: Meta) -> None:
    doc.update(assignee=event.staff)


@worklist.on(EvidenceRequested)
def row_requested(doc: Document, event: EvidenceRequested, meta: Meta) -> None:
    doc.setdefault("waiting", {})[event.request] = event.deadline.isoformat()
    doc.update(state="asked", new=False)
    _set_due(doc)


@worklist.on(QuestionAsked)
def row_asked(doc: Document, event: QuestionAsked, meta: Meta) -> None:
    doc.setdefault("waiting", {})[event.question] = _iso(event.deadline)
    doc.update(state="asked", new=False)
    _set_due(doc)


@worklist.on(SupplementReceived)
def row_supplied(doc: Document, event: SupplementReceived, meta: Meta) -> None:
    doc.setdefault("waiting", {}).pop(event.request, None)
    _came_in(doc, "evidence")


@worklist.on(AnswerReceived)
def row_answered(doc: Document, event: AnswerReceived, meta: Meta) -> None:
    doc.setdefault("waiting", {}).pop(event.question, None)
    _came_in(doc, "answer")


@worklist.on(EvidenceReviewed)
def row_reviewed(doc: Document, event: EvidenceReviewed, meta: Meta) -> None:
    doc.setdefault("verdicts", {})[event.evidence] = event.verdict
    doc["new"] = False
    _count_evidence(doc)


@worklist.on(DecisionProposed)
def row_proposed(doc: Document, event: DecisionProposed, meta: Meta) -> None:
    doc.update(state="proposed", proposed_by=event.staff, new=False)


@worklist.on(DecisionReturned)
def row_returned(doc: Document, event: DecisionReturned, meta: Meta) -> None:
    doc.update(state="open", new="returned")


@worklist.on(DecisionApproved)
def row_approved(doc: Document, event: DecisionApproved, meta: Meta) -> None:
    doc.update(state="approved")


@worklist.on(DecisionIssued)
def row_issued(doc: Document, event: DecisionIssued, meta: Meta) -> None:
    doc.update(state="issued", outcome=event.outcome)


@worklist.on(CaseClosed)
def row_closed(doc: Document, event: CaseClosed, meta: Meta) -> None:
    doc.update(state="closed", closed=event.reason, new=False)


def _came_in(doc: Document, what: str) -> None:
    if doc.get("state") == "asked" and not doc["waiting"]:
        doc["state"] = "open"
    doc["new"] = what
    _set_due(doc)


def _set_due(doc: Document) -> None:
    """The next date that matters: the end of the title, of a deadline, or of the three months of § 75 VwGO."""
    waiting = [deadline for deadline in doc.get("waiting", {}).values() if deadline]
    dates = [doc.get("title_valid_until"), doc.get("inaction_from"), *waiting]
    doc["due"] = min((day for day in dates if day), default=None)


def _count_evidence(doc: Document) -> None:
    demanded = doc.get("evidence", [])
    verdicts = doc.get("verdicts", {})
    doc["evidence_done"] = sum(1 for kind in demanded if verdicts.get(kind) in ("accepted", "not-needed"))


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


# --- case file ----------------------------------------------------------------------------------------------------


@case_file.on(ApplicationSubmitted)
def file_application(doc: Document, event: ApplicationSubmitted, meta: Meta) -> None:
    doc.update(
        case=meta.case,
        offices=[event.office],
        office=event.office,
        submitted_at=meta.time,
        catalogue_version=event.catalogue_version,
        digest=event.digest,
        sealed=event.sealed.token,
    )
    _file_documents(doc, event.documents)


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


@case_file.on(DocumentRejected)
def file_rejected(doc: Document, event: DocumentRejected, meta: Meta) -> None:
    _document(doc, event.document)["rejected"] = event.reason


@case_file.on(DocumentDeleted)
def file_deleted(doc: Document, event: DocumentDeleted, meta: Meta) -> None:
    _document(doc, event.document)["deleted"] = True


@case_file.on(SupplementFiled)
def file_supplement(doc: Document, event: SupplementFiled, meta: Meta) -> None:
    _file_documents(doc, event.documents)


@case_file.on(QuestionAnswered)
def file_answer(doc: Document, event: QuestionAnswered, meta: Meta) -> None:
    _file_documents(doc, event.documents)
    entry = {"id": meta.id, "at": meta.time, "from": "applicant", "sealed": event.sealed.token}
    doc.setdefault("messages", []).append({**entry, "answers": event.question})


@case_file.on(ReceiptIssued)
def file_receipt(doc: Document, event: ReceiptIssued, meta: Meta) -> None:
    doc["receipt"] = event.document.document


@case_file.on(CaseAssigned)
def file_assigned(doc: Document, event: CaseAssigned, meta: Meta) -> None:
    doc.update(assignee=event.staff, version=meta.version)


@case_file.on(EvidenceReviewed)
def file_reviewed(doc: Document, event: EvidenceReviewed, meta: Meta) -> None:
    verdict: Document = {"verdict": event.verdict, "at": meta.time, "by": meta.actor, "document": event.document}
    verdict["sealed"] = event.sealed.token if event.sealed else None
    doc.setdefault("verdicts", {})[event.evidence] = verdict
    doc["version"] = meta.version


@case_file.on(EvidenceRequested)
def file_requested(doc: Document, event: EvidenceRequested, meta: Meta) -> None:
    entry: Document = {"id": event.request, "at": meta.time, "from": "office", "by": meta.actor, "sealed": event.sealed.token}
    entry.update(evidence=event.evidence, deadline=event.deadline.isoformat(), open=list(event.evidence))
    doc.setdefault("messages", []).append(entry)
    doc["version"] = meta.version


@case_file.on(QuestionAsked)
def file_asked(doc: Document, event: QuestionAsked, meta: Meta) -> None:
    entry = {"id": event.question, "at": meta.time, "from": "office", "by": meta.actor, "sealed": event.sealed.token}
    doc.setdefault("messages", []).append({**entry, "deadline": _iso(event.deadline), "question": True})
    doc["version"] = meta.version


@case_file.on(SupplementReceived)
def file_supplied(doc: Document, event: SupplementReceived, meta: Meta) -> None:
    kinds = {document.kind for document in event.documents}
    for message in doc.get("messages", []):
        message["open"] = [kind for kind in message.get("open", []) if kind not in kinds]
    for kind in kinds:
        doc.get("verdicts", {}).pop(kind, None)
    doc["version"] = meta.version


@case_file.on(AnswerReceived)
def file_answered(doc: Document, event: AnswerReceived, meta: Meta) -> None:
    for message in doc.get("messages", []):
        if message["id"] == event.question:
            message["answered"] = True
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
    doc["returned"] = {
        **doc.get("proposal", {}),
        "note": event.sealed.token,
        "by": event.staff,
        "returned_at": meta.time,
    }
    doc.update(status="open", proposal=None, version=meta.version)


@case_file.on(DecisionApproved)
def file_approved(doc: Document, event: DecisionApproved, meta: Meta) -> None:
    doc.setdefault("proposal", {})["approved_by"] = event.staff
    doc.update(status="approved", version=meta.version)


@case_file.on(DecisionIssued)
def file_issued(doc: Document, event: DecisionIssued, meta: Meta) -> None:
    doc["decision"] = {**event.model_dump(mode="json", exclude={"sealed"}), "at": meta.time}
    doc.update(status="issued", version=meta.version)


@case_file.on(CaseClosed)
def file_closed(doc: Document, event: CaseClosed, meta: Meta) -> None:
    doc.update(status="closed", closed=event.reason, version=meta.version)


@case_file.on(ApplicationWithdrawn)
def file_withdrawn(doc: Document, event: ApplicationWithdrawn, meta: Meta) -> None:
    doc["withdrawn_at"] = meta.time


@case_file.on(MessageRead)
def file_read(doc: Document, event: MessageRead, meta: Meta) -> None:
    doc.setdefault("retrieved", {})[event.message] = meta.time


@case_file.on(AppointmentOffered, AppointmentBooked, AppointmentMoved, AppointmentCancelled, OfferExpired)
def file_appointment(doc: Document, event: Any, meta: Meta) -> None:
    slot = getattr(event, "slot", None)
    start = slot.model_dump(mode="json") if slot else None
    doc["appointment"] = {"state": _state_of(event), "slot": start, "at": meta.time}


@case_file.on(AttendanceRecorded)
def file_attendance(doc: Document, event: AttendanceRecorded, meta: Meta) -> None:
    doc.setdefault("appointment", {})["came"] = event.came


@case_file.on(MessagePrepared)
def file_message_out(doc: Document, event: MessagePrepared, meta: Meta) -> None:
    entry = {"type": event.type, "direction": event.direction, "checked": event.checked, "at": meta.time}
    doc.setdefault("exchange", {})[event.message] = {**entry, "document": event.document.document}


@case_file.on(MessageSent)
def file_message_sent(doc: Document, event: MessageSent, meta: Meta) -> None:
    doc.setdefault("exchange", {}).setdefault(event.message, {})["sent_at"] = meta.time


@case_file.on(MessageReceived)
def file_message_in(doc: Document, event: MessageReceived, meta: Meta) -> None:
    entry = {"type": event.type, "direction": "from-office", "status": event.status, "at": meta.time}
    doc.setdefault("exchange", {})[event.message] = {**entry, "document": event.document.document}


@case_file.on(PersonalDataErased)
def file_erased(doc: Document, event: PersonalDataErased, meta: Meta) -> None:
    doc["erased_at"] = meta.time


def _state_of(event: Event) -> str:
    return {
        "AppointmentOffered": "offered",
        "AppointmentBooked": "booked",
        "AppointmentMoved": "booked",
        "AppointmentCancelled": "cancelled",
        "OfferExpired": "expired",
    }[type(event).__name__]


def _document(doc: Document, document: str) -> Document:
    found: Document = doc.setdefault("documents", {}).setdefault(document, {"id": document})
    return found


def _file_documents(doc: Document, documents: list[DocumentRef]) -> None:
    for ref in documents:
        _document(doc, ref.document).update(evidence=ref.kind, filed=True)


# --- history ------------------------------------------------------------------------------------------------------

HISTORY_EVENTS: tuple[type[Event], ...] = (
    ApplicationSubmitted, ReceiptIssued, SupplementFiled, QuestionAnswered, ApplicationWithdrawn, MessageDelivered,
    MessageRead, NotificationSent, DocumentUploaded, DocumentScanned, DocumentChecked, DocumentRejected,
    DocumentDeleted, CaseOpened, CaseAssigned, EvidenceReviewed, EvidenceRequested, QuestionAsked, SupplementReceived,
    AnswerReceived, DecisionProposed, DecisionReturned, DecisionApproved, DecisionIssued, AppointmentRequired,
    CaseClosed, AppointmentOffered, SlotChosen, ChoiceLost, AppointmentBooked, AppointmentMoved, AppointmentCancelled,
    OfferExpired, AttendanceRecorded, MessagePrepared, MessageSent, MessageRefused, MessageReceived, Accessed,
    ErasureOrdered, PersonalDataErased,
)  # fmt: skip


@history.on(*HISTORY_EVENTS)
def remember(doc: Document, event: Any, meta: Meta) -> None:
    """One entry an event: what, when, who, and its open fields; nothing sealed."""
    if isinstance(event, ApplicationSubmitted):
        doc["offices"] = [event.office]
    entry: Document = {"id": meta.id, "kind": meta.type.split(".")[3], "service": meta.source, "at": meta.time}
    entry["actor"] = meta.actor
    entry["data"] = event.model_dump(mode="json", exclude={"sealed", "blobs", "digest", "party"}, exclude_none=True)
    doc.setdefault("entries", []).append(entry)


# --- colleagues ---------------------------------------------------------------------------------------------------


def _by_staff(event: StaffIdentified, meta: Meta) -> str:
    return event.staff


@staff_names.on(StaffIdentified, key=_by_staff)
def name_colleague(doc: Document, event: StaffIdentified, meta: Meta) -> None:
    doc.update(offices=[event.office], sealed=event.sealed.token)

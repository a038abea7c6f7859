"""The applicant's case: one document a case, and what follows from the facts in it.

Topics arrive in any order between services, so handlers remember facts; status, stage and what is still open are worked
out from all of them each time.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from aktenlauf.contracts.common import DocumentRef, ErasureOrdered, PersonalDataErased
from aktenlauf.contracts.envelope import Event, Meta
from aktenlauf.contracts.intake import (
    ApplicationSubmitted,
    ApplicationWithdrawn,
    QuestionAnswered,
    ReceiptIssued,
    SupplementFiled,
)
from aktenlauf.contracts.review import (
    CaseAssigned,
    CaseClosed,
    CaseOpened,
    DecisionIssued,
    EvidenceRequested,
    EvidenceReviewed,
    QuestionAsked,
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
from aktenlauf.contracts.xoev_gateway import MessageReceived
from aktenlauf.kit.views import Document, View
from aktenlauf.kit.web.told import tell

_SETTLED = ("accepted", "not-needed")

applications = View("applications", version=2, indexes=("submitted_at", "status"))
"""One document a case. `status`: submitted, in_review, asked, decided, appointment, closed, withdrawn.
`stage`: 1 filed, 2 documents, 3 examination, 4 decision, 5 card, 6 done. `told`: the events that documents needs to
show a letter (`kit.web.told`)."""

Apply = Callable[[Document, Any, Meta], object]


def open_evidence(doc: Document) -> list[Document]:
    """The requests for evidence that still wait: {request, evidence: [kind, ...], deadline}, earliest first."""
    if _is_over(doc):
        return []
    waiting = []
    for request, asked in doc.get("requests", {}).items():
        kinds = [kind for kind in asked["evidence"] if not _supplied(doc, request, asked["at"], kind)]
        if kinds:
            waiting.append({"request": request, "evidence": kinds, "deadline": asked["deadline"], "at": asked["at"]})
    return sorted(waiting, key=lambda entry: (entry["deadline"], entry["request"]))


def open_questions(doc: Document) -> list[Document]:
    """The questions without an answer: {question, deadline or None}, earliest first."""
    if _is_over(doc):
        return []
    answered = doc.get("answered", [])
    waiting = [
        {"question": question, **asked} for question, asked in doc.get("questions", {}).items()
        if question not in answered
    ]  # fmt: skip
    return sorted(waiting, key=lambda entry: (entry["deadline"] or "9999", entry["question"]))


def _supplied(doc: Document, request: str, asked_at: str, kind: str) -> bool:
    """Handed in for this request or later without naming it, or settled by the office since."""
    filed = (f for f in doc.get("filed", []) if f["kind"] == kind)
    return doc.get("settled", {}).get(kind, "") > asked_at or any(
        f["request"] == request or f["at"] > asked_at for f in filed
    )


def _is_over(doc: Document) -> bool:
    return bool(doc.get("withdrawn_at") or doc.get("closed") or doc.get("decision"))


def _status(doc: Document) -> str:
    if doc.get("withdrawn_at") or doc.get("closed") == "withdrawn":
        return "withdrawn"
    if doc.get("closed"):
        return "closed"
    coming = doc.get("appointment", {}).get("state") in ("offered", "booked")
    if doc.get("decision"):
        return "appointment" if coming else "decided"
    if open_evidence(doc) or open_questions(doc):
        return "asked"
    return "appointment" if coming else "in_review" if doc.get("assigned_at") else "submitted"


def _stage(doc: Document) -> int:
    if doc["status"] in ("closed", "withdrawn"):
        return 6
    if doc.get("decision"):
        return 5 if doc.get("appointment", {}).get("state") in ("offered", "booked", "attended", "missed") else 4
    demanded = doc.get("demanded", [])
    if demanded and all(kind in doc.get("settled", {}) for kind in demanded):
        return 3
    return 1 if doc["status"] == "submitted" else 2


def _on(*events: type[Event]) -> Callable[[Apply], Apply]:
    """Register a handler of `applications`; status and stage follow from what it remembered."""

    def register(remember: Apply) -> Apply:
        @applications.on(*events)
        def apply(doc: Document, event: Any, meta: Meta) -> None:
            remember(doc, event, meta)
            doc["status"] = _status(doc)
            doc["stage"] = _stage(doc)

        return remember

    return register


def _tell(doc: Document, meta: Meta, key: str, **facts: Any) -> None:
    """Add to the story of the case, which is read by time of happening, not of hearing."""
    entries = doc.setdefault("timeline", [])
    entries.append({"key": key, "at": meta.time, "id": meta.id, **facts})
    entries.sort(key=lambda entry: (entry["at"], entry["id"]), reverse=True)


@_on(ApplicationSubmitted)
def submitted(doc: Document, event: ApplicationSubmitted, meta: Meta) -> None:
    """Whose it is, and what was filed."""
    doc.update(
        case=meta.case,
        offices=[event.office],
        parties=[event.party],
        office=event.office,
        number=event.number,
        service=event.service,
        catalogue_version=event.catalogue_version,
        application=event.application,
        submitted_at=meta.time,
        digest=event.digest,
        demanded=event.evidence,
        sealed=event.sealed.token,
    )
    doc.setdefault("title_valid_until", _iso(event.title_valid_until))
    _file(doc, event.documents, None, meta)
    _tell(doc, meta, "submitted")


@_on(ReceiptIssued)
def receipt_issued(doc: Document, event: ReceiptIssued, meta: Meta) -> None:
    """A file of ours."""
    doc["receipt"] = event.document.document
    tell(doc, event.document.document, meta)
    _tell(doc, meta, "receipt")


@_on(SupplementFiled)
def supplement_filed(doc: Document, event: SupplementFiled, meta: Meta) -> None:
    """What was handed in, and for which request."""
    _file(doc, event.documents, event.request, meta)
    _tell(doc, meta, "supplied", evidence=sorted({document.kind for document in event.documents}))


@_on(QuestionAnswered)
def question_answered(doc: Document, event: QuestionAnswered, meta: Meta) -> None:
    """An answer, or a letter."""
    if event.question is not None:
        doc.setdefault("answered", []).append(event.question)
    _file(doc, event.documents, None, meta)
    _tell(doc, meta, "answered" if event.question else "wrote")


@_on(ApplicationWithdrawn)
def withdrawn(doc: Document, event: ApplicationWithdrawn, meta: Meta) -> None:
    """Taken back."""
    doc["withdrawn_at"] = meta.time
    _tell(doc, meta, "withdrawn")


@_on(CaseOpened)
def case_opened(doc: Document, event: CaseOpened, meta: Meta) -> None:
    """The legal effect of having applied."""
    doc.update(
        effect=event.effect, title_valid_until=_iso(event.title_valid_until), filed_on=event.filed_on.isoformat()
    )
    _tell(doc, meta, "opened")


@_on(CaseAssigned)
def case_assigned(doc: Document, event: CaseAssigned, meta: Meta) -> None:
    """Somebody works on it; who, and that it was somebody else before, is not shown."""
    if "assigned_at" not in doc:
        doc["assigned_at"] = meta.time
        _tell(doc, meta, "assigned")


@_on(EvidenceReviewed)
def evidence_reviewed(doc: Document, event: EvidenceReviewed, meta: Meta) -> None:
    """Kinds that the office is content with; a later doubt takes that back."""
    settled = doc.setdefault("settled", {})
    if event.verdict in _SETTLED:
        settled[event.evidence] = meta.time
    else:
        settled.pop(event.evidence, None)


@_on(EvidenceRequested)
def evidence_requested(doc: Document, event: EvidenceRequested, meta: Meta) -> None:
    """What is missing, and until when."""
    asked = {"evidence": event.evidence, "deadline": event.deadline.isoformat(), "at": meta.time}
    doc.setdefault("requests", {})[event.request] = asked
    _tell(doc, meta, "requested", evidence=event.evidence, deadline=asked["deadline"])


@_on(QuestionAsked)
def question_asked(doc: Document, event: QuestionAsked, meta: Meta) -> None:
    """A question of the office."""
    doc.setdefault("questions", {})[event.question] = {"deadline": _iso(event.deadline), "at": meta.time}
    _tell(doc, meta, "asked", deadline=_iso(event.deadline))


@_on(DecisionIssued)
def decision_issued(doc: Document, event: DecisionIssued, meta: Meta) -> None:
    """The outcome stands in the notice alone, never on a page."""
    doc["decision"] = {
        "decision": event.decision,
        "document": event.document.document,
        "at": meta.time,
        "counts_as_announced_on": _iso(event.counts_as_announced_on),
        "remedy_until": _iso(event.remedy_until),
    }
    tell(doc, event.document.document, meta)
    _tell(doc, meta, "decided")


@_on(CaseClosed)
def case_closed(doc: Document, event: CaseClosed, meta: Meta) -> None:
    """Nothing more happens."""
    doc["closed"] = event.reason
    _tell(doc, meta, "closed")


@_on(AppointmentOffered)
def appointment_offered(doc: Document, event: AppointmentOffered, meta: Meta) -> None:
    """An invitation to choose."""
    until = event.model_dump(mode="json")["until"]
    doc["appointment"] = {"state": "offered", "purpose": event.purpose, "until": until, "minutes": event.minutes}
    _tell(doc, meta, "offered", until=until)


@_on(AppointmentBooked, AppointmentMoved)
def appointment_booked(doc: Document, event: Any, meta: Meta) -> None:
    """When and where."""
    slot = event.slot.model_dump(mode="json")
    doc.setdefault("appointment", {}).update(state="booked", slot=slot, pending=False)
    moved = isinstance(event, AppointmentMoved)
    _tell(doc, meta, "moved" if moved else "booked", start=slot["start"])


@_on(SlotChosen, ChoiceLost)
def slot_chosen(doc: Document, event: Any, meta: Meta) -> None:
    """Whether a choice waits for its answer."""
    doc.setdefault("appointment", {})["pending"] = isinstance(event, SlotChosen)


@_on(AppointmentCancelled, OfferExpired)
def appointment_gone(doc: Document, event: Any, meta: Meta) -> None:
    """No appointment any more."""
    state = "cancelled" if isinstance(event, AppointmentCancelled) else "expired"
    doc.setdefault("appointment", {}).update(state=state, slot=None, pending=False)
    _tell(doc, meta, state)


@_on(AttendanceRecorded)
def attended(doc: Document, event: AttendanceRecorded, meta: Meta) -> None:
    """Came, or did not."""
    doc.setdefault("appointment", {})["state"] = "attended" if event.came else "missed"
    _tell(doc, meta, "attended" if event.came else "missed")


@_on(MessageReceived)
def office_wrote(doc: Document, event: MessageReceived, meta: Meta) -> None:
    """From an office that works in its own system: its question, its state, its appointment (sealed)."""
    tell(doc, event.document.document, meta)
    if event.type == "130102":
        doc.setdefault("questions", {})[event.message] = {"deadline": _iso(event.deadline), "at": meta.time}
        _tell(doc, meta, "asked", deadline=_iso(event.deadline))
    elif event.type == "130104":
        doc["office_status"] = event.status
        _tell(doc, meta, "office_status", status=event.status)
    else:
        doc["office_appointment"] = event.sealed.token
        _tell(doc, meta, "office_appointment")


@applications.on(ErasureOrdered, PersonalDataErased)
def application_erased(doc: Document, event: Event, meta: Meta) -> None:
    """From the order on nothing opens any more; a page says so without trying."""
    doc.setdefault("erased_at", meta.time)


def _file(doc: Document, documents: list[DocumentRef], request: str | None, meta: Meta) -> None:
    entries = [{"document": ref.document, "kind": ref.kind, "request": request, "at": meta.time} for ref in documents]
    doc.setdefault("filed", []).extend(entries)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None

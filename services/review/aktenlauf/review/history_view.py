"""The history of a case: one entry for every event of every service, what was sealed left out."""

from bisect import insort
from typing import Any

from aktenlauf.contracts.common import Accessed, ErasureOrdered, KeysDestroyed, PersonalDataErased
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
    DraftDiscarded,
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
from aktenlauf.kit.views import DELETE, Document, View
from aktenlauf.review.case_view import DRAFTS_OWNER

HISTORY_EVENTS: tuple[type[Event], ...] = (
    ApplicationSubmitted, ReceiptIssued, SupplementFiled, QuestionAnswered, ApplicationWithdrawn, MessageDelivered,
    MessageRead, NotificationSent, DocumentUploaded, DocumentScanned, DocumentChecked, DocumentRejected,
    DocumentDeleted, CaseOpened, CaseAssigned, EvidenceReviewed, EvidenceRequested, QuestionAsked, SupplementReceived,
    AnswerReceived, DecisionProposed, DecisionReturned, DecisionApproved, DecisionIssued, AppointmentRequired,
    CaseClosed, AppointmentOffered, SlotChosen, ChoiceLost, AppointmentBooked, AppointmentMoved, AppointmentCancelled,
    OfferExpired, AttendanceRecorded, MessagePrepared, MessageSent, MessageRefused, MessageReceived,
    ErasureOrdered, KeysDestroyed, PersonalDataErased, DraftDiscarded,
)  # fmt: skip

history = View("history", version=4)
"""`entries` [{id, kind, service, at, actor, data}] in the order in which things happened; `looks` {...}: who looked at
what on which day, how often, first and last."""

_LEFT_OUT = frozenset({"sealed", "blobs", "digest", "party", "keys"})


@history.on(*HISTORY_EVENTS)
def remember(doc: Document, event: Any, meta: Meta) -> object:
    """What, when, who, and the event's open fields."""
    of_erasure = isinstance(event, ErasureOrdered | KeysDestroyed | PersonalDataErased)
    if isinstance(event, DraftDiscarded) or (of_erasure and meta.source == DRAFTS_OWNER):
        return DELETE
    if isinstance(event, ApplicationSubmitted):
        doc["offices"] = [event.office]
    entry = {
        "id": meta.id,
        "kind": meta.type.split(".")[3],
        "service": meta.source,
        "at": meta.time,
        "actor": meta.actor,
        "data": event.model_dump(mode="json", exclude=_LEFT_OUT, exclude_none=True),
    }
    insort(doc.setdefault("entries", []), entry, key=_when)
    return None


@history.on(Accessed)
def looked(doc: Document, event: Accessed, meta: Meta) -> None:
    """Counted by day: a case is looked at far more often than it changes, and each look is in the log anyway."""
    about = {"actor": meta.actor, "role": event.role, "office": event.office, "what": event.what}
    key = "|".join(str(part) for part in (*about.values(), event.document, meta.time[:10]))
    looks = doc.setdefault("looks", {})
    look = looks.setdefault(key, {**about, "document": event.document, "first": meta.time, "last": meta.time, "n": 0})
    look.update(first=min(look["first"], meta.time), last=max(look["last"], meta.time), n=look["n"] + 1)


def _when(entry: Document) -> tuple[str, str]:
    """Topics mix, but an id (UUIDv7) is younger than that of the event which it follows from, at the same `at` too."""
    return entry["at"], entry["id"]

"""What the gateway knows of each case, and which case a number means.

Topics arrive in any order between services, so no handler relies on another service's event having come before.
"""

from typing import Any

from aktenlauf.contracts.envelope import Meta
from aktenlauf.contracts.intake import ApplicationSubmitted, ReceiptIssued
from aktenlauf.contracts.review import EvidenceRequested, QuestionAsked
from aktenlauf.contracts.xoev_gateway import MessagePrepared, MessageReceived, MessageRefused, MessageSent
from aktenlauf.kit.erasure import stored_blobs
from aktenlauf.kit.views import Document, View
from aktenlauf.xoev_gateway.message_ids import message_of

exchanges = View("exchanges", version=1, indexes=("at",))
"""One document a case:

    office, number, service, submitted_at, sealed   of the application; absent until intake was heard
    receipt                                         token of the confirmation of receipt
    questions                                       {question or request: message that carries it, a 130102}
    messages                                        {message: {type, direction, state, checked, at, status, reason}}
    at                                              time of the newest change of a message; absent without any

`direction` is to-office, to-portal or from-office; `state` prepared, sent, received or refused.
"""

numbers = View("numbers", version=1)
"""{case} by case number."""

stored = stored_blobs("stored_blobs", MessagePrepared, MessageReceived)


@exchanges.on(ApplicationSubmitted)
def file_application(doc: Document, event: ApplicationSubmitted, meta: Meta) -> None:
    doc.update(
        case=meta.case,
        offices=[event.office],
        office=event.office,
        number=event.number,
        service=event.service,
        submitted_at=meta.time,
        sealed=event.sealed.token,
    )


@exchanges.on(ReceiptIssued)
def file_receipt(doc: Document, event: ReceiptIssued, meta: Meta) -> None:
    doc["receipt"] = event.sealed.token


@exchanges.on(QuestionAsked)
def file_question(doc: Document, event: QuestionAsked, meta: Meta) -> None:
    doc.setdefault("questions", {})[event.question] = message_of(meta.id, "130102")


@exchanges.on(EvidenceRequested)
def file_request(doc: Document, event: EvidenceRequested, meta: Meta) -> None:
    doc.setdefault("questions", {})[event.request] = message_of(meta.id, "130102")


@exchanges.on(MessagePrepared)
def file_prepared(doc: Document, event: MessagePrepared, meta: Meta) -> None:
    entry = {"type": event.type, "direction": event.direction, "checked": event.checked}
    _message(doc, event.message, meta, state="prepared", **entry)


@exchanges.on(MessageSent)
def file_sent(doc: Document, event: MessageSent, meta: Meta) -> None:
    _message(doc, event.message, meta, state="sent")


@exchanges.on(MessageRefused)
def file_refused(doc: Document, event: MessageRefused, meta: Meta) -> None:
    _message(doc, event.message, meta, state="refused", reason=event.reason)


@exchanges.on(MessageReceived)
def file_received(doc: Document, event: MessageReceived, meta: Meta) -> None:
    entry = {"type": event.type, "direction": "from-office", "status": event.status}
    _message(doc, event.message, meta, state="received", **entry)
    if event.type == "130102":
        doc.setdefault("questions", {})[event.message] = event.message


@numbers.on(ApplicationSubmitted, key=lambda event, meta: event.number)
def number_case(doc: Document, event: ApplicationSubmitted, meta: Meta) -> None:
    doc.update(case=meta.case, offices=[event.office])


def _message(doc: Document, message: str, meta: Meta, **entry: Any) -> None:
    doc.setdefault("messages", {}).setdefault(message, {}).update(entry, at=meta.time)
    doc["at"] = meta.time

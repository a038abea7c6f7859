"""What the applicant's side does when something happened: it writes into the mailbox.

Every message has an id derived from the event that it tells of, so that a repetition delivers nothing twice.
"""

from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from aktenlauf.contracts.common import DocumentRef
from aktenlauf.contracts.documents import DocumentUploaded
from aktenlauf.contracts.envelope import Meta
from aktenlauf.contracts.intake import (
    ApplicationContent,
    ApplicationSubmitted,
    DraftDiscarded,
    FreeText,
    Message,
    ReceiptIssued,
)
from aktenlauf.contracts.review import CaseClosed, DecisionIssued, EvidenceRequested, QuestionAsked
from aktenlauf.contracts.scheduling import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentMoved,
    AppointmentOffered,
    OfferExpired,
)
from aktenlauf.contracts.xoev_gateway import MessageReceived, ReceivedContent
from aktenlauf.intake import messages
from aktenlauf.intake.domain import About, DeliverMessage, FileLateEvidence
from aktenlauf.intake.views import applications, evidence, new_uploads, stored
from aktenlauf.kit import erasure
from aktenlauf.kit.decider import Command
from aktenlauf.kit.erasure import OrderErasure
from aktenlauf.kit.errors import NotYet
from aktenlauf.kit.ids import derived_id
from aktenlauf.kit.keyring import case_key
from aktenlauf.kit.reactions import Do, Reactions
from aktenlauf.kit.scope import System
from aktenlauf.kit.views import Document

reactions = Reactions("reactions")
erasure.register(reactions, stored)
_BERLIN = ZoneInfo("Europe/Berlin")


@reactions.effect(ApplicationSubmitted, name="drop-draft")
async def drop_draft(event: ApplicationSubmitted, meta: Meta, service: Any) -> None:
    """What was submitted is no draft any more, even if the process died right behind the submission."""
    await service.ports.drafts.delete(meta.case)


@reactions.on(DraftDiscarded, name="erase-draft")
async def erase_draft(event: DraftDiscarded, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """Its record goes with all that was uploaded, even if the process died right behind the decision."""
    yield do(OrderErasure, service=service.name, case=meta.case, keys=(case_key(meta.case),), reason=event.reason)


@reactions.on(ApplicationSubmitted, DocumentUploaded, name="file-late-evidence")
async def file_late_evidence(
    event: ApplicationSubmitted | DocumentUploaded, meta: Meta, do: Do, service: Any
) -> AsyncIterator[Command]:
    """The bus may be slow, or away: what a person uploaded before submitting is handed in, whenever it is heard."""
    scope = System("file-late-evidence")
    application = await service.find(applications, scope, meta.case)
    if application is None:  # a draft
        return
    for file in new_uploads(await service.find(evidence, scope, meta.case)):
        if file["at"] < application["submitted_at"]:
            ref = DocumentRef(document=file["id"], kind=file["evidence"])
            command = do(FileLateEvidence, case=meta.case, document=ref)
            # When this is repeated there may be others: each document is a command of its own.
            yield command.model_copy(update={"id": derived_id(meta.id, "file-late-evidence", ref.document)})


@reactions.on(ReceiptIssued, name="deliver-receipt")
async def deliver_receipt(event: ReceiptIssued, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """The first message of a case."""
    if found := await _addressee(service, meta):
        doc, locale = found
        content = messages.receipt(doc["number"], datetime.fromisoformat(doc["submitted_at"]), locale)
        yield _deliver(do, meta, "receipt", content, documents=(event.document,))


@reactions.on(QuestionAsked, name="deliver-question")
async def deliver_question(event: QuestionAsked, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """In the office's own words."""
    found, words = await _addressee(service, meta), await _words(service, event)
    if found and words is not None:
        content = messages.question(words, event.deadline, found[1])
        yield _deliver(do, meta, "question", content, refers_to=event.question, deadline=event.deadline)


@reactions.on(EvidenceRequested, name="deliver-evidence-request")
async def deliver_request(event: EvidenceRequested, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """What is missing, in the office's own words and in ours."""
    found, words = await _addressee(service, meta), await _words(service, event)
    if found and words is not None:
        content = messages.evidence_request(words, event.evidence, event.deadline, found[1])
        yield _deliver(do, meta, "evidence-request", content, refers_to=event.request, deadline=event.deadline)


@reactions.on(DecisionIssued, name="deliver-notice")
async def deliver_notice(event: DecisionIssued, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """Provided for retrieval from now on (§ 41(2a) VwVfG)."""
    if found := await _addressee(service, meta):
        doc, locale = found
        content = messages.notice(doc["number"], event.counts_as_announced_on, locale)
        yield _deliver(do, meta, "notice", content, refers_to=event.decision, documents=(event.document,))


@reactions.on(AppointmentOffered, name="deliver-invitation")
async def deliver_invitation(event: AppointmentOffered, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """To choose a time."""
    if found := await _addressee(service, meta):
        content = messages.appointment_offered(event.purpose, event.until, found[1])
        until = event.until.astimezone(_BERLIN).date()
        yield _deliver(do, meta, "appointment", content, refers_to=event.offer, deadline=until)


@reactions.on(AppointmentBooked, name="deliver-booking")
async def deliver_booking(event: AppointmentBooked, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """When, where, and what to bring."""
    if found := await _addressee(service, meta):
        content = messages.appointment_booked(event.slot, found[1])
        yield _deliver(do, meta, "appointment", content, refers_to=event.choice)


@reactions.on(AppointmentMoved, name="deliver-move")
async def deliver_move(event: AppointmentMoved, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """The new time."""
    if found := await _addressee(service, meta):
        content = messages.appointment_moved(event.slot, event.released, found[1])
        yield _deliver(do, meta, "appointment", content, refers_to=event.choice)


@reactions.on(AppointmentCancelled, name="deliver-cancellation")
async def deliver_cancellation(event: AppointmentCancelled, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """Nobody is told what they just did themselves, and nobody is left to be told after an erasure."""
    if event.reason in ("applicant", "erased"):
        return
    if found := await _addressee(service, meta):
        content = messages.appointment_cancelled(event.reason, event.released, found[1])
        yield _deliver(do, meta, "appointment", content, refers_to=event.released_choice)


@reactions.on(OfferExpired, name="deliver-expiry")
async def deliver_expiry(event: OfferExpired, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """The time to choose is over."""
    if found := await _addressee(service, meta):
        yield _deliver(do, meta, "appointment", messages.offer_expired(found[1]), refers_to=event.offer)


@reactions.on(CaseClosed, name="deliver-closing")
async def deliver_closing(event: CaseClosed, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """The last message of a case."""
    if found := await _addressee(service, meta):
        doc, locale = found
        yield _deliver(do, meta, "closed", messages.closed(event.reason, doc["number"], locale))


@reactions.on(MessageReceived, name="deliver-office-message")
async def deliver_office_message(event: MessageReceived, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """What an office's own system says, relayed. With an attachment it may be a notice, so it is opened like one."""
    found = await _addressee(service, meta)
    content = await service.ports.sealing.open(event.sealed)
    if not found or not content:
        return
    doc, locale = found
    about, message = _relayed(event, content, doc["number"], locale)
    documents = (event.document,) if content.attachment else ()
    yield _deliver(do, meta, about, message, refers_to=event.message, deadline=event.deadline, documents=documents)


def _relayed(event: MessageReceived, content: ReceivedContent, number: str, locale: str) -> tuple[About, Message]:
    if event.type == "130102":
        return "question", messages.question(content.text, event.deadline, locale)
    if event.type == "130105":
        return "appointment", messages.office_appointment(content.appointment, content.text, locale)
    if content.attachment:
        return "notice", messages.notice(number, None, locale)
    return "status", messages.office_status(event.status, locale)


async def _addressee(service: Any, meta: Meta) -> tuple[Document, str] | None:
    """The case's document and the applicant's language; None if the case was erased: then nobody is told anything.

    Raises NotYet.
    """
    doc = await service.find(applications, System("deliver"), meta.case)
    if not doc or "sealed" not in doc:
        raise NotYet("the application")
    content = await service.ports.sealing.open_token(doc["sealed"], ApplicationContent)
    return (doc, content.locale) if content else None


async def _words(service: Any, event: QuestionAsked | EvidenceRequested) -> str | None:
    opened = await service.ports.sealing.open(event.sealed)
    return opened.text if isinstance(opened, FreeText) else None


def _deliver(
    do: Do,
    meta: Meta,
    about: About,
    content: Message,
    *,
    refers_to: str | None = None,
    deadline: date | None = None,
    documents: tuple[DocumentRef, ...] = (),
) -> DeliverMessage:
    return do(
        DeliverMessage,
        case=meta.case,
        message=derived_id(meta.id, "message"),
        about=about,
        content=content,
        refers_to=refers_to,
        deadline=deadline,
        documents=documents,
    )

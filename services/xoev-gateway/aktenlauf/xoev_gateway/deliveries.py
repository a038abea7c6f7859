"""Messages on their way out: written, checked, stored sealed, then laid at the hand-over point.

    something happened  ->  XML, checked  ->  PrepareMessage | RefuseMessage
    MessagePrepared     ->  a file in drop/to-office or drop/to-portal  ->  RecordSent

A message's id follows from what happened and its content from the events, so that a repetition writes the same one.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from aktenlauf.contracts.common import DocumentRef, SealedFile
from aktenlauf.contracts.envelope import Meta
from aktenlauf.contracts.intake import (
    ApplicationSubmitted,
    ApplicationWithdrawn,
    FreeText,
    QuestionAnswered,
    SupplementFiled,
)
from aktenlauf.contracts.review import (
    AnswerReceived,
    CaseOpened,
    DecisionIssued,
    EvidenceRequested,
    QuestionAsked,
    SupplementReceived,
)
from aktenlauf.contracts.scheduling import AppointmentBooked, AppointmentMoved
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.contracts.xoev_gateway import MessagePrepared
from aktenlauf.kit import erasure
from aktenlauf.kit.decider import Command
from aktenlauf.kit.errors import NotFound, NotYet
from aktenlauf.kit.files import keep_file
from aktenlauf.kit.ids import derived_id
from aktenlauf.kit.logs import logger
from aktenlauf.kit.press import printed
from aktenlauf.kit.reactions import Do, Reactions
from aktenlauf.xoev_gateway import mapping
from aktenlauf.xoev_gateway.cases import (
    Case,
    content_of,
    exchange_of,
    file_content,
    find_case,
    summary_of,
)
from aktenlauf.xoev_gateway.checking import NotValid, written
from aktenlauf.xoev_gateway.domain import PrepareMessage, RecordSent, RefuseMessage
from aktenlauf.xoev_gateway.drop import Drop
from aktenlauf.xoev_gateway.mapping import DIRECTIONS, Envelope, WrittenType
from aktenlauf.xoev_gateway.message_ids import application_message, message_of
from aktenlauf.xoev_gateway.papers import Papers, gather
from aktenlauf.xoev_gateway.prose import IN_PDF, TEMPLATE, can_carry, text_data
from aktenlauf.xoev_gateway.xauslaender import Message, NotWritable
from aktenlauf.xoev_gateway.xauslaender.codes import StatusCode

deliveries = Reactions("deliveries")
_log = logger(__name__)

Make = Callable[[Case, Envelope], Awaitable[Message | None]]
"""Writes the message of a case; None where the content is erased. Raises NotYet, NotFound, NotWritable."""


# --- the portal speaks --------------------------------------------------------------------------------------------


@deliveries.on(ApplicationSubmitted, name="send-application")
async def send_application(event: ApplicationSubmitted, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """130101, with the evidence and the receipt as summary."""

    async def make(case: Case, envelope: Envelope) -> Message | None:
        papers = await gather(service, event.documents)  # first: it is what all else waits for, many times over
        summary, content = await summary_of(service, case), await content_of(service, case)
        if content is None or papers is None:
            return None
        return mapping.application(envelope, case.service, content.answers, papers, summary)

    async for command in _tell(service, meta, do, "130101", make, application_message(meta.case)):
        yield command


@deliveries.on(QuestionAnswered, name="send-answer")
async def send_answer(event: QuestionAnswered, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """130103. A letter that answers no question goes the same way, as no other message could carry it."""

    async def make(case: Case, envelope: Envelope) -> Message | None:
        trigger = _asked(case, event.question)
        said = await _words(service, case, event.sealed, meta, "Antwort zum Antrag")
        papers = await gather(service, event.documents)
        if said is None or papers is None:
            return None
        text, letter = said
        return mapping.answer(envelope, trigger, text, papers, letter)

    async for command in _tell(service, meta, do, "130103", make):
        yield command


@deliveries.on(SupplementFiled, name="send-supplement")
async def send_supplement(event: SupplementFiled, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """130103 without words of the applicant."""

    async def make(case: Case, envelope: Envelope) -> Message | None:
        trigger = _asked(case, event.request)
        papers: Papers | None = await gather(service, event.documents)
        return None if papers is None else mapping.answer(envelope, trigger, None, papers)

    async for command in _tell(service, meta, do, "130103", make):
        yield command


@deliveries.on(ApplicationWithdrawn, name="send-withdrawal")
async def send_withdrawal(event: ApplicationWithdrawn, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """130111."""

    async def make(case: Case, envelope: Envelope) -> Message | None:
        return mapping.withdrawal(envelope)

    async for command in _tell(service, meta, do, "130111", make):
        yield command


# --- the office speaks --------------------------------------------------------------------------------------------


@deliveries.on(QuestionAsked, name="tell-question")
async def tell_question(event: QuestionAsked, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """130102 in the office's own words."""
    async for command in _ask(service, meta, do, event, []):
        yield command


@deliveries.on(EvidenceRequested, name="tell-request")
async def tell_request(event: EvidenceRequested, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """130102 with the list of what is missing."""
    async for command in _ask(service, meta, do, event, event.evidence):
        yield command


async def _ask(
    service: Any, meta: Meta, do: Do, event: QuestionAsked | EvidenceRequested, evidence: list[str]
) -> AsyncIterator[Command]:
    async def make(case: Case, envelope: Envelope) -> Message | None:
        said = await _words(service, case, event.sealed, meta, "Frage zum Antrag")
        if said is None:
            return None
        text, letter = said
        return mapping.question(envelope, application_message(case.id), text, evidence, event.deadline, letter)

    async for command in _tell(service, meta, do, "130102", make):
        yield command


@deliveries.on(CaseOpened, name="tell-opened")
async def tell_opened(event: CaseOpened, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """130104: the application came in."""
    async for command in _tell_status(service, meta, do, StatusCode.RECEIVED):
        yield command


@deliveries.on(SupplementReceived, AnswerReceived, name="tell-answered")
async def tell_answered(
    event: SupplementReceived | AnswerReceived, meta: Meta, do: Do, service: Any
) -> AsyncIterator[Command]:
    """130104: an answer came in. An answer with documents is two events of one cause, and is told once."""
    message = message_of(meta.correlationid or meta.id, "130104")
    async for command in _tell_status(service, meta, do, StatusCode.ANSWER_RECEIVED, message):
        yield command


@deliveries.on(ApplicationWithdrawn, name="tell-withdrawn")
async def tell_withdrawn(event: ApplicationWithdrawn, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """130104: the withdrawal came in."""
    async for command in _tell_status(service, meta, do, StatusCode.WITHDRAWAL_RECEIVED):
        yield command


async def _tell_status(
    service: Any, meta: Meta, do: Do, code: StatusCode, message: str | None = None
) -> AsyncIterator[Command]:
    async def make(case: Case, envelope: Envelope) -> Message | None:
        return mapping.status(envelope, application_message(case.id), code)

    async for command in _tell(service, meta, do, "130104", make, message):
        yield command


@deliveries.on(DecisionIssued, name="tell-decision")
async def tell_decision(event: DecisionIssued, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """130104: examined, with the notice."""

    async def make(case: Case, envelope: Envelope) -> Message | None:
        opened = await service.ports.sealing.open(event.sealed)
        if not isinstance(opened, SealedFile):
            return None
        notice = await file_content(service, opened.file)
        return mapping.status(envelope, application_message(case.id), StatusCode.EXAMINED, notice)

    async for command in _tell(service, meta, do, "130104", make):
        yield command


@deliveries.on(AppointmentBooked, AppointmentMoved, name="tell-appointment")
async def tell_appointment(
    event: AppointmentBooked | AppointmentMoved, meta: Meta, do: Do, service: Any
) -> AsyncIterator[Command]:
    """130105."""
    released = event.released if isinstance(event, AppointmentMoved) else None

    async def make(case: Case, envelope: Envelope) -> Message | None:
        return mapping.appointment(envelope, application_message(case.id), event.slot, released)

    async for command in _tell(service, meta, do, "130105", make):
        yield command


# --- from a message to the hand-over point ------------------------------------------------------------------------


async def _tell(
    service: Any, meta: Meta, do: Do, type_: WrittenType, make: Make, message: str | None = None
) -> AsyncIterator[Command]:
    """Write one message, if this office's messages of this type are written and it is not written yet."""
    case = await find_case(service, meta.case)
    message = message or message_of(meta.id, type_)
    if not mapping.is_written(type_, case.office) or await erasure.is_ordered(service, case.id):
        return
    if message in (await exchange_of(service, case.id)).prepared:
        return
    try:
        made = await make(case, _envelope(service, case, message, meta))
        if made is not None:
            data, checked = await asyncio.to_thread(written, made, service.settings.xoev_schema_dir)
            yield await _prepared(service, do, case, type_, made, data, checked)
    except NotFound:
        if not await erasure.is_ordered(service, case.id):
            raise
    except (NotWritable, NotValid) as error:
        _log.error("a message cannot be written: an operator must look", type=type_, reason=str(error))
        yield do(RefuseMessage, case=case.id, message=message, reason=f"{type_}: {error}")


async def _prepared(
    service: Any, do: Do, case: Case, type_: WrittenType, made: Message, data: bytes, checked: bool
) -> Command:
    """A repetition after a crash leaves an object that nothing refers to; the first event counts."""
    message, trigger = str(made.header.message_id), made.header.trigger
    file = await keep_file(service.ports.blobs, data, f"{type_}-{case.number}.xml", "application/xml")
    return do(
        PrepareMessage,
        case=case.id,
        message=message,
        type=type_,
        direction=DIRECTIONS[type_],
        trigger=str(trigger) if trigger else None,
        checked=checked,
        document=DocumentRef(document=derived_id(message, "document"), kind="message"),
        blobs=(file.blob,),
        file=SealedFile(file=file),
    )


@deliveries.on(MessagePrepared, name="lay-out")
async def lay_out(event: MessagePrepared, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """The file, then the record of it. Where the process dies between the two, the same file is laid out again."""
    opened = await service.ports.sealing.open(event.sealed)
    if not isinstance(opened, SealedFile) or event.message in (await exchange_of(service, meta.case)).sent:
        return
    drop = Drop(service.ports.folder / "drop")
    try:
        data = await file_content(service, opened.file)
    except NotFound:
        if await erasure.is_ordered(service, meta.case):
            return
        raise
    await asyncio.to_thread(drop.put, event.direction, event.message, data)
    if await erasure.is_ordered(service, meta.case):  # asked once the file is there: before, clearing might have passed
        await asyncio.to_thread(drop.clear, meta.case, [event.message])
        return
    yield do(RecordSent, case=meta.case, message=event.message)


def _envelope(service: Any, case: Case, message: str, meta: Meta) -> Envelope:
    settings = service.settings
    test = case.office.test or settings.demo
    return Envelope(case.office, message, meta.at, case.number, settings.public_url, test)


def _asked(case: Case, question: str | None) -> str:
    """The 130102 that is answered, or the application where nobody asked. Raises NotYet."""
    if question is None:
        return application_message(case.id)
    if question not in case.questions:
        raise NotYet(f"question {question}")
    return case.questions[question]


async def _words(
    service: Any, case: Case, sealed: Sealed[FreeText], meta: Meta, title: str
) -> tuple[str, bytes | None] | None:
    """Words of a person as text, or, where XAusländer cannot carry them, as PDF. None once erased."""
    opened, content = await service.ports.sealing.open(sealed), await content_of(service, case)
    if not isinstance(opened, FreeText) or content is None:
        return None
    text = opened.text.strip()
    if can_carry(text):
        return text, None
    data = text_data(title, text, meta.time, content.locale)
    return IN_PDF, await printed(service.ports.workers, TEMPLATE, data)

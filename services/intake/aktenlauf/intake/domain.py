"""What an applicant's application can do: be filed once, be added to, be withdrawn, and collect a mailbox."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar, Literal

from aktenlauf.contracts.common import DocumentRef, SealedFile
from aktenlauf.contracts.intake import (
    ApplicationContent,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    CaseNumberClaimed,
    DraftDiscarded,
    FreeText,
    Message,
    MessageDelivered,
    MessageRead,
    NotificationSent,
    QuestionAnswered,
    ReceiptIssued,
    SupplementFiled,
)
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.kit.decider import Code, Command, Decider, Event, Refused

LETTERS_MAX = 100
"""Without having been asked, in one case: all stand in one document of the mailbox, whose size is limited."""

About = Literal["receipt", "question", "evidence-request", "notice", "appointment", "status", "closed"]


class OfApplication(Command):
    """A command to the application of one case."""

    stream: ClassVar[str] = "intake/application/{case}"
    case: str


class Submit(OfApplication):
    """File the application: `at` is the legal time of filing (§ 81 AufenthG)."""

    number: str
    service: str
    catalogue_version: int
    application: Literal["initial", "extension", "change"]
    office: str
    party: str
    residence_title: Literal["none", "title", "national-visa", "schengen-visa", "unknown"]
    title_valid_until: date | None
    evidence: tuple[str, ...]
    documents: tuple[DocumentRef, ...]
    digest: str
    content: ApplicationContent


class DiscardDraft(OfApplication):
    """Give up what was never filed. Of this and `Submit` the first begins the stream, and the other is refused."""

    reason: Literal["draft-deleted", "draft-expired"]


class IssueReceipt(OfApplication):
    """Put the confirmation of receipt into the file."""

    document: DocumentRef
    blobs: tuple[str, ...]
    file: SealedFile


class FileSupplement(OfApplication):
    """Hand in evidence after submission."""

    documents: tuple[DocumentRef, ...]
    request: str | None = None


class FileLateEvidence(OfApplication):
    """Uploaded before submission, and not heard of by then."""

    document: DocumentRef


class AnswerQuestion(OfApplication):
    """Answer the office, or write to it."""

    text: str
    question: str | None = None
    documents: tuple[DocumentRef, ...] = ()


class Withdraw(OfApplication):
    """Take the application back."""


class DeliverMessage(OfApplication):
    """Put a message into the mailbox."""

    message: str
    about: About
    content: Message
    refers_to: str | None = None
    deadline: date | None = None
    documents: tuple[DocumentRef, ...] = ()


class ReadMessage(OfApplication):
    """The applicant opens a message."""

    message: str


class RecordNotification(OfApplication):
    """A mail went out, or none was wanted."""

    message: str
    channel: Literal["mail", "none"]


@dataclass(frozen=True)
class Application:
    """State of one application."""

    status: Literal["none", "discarded", "submitted", "withdrawn"] = "none"
    office: str = ""
    party: str = ""
    receipt: bool = False
    answered: frozenset[str] = frozenset()
    letters: int = 0
    """Written without having been asked."""
    supplied: frozenset[str] = frozenset()
    """Documents that are part of the application."""
    delivered: frozenset[str] = frozenset()
    read: frozenset[str] = frozenset()
    notified: frozenset[str] = frozenset()


def decide(command: OfApplication, state: Application) -> Sequence[Event]:
    """Events that follow, or Refused."""
    match command:
        case Submit():
            return _submit(command, state)
        case DiscardDraft():
            return _discard(command, state)
        case IssueReceipt():
            if state.receipt:
                return []
            sealed = Sealed.of(command.file)
            return [ReceiptIssued(document=command.document, blobs=list(command.blobs), sealed=sealed)]
        case FileSupplement():
            return _supplement(command, state)
        case FileLateEvidence():
            return _file([command.document], state) if state.status == "submitted" else []
        case AnswerQuestion():
            return _answer(command, state)
        case Withdraw():
            return [] if state.status == "withdrawn" else _open(state) or [ApplicationWithdrawn()]
        case DeliverMessage():
            return _deliver(command, state)
        case ReadMessage():
            known = command.message in state.delivered and command.message not in state.read
            return [MessageRead(message=command.message)] if known else []
        case RecordNotification():
            if command.message in state.notified:
                return []
            return [NotificationSent(message=command.message, channel=command.channel)]
    raise TypeError(type(command).__name__)


def _open(state: Application) -> list[Event]:
    """Nothing, or Refused: only a filed application that was not withdrawn goes on."""
    if state.status != "submitted":
        raise Refused(Code.CLOSED if state.status == "withdrawn" else Code.NOT_NOW)
    return []


def _discard(command: DiscardDraft, state: Application) -> list[Event]:
    if state.status == "discarded":
        return []
    if state.status != "none":
        raise Refused(Code.ALREADY_SUBMITTED)
    return [DraftDiscarded(reason=command.reason)]


def _submit(command: Submit, state: Application) -> list[Event]:
    if state.status == "discarded":
        raise Refused(Code.ERASED)
    if state.status != "none":
        raise Refused(Code.ALREADY_SUBMITTED)
    return [
        ApplicationSubmitted(
            number=command.number,
            service=command.service,
            catalogue_version=command.catalogue_version,
            application=command.application,
            office=command.office,
            party=command.party,
            residence_title=command.residence_title,
            title_valid_until=command.title_valid_until,
            evidence=list(command.evidence),
            documents=list(command.documents),
            digest=command.digest,
            sealed=Sealed.of(command.content),
        )
    ]


def _supplement(command: FileSupplement, state: Application) -> list[Event]:
    _open(state)
    return _file(command.documents, state, command.request)


def _file(documents: Sequence[DocumentRef], state: Application, request: str | None = None) -> list[Event]:
    new = [document for document in documents if document.document not in state.supplied]
    return [SupplementFiled(documents=new, request=request)] if new else []


def _answer(command: AnswerQuestion, state: Application) -> list[Event]:
    _open(state)
    if command.question is not None and command.question in state.answered:
        raise Refused(Code.NOT_NOW)
    if not command.text.strip():
        raise Refused(Code.EMPTY_MESSAGE)
    if command.question is None and state.letters >= LETTERS_MAX:
        raise Refused(Code.TOO_MANY_LETTERS)
    sealed = Sealed.of(FreeText(text=command.text.strip()))
    return [QuestionAnswered(question=command.question, documents=list(command.documents), sealed=sealed)]


def _deliver(command: DeliverMessage, state: Application) -> list[Event]:
    if command.message in state.delivered:
        return []
    return [
        MessageDelivered(
            message=command.message,
            about=command.about,
            refers_to=command.refers_to,
            deadline=command.deadline,
            documents=list(command.documents),
            sealed=Sealed.of(command.content),
        )
    ]


def evolve(state: Application, event: Event) -> Application:
    """The state after `event`."""
    match event:
        case DraftDiscarded():
            return replace(state, status="discarded")
        case ApplicationSubmitted():
            supplied = frozenset(ref.document for ref in event.documents)
            return replace(state, status="submitted", office=event.office, party=event.party, supplied=supplied)
        case ApplicationWithdrawn():
            return replace(state, status="withdrawn")
        case ReceiptIssued():
            return replace(state, receipt=True)
        case SupplementFiled():
            return replace(state, supplied=state.supplied | {ref.document for ref in event.documents})
        case QuestionAnswered(question=str(question)):
            return replace(state, answered=state.answered | {question})
        case QuestionAnswered():
            return replace(state, letters=state.letters + 1)
        case MessageDelivered():
            return replace(state, delivered=state.delivered | {event.message})
        case MessageRead():
            return replace(state, read=state.read | {event.message})
        case NotificationSent():
            return replace(state, notified=state.notified | {event.message})
    return state


class ClaimNumber(Command):
    """Reserve a case number for good: the stream of the number has one event at most."""

    stream: ClassVar[str] = "intake/claim/{number}"
    number: str
    case: str

    def subject(self) -> None:
        """None: claims are private and must not tell which case a number belongs to on the bus."""


@dataclass(frozen=True)
class Claim:
    """State of one case number."""

    case: str | None = None


def decide_claim(command: ClaimNumber, claim: Claim) -> Sequence[Event]:
    """The number goes to the first case; the same case again changes nothing."""
    if claim.case is None:
        return [CaseNumberClaimed(case=command.case)]
    if claim.case != command.case:
        raise Refused(Code.CONFLICT)
    return []


def evolve_claim(claim: Claim, event: Event) -> Claim:
    """The state after `event`."""
    return Claim(case=event.case) if isinstance(event, CaseNumberClaimed) else claim


APPLICATION: Decider[Application] = Decider(
    Application, decide, evolve, belongs_to=lambda state: ((state.office,), (state.party,))
)
CLAIM: Decider[Claim] = Decider(Claim, decide_claim, evolve_claim, belongs_to=lambda claim: ((), ()))

DECIDERS: dict[type[Command], Decider[Any]] = {
    **dict.fromkeys(OfApplication.__subclasses__(), APPLICATION),
    ClaimNumber: CLAIM,
}

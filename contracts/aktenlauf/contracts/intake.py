"""Events of intake: what applicants do, and what is put into their mailbox."""

from datetime import date
from typing import Any, Literal

from pydantic import Field

from aktenlauf.contracts.common import Content, DocumentRef, SealedFile
from aktenlauf.contracts.envelope import Event
from aktenlauf.contracts.sealed import Sealed


class ApplicationContent(Content):
    """What the applicant declared."""

    answers: dict[str, Any]
    """{field id: value}, of the catalogue version in the event."""
    name: str
    """Family name, given names: as shown in lists."""
    birth_date: str | None = None
    """ISO date, or its known beginning (`1990-05`)."""
    nationality: str | None = None
    email: str | None = None
    locale: str = "de"
    salt: str
    """Random; `digest` is over salt and content, so that it reveals nothing once the key is gone."""


class Message(Content):
    """One message in a mailbox, in German, with the translation that the applicant reads beside it."""

    subject: str
    text: str
    subject_translated: str | None = None
    text_translated: str | None = None


class FreeText(Content):
    """Words of a person."""

    text: str


class CaseNumberClaimed(Event):
    """The number belongs to this case for good. Private: version 1 of `intake/claim/number-{number}`."""

    case: str


class DraftDiscarded(Event):
    """A draft was deleted by the applicant, or left alone for too long: nothing can be filed in this case any more."""

    reason: Literal["draft-deleted", "draft-expired"]


class ApplicationSubmitted(Event):
    """The application was filed; `time` of the envelope is the legal time of filing (§ 81 AufenthG)."""

    number: str
    service: str
    """Key of the catalogue entry."""
    catalogue_version: int
    application: Literal["initial", "extension", "change"]
    office: str
    party: str
    """Who applies, as scope: an HMAC, unlinkable once the person's key is destroyed."""
    residence_title: Literal["none", "title", "national-visa", "schengen-visa", "unknown"] = "unknown"
    """What kind of title the applicant holds: drives the effect of § 81(3) and (4)."""
    title_valid_until: date | None = None
    """Drives the effect of § 81(4) and the worklist's order."""
    evidence: list[str] = Field(default_factory=list)
    """Evidence kinds that the catalogue demands for these answers."""
    documents: list[DocumentRef] = Field(default_factory=list)
    digest: str
    """SHA-256 over salt and canonical content, hex."""
    sealed: Sealed[ApplicationContent]


class ReceiptIssued(Event):
    """The confirmation of receipt (PDF/A) lies in the file."""

    document: DocumentRef
    blobs: list[str]
    """Names of its objects, open so that erasure can delete them without opening the seal."""
    sealed: Sealed[SealedFile]


class SupplementFiled(Event):
    """The applicant handed in evidence after submission, asked for or not."""

    documents: list[DocumentRef]
    request: str | None = None
    """The evidence request that it answers."""


class QuestionAnswered(Event):
    """The applicant answered a question of the office, or wrote to it (then `question` is None)."""

    question: str | None = None
    documents: list[DocumentRef] = Field(default_factory=list)
    sealed: Sealed[FreeText]


class ApplicationWithdrawn(Event):
    """The applicant took the application back."""


class MessageDelivered(Event):
    """A message lies in the applicant's mailbox: provided for retrieval from `time` on."""

    message: str
    about: Literal["receipt", "question", "evidence-request", "notice", "appointment", "status", "closed"]
    refers_to: str | None = None
    """Id of the question, request, decision or appointment that it is about."""
    deadline: date | None = None
    documents: list[DocumentRef] = Field(default_factory=list)
    sealed: Sealed[Message]


class MessageRead(Event):
    """The applicant opened the message: the retrieval that § 41(2a) VwVfG counts from."""

    message: str


class NotificationSent(Event):
    """A mail without content told the applicant to look into the mailbox."""

    message: str
    channel: Literal["mail", "none"]
    """`none`: no address is known or nobody wants a mail."""

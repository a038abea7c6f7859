"""Events of review: what the office does with a case."""

from datetime import date
from typing import Literal

from pydantic import Field

from aktenlauf.contracts.common import Content, DocumentRef, SealedFile
from aktenlauf.contracts.envelope import Event
from aktenlauf.contracts.intake import FreeText
from aktenlauf.contracts.sealed import Sealed

Effect = Literal["title_continues", "stay_permitted", "removal_suspended", "order_possible", "none", "unclear"]
Outcome = Literal["granted", "partly", "refused"]


class StaffName(Content):
    """How colleagues know a member of staff."""

    name: str


class Reasons(Content):
    """What a decision says beyond its outcome."""

    reasons: str
    conditions: str = ""


class StaffIdentified(Event):
    """The name behind a pseudonym, sealed with the office's staff key. Private: `review/staff/{pseudonym}`."""

    staff: str
    office: str
    sealed: Sealed[StaffName]


class CaseOpened(Event):
    """The office has the case; its clocks run from the time of filing."""

    number: str
    service: str
    application: Literal["initial", "extension", "change"]
    office: str
    filed_on: date
    """Day of filing in Europe/Berlin."""
    effect: Effect
    """§ 81(3) and (4) AufenthG."""
    effect_rule: str
    """The rule's name and the day its wording was checked."""
    title_valid_until: date | None = None
    inaction_from: date
    """§ 75 VwGO: the day from which an action for failure to act is admissible."""
    evidence: list[str] = Field(default_factory=list)


class CaseAssigned(Event):
    """A caseworker took the case."""

    staff: str


class EvidenceReviewed(Event):
    """One item of the checklist was judged."""

    evidence: str
    document: str | None = None
    verdict: Literal["accepted", "rejected", "not-needed"]
    sealed: Sealed[FreeText] | None = None


class EvidenceRequested(Event):
    """The office asks for evidence, with a deadline."""

    request: str
    evidence: list[str] = Field(min_length=1)
    deadline: date
    sealed: Sealed[FreeText]


class QuestionAsked(Event):
    """The office asks a question."""

    question: str
    deadline: date | None = None
    sealed: Sealed[FreeText]


class SupplementReceived(Event):
    """Evidence came in after submission: a form made before it is refused as changed."""

    documents: list[DocumentRef]
    request: str | None = None


class AnswerReceived(Event):
    """The applicant answered a question, or wrote without being asked."""

    question: str | None = None
    documents: list[DocumentRef] = Field(default_factory=list)


class DecisionProposed(Event):
    """A caseworker proposes a decision; it has no effect outside."""

    decision: str
    outcome: Outcome
    valid_until: date | None = None
    staff: str
    sealed: Sealed[Reasons]


class DecisionReturned(Event):
    """The second person sent the proposal back."""

    decision: str
    staff: str
    sealed: Sealed[FreeText]


class DecisionApproved(Event):
    """A second person approved the proposal as it was."""

    decision: str
    staff: str


class DecisionIssued(Event):
    """The notice (PDF/A) was made and provided for retrieval."""

    decision: str
    outcome: Outcome
    document: DocumentRef
    blobs: list[str]
    """Names of its objects, open so that erasure can delete them without opening the seal."""
    valid_until: date | None = None
    counts_as_announced_on: date | None = None
    """None where only retrieval announces it (§ 41(2a) VwVfG)."""
    announcement_rule: str
    remedy_until: date | None = None
    sealed: Sealed[SealedFile]


class AppointmentRequired(Event):
    """The applicant must come in person: scheduling offers a slot bound to this case."""

    requirement: str
    purpose: Literal["biometrics", "handover", "interview"]
    office: str
    minutes: int = 20


class CaseClosed(Event):
    """Nothing more happens in this case."""

    reason: Literal["decided", "withdrawn"]

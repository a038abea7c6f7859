"""What an office can do with a case, and in which order.

opened -> (assigned) -> evidence reviewed, requested, questions -> decision proposed -> approved | returned
       -> issued -> appointment required -> closed;   withdrawn -> closed, at any time before the decision
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, ClassVar, Literal

from aktenlauf.contracts.common import DocumentRef, SealedFile
from aktenlauf.contracts.intake import FreeText
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
    Effect,
    EvidenceRequested,
    EvidenceReviewed,
    Outcome,
    QuestionAsked,
    Reasons,
    SupplementReceived,
)
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.kit.decider import Code, Command, Decider, Event, Refused
from aktenlauf.review.rules.days import berlin_day
from aktenlauf.review.staff import STAFF, IdentifyStaff

Verdict = Literal["accepted", "rejected", "not-needed"]


class OfCase(Command):
    """A command to one case."""

    stream: ClassVar[str] = "review/case/{case}"
    case: str


class OpenCase(OfCase):
    """The office has the case."""

    number: str
    service: str
    application: Literal["initial", "extension", "change"]
    office: str
    filed_on: date
    effect: Effect
    effect_rule: str
    title_valid_until: date | None
    inaction_from: date
    evidence: tuple[str, ...]


class TakeCase(OfCase):
    """A caseworker takes the case, also from a colleague unless `if_free`."""

    staff: str
    if_free: bool = False


class ReviewEvidence(OfCase):
    """Judge one item of the checklist."""

    staff: str
    evidence: str
    document: str | None
    verdict: Verdict
    note: str = ""


class RequestEvidence(OfCase):
    """Ask for evidence with a deadline."""

    staff: str
    evidence: tuple[str, ...]
    deadline: date
    text: str


class AskQuestion(OfCase):
    """Ask the applicant."""

    staff: str
    text: str
    deadline: date | None


class NoteSupplement(OfCase):
    """Evidence came in."""

    documents: tuple[DocumentRef, ...]
    request: str | None


class NoteAnswer(OfCase):
    """An answer or a letter of the applicant came in."""

    question: str | None
    documents: tuple[DocumentRef, ...]


class ProposeDecision(OfCase):
    """Propose; the command's id names the decision."""

    staff: str
    outcome: Outcome
    valid_until: date | None
    reasons: Reasons


class ReturnDecision(OfCase):
    """The second person sends the proposal back."""

    staff: str
    note: str


class ApproveDecision(OfCase):
    """The second person approves the proposal that they saw."""

    staff: str
    decision: str


class IssueDecision(OfCase):
    """The notice is made: issue it."""

    decision: str
    document: DocumentRef
    blobs: tuple[str, ...]
    file: SealedFile
    counts_as_announced_on: date | None
    announcement_rule: str
    remedy_until: date | None


class CloseCase(OfCase):
    """Nothing more happens."""

    reason: Literal["decided", "withdrawn"]


@dataclass(frozen=True)
class Proposal:
    """A decision before it is issued."""

    decision: str
    outcome: Outcome
    valid_until: date | None
    staff: str
    approved: bool = False


@dataclass(frozen=True)
class Case:
    """State of one case."""

    status: Literal["none", "open", "proposed", "approved", "issued", "closed"] = "none"
    office: str = ""
    assignee: str | None = None
    evidence: frozenset[str] = frozenset()
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    requested: dict[str, frozenset[str]] = field(default_factory=dict)
    """Open requests: what is still missing of each."""
    questions: frozenset[str] = frozenset()
    """Open questions."""
    proposal: Proposal | None = None
    appointment: bool = False


def decide(command: OfCase, case: Case) -> Sequence[Event]:
    """Events that follow, or Refused."""
    match command:
        case OpenCase():
            return _open(command, case)
        case NoteSupplement():
            return _note_supplement(command, case)
        case NoteAnswer():
            if case.status in ("none", "closed"):
                return []
            return [AnswerReceived(question=command.question, documents=list(command.documents))]
        case IssueDecision():
            return _issue(command, case)
        case CloseCase():
            return _close(command, case)
    if case.status == "none":
        raise Refused(Code.NOT_NOW)
    if case.status == "closed":
        raise Refused(Code.CLOSED)
    match command:
        case TakeCase():
            return _take(command, case)
        case ApproveDecision():
            return _approve(command, case)
        case ReturnDecision():
            return _return(command, case)
    if case.assignee != command.staff:  # type: ignore[attr-defined]  # what is left is an assignee's work
        raise Refused(Code.NOT_ASSIGNED)
    if case.status != "open":
        raise Refused(Code.NOT_NOW)
    match command:
        case ReviewEvidence():
            return _review(command, case)
        case RequestEvidence():
            return _request(command, case)
        case AskQuestion():
            return _ask(command)
        case ProposeDecision():
            return _propose(command, case)
    raise TypeError(type(command).__name__)


def _open(command: OpenCase, case: Case) -> list[Event]:
    if case.status != "none":
        return []
    return [
        CaseOpened(
            number=command.number,
            service=command.service,
            application=command.application,
            office=command.office,
            filed_on=command.filed_on,
            effect=command.effect,
            effect_rule=command.effect_rule,
            title_valid_until=command.title_valid_until,
            inaction_from=command.inaction_from,
            evidence=list(command.evidence),
        )
    ]


def _take(command: TakeCase, case: Case) -> list[Event]:
    if command.if_free and case.assignee is not None:
        raise Refused(Code.TAKEN)
    return [] if case.assignee == command.staff else [CaseAssigned(staff=command.staff)]


def _review(command: ReviewEvidence, case: Case) -> list[Event]:
    if case.verdicts.get(command.evidence) == command.verdict and not command.note:
        return []
    sealed = Sealed.of(FreeText(text=command.note)) if command.note else None
    return [
        EvidenceReviewed(evidence=command.evidence, document=command.document, verdict=command.verdict, sealed=sealed)
    ]


def _request(command: RequestEvidence, case: Case) -> list[Event]:
    if not command.evidence:
        raise Refused(Code.NOTHING_REQUESTED)
    if command.deadline <= berlin_day(command.at):
        raise Refused(Code.DEADLINE_PAST)
    return [
        EvidenceRequested(
            request=command.id,
            evidence=list(command.evidence),
            deadline=command.deadline,
            sealed=Sealed.of(FreeText(text=command.text)),
        )
    ]


def _ask(command: AskQuestion) -> list[Event]:
    if not command.text.strip():
        raise Refused(Code.EMPTY_MESSAGE)
    if command.deadline is not None and command.deadline <= berlin_day(command.at):
        raise Refused(Code.DEADLINE_PAST)
    sealed = Sealed.of(FreeText(text=command.text.strip()))
    return [QuestionAsked(question=command.id, deadline=command.deadline, sealed=sealed)]


def _note_supplement(command: NoteSupplement, case: Case) -> list[Event]:
    if case.status in ("none", "closed"):
        return []
    return [SupplementReceived(documents=list(command.documents), request=command.request)]


def _propose(command: ProposeDecision, case: Case) -> list[Event]:
    if command.outcome != "refused" and command.valid_until is None:
        raise Refused(Code.INVALID)
    return [
        DecisionProposed(
            decision=command.id,
            outcome=command.outcome,
            valid_until=command.valid_until,
            staff=command.staff,
            sealed=Sealed.of(command.reasons),
        )
    ]


def _approve(command: ApproveDecision, case: Case) -> list[Event]:
    proposal = case.proposal
    if proposal is not None and proposal.approved and proposal.decision == command.decision:
        return []
    if case.status != "proposed" or proposal is None:
        raise Refused(Code.NO_PROPOSAL)
    if proposal.decision != command.decision:
        raise Refused(Code.CHANGED)
    if proposal.staff == command.staff:
        raise Refused(Code.SAME_PERSON)
    return [DecisionApproved(decision=proposal.decision, staff=command.staff)]


def _return(command: ReturnDecision, case: Case) -> list[Event]:
    proposal = case.proposal
    if case.status != "proposed" or proposal is None:
        raise Refused(Code.NO_PROPOSAL)
    if proposal.staff == command.staff:
        raise Refused(Code.SAME_PERSON)
    sealed = Sealed.of(FreeText(text=command.note))
    return [DecisionReturned(decision=proposal.decision, staff=command.staff, sealed=sealed)]


def _issue(command: IssueDecision, case: Case) -> list[Event]:
    proposal = case.proposal
    if case.status != "approved" or proposal is None or proposal.decision != command.decision:
        return []
    issued = DecisionIssued(
        decision=command.decision,
        outcome=proposal.outcome,
        document=command.document,
        blobs=list(command.blobs),
        valid_until=proposal.valid_until,
        counts_as_announced_on=command.counts_as_announced_on,
        announcement_rule=command.announcement_rule,
        remedy_until=command.remedy_until,
        sealed=Sealed.of(command.file),
    )
    if proposal.outcome == "refused":
        return [issued, CaseClosed(reason="decided")]
    return [issued, AppointmentRequired(requirement=command.id, purpose="biometrics", office=case.office)]


def _close(command: CloseCase, case: Case) -> list[Event]:
    if case.status in ("none", "closed"):
        return []
    if command.reason == "withdrawn" and case.status in ("approved", "issued"):
        return []  # too late to withdraw: the decision stands, the message is in the file
    return [CaseClosed(reason=command.reason)]


def evolve(case: Case, event: Event) -> Case:
    """The state after `event`."""
    match event:
        case CaseOpened():
            return replace(case, status="open", office=event.office, evidence=frozenset(event.evidence))
        case CaseAssigned():
            return replace(case, assignee=event.staff)
        case EvidenceReviewed():
            return replace(case, verdicts={**case.verdicts, event.evidence: event.verdict})
        case EvidenceRequested():
            return replace(case, requested={**case.requested, event.request: frozenset(event.evidence)})
        case SupplementReceived():
            return _supplied(case, event)
        case QuestionAsked():
            return replace(case, questions=case.questions | {event.question})
        case AnswerReceived():
            return replace(case, questions=case.questions - {event.question})
        case DecisionProposed():
            proposal = Proposal(event.decision, event.outcome, event.valid_until, event.staff)
            return replace(case, status="proposed", proposal=proposal)
        case DecisionReturned():
            return replace(case, status="open", proposal=None)
        case DecisionApproved():
            assert case.proposal is not None  # noqa: S101 decide appends it to a proposal only
            return replace(case, status="approved", proposal=replace(case.proposal, approved=True))
        case DecisionIssued():
            return replace(case, status="issued")
        case AppointmentRequired():
            return replace(case, appointment=True)
        case CaseClosed():
            return replace(case, status="closed")
    return case


def _supplied(case: Case, event: SupplementReceived) -> Case:
    """What came in is no longer missing, and must be looked at again."""
    kinds = {document.kind for document in event.documents}
    requested = {request: missing - kinds for request, missing in case.requested.items()}
    verdicts = {kind: verdict for kind, verdict in case.verdicts.items() if kind not in kinds}
    return replace(case, requested={r: m for r, m in requested.items() if m}, verdicts=verdicts)


CASE: Decider[Case] = Decider(
    Case,
    decide,
    evolve,
    belongs_to=lambda case: ((case.office,), ()),
    matters=frozenset({SupplementReceived, AnswerReceived, DecisionProposed, DecisionReturned, CaseClosed}),
)

DECIDERS: dict[type[Command], Decider[Any]] = {
    **dict.fromkeys(OfCase.__subclasses__(), CASE),
    IdentifyStaff: STAFF,
}

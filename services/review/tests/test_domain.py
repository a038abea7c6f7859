"""What an office can do with a case: it happens, is refused with exactly this code, or stays quiet when repeated."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from aktenlauf.contracts.common import DocumentRef, SealedFile, StoredFile
from aktenlauf.contracts.errors import Code
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
    EvidenceRequested,
    EvidenceReviewed,
    QuestionAsked,
    Reasons,
    StaffIdentified,
    StaffName,
    SupplementReceived,
)
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.kit.decider import Command
from aktenlauf.kit.scope import Office
from aktenlauf.kit.testing.given import given
from aktenlauf.review.domain import (
    CASE,
    DECIDERS,
    ApproveDecision,
    AskQuestion,
    CloseCase,
    IssueDecision,
    NoteAnswer,
    NoteSupplement,
    OfCase,
    OpenCase,
    ProposeDecision,
    RequestEvidence,
    ReturnDecision,
    ReviewEvidence,
    TakeCase,
)
from aktenlauf.review.staff import STAFF, IdentifyStaff

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
ME, SHE = "staff-me", "staff-she"
OPENED = CaseOpened(
    number="AL-1",
    service="study_extension",
    application="extension",
    office="erlenbruck",
    filed_on=date(2026, 11, 9),
    effect="title_continues",
    effect_rule="§ 81 Abs. 4 AufenthG",
    title_valid_until=date(2027, 1, 14),
    inaction_from=date(2027, 2, 10),
    evidence=["passport", "enrolment"],
)
MINE = (OPENED, CaseAssigned(staff=ME))
REASONS = Reasons(reasons="Die Voraussetzungen liegen vor.")
PROPOSED = DecisionProposed(
    decision="d-1", outcome="granted", valid_until=date(2028, 3, 31), staff=ME, sealed=Sealed.of(REASONS)
)
APPROVED = DecisionApproved(decision="d-1", staff=SHE)
FILE = SealedFile(
    file=StoredFile(blob="b", identity="i", name="n", media_type="application/pdf", size_bytes=1, sha256="0")
)
NOTICE = DocumentRef(document="n-1", kind="notice")
ISSUED = DecisionIssued(
    decision="d-1", outcome="granted", document=NOTICE, blobs=["b"], valid_until=date(2028, 3, 31),
    counts_as_announced_on=date(2026, 11, 27), announcement_rule="§ 41", remedy_until=date(2026, 12, 28),
    sealed=Sealed.of(FILE),
)  # fmt: skip
ENROLMENT = DocumentRef(document="e-1", kind="enrolment")


def make(kind: type[Command], **fields: Any) -> Any:
    base: dict[str, Any] = {"id": "cmd-1", "at": AT, "actor": ME, "scope": Office("erlenbruck"), "case": "c-1"}
    return kind(**{**base, **fields})


def take(**more: Any) -> TakeCase:
    return make(TakeCase, staff=ME, **more)


def review(**more: Any) -> ReviewEvidence:
    return make(ReviewEvidence, **{"staff": ME, "evidence": "passport", "document": "p", "verdict": "accepted", **more})


def ask_for(**more: Any) -> RequestEvidence:
    base = {"staff": ME, "evidence": ("enrolment",), "deadline": date(2026, 12, 7), "text": "Bitte."}
    return make(RequestEvidence, **{**base, **more})


def ask(**more: Any) -> AskQuestion:
    return make(AskQuestion, **{"staff": ME, "text": " Wann? ", "deadline": None, **more})


def propose(**more: Any) -> ProposeDecision:
    base = {"staff": ME, "outcome": "granted", "valid_until": date(2028, 3, 31), "reasons": REASONS}
    return make(ProposeDecision, **{**base, **more})


def approve(**more: Any) -> ApproveDecision:
    return make(ApproveDecision, **{"staff": SHE, "decision": "d-1", **more})


def send_back(**more: Any) -> ReturnDecision:
    return make(ReturnDecision, **{"staff": SHE, "note": "Bitte kürzer.", **more})


def issue(**more: Any) -> IssueDecision:
    return make(
        IssueDecision, decision="d-1", document=NOTICE, blobs=("b",), file=FILE,
        counts_as_announced_on=date(2026, 11, 27), announcement_rule="§ 41", remedy_until=date(2026, 12, 28), **more,
    )  # fmt: skip


def open_it() -> OpenCase:
    return make(OpenCase, **{**OPENED.model_dump(), "evidence": ("passport", "enrolment")})


def test_every_command_has_its_decider() -> None:
    assert set(DECIDERS) >= {*OfCase.__subclasses__(), IdentifyStaff}


def test_case_is_opened_once() -> None:
    given(CASE).when(open_it()).then(OPENED)
    given(CASE, OPENED).when(open_it()).quiet()


def test_case_is_taken_also_from_a_colleague() -> None:
    given(CASE, OPENED).when(take()).then(CaseAssigned(staff=ME))
    given(CASE, OPENED, CaseAssigned(staff=SHE)).when(take()).then(CaseAssigned(staff=ME))
    given(CASE, *MINE).when(take()).quiet()


def test_next_free_case_is_not_taken_from_a_colleague() -> None:
    given(CASE, OPENED).when(take(if_free=True)).then(CaseAssigned(staff=ME))
    given(CASE, OPENED, CaseAssigned(staff=SHE)).when(take(if_free=True)).refused(Code.TAKEN)


def test_evidence_is_judged_with_a_note_in_the_seal() -> None:
    plain = EvidenceReviewed(evidence="passport", document="p", verdict="accepted")
    noted = plain.model_copy(update={"sealed": Sealed.of(FreeText(text="gültig"))})
    given(CASE, *MINE).when(review()).then(plain)
    given(CASE, *MINE).when(review(note="gültig")).then(noted)
    given(CASE, *MINE, plain).when(review()).quiet()


def test_evidence_is_requested_with_a_deadline_to_come() -> None:
    requested = EvidenceRequested(
        request="cmd-1", evidence=["enrolment"], deadline=date(2026, 12, 7), sealed=Sealed.of(FreeText(text="Bitte."))
    )
    given(CASE, *MINE).when(ask_for()).then(requested)
    given(CASE, *MINE).when(ask_for(evidence=())).refused(Code.NOTHING_REQUESTED)
    given(CASE, *MINE).when(ask_for(deadline=date(2026, 11, 23))).refused(Code.DEADLINE_PAST)


def test_deadline_is_a_day_in_berlin() -> None:
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)  # already the 24th in Berlin
    given(CASE, *MINE).when(ask_for(at=late, deadline=date(2026, 11, 24))).refused(Code.DEADLINE_PAST)


def test_question_is_asked_in_trimmed_words() -> None:
    asked = QuestionAsked(question="cmd-1", deadline=None, sealed=Sealed.of(FreeText(text="Wann?")))
    given(CASE, *MINE).when(ask()).then(asked)
    given(CASE, *MINE).when(ask(text=" \n")).refused(Code.EMPTY_MESSAGE)
    given(CASE, *MINE).when(ask(deadline=date(2026, 11, 23))).refused(Code.DEADLINE_PAST)


def test_supplement_reopens_what_it_brings() -> None:
    note = make(NoteSupplement, documents=(ENROLMENT,), request=None)
    received = SupplementReceived(documents=[ENROLMENT])
    judged = EvidenceReviewed(evidence="enrolment", verdict="rejected")
    given(CASE, *MINE, judged).when(note).then(received)
    again = review(evidence="enrolment", document=None, verdict="rejected")
    given(CASE, *MINE, judged, received).when(again).then(judged)
    given(CASE, OPENED, CaseClosed(reason="decided")).when(note).quiet()


def test_answer_is_noted_until_the_case_is_closed() -> None:
    note = make(NoteAnswer, question="q-1", documents=())
    given(CASE, *MINE).when(note).then(AnswerReceived(question="q-1"))
    given(CASE).when(note).quiet()
    given(CASE, OPENED, CaseClosed(reason="withdrawn")).when(note).quiet()


def test_decision_is_proposed_and_named_by_its_command() -> None:
    proposed = PROPOSED.model_copy(update={"decision": "cmd-1"})
    given(CASE, *MINE).when(propose()).then(proposed)
    given(CASE, *MINE).when(propose(valid_until=None)).refused(Code.INVALID)
    given(CASE, *MINE, PROPOSED).when(propose()).refused(Code.NOT_NOW)


def test_refusal_needs_no_last_day() -> None:
    refusal = DecisionProposed(decision="cmd-1", outcome="refused", staff=ME, sealed=Sealed.of(REASONS))
    given(CASE, *MINE).when(propose(outcome="refused", valid_until=None)).then(refusal)


def test_second_person_approves_what_they_saw() -> None:
    given(CASE, *MINE, PROPOSED).when(approve()).then(APPROVED)
    given(CASE, *MINE, PROPOSED, APPROVED).when(approve()).quiet()
    given(CASE, *MINE).when(approve()).refused(Code.NO_PROPOSAL)
    given(CASE, *MINE, PROPOSED).when(approve(decision="d-0")).refused(Code.CHANGED)


def test_nobody_approves_or_returns_their_own_proposal() -> None:
    given(CASE, *MINE, PROPOSED).when(approve(staff=ME)).refused(Code.SAME_PERSON)
    given(CASE, *MINE, PROPOSED).when(send_back(staff=ME)).refused(Code.SAME_PERSON)


def test_returned_proposal_leads_back_to_work() -> None:
    returned = DecisionReturned(decision="d-1", staff=SHE, sealed=Sealed.of(FreeText(text="Bitte kürzer.")))
    given(CASE, *MINE, PROPOSED).when(send_back()).then(returned)
    given(CASE, *MINE, PROPOSED, returned).when(send_back()).refused(Code.NO_PROPOSAL)
    given(CASE, *MINE, PROPOSED, returned).when(propose()).then(PROPOSED.model_copy(update={"decision": "cmd-1"}))


def test_issued_permit_calls_for_an_appointment() -> None:
    invited = AppointmentRequired(requirement="cmd-1", purpose="biometrics", office="erlenbruck")
    given(CASE, *MINE, PROPOSED, APPROVED).when(issue()).then(ISSUED, invited)
    given(CASE, *MINE, PROPOSED).when(issue()).quiet()
    given(CASE, *MINE, PROPOSED, APPROVED, ISSUED, invited).when(issue()).quiet()


def test_issued_refusal_closes_the_case() -> None:
    proposal = PROPOSED.model_copy(update={"outcome": "refused", "valid_until": None})
    issued = ISSUED.model_copy(update={"outcome": "refused", "valid_until": None})
    given(CASE, *MINE, proposal, APPROVED).when(issue()).then(issued, CaseClosed(reason="decided"))


@pytest.mark.parametrize("before", [(), (PROPOSED,)])
def test_withdrawn_case_is_closed_until_it_is_approved(before: tuple[Any, ...]) -> None:
    close = make(CloseCase, reason="withdrawn")
    given(CASE, *MINE, *before).when(close).then(CaseClosed(reason="withdrawn"))
    given(CASE, *MINE, *before, CaseClosed(reason="withdrawn")).when(close).quiet()


def test_withdrawal_after_the_approval_comes_too_late() -> None:
    close = make(CloseCase, reason="withdrawn")
    given(CASE, *MINE, PROPOSED, APPROVED).when(close).quiet()
    given(CASE, *MINE, PROPOSED, APPROVED, ISSUED).when(close).quiet()


WORK = [review(), ask_for(), ask(), propose()]


@pytest.mark.parametrize("command", WORK, ids=lambda command: type(command).__name__)
def test_only_the_assignee_works_on_a_case(command: Any) -> None:
    given(CASE, OPENED, CaseAssigned(staff=SHE)).when(command).refused(Code.NOT_ASSIGNED)
    given(CASE, OPENED).when(command).refused(Code.NOT_ASSIGNED)


@pytest.mark.parametrize("command", WORK, ids=lambda command: type(command).__name__)
def test_nothing_is_changed_while_a_proposal_waits(command: Any) -> None:
    given(CASE, *MINE, PROPOSED).when(command).refused(Code.NOT_NOW)


@pytest.mark.parametrize("command", [take(), *WORK, approve(), send_back()], ids=lambda command: type(command).__name__)
def test_closed_case_stays_closed(command: Any) -> None:
    given(CASE, *MINE, CaseClosed(reason="withdrawn")).when(command).refused(Code.CLOSED)
    given(CASE).when(command).refused(Code.NOT_NOW)


def test_staff_name_is_kept_once_an_office() -> None:
    identify = make(IdentifyStaff, staff=ME, office="erlenbruck", name="Sabine Keller")
    known = StaffIdentified(staff=ME, office="erlenbruck", sealed=Sealed.of(StaffName(name="Sabine Keller")))
    given(STAFF).when(identify).then(known)
    given(STAFF, known).when(identify).quiet()
    given(STAFF, known.model_copy(update={"office": "lindenried"})).when(identify).then(known)

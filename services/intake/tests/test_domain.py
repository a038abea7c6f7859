"""Every command of an application and of a case number: it happens, it is refused, it stays quiet."""

from datetime import UTC, date, datetime

import pytest

from aktenlauf.contracts.common import DocumentRef, SealedFile, StoredFile
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
from aktenlauf.intake.domain import (
    APPLICATION,
    CLAIM,
    DECIDERS,
    LETTERS_MAX,
    AnswerQuestion,
    ClaimNumber,
    DeliverMessage,
    DiscardDraft,
    FileLateEvidence,
    FileSupplement,
    IssueReceipt,
    ReadMessage,
    RecordNotification,
    Submit,
    Withdraw,
)
from aktenlauf.kit.decider import Code, Command, System
from aktenlauf.kit.testing.given import given

GIVEN = {"id": "id-1", "at": datetime(2026, 11, 23, 8, 0, tzinfo=UTC), "actor": "party-1", "scope": System("test")}
OF_CASE = {**GIVEN, "case": "case-1"}
PASSPORT, PHOTO = DocumentRef(document="doc-1", kind="passport"), DocumentRef(document="doc-2", kind="photo")
CONTENT = ApplicationContent(answers={"person.family_name": "Haddad"}, name="Haddad", salt="s")
FILE = SealedFile(
    file=StoredFile(blob="b", identity="i", name="e.pdf", media_type="application/pdf", size_bytes=1, sha256="0" * 64)
)
MESSAGE = Message(subject="Ihr Antrag ist eingegangen", text="Er ist da.")
FILED = {
    "number": "AUF-7K3M",
    "service": "study_extension",
    "catalogue_version": 1,
    "application": "extension",
    "office": "lindenried",
    "party": "party-a",
    "residence_title": "title",
    "title_valid_until": date(2026, 12, 14),
    "digest": "0" * 64,
}

submit = Submit.model_validate(
    {**OF_CASE, **FILED, "evidence": ("passport",), "documents": (PASSPORT,), "content": CONTENT}
)
submitted = ApplicationSubmitted.model_validate(
    {**FILED, "evidence": ["passport"], "documents": [PASSPORT], "sealed": Sealed.of(CONTENT)}
)
withdrawn = ApplicationWithdrawn()
delivered = MessageDelivered(
    message="m-1",
    about="question",
    refers_to="q-1",
    deadline=date(2026, 12, 7),
    documents=[PHOTO],
    sealed=Sealed.of(MESSAGE),
)
deliver = DeliverMessage.model_validate(
    {
        **OF_CASE,
        "message": "m-1",
        "about": "question",
        "refers_to": "q-1",
        "deadline": date(2026, 12, 7),
        "documents": (PHOTO,),
        "content": MESSAGE,
    }
)


def answer(text: str = " Ja, acht Stunden. ", question: str | None = "q-1") -> AnswerQuestion:
    return AnswerQuestion.model_validate({**OF_CASE, "text": text, "question": question, "documents": (PHOTO,)})


def answered(text: str = "Ja, acht Stunden.", question: str | None = "q-1") -> QuestionAnswered:
    return QuestionAnswered(question=question, documents=[PHOTO], sealed=Sealed.of(FreeText(text=text)))


def supplement(*documents: DocumentRef, request: str | None = "r-1") -> FileSupplement:
    return FileSupplement.model_validate({**OF_CASE, "documents": documents, "request": request})


def test_every_command_has_its_decider() -> None:
    assert {command.__name__ for command in DECIDERS} == {
        "Submit", "IssueReceipt", "FileSupplement", "AnswerQuestion", "Withdraw", "DeliverMessage", "ReadMessage",
        "RecordNotification", "ClaimNumber", "DiscardDraft", "FileLateEvidence",
    }  # fmt: skip


def test_filing_makes_everything_part_of_the_application() -> None:
    given(APPLICATION).when(submit).then(submitted)


def test_an_application_is_filed_once() -> None:
    given(APPLICATION, submitted).when(submit).refused(Code.ALREADY_SUBMITTED)
    given(APPLICATION, submitted, withdrawn).when(submit).refused(Code.ALREADY_SUBMITTED)


def test_what_was_discarded_is_not_filed_and_what_was_filed_is_not_discarded() -> None:
    discard = DiscardDraft.model_validate({**OF_CASE, "reason": "draft-expired"})
    discarded = DraftDiscarded(reason="draft-expired")
    given(APPLICATION).when(discard).then(discarded)
    given(APPLICATION, discarded).when(discard).quiet()
    given(APPLICATION, discarded).when(submit).refused(Code.ERASED)
    given(APPLICATION, submitted).when(discard).refused(Code.ALREADY_SUBMITTED)
    given(APPLICATION, submitted, withdrawn).when(discard).refused(Code.ALREADY_SUBMITTED)


def test_an_application_belongs_to_its_office_and_its_party() -> None:
    state = APPLICATION.evolve(APPLICATION.initial(), submitted)
    assert APPLICATION.belongs_to(state) == (("lindenried",), ("party-a",))


def test_there_is_one_receipt() -> None:
    receipt = DocumentRef(document="doc-r", kind="receipt")
    issue = IssueReceipt.model_validate({**OF_CASE, "document": receipt, "blobs": ("b",), "file": FILE})
    issued = ReceiptIssued(document=receipt, blobs=["b"], sealed=Sealed.of(FILE))
    given(APPLICATION, submitted).when(issue).then(issued)
    given(APPLICATION, submitted, issued).when(issue).quiet()


def test_a_supplement_holds_only_what_is_new() -> None:
    filed = SupplementFiled(documents=[PHOTO], request="r-1")
    given(APPLICATION, submitted).when(supplement(PASSPORT, PHOTO)).then(filed)
    given(APPLICATION, submitted, filed).when(supplement(PASSPORT, PHOTO)).quiet()
    given(APPLICATION, submitted).when(supplement(PHOTO, request=None)).then(SupplementFiled(documents=[PHOTO]))


def test_evidence_heard_of_late_is_filed_once_and_only_while_the_application_stands() -> None:
    late = FileLateEvidence.model_validate({**OF_CASE, "document": PHOTO})
    filed = SupplementFiled(documents=[PHOTO])
    given(APPLICATION, submitted).when(late).then(filed)
    given(APPLICATION, submitted, filed).when(late).quiet()
    given(APPLICATION).when(late).quiet()
    given(APPLICATION, submitted, withdrawn).when(late).quiet()


def test_nothing_is_added_before_filing_or_after_withdrawal() -> None:
    given(APPLICATION).when(supplement(PHOTO)).refused(Code.NOT_NOW)
    given(APPLICATION, submitted, withdrawn).when(supplement(PHOTO)).refused(Code.CLOSED)
    given(APPLICATION).when(answer()).refused(Code.NOT_NOW)
    given(APPLICATION, submitted, withdrawn).when(answer()).refused(Code.CLOSED)


def test_a_question_is_answered_once() -> None:
    given(APPLICATION, submitted).when(answer()).then(answered())
    given(APPLICATION, submitted, answered()).when(answer("Doch nicht.")).refused(Code.NOT_NOW)


def test_letters_can_be_written_again_and_again_but_not_without_end() -> None:
    """All stand in one document of a case. A question of the office is answered also then."""
    letter = answered("Noch etwas.", None)
    given(APPLICATION, submitted, *[letter] * (LETTERS_MAX - 1)).when(answer("Noch etwas.", None)).then(letter)
    full = given(APPLICATION, submitted, *[letter] * LETTERS_MAX)
    full.when(answer("Noch etwas.", None)).refused(Code.TOO_MANY_LETTERS)
    full.when(answer()).then(answered())


@pytest.mark.parametrize("text", ["", "  \n "])
def test_an_empty_message_is_not_sent(text: str) -> None:
    given(APPLICATION, submitted).when(answer(text)).refused(Code.EMPTY_MESSAGE)


def test_an_application_is_withdrawn_once() -> None:
    withdraw = Withdraw.model_validate(OF_CASE)
    given(APPLICATION, submitted).when(withdraw).then(withdrawn)
    given(APPLICATION, submitted, withdrawn).when(withdraw).quiet()
    given(APPLICATION).when(withdraw).refused(Code.NOT_NOW)


def test_a_message_is_delivered_once() -> None:
    given(APPLICATION, submitted).when(deliver).then(delivered)
    given(APPLICATION, submitted, delivered).when(deliver).quiet()


def test_the_office_still_reaches_an_applicant_who_withdrew() -> None:
    given(APPLICATION, submitted, withdrawn).when(deliver).then(delivered)


def test_only_the_first_opening_is_the_retrieval__vwvfg_41_2a() -> None:
    read = ReadMessage.model_validate({**OF_CASE, "message": "m-1"})
    given(APPLICATION, submitted, delivered).when(read).then(MessageRead(message="m-1"))
    given(APPLICATION, submitted, delivered, MessageRead(message="m-1")).when(read).quiet()


def test_a_message_that_was_not_delivered_cannot_be_read() -> None:
    read = ReadMessage.model_validate({**OF_CASE, "message": "m-2"})
    given(APPLICATION, submitted, delivered).when(read).quiet()


def test_a_notification_is_recorded_once() -> None:
    record = RecordNotification.model_validate({**OF_CASE, "message": "m-1", "channel": "mail"})
    sent = NotificationSent(message="m-1", channel="mail")
    given(APPLICATION, submitted, delivered).when(record).then(sent)
    given(APPLICATION, submitted, delivered, sent).when(record).quiet()


def claim(case: str) -> Command:
    return ClaimNumber.model_validate({**GIVEN, "number": "AUF-7K3M", "case": case})


def test_a_number_belongs_to_the_first_case_for_good() -> None:
    claimed = CaseNumberClaimed(case="case-1")
    given(CLAIM).when(claim("case-1")).then(claimed)
    given(CLAIM, claimed).when(claim("case-1")).quiet()
    given(CLAIM, claimed).when(claim("case-2")).refused(Code.CONFLICT)


def test_a_claim_does_not_tell_its_case_to_others() -> None:
    assert claim("case-1").subject() is None

"""The read models, with the topics of the services in every order that a bus may give."""

import random
from datetime import UTC, date, datetime
from typing import Any

import pytest

from aktenlauf.contracts.common import Accessed, DocumentRef, SealedFile
from aktenlauf.contracts.documents import DocumentChecked, DocumentRejected, DocumentUploaded, PageImages, UploadedFile
from aktenlauf.contracts.envelope import Event, Record
from aktenlauf.contracts.intake import (
    ApplicationContent,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    FreeText,
    Message,
    MessageDelivered,
    MessageRead,
    QuestionAnswered,
    ReceiptIssued,
    SupplementFiled,
)
from aktenlauf.contracts.review import (
    CaseAssigned,
    CaseClosed,
    CaseOpened,
    DecisionIssued,
    EvidenceRequested,
    EvidenceReviewed,
    QuestionAsked,
)
from aktenlauf.contracts.scheduling import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentOffered,
    AttendanceRecorded,
    Slot,
    SlotChosen,
)
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.contracts.xoev_gateway import MessageReceived, ReceivedContent
from aktenlauf.intake.views import applications, evidence, looks, mailbox, new_uploads, open_evidence, open_questions
from aktenlauf.kit.testing.folding import folded, record
from aktenlauf.kit.views import Document, View

SLOT = Slot(office="lindenried", place="zollhaus", start=datetime(2026, 12, 3, 8, 40, tzinfo=UTC), minutes=20)
INSURANCE = DocumentRef(document="doc-2", kind="health_insurance")
Happened = list[tuple[str, Event]]


def sealed(model: type[Any]) -> Sealed[Any]:
    return Sealed(model, token=f"token of {model.__name__}")


def submitted() -> ApplicationSubmitted:
    return ApplicationSubmitted(
        number="AUF-1",
        service="study_extension",
        catalogue_version=1,
        application="extension",
        office="lindenried",
        party="party-a",
        title_valid_until=date(2026, 12, 14),
        evidence=["passport", "health_insurance"],
        documents=[DocumentRef(document="doc-1", kind="passport")],
        digest="0",
        sealed=sealed(ApplicationContent),
    )


def opened() -> CaseOpened:
    return CaseOpened(
        number="AUF-1",
        service="study_extension",
        application="extension",
        office="lindenried",
        filed_on=date(2026, 11, 23),
        effect="title_continues",
        effect_rule="x",
        title_valid_until=date(2026, 12, 14),
        inaction_from=date(2027, 2, 24),
    )


def requested(request: str = "r-1") -> EvidenceRequested:
    return EvidenceRequested(
        request=request, evidence=["health_insurance"], deadline=date(2026, 12, 7), sealed=sealed(FreeText)
    )


def asked() -> QuestionAsked:
    return QuestionAsked(question="q-1", sealed=sealed(FreeText))


def reviewed(kind: str, verdict: str) -> EvidenceReviewed:
    return EvidenceReviewed.model_validate({"evidence": kind, "verdict": verdict})


def decided() -> DecisionIssued:
    return DecisionIssued(
        decision="d-1",
        outcome="refused",
        document=DocumentRef(document="doc-n", kind="notice"),
        blobs=["n"],
        counts_as_announced_on=date(2026, 11, 27),
        announcement_rule="x",
        remedy_until=date(2026, 12, 28),
        sealed=sealed(SealedFile),
    )


def offered() -> AppointmentOffered:
    return AppointmentOffered(
        offer="o-1",
        purpose="biometrics",
        office="lindenried",
        party="party-a",
        minutes=20,
        until=datetime(2026, 12, 10, tzinfo=UTC),
    )


def received(kind: str, **more: Any) -> MessageReceived:
    document = DocumentRef(document="doc-x", kind="message")
    fields = {
        "message": f"x-{kind}",
        "type": kind,
        "document": document,
        "blobs": [],
        "sealed": sealed(ReceivedContent),
    }
    return MessageReceived.model_validate({**fields, **more})


def delivered(message: str, about: str = "question", refers_to: str | None = "q-1") -> MessageDelivered:
    fields = {"message": message, "about": about, "refers_to": refers_to, "sealed": sealed(Message)}
    return MessageDelivered.model_validate(fields)


def uploaded(document: str, kind: str) -> DocumentUploaded:
    return DocumentUploaded(
        document=document, evidence=kind, party="party-a", digest="0", blobs=[], sealed=sealed(UploadedFile)
    )


def records(happened: Happened) -> list[Record]:
    """Each a minute after the other, as they truly happened."""
    return [record(owner, event, minute) for minute, (owner, event) in enumerate(happened)]


def fold(view: View, *happened: tuple[str, Event]) -> Document:
    return folded(view, records(list(happened)))


def interleaved(heard: list[Record], seed: int) -> list[Record]:
    """Another order that a bus may give: that of each owner is kept, everything else is mixed."""
    mixed, lanes = [], {r.meta.source: [x for x in heard if x.meta.source == r.meta.source] for r in heard}
    chosen = random.Random(seed)
    while remaining := [lane for lane in lanes.values() if lane]:
        mixed.append(chosen.choice(remaining).pop(0))
    return mixed


WHOLE: Happened = [
    ("documents", uploaded("doc-1", "passport")),
    ("intake", submitted()),
    (
        "intake",
        ReceiptIssued(document=DocumentRef(document="doc-r", kind="receipt"), blobs=["b"], sealed=sealed(SealedFile)),
    ),
    ("review", opened()),
    ("intake", delivered("m-1", "receipt", None)),
    ("review", CaseAssigned(staff="staff-1")),
    ("review", Accessed(role="caseworker", office="lindenried", what="case")),
    ("documents", Accessed(role="caseworker", office="lindenried", what="document", document="doc-1")),
    ("review", requested()),
    ("review", asked()),
    ("intake", delivered("m-2")),
    ("intake", MessageRead(message="m-2")),
    ("documents", uploaded("doc-2", "health_insurance")),
    ("documents", DocumentChecked(document="doc-2", pages=1, hints=[], blobs=[], sealed=sealed(PageImages))),
    ("intake", SupplementFiled(documents=[INSURANCE], request="r-1")),
    ("intake", QuestionAnswered(question="q-1", sealed=sealed(FreeText))),
    ("review", reviewed("passport", "accepted")),
    ("review", reviewed("health_insurance", "accepted")),
    ("xoev-gateway", received("130104", status="01")),
    ("review", decided()),
    ("scheduling", offered()),
    ("scheduling", SlotChosen(choice="c", slot=SLOT)),
    ("scheduling", AppointmentBooked(choice="c", slot=SLOT)),
]


@pytest.mark.parametrize("view", [applications, mailbox, evidence, looks], ids=lambda view: view.name)
@pytest.mark.parametrize("seed", range(12))
def test_the_order_of_topics_does_not_matter(view: View, seed: int) -> None:
    in_order = folded(view, records(WHOLE))
    heard = interleaved(records(WHOLE), seed)
    assert folded(view, heard) == in_order


@pytest.mark.parametrize(
    ("happened", "status", "stage"),
    [
        ([], "submitted", 1),
        ([("review", opened())], "submitted", 1),
        ([("review", CaseAssigned(staff="s"))], "in_review", 2),
        ([("review", requested())], "asked", 2),
        ([("review", asked())], "asked", 2),
        ([("xoev-gateway", received("130102"))], "asked", 2),
        (
            [
                ("review", CaseAssigned(staff="s")),
                ("review", requested()),
                ("intake", SupplementFiled(documents=[INSURANCE], request="r-1")),
            ],
            "in_review",
            2,
        ),
        (
            [
                ("review", CaseAssigned(staff="s")),
                ("review", reviewed("passport", "accepted")),
                ("review", reviewed("health_insurance", "not-needed")),
            ],
            "in_review",
            3,
        ),
        (
            [("review", reviewed("passport", "accepted")), ("review", reviewed("health_insurance", "rejected"))],
            "submitted",
            1,
        ),
        ([("review", requested()), ("review", decided())], "decided", 4),
        ([("review", decided()), ("scheduling", offered())], "appointment", 5),
        (
            [("review", decided()), ("scheduling", offered()), ("scheduling", AppointmentCancelled(reason="office"))],
            "decided",
            4,
        ),
        (
            [
                ("review", decided()),
                ("scheduling", offered()),
                ("scheduling", AttendanceRecorded(choice="c", came=True)),
                ("review", CaseClosed(reason="decided")),
            ],
            "closed",
            6,
        ),
        ([("intake", ApplicationWithdrawn()), ("review", CaseClosed(reason="withdrawn"))], "withdrawn", 6),
    ],
)
def test_status_and_stage_follow_from_what_happened(happened: Happened, status: str, stage: int) -> None:
    doc = fold(applications, ("intake", submitted()), *happened)
    assert (doc["status"], doc["stage"]) == (status, stage)


def test_the_outcome_of_a_decision_is_in_no_view() -> None:
    for view in (applications, mailbox, evidence, looks):
        assert "refused" not in str(folded(view, records(WHOLE)))


def test_a_request_is_open_until_its_kinds_are_handed_in() -> None:
    doc = fold(applications, ("intake", submitted()), ("review", requested()))
    (waiting,) = open_evidence(doc)
    assert (waiting["request"], waiting["evidence"], waiting["deadline"]) == ("r-1", ["health_insurance"], "2026-12-07")


def test_what_is_handed_in_without_naming_the_request_counts_too() -> None:
    doc = fold(
        applications,
        ("intake", submitted()),
        ("review", requested()),
        ("intake", SupplementFiled(documents=[INSURANCE])),
    )
    assert open_evidence(doc) == []


def test_what_was_handed_in_before_does_not_answer_a_later_request() -> None:
    doc = fold(
        applications,
        ("intake", submitted()),
        ("review", requested("r-1")),
        ("intake", SupplementFiled(documents=[INSURANCE], request="r-1")),
        ("review", reviewed("health_insurance", "rejected")),
        ("review", requested("r-2")),
    )
    assert [waiting["request"] for waiting in open_evidence(doc)] == ["r-2"]


def test_a_question_is_open_until_it_is_answered() -> None:
    before = fold(applications, ("intake", submitted()), ("review", asked()))
    after = fold(
        applications,
        ("intake", submitted()),
        ("review", asked()),
        ("intake", QuestionAnswered(question="q-1", sealed=sealed(FreeText))),
    )
    assert [entry["question"] for entry in open_questions(before)] == ["q-1"]
    assert open_questions(after) == []


def test_nothing_is_open_once_it_was_withdrawn() -> None:
    doc = fold(applications, ("intake", submitted()), ("review", requested()), ("intake", ApplicationWithdrawn()))
    assert open_evidence(doc) == []


def test_the_story_is_told_newest_first_and_mentions_an_assignment_once() -> None:
    doc = fold(
        applications,
        ("intake", submitted()),
        ("review", CaseAssigned(staff="a")),
        ("review", CaseAssigned(staff="b")),
        ("review", asked()),
    )
    assert [entry["key"] for entry in doc["timeline"]] == ["asked", "assigned", "submitted"]
    assert "staff" not in str(doc["timeline"])


def test_unread_counts_only_what_the_office_wrote() -> None:
    doc = fold(
        mailbox,
        ("intake", submitted()),
        ("intake", delivered("m-1")),
        ("intake", delivered("m-2", "status", None)),
        ("intake", QuestionAnswered(question="q-1", sealed=sealed(FreeText))),
        ("intake", MessageRead(message="m-2")),
    )
    assert doc["unread"] == 1
    assert [message["from"] for message in doc["messages"]] == ["applicant", "office", "office"]
    assert [message.get("answered") for message in doc["messages"]] == [None, False, True]


def test_a_draft_knows_its_uploads_and_whose_they_are() -> None:
    doc = fold(evidence, ("documents", uploaded("doc-1", "passport")))
    assert doc["parties"] == ["party-a"]
    assert [file["id"] for file in new_uploads(doc)] == ["doc-1"]


def test_rejected_and_filed_files_are_not_new() -> None:
    doc = fold(
        evidence,
        ("documents", uploaded("doc-1", "passport")),
        ("documents", uploaded("doc-2", "health_insurance")),
        ("documents", uploaded("doc-3", "photo")),
        ("documents", DocumentRejected(document="doc-3", reason="unreadable")),
        ("intake", submitted()),
    )
    assert [file["id"] for file in new_uploads(doc)] == ["doc-2"]


def test_every_look_is_kept_with_role_and_office() -> None:
    doc = fold(
        looks,
        ("intake", submitted()),
        ("review", Accessed(role="caseworker", office="lindenried", what="case")),
        ("scheduling", Accessed(role="counter", office="lindenried", what="appointment")),
    )
    assert [(look["role"], look["what"], look["service"]) for look in doc["entries"]] == [
        ("counter", "appointment", "scheduling"),
        ("caseworker", "case", "review"),
    ]

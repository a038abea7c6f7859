"""Views tell the same, whatever the order in which the topics of the other services arrive."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any

import pytest

from aktenlauf.contracts.common import Accessed, DocumentRef, ErasureOrdered, PersonalDataErased, StoredFile
from aktenlauf.contracts.documents import DocumentChecked, DocumentScanned, DocumentUploaded, PageImages, UploadedFile
from aktenlauf.contracts.envelope import Event, Record, encode, parse, registered, sealed_of, stamp
from aktenlauf.contracts.intake import (
    FreeText,
    Message,
    MessageDelivered,
    MessageRead,
    QuestionAnswered,
    SupplementFiled,
)
from aktenlauf.contracts.published import PRIVATE_EVENTS
from aktenlauf.contracts.review import (
    AnswerReceived,
    CaseAssigned,
    CaseClosed,
    CaseOpened,
    EvidenceRequested,
    EvidenceReviewed,
    QuestionAsked,
    SupplementReceived,
)
from aktenlauf.contracts.scheduling import AppointmentBooked, AppointmentOffered, Slot
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.kit.views import Document, Held, View, apply, keys_of
from aktenlauf.review import words
from aktenlauf.review.history_view import HISTORY_EVENTS
from aktenlauf.review.views import NOBODY, case_file, history, worklist

from .conftest import submitted

START = datetime(2026, 11, 9, 15, tzinfo=UTC)
SLOT = Slot(office="erlenbruck", place="rathaus", start=datetime(2026, 12, 14, 9, tzinfo=UTC), minutes=20)
FILE = StoredFile(blob="b", identity="i", name="n", media_type="application/pdf", size_bytes=1, sha256="0")
PASSPORT = DocumentRef(document="p", kind="passport")
ENROLMENT = DocumentRef(document="e", kind="enrolment")
UPLOADED = Sealed.of(UploadedFile(file=FILE, salt="s"))
IMAGES = Sealed.of(PageImages(blobs=["i"], texts=[""], identity="i"))
TEXT = Sealed.of(FreeText(text="Text"))
MAIL = Sealed.of(Message(subject="s", text="t"))


def uploaded(document: str, kind: str) -> DocumentUploaded:
    return DocumentUploaded(document=document, evidence=kind, party="x", digest="0", blobs=[], sealed=UPLOADED)


HEARD = {"intake": "application", "review": "case", "scheduling": "appointment"}
RUN: tuple[tuple[str, Event], ...] = (
    ("documents", uploaded("p", "passport")),
    ("intake", submitted(documents=[PASSPORT])),
    ("documents", DocumentScanned(document="p", clean=True, scanner="s")),
    ("documents", DocumentChecked(document="p", pages=1, hints=[], blobs=[], sealed=IMAGES)),
    ("review", CaseOpened(number="AL-7K3M-92QF-1", service="study_extension", application="extension",
                          office="erlenbruck", filed_on=date(2026, 11, 9), effect="title_continues", effect_rule="§ 81",
                          title_valid_until=date(2027, 1, 14), inaction_from=date(2027, 2, 10),
                          evidence=["passport", "enrolment"])),
    ("review", CaseAssigned(staff="staff-1")),
    ("review", EvidenceReviewed(evidence="passport", document="p", verdict="accepted")),
    ("review", EvidenceRequested(request="r", evidence=["enrolment"], deadline=date(2026, 12, 7), sealed=TEXT)),
    ("review", QuestionAsked(question="q", sealed=TEXT)),
    ("intake", MessageDelivered(message="m", about="question", refers_to="q", sealed=MAIL)),
    ("intake", MessageRead(message="m")),
    ("documents", uploaded("e", "enrolment")),
    ("intake", SupplementFiled(documents=[ENROLMENT], request=None)),
    ("intake", QuestionAnswered(question="q", sealed=TEXT)),
    ("review", SupplementReceived(documents=[ENROLMENT])),
    ("review", AnswerReceived(question="q")),
    ("scheduling", AppointmentOffered(offer="o", purpose="biometrics", office="erlenbruck", party="x", minutes=20,
                                      until=START)),
    ("scheduling", AppointmentBooked(choice="k", slot=SLOT)),
)  # fmt: skip
CAUSES = {4: (1,), 14: (12,), 15: (13,), 16: (15,)}
"""What a service of ours does follows from what it heard: by place in RUN."""


def records(run: Any = RUN) -> list[bytes]:
    """The run as bytes, each event a second after the one before."""
    versions: dict[str, int] = {}
    made = []
    for number, (service, event) in enumerate(run):
        kind = HEARD.get(service)
        stream = f"{service}/{kind}/c-1" if kind else f"{service}/document/{event.document}"
        versions[stream] = versions.get(stream, 0) + 1
        if (sealed := sealed_of(event)) is not None:
            event = event.model_copy(update={"sealed": sealed.sealed_as(f"token-{number}")})
        unstamped = encode(
            event, service=service, stream=stream, event_id=f"{number:04}", time=START + timedelta(seconds=number),
            subject="c-1", office=None, causationid=f"cause-{number}", correlationid="c", actor="staff-1",
            traceparent=None,
        )  # fmt: skip
        made.append(stamp(unstamped, versions[stream]))
    return made


def folded(view: View, order: list[bytes]) -> dict[str, Document | None]:
    """The documents after these records, in this order."""
    held: dict[str, Held] = {}
    for position, record in enumerate(order, 1):
        read: Record = parse(record, position)
        if keys_of(view, read):
            apply(view, read, held)
    return {key: one.document for key, one in held.items()}


def mixed(seed: int) -> list[bytes]:
    """The run as another interleaving of its topics: the order of one owner is kept, and ours follows its causes."""
    pick, bytes_of = random.Random(seed), records()
    lanes = {
        owner: [number for number, (service, _) in enumerate(RUN) if service == owner]
        for owner, _ in groupby(sorted(service for service, _ in RUN))
    }
    order: list[int] = []
    while any(lanes.values()):
        ready = [o for o, lane in lanes.items() if lane and set(CAUSES.get(lane[0], ())) <= set(order)]
        order.append(lanes[pick.choice(ready)].pop(0))
    return [bytes_of[number] for number in order]


@pytest.mark.parametrize("view", [worklist, case_file, history], ids=lambda view: view.name)
def test_any_interleaving_of_topics_gives_the_same_documents(view: View) -> None:
    straight = folded(view, records())
    different = {tuple(mixed(seed)) for seed in range(60)}
    assert len(different) > 50
    for order in different:
        assert folded(view, list(order)) == straight


def test_row_waits_for_the_applicant_until_everything_asked_for_came_in() -> None:
    states = []
    for last in (8, 9, 15, 16):
        row = folded(worklist, records(RUN[:last]))["c-1"]
        assert row is not None
        states.append((row["state"], row["list"], row["new_documents"], row["new_messages"]))
    assert states == [
        ("asked", "asked", 0, 0),
        ("asked", "asked", 0, 0),
        ("asked", "asked", 1, 0),
        ("open", "open", 1, 1),
    ]


def test_row_counts_evidence_anew_when_it_comes_in_again() -> None:
    judged = EvidenceReviewed(evidence="enrolment", verdict="accepted")
    again = SupplementReceived(documents=[ENROLMENT])
    before = (*RUN, ("review", judged))
    counts = [
        folded(worklist, records(run))["c-1"]["evidence_done"] for run in (RUN, before, (*before, ("review", again)))
    ]  # type: ignore[index]
    assert counts == [1, 2, 1]


@pytest.mark.parametrize(
    ("effect", "until", "risk"),
    [
        ("title_continues", date(2026, 11, 30), None),
        ("stay_permitted", None, None),
        ("order_possible", date(2026, 11, 1), "2026-11-01"),
        ("none", None, "2026-11-09"),
        ("unclear", date(2026, 12, 1), "2026-12-01"),
    ],
)
def test_stay_is_at_risk_where_the_application_secures_nothing__aufenthg_81(
    effect: str, until: date | None, risk: str | None
) -> None:
    opened = RUN[4][1].model_copy(update={"effect": effect, "title_valid_until": until})
    row = folded(worklist, records((RUN[1], ("review", opened))))["c-1"]
    assert row is not None
    assert (row["risk"], row["due"]) == (risk, min(filter(None, (risk, "2027-02-10"))))


def test_what_is_done_is_due_no_more() -> None:
    """So that lists by what is due do not walk through all that was ever decided."""
    open_ = folded(worklist, records(RUN))["c-1"]
    closed = folded(worklist, records((*RUN, ("review", CaseClosed(reason="decided")))))["c-1"]
    assert open_ and closed
    assert (open_["due"], closed["due"], closed["active"]) == ("2027-02-10", None, 0)


def test_row_is_in_no_list_before_the_case_is_opened() -> None:
    row = folded(worklist, records(RUN[:2]))["c-1"]
    assert row is not None
    assert (row.get("list"), row.get("active"), row.get("assignee", NOBODY)) == (None, None, NOBODY)


def public_events() -> set[type[Event]]:
    """Every event that another service can hear of, `Accessed` aside: looks are counted, not told one by one."""
    ours = [event for event in registered().values() if event.__module__.startswith("aktenlauf.contracts.")]
    return {event for event in ours if event.__name__ not in PRIVATE_EVENTS} - {Accessed}


def test_history_tells_of_every_public_event_in_words() -> None:
    assert set(HISTORY_EVENTS) == public_events()
    assert set(words.SENTENCES) == {event.kind.removesuffix(".v1") for event in public_events()}


def test_history_has_one_area_for_every_event() -> None:
    counted = Counter(kind for _, kinds in words.AREAS.values() for kind in kinds)
    assert counted == Counter(dict.fromkeys(words.SENTENCES, 1))


@pytest.mark.parametrize("view", [worklist, case_file, history], ids=lambda view: view.name)
def test_of_a_draft_that_was_erased_nothing_is_left(view: View) -> None:
    draft = [entry for entry in RUN[:4] if entry[0] == "documents"]
    ordered = ErasureOrdered(reason="draft-expired", keys=["case/c-1"], certify_at=START)
    erased = (*draft, ("intake", ordered), ("intake", PersonalDataErased(ordered="5")))
    assert [doc for doc in folded(view, records(erased)).values() if doc is not None] == []


def test_history_counts_looks_by_day() -> None:
    look = Accessed(role="caseworker", office="erlenbruck", what="case")
    doc = folded(history, records((RUN[1], ("review", look), ("review", look))))["c-1"]
    assert doc is not None
    (counted,) = doc["looks"].values()
    assert (counted["n"], counted["actor"], len(doc["entries"])) == (2, "staff-1", 1)


def test_history_holds_nothing_sealed() -> None:
    doc = folded(history, records())["c-1"]
    assert "token-" not in str(doc)


def test_file_remembers_order_and_certificate_of_an_erasure() -> None:
    ordered = ErasureOrdered(reason="test", keys=["case/c-1"], certify_at=START)
    doc = folded(case_file, records((*RUN[:5], ("review", ordered), ("review", PersonalDataErased(ordered="5")))))[
        "c-1"
    ]
    assert doc is not None
    assert (doc["erasure"]["reason"], doc["erasure"]["certificate"]) == ("test", "0006")

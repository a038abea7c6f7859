"""What the evidence pages know, whichever service is heard first."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from aktenlauf.contracts.common import DocumentRef
from aktenlauf.contracts.envelope import Event, Meta, Record, timestamp
from aktenlauf.contracts.intake import FreeText, QuestionAnswered, SupplementFiled
from aktenlauf.contracts.review import EvidenceRequested
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.documents.views import files
from aktenlauf.kit.views import Held, apply

BEGIN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PASSPORT = DocumentRef(document="d-1", kind="passport")
WORDS = Sealed(FreeText, token="token")

ASKED = EvidenceRequested(request="r-1", evidence=["passport", "payslips"], deadline=date(2026, 12, 7), sealed=WORDS)
ASKED_AGAIN = ASKED.model_copy(update={"request": "r-2"})
HANDED_IN = SupplementFiled(documents=[PASSPORT], request="r-1")
WRITTEN = QuestionAnswered(documents=[PASSPORT], sealed=WORDS)


@pytest.mark.parametrize(
    ("happened", "still_asked"),
    [
        ((ASKED, HANDED_IN), {"r-1": ["payslips"]}),
        ((ASKED, WRITTEN), {"r-1": ["payslips"]}),
        ((HANDED_IN, ASKED), {"r-1": ["passport", "payslips"]}),
        ((ASKED, HANDED_IN, ASKED_AGAIN), {"r-1": ["payslips"], "r-2": ["passport", "payslips"]}),
        ((WRITTEN, ASKED, HANDED_IN), {"r-1": ["payslips"]}),
    ],
)
def test_what_is_still_asked_for_follows_from_what_happened_not_from_the_order_it_is_heard_in(
    happened: tuple[Event, ...], still_asked: dict[str, list[str]]
) -> None:
    for order in permutations(range(len(happened))):
        held: dict[str, Held] = {}
        for position, number in enumerate(order, start=1):
            apply(files, _record(happened[number], minute=number, position=position), held)
        asked = (held["c-1"].document or {})["requests"]
        assert {request: open_["evidence"] for request, open_ in asked.items()} == still_asked, order


def _record(event: Event, *, minute: int, position: int) -> Record:
    owner = "review" if isinstance(event, EvidenceRequested) else "intake"
    meta = Meta(
        id=f"event-{minute}",
        type=event.type_from(owner),
        source=owner,
        time=timestamp(BEGIN + timedelta(minutes=minute)),
        stream=f"{owner}/stream/c-1",
        version=1,
        subject="c-1",
        position=position,
    )
    record = Record(meta, {})
    record._event = event
    return record

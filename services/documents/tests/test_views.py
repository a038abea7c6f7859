"""What the evidence pages know, whichever service is heard first."""

from datetime import date
from itertools import permutations

import pytest

from aktenlauf.contracts.common import DocumentRef
from aktenlauf.contracts.envelope import Event
from aktenlauf.contracts.intake import FreeText, QuestionAnswered, SupplementFiled
from aktenlauf.contracts.review import EvidenceRequested
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.documents.views import files, still_asked
from aktenlauf.kit.testing.folding import folded, record

PASSPORT = DocumentRef(document="d-1", kind="passport")
WORDS = Sealed(FreeText, token="token")


def asked(request: str, evidence: list[str], day: int) -> tuple[str, Event]:
    deadline = date(2026, 12, day)
    return "review", EvidenceRequested(request=request, evidence=evidence, deadline=deadline, sealed=WORDS)


ASKED = asked("r-1", ["passport", "payslips"], 7)
ASKED_AGAIN = asked("r-2", ["passport"], 14)
HANDED_IN = "intake", SupplementFiled(documents=[PASSPORT], request="r-1")
WRITTEN = "intake", QuestionAnswered(documents=[PASSPORT], sealed=WORDS)


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        ((ASKED, HANDED_IN), {"payslips": "2026-12-07"}),
        ((ASKED, WRITTEN), {"payslips": "2026-12-07"}),
        ((HANDED_IN, ASKED), {"passport": "2026-12-07", "payslips": "2026-12-07"}),
        ((ASKED, HANDED_IN, ASKED_AGAIN), {"passport": "2026-12-14", "payslips": "2026-12-07"}),
        ((WRITTEN, ASKED, HANDED_IN), {"payslips": "2026-12-07"}),
    ],
)
def test_what_is_still_asked_for_follows_from_what_happened_not_from_the_order_it_is_heard_in(
    happened: tuple[tuple[str, Event], ...], expected: dict[str, str]
) -> None:
    records = [record(owner, event, minute) for minute, (owner, event) in enumerate(happened)]
    for order in permutations(records):
        assert still_asked(folded(files, order)) == expected, [one.meta.id for one in order]

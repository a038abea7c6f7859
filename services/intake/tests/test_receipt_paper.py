import json
import re
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

import aktenlauf.intake
from aktenlauf.kit.paper import PaperError, typeset

TEMPLATE = Path(aktenlauf.intake.__file__).parent / "typst" / "receipt.typ"
EXAMPLE = Path(__file__).parent / "receipt.example.json"


@pytest.fixture
def data() -> dict[str, Any]:
    return json.loads(EXAMPLE.read_text("utf-8"))


def text_of(pdf: bytes) -> str:
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf)]
    return re.sub(r"\s+", " ", " ".join(pages).replace("\u200b", ""))


def in_fours(digest: str) -> str:
    return " ".join(digest[start : start + 4] for start in range(0, len(digest), 4))


def test_receipt_tells_what_was_received_and_when_to_the_second(data: dict[str, Any]) -> None:
    text = text_of(typeset(TEMPLATE, data))
    for expected in (
        data["case_number"],
        data["applicant"]["name"],
        data["matter"]["title"],
        data["matter"]["norm"],
    ):
        assert expected in text
    assert "23. November 2026, 13:52:07 Uhr (MEZ, UTC+01:00)" in text


def test_summer_time_is_named(data: dict[str, Any]) -> None:
    data["submitted_at"] = "2026-07-01T23:59:59+02:00"
    assert "1. Juli 2026, 23:59:59 Uhr (MESZ, UTC+02:00)" in text_of(typeset(TEMPLATE, data))


def test_digests_stand_in_groups_of_four(data: dict[str, Any]) -> None:
    text = text_of(typeset(TEMPLATE, data))
    for digest in (data["digest"], *(file["digest"] for file in data["evidence"])):
        assert in_fours(digest) in text


def test_every_answer_is_on_the_receipt_in_the_order_of_the_form(data: dict[str, Any]) -> None:
    del data["translation"]
    text = text_of(typeset(TEMPLATE, data))
    labels = [answer["label"] for part in data["sections"] for answer in part["answers"]]
    start = text.index("Ihre Angaben")
    positions = [text.index(label, start) for label in labels]
    assert positions == sorted(positions)


def test_translation_is_marked_as_not_binding(data: dict[str, Any]) -> None:
    note = "Übersetzung, rechtlich verbindlich ist der deutsche Text"
    assert note in text_of(typeset(TEMPLATE, data))
    del data["translation"]
    assert note not in text_of(typeset(TEMPLATE, data))


def test_translation_is_marked_with_its_language(data: dict[str, Any]) -> None:
    assert re.search(rb"/Lang\s*\(ar(-DE)?\)", typeset(TEMPLATE, data))


def test_receipt_without_evidence_says_so(data: dict[str, Any]) -> None:
    data["evidence"] = []
    assert "keine Dateien" in text_of(typeset(TEMPLATE, data))


@pytest.mark.parametrize("key", ["case_number", "digest", "submitted_at", "sections", "next"])
def test_receipt_with_a_gap_is_refused(data: dict[str, Any], key: str) -> None:
    del data[key]
    with pytest.raises(PaperError, match=key):
        typeset(TEMPLATE, data)

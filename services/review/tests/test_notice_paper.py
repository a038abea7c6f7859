import json
import re
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

import aktenlauf.review
from aktenlauf.kit.paper import PaperError, typeset

TEMPLATE = Path(aktenlauf.review.__file__).parent / "typst" / "notice.typ"
EXAMPLE = Path(__file__).parent / "notice.example.json"


@pytest.fixture
def data() -> dict[str, Any]:
    return json.loads(EXAMPLE.read_text("utf-8"))


def pages_of(pdf: bytes) -> list[str]:
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf)]
    return [re.sub(r"\s+", " ", page.replace("\u200b", "")) for page in pages]


def test_notice_names_office_decision_reasons_and_persons__vwvfg_37_and_39(data: dict[str, Any]) -> None:
    text = " ".join(pages_of(typeset(TEMPLATE, data)))
    reasons = [paragraph for part in data["reasons"] for paragraph in part["paragraphs"]]
    names = [signature["name"] for signature in data["signatures"]]
    for expected in (data["office"]["name"], data["subject"], *data["tenor"], *reasons, *names):
        assert expected in text
    assert "ohne Unterschrift gültig" in text


def test_notice_instructs_about_the_remedy__vwvfg_37_6(data: dict[str, Any]) -> None:
    text = " ".join(pages_of(typeset(TEMPLATE, data)))
    assert text.index("Rechtsbehelfsbelehrung") < text.index(data["remedy"][0]) < text.index("Im Auftrag")


def test_notice_explains_the_day_of_announcement(data: dict[str, Any]) -> None:
    text = " ".join(pages_of(typeset(TEMPLATE, data)))
    for label, value in data["announcement"]["rows"]:
        assert f"{label} {value}" in text


def test_notice_without_fee_has_no_heading_for_it(data: dict[str, Any]) -> None:
    del data["fee"]
    data["tenor"] = data["tenor"][:2]
    assert "Gebühr" not in " ".join(pages_of(typeset(TEMPLATE, data)))


def test_translation_has_its_own_sheet_so_that_the_binding_text_stands_alone(data: dict[str, Any]) -> None:
    pages = pages_of(typeset(TEMPLATE, data))
    note = "Übersetzung, rechtlich verbindlich ist der deutsche Text"
    assert [note in page for page in pages] == [False] * (len(pages) - 1) + [True]
    assert "Im Auftrag" in pages[-2]


@pytest.mark.parametrize("key", ["tenor", "reasons", "announcement", "remedy", "signatures"])
def test_notice_with_a_gap_is_refused(data: dict[str, Any], key: str) -> None:
    del data[key]
    with pytest.raises(PaperError, match=key):
        typeset(TEMPLATE, data)

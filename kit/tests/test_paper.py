import os
import re
import unicodedata
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aktenlauf.kit.paper import FONTS, PaperError, printable, typeset

LETTER = """
#import "letter.typ": *
#let data = json("data.json")
#show: letter.with(
  office: (name: "Stadt Lindental", return_address: "Am Kornmarkt 4", contact: "lindental.example"),
  addressee: (data.name,), info: (("Datum", day(data.created)),), title: "Probe", mark: "LT-1",
)
#data.name

#strong(data.name)
"""
CREATED = "2026-11-23T13:52:07+01:00"
ARABIC = "ليلى حدّاد"
# DIN 91379:2022-08: letters that many fonts lack, then letters made of two or three code points.
RARE_LETTERS = "Ḩ ḩ ḫ Ḵ ḵ Ḡ ẖ ẗ ʾ ʿ ə Ə ʒ ẞ ỵ A̋ C̆ K̛ L̥̄ M̐ S̛̄ Z̧ k͟h r̥̄"
# The reader used here gives a letter back once for each glyph that it is drawn with.
REPEATED_LETTER = re.compile(r"(\w[\u0300-\u036f]+)\1+")


@pytest.fixture(scope="module")
def letter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not any(FONTS.glob("*.ttf")):
        pytest.fail(f"no fonts in {FONTS}: run `make setup`")
    path = tmp_path_factory.mktemp("typst") / "probe.typ"
    path.write_text(LETTER, "utf-8")
    return path


def pdf_of(letter: Path, name: str) -> bytes:
    return typeset(letter, {"created": CREATED, "name": name})


def text_of(pdf: bytes) -> str:
    """What a reader can select and copy, NFC; space of any kind is one blank, so line ends do not matter."""
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf)]
    text = unicodedata.normalize("NFC", " ".join(pages)).replace("\u200b", "")
    return REPEATED_LETTER.sub(r"\1", re.sub(r"\s+", " ", text))


def missing_from(text: str, letters: list[str]) -> list[str]:
    return [letter for letter in letters if unicodedata.normalize("NFC", letter) not in text]


def din_91379_letters() -> list[str]:
    """Every letter and sequence of the standard's type C: all normative ones."""
    folder = os.environ.get("XOEV_SCHEMA_DIR")
    if folder is None:
        pytest.skip("XOEV_SCHEMA_DIR is not set: the full list of DIN 91379 letters is not checked")
    (schema,) = Path(folder).rglob("din-norm-91379-datatypes.xsd")
    part = schema.read_text("utf-8").partition('name="datatypeC"')[2]
    pattern = re.search(r'pattern value="\((.*)\)\*"', part)
    assert pattern, "the schema writes its letters in another way"
    return [letter for letter in _alternatives(pattern[1]) if letter.isprintable() and not letter.isspace()]


def _alternatives(pattern: str) -> list[str]:
    """Expands `[a-b]`, `a`, `ab` and `a(b|cd)` of the schema's pattern, whose code points are `&#xHHHH;`."""
    found: list[str] = []
    for item in re.findall(r"\[[^\]]*\]|[^|()\[\]]+(?:\([^)]*\))?", pattern):
        codes = [chr(int(code, 16)) for code in re.findall(r"&#x([0-9A-Fa-f]+);", item)]
        if item.startswith("["):
            found += map(chr, range(ord(codes[0]), ord(codes[-1]) + 1))
        elif "(" in item:
            tails = re.split(r"\|", item[item.index("(") + 1 : -1])
            found += [codes[0] + re.sub(r"&#x([0-9A-Fa-f]+);", _character, tail) for tail in tails]
        else:
            found.append("".join(codes))
    return found


def _character(match: re.Match[str]) -> str:
    return chr(int(match[1], 16))


def test_rare_letters_of_names_are_printed_and_can_be_copied__din_91379(letter: Path) -> None:
    assert missing_from(text_of(pdf_of(letter, RARE_LETTERS)), RARE_LETTERS.split()) == []


def test_every_letter_of_the_schema_is_printed_and_can_be_copied__din_91379(letter: Path) -> None:
    letters = din_91379_letters()
    assert len(letters) > 700
    assert missing_from(text_of(pdf_of(letter, " ".join(letters))), letters) == []


def test_arabic_is_printed_and_can_be_copied(letter: Path) -> None:
    words = text_of(pdf_of(letter, ARABIC)).split()
    # The marks of vowels are drawn apart, so readers may copy them in another order than typed.
    assert {frozenset(word) for word in ARABIC.split()} <= {frozenset(word) for word in words}


def test_a_character_without_glyph_is_printed_as_its_number(letter: Path) -> None:
    assert "Ana [U+1F600] [U+65E5]" in text_of(pdf_of(letter, "Ana 😀 日"))


def test_a_direction_override_cannot_rearrange_the_letter__uax_9() -> None:
    assert printable({"name": ["x\u202egnp.exe"]}) == {"name": ["x[U+202E]gnp.exe"]}


@settings(max_examples=60, deadline=None)
@given(name=st.text(max_size=60))
def test_whatever_a_person_types_a_letter_is_made(letter: Path, name: str) -> None:
    assert pdf_of(letter, name).startswith(b"%PDF-")


def test_the_file_says_that_it_is_archivable_and_accessible__iso_19005_2_and_14289_1(letter: Path) -> None:
    pdf = pdf_of(letter, "Ana").decode("latin-1")
    assert "<pdfaid:part>2</pdfaid:part>" in pdf
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in pdf
    assert "<pdfuaid:part>1</pdfuaid:part>" in pdf


def test_language_title_and_date_are_written_into_the_file(letter: Path) -> None:
    pdf = pdf_of(letter, "Ana")
    assert re.search(rb"/Lang\s*\(de-DE\)", pdf)
    metadata = pypdfium2.PdfDocument(pdf).get_metadata_dict()
    assert (metadata["Title"], metadata["Author"]) == ("Probe", "Stadt Lindental")
    assert metadata["CreationDate"] == "D:20261123125207Z"


def test_an_instant_may_be_as_fine_as_that_of_an_event(letter: Path) -> None:
    fine = {"created": CREATED.replace("+", ".448709+"), "name": "Li"}
    assert typeset(letter, fine).startswith(b"%PDF")


def test_same_data_give_the_same_bytes(letter: Path) -> None:
    assert pdf_of(letter, "Ana") == pdf_of(letter, "Ana")


def test_another_name_gives_other_bytes(letter: Path) -> None:
    assert pdf_of(letter, "Ana") != pdf_of(letter, "Eva")


@pytest.mark.parametrize("markup", ["#panic()", "*bold* _it_", "$x^2$", "= Head", '#read("/etc/passwd")', "\\ <a> @b"])
def test_markup_in_data_stays_text(letter: Path, markup: str) -> None:
    assert markup in text_of(pdf_of(letter, markup))


def test_an_unbreakable_word_stays_on_the_sheet(letter: Path) -> None:
    page = pypdfium2.PdfDocument(pdf_of(letter, "W" * 400))[0]
    boxes = page.get_textpage()
    right_edges = [boxes.get_charbox(index)[2] for index in range(boxes.count_chars())]
    assert max(right_edges) <= page.get_width()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"created": CREATED}, "name"),
        ({"created": CREATED, "name": object()}, "not JSON"),
        ({"name": "Ana"}, "created"),
        ({"created": "2026-11-23T13:52:07", "name": "Ana"}, "offset"),
        ({"created": "gestern", "name": "Ana"}, "created"),
    ],
)
def test_data_that_the_template_does_not_understand_are_refused(letter: Path, data: dict, reason: str) -> None:
    with pytest.raises(PaperError, match=rf"probe\.typ: .*{reason}"):
        typeset(letter, data)


def test_a_warning_is_an_error(tmp_path: Path) -> None:
    template = tmp_path / "warns.typ"
    template.write_text('#set document(title: "x")\n#set text(font: ("Noto Sans", "Unheard Of"))\nText')
    with pytest.raises(PaperError, match="unknown font family"):
        typeset(template, {"created": CREATED})

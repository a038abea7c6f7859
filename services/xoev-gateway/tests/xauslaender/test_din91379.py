"""Our table of letters is the official one, and every letter survives composition."""

import re
import unicodedata

import pytest
from lxml import etree

from aktenlauf.xoev_gateway.xauslaender.din91379 import COMBINED, SINGLES, composed, first_foreign, plain

XS = {"xs": "http://www.w3.org/2001/XMLSchema"}


@pytest.fixture(scope="module")
def official(schema_folder) -> re.Pattern[str]:
    (path,) = schema_folder.rglob("din-norm-91379-datatypes.xsd")
    query = "//xs:simpleType[@name='datatypeC']//xs:pattern/@value"
    (pattern,) = etree.parse(path).xpath(query, namespaces=XS)
    return re.compile(pattern)


def test_single_characters_are_those_of_data_type_c__din_91379(official):
    allowed = {chr(code) for code in range(0x30000) if official.fullmatch(chr(code))}
    assert allowed == SINGLES


def test_combined_letters_are_those_of_data_type_c__din_91379(official):
    assert all(official.fullmatch(letter) for letter in COMBINED)
    marks = [chr(code) for code in range(0x300, 0x370)]
    pairs = {base + mark for base in SINGLES if base.isalpha() for mark in marks}
    assert {pair for pair in pairs if official.fullmatch(pair)} == {c for c in COMBINED if len(c) == 2}
    triples = {c + mark for c in pairs if c[0] in "CKLRSclkrs" for mark in [*marks, "H", "h"]}
    found = {triple for triple in triples if official.fullmatch(triple)}
    ours = {c for c in COMBINED if len(c) == 3} | {c + h for c in COMBINED if len(c) == 2 for h in "Hh"}
    assert found <= ours
    assert {c for c in COMBINED if len(c) == 3} <= found


def test_the_text_is_accepted_exactly_when_the_official_pattern_accepts_it(official):
    texts = [a + b for a in (*COMBINED, "K\u035f", "C\u0328", "\u0301", "ж") for b in ("", "h", "H", "\u0306")]
    for text in texts:
        assert (first_foreign(text) is None) == bool(official.fullmatch(text)), ascii(text)


def test_every_letter_is_already_in_its_composed_form():
    for letter in (*SINGLES, *COMBINED):
        assert composed(letter) == letter, ascii(letter)
        assert composed(unicodedata.normalize("NFD", letter)) == letter, ascii(letter)


def test_plain_text_changes_nothing_that_is_allowed():
    for letter in (*SINGLES, *COMBINED):
        assert plain(letter) == letter


def test_long_texts_are_checked_in_linear_time():
    assert first_foreign("C\u0328\u0306a" * 200_000) is None
    assert first_foreign("a" * 1_000_000 + "ж") == "ж"

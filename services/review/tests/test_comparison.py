"""Answers beside the text of a document: found where they stand, however they are written, and nothing is decided."""

from typing import Any

import pytest

from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.review.comparison import Compared, compare

SERVICE = "study_extension"


def one(kind: str, field: str, value: Any, *texts: str) -> Compared:
    (found,) = compare(SERVICE, kind, {field: value}, texts)
    return found


@pytest.mark.parametrize(
    ("kind", "field", "value", "text"),
    [
        ("passport", "person.family_name", "Ḩaddād-Nováková", "Name: HADDAD NOVAKOVA"),
        ("passport", "passport.number", "N 0123 4567", "No N01234567"),
        ("passport", "passport.valid_until", "2028-03-26", "gültig bis 26.03.2028"),
        ("passport", "passport.valid_until", "2028-03-26", "valid until 26 Mar 2028"),
        ("passport", "passport.valid_until", "2028-03-26", "bis zum 26. März 2028"),
        ("passport", "passport.valid_until", "2028-03-26", "2028-03-26"),
        ("enrolment", "study.began", "2024-10", "seit Oktober 2024"),
        ("payslips", "livelihood.monthly", 112050, "Netto 1.120,50 EUR"),
        ("statements", "livelihood.monthly", 112000, "Saldo 1 120 Euro"),
        ("residence_proof", "contact.address", {"street": "Am Mühlbach", "house_number": "12 a"}, "Am Muehlbach 12a"),
    ],
)
def test_answer_is_found_on_its_page_however_it_is_written(kind: str, field: str, value: Any, text: str) -> None:
    found = one(kind, field, value, "Deckblatt", text)
    assert (found.looked, found.page) == (True, 2)


def test_answer_that_stands_nowhere_is_said_to_be_missing() -> None:
    found = one("passport", "passport.valid_until", "2028-03-26", "gültig bis 26.03.2027")
    assert (found.declared, found.looked, found.page) == ("26.03.2028", True, None)


@pytest.mark.parametrize(
    ("kind", "field", "value", "texts"),
    [
        ("passport", "person.sex", "w", ["weiblich"]),  # a choice: the words are ours
        ("enrolment", "study.semester", 5, ["5. Semester"]),
        ("passport", "person.family_name", "Li", ["Linde"]),  # too short to mean anything
        ("passport", "person.family_name", "Haddad", ["", ""]),  # a picture without text
        ("passport", "person.family_name", "Haddad", []),  # no page images yet
    ],
)
def test_what_cannot_be_compared_is_shown_without_a_finding(kind: str, field: str, value: Any, texts: Any) -> None:
    found = one(kind, field, value, *texts)
    assert found.declared and (found.looked, found.page) == (False, None)


def test_order_is_that_of_the_document_and_unanswered_questions_are_left_out() -> None:
    given = {"passport.number": "N1", "person.family_name": "Haddad", "study.subject": "Wasserbau"}
    labels = [line.label for line in compare(SERVICE, "passport", given, [])]
    service = catalogue().services[SERVICE]
    assert labels == [service.field(id_).label.de for id_ in ("person.family_name", "passport.number")]


def test_unknown_service_or_kind_compares_nothing() -> None:
    assert compare("gone", "passport", {"person.family_name": "Haddad"}, []) == []
    assert compare(SERVICE, "gone", {"person.family_name": "Haddad"}, []) == []

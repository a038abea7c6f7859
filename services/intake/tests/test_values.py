"""Single questions: what may be typed, what is refused and why."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.contracts.din91379 import characters, is_allowed, sequences
from aktenlauf.intake.values import clean, period, read

SERVICE = catalogue().services["study_extension"]
TODAY = dt.date(2026, 11, 22)


def typed(field_id, *values, **parts):
    """Read one question; date and address parts by keyword."""
    form = {field_id: list(values)} | {f"{field_id}.{part}": [value] for part, value in parts.items()}
    value, errors = read(SERVICE.field(field_id), form, field_id, TODAY)
    return value if not errors else [(error.code, error.part) for error in errors]


def date(field_id, text):
    return typed(field_id, **dict(zip(("day", "month", "year"), text.split("."), strict=True)))


@pytest.mark.parametrize("letter", sorted(characters("A") | sequences()))
def test_every_letter_for_names_is_accepted_and_kept__din_91379(letter):
    assert typed("person.family_name", f"A{letter}b") == f"A{letter}b"


@pytest.mark.parametrize(("name", "letter"), [("Хасан", "Х"), ("حداد", "ح"), ("M1ller", "1"), ("a\x00b", "\x00")])
def test_a_letter_that_registers_cannot_hold_is_named(name, letter):
    _, errors = read(SERVICE.field("person.family_name"), {"person.family_name": [name]}, "person.family_name", TODAY)
    assert [(e.code, e.params["letter"]) for e in errors] == [("letter", letter)]


def test_a_name_of_300_letters_is_refused_with_its_length_and_the_limit():
    _, errors = read(SERVICE.field("person.family_name"), {"x": ["ö" * 300]}, "x", TODAY)
    assert [(e.code, dict(e.params)) for e in errors] == [("too_long", {"length": 300, "max": 200})]
    assert typed("person.family_name", "ö" * 200) == "ö" * 200


def test_invisible_characters_and_typographic_signs_are_made_plain_and_letters_kept():
    assert typed("person.family_name", " \u200fEl\u00a0–\u00adHadj \u202c") == "El -Hadj"
    assert typed("study.delay_reason", "Er sagte: „nein“ …\r\n\r\nDann –  ja") == 'Er sagte: "nein" ...\n\nDann - ja'


@given(st.text(max_size=40))
def test_cleaning_twice_changes_nothing_more(text):
    assert clean(clean(text)) == clean(text)
    assert clean(clean(text, lines=True), lines=True) == clean(text, lines=True)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("28.9.2023", "2023-09-28"),
        ("٢٨.٠٩.٢٠٢٣", "2023-09-28"),
        ("29.2.2024", "2024-02-29"),
        ("31.02.2023", [("date_impossible", None)]),
        ("29.2.2023", [("date_impossible", None)]),
        ("1.13.2023", [("date_impossible", None)]),
        ("0.1.2023", [("date_impossible", None)]),
        (".9.2023", [("date_incomplete", "day")]),
        ("28..2023", [("date_incomplete", "month")]),
        ("28.9.", [("date_incomplete", "year")]),
        ("28.9.23", [("date_year", "year")]),
        ("28.Sep.2023", [("date_digits", "month")]),
        ("22.11.2026", "2026-11-22"),
        ("23.11.2026", [("date_future", None)]),
        ("1.1.1899", [("date_range", "year")]),
        ("..", [("required", None)]),
    ],
)
def test_a_date_must_exist_be_whole_and_lie_on_the_right_side_of_today(text, result):
    assert date("entry.first_on", text) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("..1999", "1999"),
        (".4.1999", "1999-04"),
        ("17.4.1999", "1999-04-17"),
        ("17..1999", [("date_incomplete", "month")]),
        (".4.", [("date_incomplete", "year")]),
        (".14.1999", [("date_impossible", None)]),
        ("..2026", "2026"),
        (".11.2026", "2026-11"),
        (".12.2026", [("date_future", None)]),
        ("..2027", [("date_future", None)]),
    ],
)
def test_a_partly_known_date_is_accepted_where_the_question_allows_it(text, result):
    assert date("person.birth_date", text) == result


def test_a_month_that_is_not_over_is_not_past():
    assert date("study.ends", ".11.2026") == "2026-11"
    assert date("study.ends", ".10.2026") == [("date_past", None)]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", (2024, 1, 1), (2024, 12, 31)),
        ("2024-02", (2024, 2, 1), (2024, 2, 29)),
        ("2023-12", (2023, 12, 1), (2023, 12, 31)),
    ],
)
def test_a_partly_known_date_is_a_period(text, first, last):
    assert period(text) == (dt.date(*first), dt.date(*last))


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("1050", 105000),
        ("1.050", 105000),
        ("1,050", 105000),
        ("1.050,5", 105050),
        ("1,050.50 €", 105050),
        ("1050,05", 105005),
        ("١٠٥٠٫٥", 105050),
        ("0", 0),
    ],
)
def test_an_amount_may_be_written_as_at_home(text, cents):
    assert typed("livelihood.monthly", text) == cents


@pytest.mark.parametrize(
    ("text", "code"),
    [("viel", "amount"), ("1.05.0", "amount"), ("-5", "amount"), ("1e5", "amount"), ("100001", "too_large")],
)
def test_what_is_no_amount_is_refused(text, code):
    assert typed("livelihood.monthly", text) == [(code, None)]


@pytest.mark.parametrize(
    "text", ["lina@mail.example", "a.b+c@sub.mail.example", "o'neil@müller.example", "a@xn--mller-kva.example"]
)
def test_an_email_address_is_accepted(text):
    assert typed("contact.email", text) == text


@pytest.mark.parametrize(
    "text",
    [
        "lina",
        "lina@",
        "lina@mail",
        "li na@mail.example",
        "a@b..example",
        "a@-b.example",
        "a@b.example, c@d.example",
        "a@b.example\nBcc: x@y.example",
    ],
)
def test_what_is_no_email_address_is_refused(text):
    assert typed("contact.email", text) == [("email", None)]


@pytest.mark.parametrize(
    ("text", "kept"),
    [("+49 (89) 99998-555", "+49 (89) 99998-555"), ("٠٨٩ ٩٩٩٩٨", "089 99998"), ("0049/89/1", "0049/89/1")],
)
def test_a_phone_number_is_kept_as_typed(text, kept):
    assert typed("contact.phone", text) == kept


@pytest.mark.parametrize("text", ["089 KLARA", "+49", "12345", "0" * 16])
def test_what_is_no_phone_number_is_refused(text):
    assert typed("contact.phone", text) == [("phone", None)]


def address(**parts):
    return typed(
        "contact.address", **({"street": "Weg", "house_number": "1", "postcode": "00101", "city": "X"} | parts)
    )


@pytest.mark.parametrize("number", ["1", "12a", "12 a", "12 1/2", "1234", "5/7", "0"])
def test_a_house_number_fits_the_standard(number):
    assert address(house_number=number)["house_number"] == number


@pytest.mark.parametrize(
    ("parts", "result"),
    [
        ({"house_number": "12345"}, ("house_number", "house_number")),
        ({"house_number": "12-14"}, ("house_number", "house_number")),
        ({"house_number": ""}, ("required", "house_number")),
        ({"postcode": "0010"}, ("postcode", "postcode")),
        ({"postcode": "D-001"}, ("postcode", "postcode")),
        ({"street": "ул. Мира"}, ("letter", "street")),
        ({"city": "x" * 121}, ("too_long", "city")),
    ],
)
def test_an_address_names_the_part_that_is_wrong(parts, result):
    assert address(**parts) == [result]


def test_answers_outside_the_options_are_refused_and_choices_keep_the_order_of_the_options():
    assert typed("person.sex", "q") == [("option", None)]
    assert typed("person.nationality", "159") == [("country", None)]
    assert typed("livelihood.sources", "income", "scholarship") == ["scholarship", "income"]
    assert typed("livelihood.sources", "income", "gold") == [("option", None)]
    assert typed("person.has_other_names", "maybe") == [("option", None)]
    assert typed("declaration.warned", "no") == [("declare", None)]
    assert typed("declaration.warned") == [("declare", None)]


@given(st.text(max_size=30))
def test_whatever_text_is_accepted_can_be_carried_by_the_message_standard(text):
    result = typed("passport.issued_by", text)
    assert not isinstance(result, str) or is_allowed(result, "C")

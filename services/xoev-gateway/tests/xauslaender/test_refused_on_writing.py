"""What XAusländer cannot carry is refused before anything is written, by the name of our field."""

import re
from dataclasses import replace
from datetime import datetime, time

import pytest

from aktenlauf.xoev_gateway.xauslaender import (
    Attachment,
    Authority,
    Contact,
    Document,
    Message,
    NotWritable,
    PartialDate,
    PostBox,
    Product,
    ResidenceDocument,
    read,
    write,
)
from aktenlauf.xoev_gateway.xauslaender.write_parts import DOCUMENT_MAX_BYTES


def refusal(message: Message, product: Product) -> NotWritable:
    with pytest.raises(NotWritable) as caught:
        write(message, product)
    return caught.value


def changed(value: object, path: str, new: object) -> object:
    """A copy of `value` with the field at the dotted `path` replaced."""
    first, _, rest = path.partition(".")
    return replace(value, **{first: changed(getattr(value, first), rest, new) if rest else new})


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("person.family_name", "Мустерова", "person.family_name"),
        ("person.given_names", "آنا", "person.given_names"),
        ("person.family_name", " ", "person.family_name"),
        ("person.birth.place", "東京", "person.birth.place"),
        ("person.birth.place", "Ort \u2013 Teil", "person.birth.place"),
        ("person.birth.country", "BR", "person.birth.country"),
        ("person.other_names", ("Anna", "\u0001"), "person.other_names[1]"),
        ("person.sex", "f", "person.sex"),
        ("person.marital_status.code", "XX", "person.marital_status.code"),
        ("person.nationalities", (), "person.nationalities"),
        ("person.nationalities", ("000", "121", "122", "123", "124"), "person.nationalities"),
        ("person.nationalities", ("121", "DE"), "person.nationalities[1]"),
        ("person.height_cm", 1680, "person.height_cm"),
        ("person.address.house_number", "12b", "person.address.house_number"),
        ("person.address.house_number_suffix", "½", "person.address.house_number_suffix"),
        ("person.address.flat", "ẞ", "person.address.flat"),
        ("person.address.postcode", "SW1A 1AA", "person.address.postcode"),
        ("person.address.postcode", "", "person.address.postcode"),
        ("person.contacts", (Contact("fax", "1"),), "person.contacts[0].channel"),
        ("person.passport.pages", (), "person.passport.pages"),
        (
            "person.residence_document",
            ResidenceDocument((Document(b"1", "image/jpeg"),), "ohne Visum"),
            "person.residence_document",
        ),
        ("summary", Attachment(b"", "application/pdf"), "summary.content"),
        ("summary", Attachment(bytes(DOCUMENT_MAX_BYTES + 1), "application/pdf"), "summary.content"),
        ("summary", Attachment(b"1", "image/png"), "summary.media_type"),
        ("reason", "99", "reason"),
        ("purpose", "16b", "purpose"),
        ("remark", "Привет", "remark"),
        ("header.return_channel", None, "header.return_channel"),
        ("header.created", datetime(2026, 1, 1), "header.created"),
        ("header.application_id", "", "header.application_id"),
        ("header.author", Authority("alp:1", "Portal", PostBox("1", "Ort")), "header.author.contacts"),
        ("header.author.address", None, "header.author.address"),
        ("header.reader.id", "080111", "header.reader.id"),
        ("header.unmapped", ("/x",), "header.unmapped"),
    ],
)
def test_application_names_the_field_that_does_not_fit(examples, product, path, value, where):
    assert refusal(changed(examples["130101"], path, value), product).where == where


def test_refusal_names_the_character_but_not_the_name(examples, product):
    error = refusal(changed(examples["130101"], "person.family_name", "Musterж"), product)
    assert "U+0436" in str(error)
    assert "Muster" not in str(error)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("130101", "trigger", "11111111-2222-4333-8444-000000000002"),
        ("130102", "trigger", None),
        ("130102", "return_channel", True),
        ("130103", "trigger", None),
        ("130103", "return_channel", None),
        ("130104", "trigger", None),
        ("130105", "trigger", None),
        ("130111", "return_channel", None),
    ],
)
def test_return_channel_and_trigger_belong_to_certain_types(examples, product, kind, field, value):
    assert refusal(changed(examples[kind], f"header.{field}", value), product).where == f"header.{field}"


def test_appointment_times_are_local(examples, product):
    zoned = time.fromisoformat("10:30:00+01:00")
    assert refusal(changed(examples["130105"], "slot.start", zoned), product).where == "slot.start"


@pytest.mark.parametrize("parts", [(2026, 2, 30), (2026, 13), (0,), (2026, None, 3)])
def test_a_day_that_does_not_exist_is_no_partial_date(parts):
    with pytest.raises(ValueError, match=re.compile(".")):
        PartialDate(*parts)


def test_largest_file_that_we_write_can_be_read(examples, product):
    largest = replace(examples["130104"], attachment=Document(bytes(DOCUMENT_MAX_BYTES), "application/pdf"))
    assert read(write(largest, product)) == largest


def test_prose_loses_its_typography_and_nothing_else(examples, product):
    question = replace(examples["130102"], text="„Pass“ – bis 3.\u202f1. …\u200f ‚A‘ Müller’s")
    assert read(write(question, product)).text == "\"Pass\" - bis 3. 1. ... 'A' Müller’s"


def test_letters_are_written_in_their_composed_form__din_91379(examples, product):
    person = replace(examples["130101"].person, family_name="Mu\u0308ller C\u030c")
    written = write(replace(examples["130101"], person=person), product)
    assert read(written).person.family_name == "Müller Č"

"""Answers of the form as elements of XAusländer."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.contracts.offices import offices
from aktenlauf.xoev_gateway.answers import shown
from aktenlauf.xoev_gateway.checking import written
from aktenlauf.xoev_gateway.mapping import Envelope, application
from aktenlauf.xoev_gateway.papers import Paper, Papers
from aktenlauf.xoev_gateway.person import address_of
from aktenlauf.xoev_gateway.prose import can_carry, file_name
from aktenlauf.xoev_gateway.xauslaender import (
    Application,
    Contact,
    PartialDate,
    ResidenceDocument,
    codes,
    read,
)

ANSWERS: dict[str, Any] = orjson.loads(
    (Path(__file__).parents[2] / "intake/tests/study_extension.example.json").read_bytes()
)
MESSAGE = "11111111-2222-4333-8444-000000000001"
LATE_IN_BERLIN = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
PASSPORT = Paper("passport", "Reisepass", "pass.pdf", b"%PDF-1", "application/pdf")
TITLE = Paper("residence_title", "Titel", "titel.jpg", b"\xff\xd8\xff", "image/jpeg")
ENROLMENT = Paper("enrolment", "Immatrikulation", "Bescheinigung شهادة.pdf", b"%PDF-2", "application/pdf")


def envelope(test: bool = False) -> Envelope:
    return Envelope(offices()["lindenried"], MESSAGE, LATE_IN_BERLIN, "AL-1", "https://portal.example", test)


def applied(
    *papers: Paper, without: tuple[str, ...] = (), remarks: tuple[str, ...] = (), **changed: Any
) -> Application:
    """The message as it reads back, after writing and checking."""
    answers = {key: value for key, value in {**ANSWERS, **changed}.items() if key not in without}
    message = application(envelope(), "study_extension", answers, Papers(papers, remarks), None)
    back = read(written(message, None)[0])
    assert isinstance(back, Application)
    return back


def test_the_codes_of_the_catalogue_say_what_is_applied_for():
    message = applied()
    assert (message.reason, message.purpose) == (codes.Reason.EXTENSION, codes.Purpose.STUDY)


def test_the_day_of_filing_is_that_of_the_office():
    assert applied().filed_on == date(2026, 11, 24)


def test_who_applies_is_written_field_by_field():
    person = applied().person
    assert (person.family_name, person.given_names, person.sex) == ("Ḩaddād-Nováková", "Lina Şerife", "w")
    assert (person.birth.place, person.birth.day, person.birth.country) == ("Tartus", PartialDate(1999, 4), "475")
    assert (person.height_cm, person.nationalities, person.other_names) == (168, ("475",), ("Haddad",))
    assert person.marital_status.code == "LD"


def test_a_single_name_is_the_family_name__xinneres_nichtvorhanden():
    assert applied(without=("person.given_names",)).person.given_names is None


def test_further_nationalities_follow_the_first_and_none_is_said_twice():
    others = [{"nationality": "327"}, {"nationality": "475"}]
    assert applied(**{"person.other_nationalities": others}).person.nationalities == ("475", "327")


def test_since_when_somebody_is_married_may_be_known_in_part():
    status = applied(**{"person.marital_status": "VH", "person.marital_status_since": "2020-07"}).person.marital_status
    assert (status.code, status.since) == ("VH", PartialDate(2020, 7))


@pytest.mark.parametrize(
    ("typed", "number", "suffix", "part"),
    [
        ("12", "12", None, None),
        ("12 a", "12", "a", None),
        ("12a", "12", "a", None),
        ("12 1/2", "12", "1/2", None),
        ("12 ½", "12", None, "½"),
        ("12 ẞ", "12", None, "ẞ"),
    ],
)
def test_a_house_number_is_split_as_registers_do__xinneres_meldeanschrift(typed, number, suffix, part):
    address = address_of("Am Mühlbach", typed, "00102", "Lindenried")
    assert (address.house_number, address.house_number_suffix, address.house_number_part) == (number, suffix, part)
    assert (
        applied(**{"contact.address": {**ANSWERS["contact.address"], "house_number": typed}}).person.address == address
    )


@pytest.mark.parametrize(
    ("phone", "channel"), [("+49 89 99998 555", "02"), ("0171 123456", "03"), ("+49 (151) 123", "03")]
)
def test_each_way_to_reach_somebody_has_its_channel(phone: str, channel: str):
    contacts = applied(**{"contact.phone": phone}).person.contacts
    assert contacts == (Contact("01", "lina.haddad@mail.example"), Contact(channel, phone))


def test_passport_and_title_are_with_the_person_and_not_among_the_evidence():
    message = applied(PASSPORT, TITLE, ENROLMENT)
    passport, held = message.person.passport, message.person.residence_document
    assert passport is not None
    assert (passport.number, passport.valid_from, passport.valid_until) == (
        "N 0123 4567",
        date(2022, 3, 27),
        date(2028, 3, 26),
    )
    assert [page.content for page in passport.pages] == [PASSPORT.content]
    assert held is not None
    assert [page.content for page in held.pages] == [TITLE.content]
    assert [each.label for each in message.evidence] == ["Immatrikulation"]


def test_without_a_page_of_the_passport_its_data_are_remarked():
    message = applied()
    assert message.person.passport is None
    assert "- Passnummer: N 0123 4567" in str(message.remark)
    assert "- Passnummer" not in str(applied(PASSPORT).remark)


def test_a_passport_page_without_a_valid_passport_is_evidence():
    assert [e.label for e in applied(PASSPORT, **{"passport.state": "applied"}).evidence] == ["Reisepass"]


@pytest.mark.parametrize(
    ("title", "expected"),
    [("title", ResidenceDocument()), ("national-visa", ResidenceDocument()), ("schengen-visa", None), ("none", None)],
)
def test_a_german_document_is_at_hand_where_none_was_uploaded(title: str, expected: ResidenceDocument | None):
    assert applied(**{"residence.title": title}).person.residence_document == expected


def test_what_has_no_element_stands_in_the_remark_in_the_words_of_the_form():
    remark = str(applied(remarks=("Nicht beigefügt: x.",)).remark).split("\n")
    assert remark[0] == "Nicht beigefügt: x."
    for line in (
        "- Augenfarbe: braun",
        "- Andere Namen: Name Haddad, Was ist das für ein Name? Andere Schreibweise",
        "Lebensunterhalt und Krankenversicherung:",
        "- Ich lebe von: Stipendium, Arbeit neben dem Studium",
        "- Wie viel Geld haben Sie insgesamt im Monat? 1120,50 Euro",
        "- Gültig bis: 14.01.2027",
        "- Haben Sie Kinder unter 18 Jahren? Ja",
    ):
        assert line in remark
    assert not any("Familienname:" in line or "versichere" in line for line in remark)


def test_every_answer_is_either_in_an_element_or_in_the_remark():
    """So a field added to the catalogue cannot get lost on the way to the office."""
    message = applied(PASSPORT, TITLE)
    said = f"{message}"
    for field in catalogue().services["study_extension"].fields():
        if field.id in ANSWERS and field.type in ("text", "name", "email", "phone", "number", "nationality"):
            assert str(ANSWERS[field.id]) in said or shown(field, ANSWERS[field.id]) in said, field.id


def test_letters_in_file_names_that_registers_do_not_know_become_underscores():
    (evidence,) = applied(ENROLMENT).evidence
    assert evidence.name == "Bescheinigung _____.pdf"
    assert file_name("😀") == "_"
    assert file_name("Übersicht – 1.pdf") == "Übersicht - 1.pdf"


def test_texts_are_carried_as_long_as_registers_know_their_letters__din_91379():
    assert can_carry("„Straße“ – Ḩaddād…")
    assert not can_carry("привет")


def test_only_a_test_installation_or_office_marks_its_messages_as_tests():
    assert application(envelope(test=True), "study_extension", ANSWERS, Papers(), None).header.test == "Testnachricht"
    assert applied().header.test is None


def test_the_message_goes_from_the_portal_to_the_office_and_may_be_answered():
    header = applied().header
    assert (header.author.id, header.reader.id) == ("alp:99999901", "azr:999901")
    assert (header.application_id, header.return_channel) == ("AL-1", True)
    assert header.author.address is not None
    assert header.created == LATE_IN_BERLIN


def test_an_application_of_the_example_is_valid(schemas):
    message = application(envelope(), "study_extension", ANSWERS, Papers((PASSPORT, TITLE, ENROLMENT)), None)
    assert schemas.check(written(message, None)[0]) == []

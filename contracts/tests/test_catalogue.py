"""The catalogue is complete in every language and refuses to load when it does not hold together."""

import datetime as dt
from collections.abc import Iterator

import pytest
from pydantic import BaseModel, ValidationError

from aktenlauf.contracts import din91379
from aktenlauf.contracts.catalogue import ADDRESS_PARTS, DATE_PARTS, Catalogue, Paragraph, Service, Text, catalogue
from aktenlauf.contracts.conditions import AnyOf, Contains, Equals, OneOf, fields_of, holds
from aktenlauf.contracts.finder import find
from aktenlauf.contracts.nationalities import choices, codes, nationalities

SERVICES = list(catalogue().services.values())


def parts(model: object, kind: type) -> Iterator:
    """Everything of one kind inside the catalogue."""
    if isinstance(model, kind):
        yield model
    children: Iterator = iter(())
    if isinstance(model, BaseModel):
        children = iter([getattr(model, name) for name in type(model).model_fields])
    elif isinstance(model, dict):
        children = iter(model.values())
    elif isinstance(model, tuple):
        children = iter(model)
    for child in children:
        yield from parts(child, kind)


def test_every_text_is_there_in_german_english_and_arabic():
    texts = list(parts(catalogue(), Text))
    assert len(texts) > 200
    for text in texts:
        assert all(len(text.pick(locale).strip()) > 0 for locale in ("de", "en", "ar"))
        assert any("\u0600" <= c <= "\u06ff" for c in text.ar), text.de
        assert not any("\u0600" <= c <= "\u06ff" for c in text.de + text.en), text.de


def test_german_texts_can_be_carried_by_the_message_standard_but_for_quotes_and_dashes():
    for text in parts(catalogue(), Text):
        plain = text.de.translate(str.maketrans(dict.fromkeys("„“–", " ")))
        assert din91379.first_disallowed(plain) is None, text.de


def test_every_paragraph_says_when_it_was_last_read():
    paragraphs = list(parts(catalogue(), Paragraph))
    assert paragraphs
    assert all(p.cite.startswith("§") and p.checked >= dt.date(2026, 11, 21) for p in paragraphs)


@pytest.mark.parametrize("service", SERVICES, ids=lambda s: s.key)
def test_every_condition_names_a_field_and_an_answer_it_can_have(service):
    asked = {field.id: field for field in service.fields()}
    simple = [c for kind in (Equals, OneOf, Contains) for c in parts(service, kind)]
    assert simple
    for condition in simple:
        field = asked[condition.field]
        wanted = (
            condition.one_of
            if isinstance(condition, OneOf)
            else (condition.equals if isinstance(condition, Equals) else condition.contains,)
        )
        possible = {option.key for option in field.options} or {True, False}
        assert set(wanted) <= possible, condition
        assert (field.type == "multi_choice") == isinstance(condition, Contains)


@pytest.mark.parametrize("service", SERVICES, ids=lambda s: s.key)
def test_a_form_has_at_most_18_pages_and_only_clock_fields_are_open(service):
    assert len(list(service.steps())) <= 18
    assert {f.id for f in service.fields() if not f.sensitive} <= {"residence.title", "residence.valid_until"}


def test_composite_fields_and_answers_have_words():
    assert {*ADDRESS_PARTS, *DATE_PARTS, "yes", "no", "declared"} <= catalogue().words.keys()


def changed(**changes) -> dict:
    return {**SERVICES[0].model_dump(), **changes}


def test_a_condition_on_a_question_not_asked_before_is_refused():
    data = changed()
    data["sections"][0]["steps"][0]["when"] = {"field": "contact.email", "equals": True}
    with pytest.raises(ValidationError, match=r"looks at contact\.email, not asked before"):
        Service.model_validate(data)


def test_a_question_asked_twice_is_refused():
    data = changed()
    data["sections"][1]["steps"] = data["sections"][0]["steps"]
    with pytest.raises(ValidationError, match=r"person\.family_name is asked twice"):
        Service.model_validate(data)


def test_a_choice_without_options_is_refused():
    data = changed()
    data["sections"][0]["steps"][3]["fields"][0]["options"] = []
    with pytest.raises(ValidationError, match="options belong to a choice"):
        Service.model_validate(data)


def test_a_text_without_arabic_is_refused():
    with pytest.raises(ValidationError, match="ar"):
        Catalogue.model_validate({"services": {}, "evidence": {}, "words": {"x": {"de": "x", "en": "x"}}})


def test_an_open_question_makes_a_condition_undecided_and_a_vanished_one_makes_it_false():
    condition = Equals(field="a", equals=True)
    assert holds(condition, {"a": True}, set()) is True
    assert holds(condition, {"a": 1}, set()) is False
    assert holds(condition, {}, {"a"}) is None
    assert holds(condition, {}, set()) is False
    both = AnyOf(any=(condition, Equals(field="b", equals=True)))
    assert holds(both, {"b": True}, {"a"}) is True
    assert holds(both, {"b": False}, {"a"}) is None
    assert fields_of(both) == {"a", "b"}


@pytest.mark.parametrize(
    ("query", "locale"),
    [
        ("Studium verlängern", "de"),
        ("studium verlangern", "de"),
        ("§16b", "de"),
        ("Studentenvisum", "de"),
        ("I want to extend my student visa", "en"),
        ("تمديد إقامة الدراسة", "ar"),
        ("student visa", "ar"),
        ("", "de"),
    ],
)
def test_the_extension_for_study_is_found_by_the_words_people_use(query, locale):
    assert "study_extension" in [service.key for service in find(query, locale)]


@pytest.mark.parametrize("query", ["Blaue Karte", "Aufenthaltserlaubnis für Arbeit", "Einbürgerung", "لم الشمل"])
def test_what_is_not_offered_is_not_found(query):
    assert find(query, "de") == []


def test_former_states_are_birthplaces_but_no_nationalities():
    assert "159" in codes("country") and "159" not in codes("nationality")
    assert "997" in codes("nationality") and "997" not in codes("country")
    assert {"910", "999"}.isdisjoint(nationalities())


@pytest.mark.parametrize("locale", ["de", "en", "ar"])
def test_every_state_has_a_name_of_its_own_in_every_language(locale):
    names = [name for _, name in choices(locale, "country")]
    assert len(names) == len(set(names)) > 200
    if locale == "ar":
        assert all(any("\u0600" <= c <= "\u06ff" for c in name) for name in names)
    if locale == "de":
        assert names.index("Ägypten") < names.index("Albanien") < names.index("Zypern")


def test_every_field_that_a_document_proves_is_asked_where_the_document_is_demanded():
    proving = [kind for kind in catalogue().evidence.values() if kind.proves]
    assert len(proving) > 10
    for kind in proving:
        demanding = [s for s in SERVICES if any(demand.kind.key == kind.key for demand in s.evidence)]
        asked = {field.id for service in demanding for field in service.fields()}
        assert set(kind.proves) <= asked, kind.key

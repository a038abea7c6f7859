"""The forms engine: conditions, states, gaps, evidence, summary, submission."""

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.intake import forms

SERVICE = catalogue().services["study_extension"]
TODAY = dt.date(2026, 11, 22)
COMPLETE = json.loads(Path(__file__).with_name("study_extension.example.json").read_text("utf-8"))

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)
field_ids = st.sampled_from([field.id for field in SERVICE.fields()])


def changed(**changes):
    return forms.apply(COMPLETE, {key.replace("__", "."): value for key, value in changes.items()})


def state_of(answers, key):
    return {s.step.key: s.state for s in forms.steps(SERVICE, answers, TODAY)}.get(key)


def gaps(answers, today=TODAY):
    return [(gap.error.field, gap.error.code) for gap in forms.missing(SERVICE, answers, today)]


def evidence(answers, documents=None):
    return {e.demand.kind.key: e.state for e in forms.evidence_needed(SERVICE, answers, documents or {})}


def test_a_complete_draft_has_no_gaps_and_every_page_is_done():
    assert gaps(COMPLETE) == []
    assert {s.state for s in forms.steps(SERVICE, COMPLETE, TODAY)} == {"done"}
    assert forms.next_step(forms.steps(SERVICE, COMPLETE, TODAY)) is None


def test_an_empty_draft_begins_at_the_first_page_and_declarations_are_not_yet_possible():
    states = forms.steps(SERVICE, {}, TODAY)
    assert forms.next_step(states).step.key == "person_name"
    assert [s.step.key for s in states if s.state == "not_yet"] == ["final_declarations"]


def test_declarations_become_possible_when_all_else_is_done_and_not_before():
    undeclared = {key: value for key, value in COMPLETE.items() if not key.startswith("declaration.")}
    assert state_of(undeclared, "final_declarations") == "missing"
    assert state_of(forms.apply(undeclared, {"contact.email": None}), "final_declarations") == "not_yet"


def test_a_page_with_some_answers_is_started_and_the_next_open_page_is_offered():
    answers = changed(passport__number=None)
    assert state_of(answers, "stay_passport") == "started"
    assert forms.next_step(forms.steps(SERVICE, answers, TODAY), after="study_plan").step.key == "stay_passport"


def test_a_passport_that_ran_out_since_it_was_typed_is_a_gap():
    assert gaps(COMPLETE, dt.date(2028, 3, 26)) == [("study.ends", "date_past")]
    assert ("passport.valid_until", "date_past") in gaps(COMPLETE, dt.date(2028, 3, 27))


def test_answers_to_vanished_questions_stay_in_the_draft_but_are_not_submitted():
    answers = changed(passport__state="none", passport__explanation="Die Botschaft ist geschlossen.")
    assert answers["passport.number"] == "N 0123 4567"
    submitted = forms.submission(SERVICE, answers)["answers"]
    assert "passport.number" not in submitted
    assert submitted["passport.explanation"] == "Die Botschaft ist geschlossen."
    assert gaps(answers) == []


def test_a_spouse_is_asked_for_only_when_married():
    assert "family.spouse" not in {f for f, _ in gaps(COMPLETE)}
    assert gaps(changed(person__marital_status="VH")) == [("family.spouse", "required")]


def test_evidence_follows_the_answers():
    assert evidence(COMPLETE) == {
        "passport": "missing", "photo": "not_needed", "residence_title": "missing", "residence_proof": "missing",
        "health_insurance": "missing", "enrolment": "missing", "progress": "missing", "scholarship": "missing",
        "payslips": "missing", "statements": "not_needed",
    }  # fmt: skip
    other = changed(passport__state="applied", person__photo="upload", livelihood__sources=["family"])
    assert {"passport_pending", "statements", "photo"} <= {k for k, v in evidence(other).items() if v == "missing"}
    assert "passport" not in evidence(other) and "payslips" not in evidence(other)


def test_three_payslips_are_partial_until_the_third():
    counts = [evidence(COMPLETE, {"payslips": have})["payslips"] for have in range(4)]
    assert counts == ["missing", "partial", "partial", "complete"]


def test_evidence_that_hangs_on_an_open_question_comes_later():
    assert evidence({})["payslips"] == "later"
    assert evidence({})["enrolment"] == "missing"
    assert evidence(changed(person__photo=None))["photo"] == "later"


def test_typing_a_page_and_reading_it_gives_the_same_answers_for_every_page():
    for step in SERVICE.steps():
        result = forms.read_step(SERVICE, step, forms.typed(step, COMPLETE), COMPLETE, TODAY)
        expected = {field.id: COMPLETE[field.id] for field in step.fields if field.id in COMPLETE}
        assert result.errors == []
        assert {key: value for key, value in result.changes.items() if value is not None} == expected


def test_a_half_right_page_keeps_what_is_right_and_shows_what_was_typed():
    form = {
        "person.birth_date.day": ["31"], "person.birth_date.month": ["2"], "person.birth_date.year": ["1999"],
        "person.birth_place": ["Tartus"], "person.birth_country": ["475"], "csrf": ["x"],
    }  # fmt: skip
    result = forms.read_step(SERVICE, SERVICE.step("person_birth"), form, {}, TODAY)
    assert result.changes == {"person.birth_place": "Tartus", "person.birth_country": "475"}
    assert [(e.field, e.code) for e in result.errors] == [("person.birth_date", "date_impossible")]
    assert result.raw == {key: value for key, value in form.items() if key != "csrf"}


def test_a_cleared_answer_is_removed_and_missed_if_it_is_needed():
    result = forms.read_step(
        SERVICE, SERVICE.step("contact_reach"), {"contact.email": ["a@b.example"]}, COMPLETE, TODAY
    )
    assert result.changes == {"contact.email": "a@b.example", "contact.phone": None}
    empty = forms.read_step(SERVICE, SERVICE.step("contact_reach"), {}, COMPLETE, TODAY)
    assert [(e.field, e.code) for e in empty.errors] == [("contact.email", "required")]


def test_questions_that_do_not_exist_are_read_without_complaint_and_kept():
    form = {"passport.state": ["none"], "passport.explanation": ["Kein Termin"], "passport.valid_until.day": ["99"]}
    form |= {"passport.number": ["X1"], "passport.issued_by": [""]}
    result = forms.read_step(SERVICE, SERVICE.step("stay_passport"), form, COMPLETE, TODAY)
    assert result.errors == []
    assert result.changes == {"passport.state": "none", "passport.explanation": "Kein Termin", "passport.number": "X1"}


def test_an_empty_control_of_a_vanished_optional_question_does_not_clear_the_kept_answer():
    form = {"residence.title": ["none"], "residence.number": [""]}
    answers = changed(residence__number="Y0123")
    result = forms.read_step(SERVICE, SERVICE.step("stay_title"), form, answers, TODAY)
    assert forms.apply(answers, result.changes)["residence.number"] == "Y0123"


def test_an_error_in_a_group_names_the_typed_entry_even_behind_a_blank_one():
    form = {"family.has_children": ["yes"], "family.children.0.family_name": [""]}
    form |= {"family.children.2.family_name": ["Haddad"], "family.children.2.birth_date.year": ["2031"]}
    result = forms.read_step(SERVICE, SERVICE.step("family_members"), form, COMPLETE, TODAY)
    assert [(e.field, e.code) for e in result.errors] == [
        ("family.children.2.birth_date", "date_future"),
        ("family.children.2.nationality", "required"),
        ("family.children.2.in_germany", "choose"),
    ]


def test_too_many_entries_of_a_group_are_refused():
    form = {"person.has_other_nationalities": ["yes"], "person.nationality": ["475"]}
    form |= {f"person.other_nationalities.{n}.nationality": ["475"] for n in range(4)}
    result = forms.read_step(SERVICE, SERVICE.step("person_nationality"), form, {}, TODAY)
    assert [(e.field, e.code, e.params) for e in result.errors] == [
        ("person.other_nationalities", "too_many", {"max": 3})
    ]


@pytest.mark.parametrize(
    ("locale", "birth", "money", "yes"),
    [
        ("de", "April 1999", "1.120,50\xa0€", "Ja"),
        ("en", "April 1999", "€1,120.50", "Yes"),
        ("ar", "أبريل 1999", None, "نعم"),
    ],
)
def test_the_summary_speaks_the_language_of_the_page(locale, birth, money, yes):
    items = {i.field.id: i.lines for s in forms.summary(SERVICE, COMPLETE, locale) for i in s.items}
    assert items["person.birth_date"] == (birth,)
    assert money is None or items["livelihood.monthly"] == (money,)
    assert items["person.has_other_names"] == (yes,)
    assert items["contact.address"] == ("Am Mühlbach 12 a", "00102 Lindenried")


def test_the_summary_shows_every_existing_question_and_no_other():
    shown = {i.field.id for s in forms.summary(SERVICE, COMPLETE, "de") for i in s.items}
    assert COMPLETE.keys() <= shown
    assert "passport.explanation" not in shown and "representative.email" not in shown


def test_the_digest_depends_on_content_and_salt_but_not_on_the_order_of_answers():
    content = forms.submission(SERVICE, COMPLETE)
    turned = forms.submission(SERVICE, dict(reversed(COMPLETE.items())))
    assert forms.digest(content, "salt") == forms.digest(turned, "salt")
    assert forms.digest(content, "salt") != forms.digest(content, "other")
    assert forms.digest(content, "salt") != forms.digest(forms.submission(SERVICE, changed(person__height=169)), "salt")


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(field_ids, json_values, max_size=8))
def test_any_json_as_answers_gets_an_answer_and_what_has_no_gap_can_be_submitted(junk):
    answers = {**COMPLETE, **junk}
    wrong = forms.missing(SERVICE, answers, TODAY)
    forms.steps(SERVICE, answers, TODAY), forms.evidence_needed(SERVICE, answers, {})
    if not wrong:
        forms.summary(SERVICE, answers, "ar"), forms.digest(forms.submission(SERVICE, answers), "salt")


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(field_ids, st.sampled_from(["yes", "no", "", "valid", "x", "none"]), max_size=10), st.data())
def test_pages_are_read_alike_in_any_state_of_the_draft_and_raise_nothing(typed, data):
    step = data.draw(st.sampled_from(list(SERVICE.steps())))
    names = [
        f"{f.id}{part}"
        for f in step.fields
        for part in ("", ".day", ".year", ".street", ".0.name", ".1.birth_date.year")
    ]
    form = data.draw(st.dictionaries(st.sampled_from(names), st.lists(st.text(max_size=12), max_size=2), max_size=8))
    answers = dict(typed)
    result = forms.read_step(SERVICE, step, form, answers, TODAY)
    after = forms.apply(answers, result.changes)
    valid = {f.id for f in forms.visible_fields(SERVICE, step, after)} & result.changes.keys()
    complaints = {gap.error.field.split(".0.")[0] for gap in forms.missing(SERVICE, after, TODAY)}
    assert not {f for f in valid if after.get(f) is not None} & complaints

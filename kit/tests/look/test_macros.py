"""Macros: label, hint, error and state always reach assistive technology."""

import re

import pytest
from lxml import html

ERROR = "Geben Sie alle 9 Zeichen ein."


def parsed(source):
    return html.fragment_fromstring(source, create_parent="div")


FIELDS = [
    "f.text('x', 'Feld', hint=hint, error=error)",
    "f.textarea('x', 'Feld', hint=hint, error=error)",
    "f.select('x', 'Feld', [('a', 'A')], hint=hint, error=error)",
    "f.checkbox('x', 'Feld', hint=hint, error=error)",
    "f.file('x', 'Feld', hint=hint, error=error)",
]
GROUPS = [
    "f.radios('x', 'Feld', [('a', 'A'), ('b', 'B')], hint=hint, error=error)",
    "f.checkboxes('x', 'Feld', [('a', 'A'), ('b', 'B')], hint=hint, error=error)",
    "f.date('x', 'Feld', hint=hint, error=error)",
]


@pytest.mark.parametrize("call", FIELDS)
def test_error_and_hint_are_tied_to_their_field(macro, call):
    tree = parsed(macro(call, hint="Oben rechts", error=ERROR))
    field = tree.get_element_by_id("x")
    said = [tree.get_element_by_id(part).text_content() for part in field.get("aria-describedby").split()]
    assert said == ["Oben rechts", ERROR]
    assert field.get("aria-invalid") == "true"
    assert tree.xpath("//label[@for='x']")


@pytest.mark.parametrize("call", FIELDS)
def test_field_without_error_claims_none(macro, call):
    tree = parsed(macro(call, hint=None, error=None))
    field = tree.get_element_by_id("x")
    assert field.get("aria-describedby") is None
    assert field.get("aria-invalid") is None


@pytest.mark.parametrize("call", GROUPS)
def test_error_of_a_group_is_tied_to_its_fieldset_and_its_id_can_be_focused(macro, call):
    tree = parsed(macro(call, hint="Oben rechts", error=ERROR))
    fieldset = tree.find("fieldset")
    said = [tree.get_element_by_id(part).text_content() for part in fieldset.get("aria-describedby").split()]
    assert said == ["Oben rechts", ERROR]
    assert fieldset.find("legend").text_content() == "Feld"
    assert tree.get_element_by_id("x").tag == "input"
    assert all(tree.xpath(f"//label[@for='{i.get('id')}']") for i in tree.iter("input"))


@pytest.mark.parametrize(
    ("value", "typed"),
    [
        ("2026-12-07", ["07", "12", "2026"]),
        ("2026-12", ["", "12", "2026"]),
        ("2026", ["", "", "2026"]),
        ({"t": "31", "m": "2", "j": "abc"}, ["31", "2", "abc"]),
        ({"t": "31"}, ["31", "", ""]),
        (None, ["", "", ""]),
    ],
)
def test_date_shows_what_is_known_and_what_was_typed(macro, value, typed):
    tree = parsed(macro("f.date('geb', 'Geburtsdatum', value, partial=true)", value=value))
    assert [(i.get("name"), i.get("value")) for i in tree.iter("input")] == list(
        zip(("geb-t", "geb-m", "geb-j"), typed, strict=True)
    )


def test_only_the_wrong_part_of_a_date_is_marked(macro):
    tree = parsed(macro("f.date('bis', 'Gültig bis', error='Zu früh', wrong='j')"))
    assert [i.get("id") for i in tree.iter("input") if i.get("aria-invalid")] == ["bis-j"]


def test_error_summary_leads_to_each_field_and_takes_the_focus(macro):
    tree = parsed(macro("f.error_summary([('nr', 'Zu kurz'), ('ort', 'Fehlt')])"))
    assert [(a.get("href"), a.text) for a in tree.iter("a")] == [("#nr", "Zu kurz"), ("#ort", "Fehlt")]
    assert tree.find("div").get("data-focus") is not None
    assert "2 Angaben" in tree.text_content()
    assert macro("f.error_summary([])") == ""


def test_guard_puts_the_token_first(macro):
    names = re.findall(r'name="(\w+)"', macro("f.guard(seen=7)"))
    assert names == ["csrf", "command_id", "seen"]


def test_chosen_values_survive_whatever_their_type(macro):
    tree = parsed(macro("f.select('n', 'Kinder', [(1, 'eins'), (2, 'zwei')], '2')"))
    assert tree.xpath("//option[@selected]/text()") == ["zwei"]
    tree = parsed(macro("f.checkboxes('n', 'Kinder', [(1, 'eins'), (2, 'zwei')], [2])"))
    assert [i.get("value") for i in tree.xpath("//input[@checked]")] == ["2"]


@pytest.mark.parametrize(
    "call",
    [
        "f.text('x', bad, bad, hint=bad, error=bad)",
        "f.textarea('x', bad, bad)",
        "f.upload('x', bad, hint=bad, error=bad)",
        "p.summary(bad, [(bad, bad)], change_href='#')",
        "p.doc('x', bad, 'info', bad, files=[{'name': bad, 'note': bad, 'remove': ('n', bad)}])",
        "p.timeline([{'title': bad, 'when': bad, 'text': bad}])",
        "p.mails([{'href': '#', 'title': bad, 'from': bad, 'when': bad}])",
        "p.log([{'title': bad, 'when': bad, 'who': bad}])",
        "f.error_summary([('x', bad)])",
        "p.stages([{'label': bad}], 1)",
    ],
)
def test_foreign_text_never_becomes_markup(macro, call):
    out = macro(call, bad='"><script>x</script><b id=evil')
    assert "<script" not in out
    assert "<b id" not in out


def test_state_is_in_words_not_only_in_colour(macro):
    assert "erledigt" in macro("p.stages([{'label': 'A'}, {'label': 'B'}], 2)")
    assert "erledigt" in macro("p.toc([{'label': 'A', 'state': 'done'}])")
    assert "Neu:" in macro("p.mails([{'href': '#', 'title': 'A', 'from': 'B', 'when': 'C', 'unread': true}])")
    assert "Seit 2 Tagen" in macro("p.urgency('over', 'Seit 2 Tagen', 'abgelaufen')")

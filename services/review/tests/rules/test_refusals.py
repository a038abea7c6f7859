"""What the rules refuse, and what they must not miss."""

import ast
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from aktenlauf.review.rules import cases, data
from aktenlauf.review.rules.announcement import announcement
from aktenlauf.review.rules.completeness import Evidence, completeness
from aktenlauf.review.rules.days import Land
from aktenlauf.review.rules.deadlines import document_deadline
from aktenlauf.review.rules.inaction import inaction
from aktenlauf.review.rules.pages import differences
from aktenlauf.review.rules.remedy import remedy

PACKAGE = Path(data.__file__).parent
ROOT = Path(__file__).parents[4]


def test_a_day_before_receipt_has_no_count__vwgo_75():
    with pytest.raises(ValueError, match="before the receipt"):
        inaction(datetime(2026, 11, 8, 9, tzinfo=UTC), date(2026, 11, 7))


@pytest.mark.parametrize("early", [{"retrieved_on": date(2026, 11, 22)}, {"received_on": date(2026, 11, 22)}])
def test_a_notice_is_not_received_before_dispatch__vwvfg_41(early):
    with pytest.raises(ValueError, match="before that"):
        announcement("post", Land.NI, date(2026, 11, 23), date(2026, 12, 1), **early)


def test_a_dispatch_before_the_first_known_number_of_days_is_refused__vwvfg_41_2a():
    with pytest.raises(ValueError, match="no number of days"):
        announcement("portal", Land.NI, date(2016, 12, 31), date(2016, 12, 31))


@pytest.mark.parametrize("days", [0, -1])
def test_a_deadline_has_at_least_one_day__aufenthg_82_1(days):
    with pytest.raises(ValueError, match="at least one day"):
        document_deadline(date(2026, 11, 20), Land.NW, days)


@pytest.mark.parametrize("land", Land)
@pytest.mark.parametrize("way", ["post", "portal", "account"])
def test_every_land_has_a_rule_for_every_way__vwvfg_41(land, way):
    found = announcement(way, land, date(2026, 11, 23), date(2026, 11, 23))
    assert found.effect == ("pending" if found.retrieve_until else "announced")


@pytest.mark.parametrize("land", Land)
def test_a_remedy_without_text_never_goes_out_unmarked__vwgo_58(land):
    found = remedy(land, "residence")
    assert (found.text is None) == (found.kind == "unclear")
    assert found.text or found.needs_check


def test_instruction_has_a_place_for_court_and_seat__vwgo_58_1():
    found = remedy(Land.NW, "residence")
    assert set(found.placeholders) == {"court", "court_address"}
    filled = found.text.format(court="Verwaltungsgericht Musterstadt", court_address="Marktplatz 1")
    assert "innerhalb eines Monats" in filled and "Klage beim Verwaltungsgericht Musterstadt" in filled


@pytest.mark.parametrize("second", ["received", "accepted", "rejected"])
@pytest.mark.parametrize("first", ["received", "accepted", "rejected"])
def test_each_required_kind_stands_in_exactly_one_list__aufenthg_82_1(first, second):
    evidence = (Evidence(kind="passport", state=first), Evidence(kind="passport", state=second))
    found = completeness(("passport", "rent"), evidence, date(2026, 11, 22))
    lists = (found.accepted, found.to_review, found.expired, found.rejected, found.missing)
    assert sorted(kind for each in lists for kind in each) == ["passport", "rent"]


def test_results_cannot_be_changed():
    found = remedy(Land.NW, "residence")
    with pytest.raises(ValidationError):
        found.kind = "objection"


def test_data_with_an_unknown_key_is_refused_by_name():
    broken = data.rules_data().model_dump(mode="json")
    broken["remedy_by_land"]["BY"]["residence"]["norm"] = "no_such_norm"
    with pytest.raises(ValidationError, match="no_such_norm"):
        data.RulesData.model_validate(broken)


def test_every_check_that_a_rule_can_raise_has_its_sentence_and_its_case():
    strings = {
        node.value
        for path in PACKAGE.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.keyword) and node.arg == "checks"
        for node in ast.walk(node.value)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    known = set(data.rules_data().checks)
    assert strings <= known
    shown = {
        key
        for rule in cases.RULES
        for case in cases.table(rule.__name__).cases
        for key in case.expect.get("checks", [])
    }
    assert known == shown


def test_rules_look_at_no_clock():
    for path in PACKAGE.glob("*.py"):
        calls = {
            node.func.attr
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        assert not calls & {"now", "utcnow", "today", "time"}, f"{path.name} asks a clock; take the date in"


def test_pages_in_docs_are_those_of_the_rules():
    assert differences(ROOT / "docs" / "rules") == [], "run: python -m aktenlauf.review.rules.pages"

"""Every rule against its table of cases: the day before, the day, the day after."""

import pytest
from pydantic_core import to_jsonable_python

from aktenlauf.review.rules.cases import RULES, run, table

CASES = [
    pytest.param(rule, case, id=f"{rule.__name__}: {case.name}")
    for rule in RULES
    for case in table(rule.__name__).cases
]


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_rule_follows_its_table(rule, case):
    found = run(rule, case).model_dump(mode="json")
    expected = to_jsonable_python({"checks": [], **case.expect})
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_result_keeps_the_facts_it_was_given(rule, case):
    result = run(rule, case).model_dump(mode="json")
    facts = result["facts"]
    instants = {"filed_at", "received_at"}  # kept as the Berlin day, which the table checks by its effect
    given = to_jsonable_python({name: value for name, value in case.given.items() if name not in instants})
    for item in given.get("evidence", []):
        item.setdefault("valid_until", None)
    assert {name: facts[name] for name in given} == given


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_result_survives_json(rule, case):
    result = run(rule, case)
    assert type(result).model_validate_json(result.model_dump_json()) == result


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_names_of_cases_are_unique(rule):
    names = [case.name for case in table(rule.__name__).cases]
    assert len(names) == len(set(names))

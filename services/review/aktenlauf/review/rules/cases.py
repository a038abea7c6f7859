"""The table of cases of each rule: read by the tests, which run it, and by the pages, which print it."""

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import Field, validate_call

from aktenlauf.review.rules.announcement import announcement
from aktenlauf.review.rules.completeness import completeness
from aktenlauf.review.rules.continuation import continuation
from aktenlauf.review.rules.deadlines import document_deadline
from aktenlauf.review.rules.finding import Finding, Frozen
from aktenlauf.review.rules.inaction import inaction
from aktenlauf.review.rules.objection import objection
from aktenlauf.review.rules.remedy import remedy

Rule = Callable[..., Finding]

RULES: tuple[Rule, ...] = (
    continuation,
    inaction,
    completeness,
    document_deadline,
    announcement,
    remedy,
    objection,
)


class Case(Frozen):
    """One line of a table. `name` is the sentence of law that it protects, `text` the same in German."""

    name: str = Field(pattern=r"^[a-z0-9_]+__[a-z0-9_]+$")
    text: str
    given: dict[str, Any]
    expect: dict[str, Any]


class CaseTable(Frozen):
    """What a jurist reads about a rule: German title, explanation and cases."""

    title: str
    explanation: str
    cases: tuple[Case, ...] = Field(min_length=3)


class Labels(Frozen):
    """German words for the names of fields and for the values that are codes."""

    fields: dict[str, str]
    values: dict[str, str]


@cache
def table(rule_name: str) -> CaseTable:
    """Return the table of cases of a rule by its function's name."""
    return CaseTable.model_validate(_load(rule_name))


@cache
def labels() -> Labels:
    return Labels.model_validate(_load("labels"))


def run(rule: Rule, case: Case) -> Finding:
    """Call a rule with the facts of a case, converting text to the types of its signature."""
    return validate_call(rule)(**case.given)


def _load(name: str) -> Any:
    folder = files("aktenlauf.review.rules").joinpath("cases")
    return yaml.safe_load(folder.joinpath(f"{name}.yaml").read_text(encoding="utf-8"))

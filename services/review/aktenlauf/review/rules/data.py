"""The data that moves with the law, read once from data.yaml and validated."""

from collections.abc import Container, Iterable
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import Field, model_validator

from aktenlauf.review.rules.days import Land
from aktenlauf.review.rules.finding import Frozen, Norm

RemedyKind = Literal["objection", "action"]
AnnouncementWay = Literal["post", "portal", "account"]


class Step(Frozen):
    """A number of days in force for dispatches on and after `since`."""

    since: date
    days: int = Field(ge=1)


class AnnouncementRule(Frozen):
    """How an announcement works: by a day counted from dispatch, or by retrieval within a window."""

    norm: str
    kind: Literal["days_after_dispatch", "day_after_retrieval"]
    steps: tuple[Step, ...] = Field(min_length=1)
    retrieval_proves_access: bool = False
    checks: tuple[str, ...] = ()


class Choice(Frozen):
    rule: str
    checks: tuple[str, ...] = ()


class LandRemedy(Frozen):
    kind: RemedyKind
    norm: str
    checks: tuple[str, ...] = ()


class RulesData(Frozen):
    """The whole of data.yaml; refused, naming the key, if one part uses a key that another lacks."""

    norms: dict[str, Norm]
    checks: dict[str, str]
    texts: dict[str, str]
    inaction_months: int = Field(ge=1)
    objection_months: int = Field(ge=1)
    objection_months_without_instruction: int = Field(ge=1)
    document_request_days: int = Field(ge=1)
    announcement_rules: dict[str, AnnouncementRule]
    announcement_default: dict[AnnouncementWay, Choice]
    announcement_by_land: dict[Land, dict[AnnouncementWay, Choice]]
    remedy_by_land: dict[Land, dict[Literal["residence", "naturalisation"], LandRemedy]]

    @model_validator(mode="after")
    def keys_exist(self) -> "RulesData":
        _require(self.norms, (rule.norm for rule in self.announcement_rules.values()))
        remedies = [remedy for land in self.remedy_by_land.values() for remedy in land.values()]
        choices = [*self.announcement_default.values()]
        choices += [choice for land in self.announcement_by_land.values() for choice in land.values()]
        _require(self.norms, (remedy.norm for remedy in remedies))
        _require(self.announcement_rules, (choice.rule for choice in choices))
        parts: list[AnnouncementRule | Choice | LandRemedy] = [*self.announcement_rules.values()]
        for part in (*parts, *choices, *remedies):
            _require(self.checks, part.checks)
        return self


def _require(known: Container[str], used: Iterable[str]) -> None:
    missing = sorted({key for key in used if key not in known})
    if missing:
        raise ValueError(f"data.yaml uses keys that it does not define: {', '.join(missing)}")


@cache
def rules_data() -> RulesData:
    """Return the validated data. Raises pydantic.ValidationError naming the key when data.yaml is wrong."""
    text = files("aktenlauf.review.rules").joinpath("data.yaml").read_text(encoding="utf-8")
    return RulesData.model_validate(yaml.safe_load(text))


def norm(key: str) -> Norm:
    """Return the norm filed under `key`; raises KeyError for an unknown one."""
    return rules_data().norms[key]

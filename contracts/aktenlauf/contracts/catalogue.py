"""The catalogue: which applications can be made, what they ask, what they need, what they cost.

It is contract data (YAML under `catalogue_data`), read by every service: intake asks the questions, review and the
gateway name the answers. `answers` are {field id: JSON value} together with the service's key and version. Field ids
are stable and mean the same in every service, so that an answer can be offered again.

The shape of an answer by field type:
    text, long_text, name, email, phone     str, NFC
    date                                    "2026-11-21"
    partial_date                            "2026", "2026-11" or "2026-11-21" (XInneres TeilbekanntesDatum)
    country, nationality                    three digits of the DESTATIS list, see `nationalities`
    choice                                  key of an option; multi_choice: list of keys in the options' order
    yes_no                                  bool; declaration: true
    number                                  int; amount: int in cents
    address                                 {street, house_number, postcode, city, supplement?}
    group                                   list of {member id: value}
"""

import datetime as dt
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic import Field as Rule

from aktenlauf.contracts.conditions import Condition, fields_of
from aktenlauf.contracts.yaml_text import yaml_data

Kind = Literal["initial", "extension", "change"]
FieldType = Literal[
    "text", "long_text", "name", "date", "partial_date", "country", "nationality", "choice", "multi_choice",
    "yes_no", "number", "amount", "email", "phone", "address", "group", "declaration",
]  # fmt: skip
ADDRESS_PARTS = ("street", "house_number", "supplement", "postcode", "city")
DATE_PARTS = ("day", "month", "year")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(_Frozen):
    """One text in every language we speak. German is the binding one."""

    de: str = Rule(min_length=1)
    en: str = Rule(min_length=1)
    ar: str = Rule(min_length=1)

    def pick(self, locale: str) -> str:
        """The text in this language, else in German."""
        return str(getattr(self, self.language(locale)))

    def language(self, locale: str) -> str:
        """Which language `pick` answers in, for the `lang` attribute."""
        return locale if locale in type(self).model_fields else "de"


class Paragraph(_Frozen):
    """A place in the law, and the day on which somebody last read it there."""

    cite: str
    checked: dt.date


class Option(_Frozen):
    """One answer to choose."""

    key: str
    label: Text
    hint: Text | None = None


class Limits(_Frozen):
    """What a value may be at most. `when` is relative to today: past includes today, future too."""

    max_length: int | None = None
    min: int | None = None
    max: int | None = None
    max_items: int | None = None
    when: Literal["past", "future"] | None = None


class FormField(_Frozen):
    """One question. For the shape of its answer see the module's text."""

    id: str = Rule(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$")
    type: FieldType
    label: Text
    hint: Text | None = None
    why: Text | None = None
    required: bool = True
    when: Condition | None = None
    options: tuple[Option, ...] = ()
    limits: Limits = Limits()
    members: tuple["FormField", ...] = ()
    """Of a group; their ids are relative to the item."""
    item: Text | None = None
    """What one entry of a group is called: "Kind"."""
    autocomplete: str | None = None
    sensitive: bool = True
    """False only where the value may be read without opening the seal, because a clock or a route needs it."""

    @model_validator(mode="after")
    def _parts_fit_the_type(self) -> "FormField":
        if (self.type in ("choice", "multi_choice")) != bool(self.options):
            raise ValueError(f"{self.id}: options belong to a choice, and a choice needs them")
        if (self.type == "group") != bool(self.members and self.item and self.limits.max_items):
            raise ValueError(f"{self.id}: a group needs members, the name of an item and max_items")
        if any(m.when or m.type in ("group", "address", "declaration") or "." in m.id for m in self.members):
            raise ValueError(f"{self.id}: members of a group are simple fields without conditions")
        return self

    def option(self, key: str) -> Option:
        """The option of that key. Raises KeyError."""
        return {option.key: option for option in self.options}[key]


class Step(_Frozen):
    """One page: one subject, asked in the words of its title."""

    key: str = Rule(pattern=r"^[a-z][a-z0-9_]*$")
    title: Text
    lead: Text | None = None
    why: Text | None = None
    when: Condition | None = None
    last: bool = False
    """Only possible once all other pages are complete (declarations)."""
    fields: tuple[FormField, ...] = Rule(min_length=1)


class Section(_Frozen):
    """A chapter of the form."""

    key: str
    title: Text
    steps: tuple[Step, ...] = Rule(min_length=1)


class EvidenceKind(_Frozen):
    """A kind of document, as an applicant would call it."""

    key: str
    label: Text
    reason: Text
    accepted: Text
    pieces: int = Rule(1, ge=1)
    max_age_days: int | None = None
    proves: tuple[str, ...] = ()
    """Ids of the fields whose answers the document shows, in the order in which it is read."""


class NotNeeded(_Frozen):
    """When a demanded document is not needed after all, and how we say so."""

    when: Condition
    reason: Text


class EvidenceDemand(_Frozen):
    """A service asks for a kind of document, perhaps only under a condition."""

    kind: EvidenceKind
    required: bool = True
    when: Condition | None = None
    not_needed: tuple[NotNeeded, ...] = ()


class FeeException(_Frozen):
    """A different fee and for whom."""

    cents: int = Rule(ge=0)
    whom: Text
    paragraph: Paragraph


class Fee(_Frozen):
    """In euro cents; the office fixes it in the individual case."""

    cents: int = Rule(ge=0)
    paragraph: Paragraph
    exceptions: tuple[FeeException, ...] = ()


class StandardCodes(_Frozen):
    """What XAusländer calls this application (130101)."""

    antragsgrund: str
    """ozg.antragsgrund, version 4."""
    aufenthaltsgrund: str
    """ozg.aufenthaltsgrund, version 2."""


class Service(_Frozen):
    """One application that can be made. `matter` is what it is about, `kind` what is wanted."""

    key: str = Rule(pattern=r"^[a-z][a-z0-9_]*$")
    version: int = Rule(ge=1)
    matter: str
    kind: Kind
    title: Text
    summary: Text
    who: Text
    leika: str | None = None
    paragraphs: tuple[Paragraph, ...] = Rule(min_length=1)
    standard: StandardCodes
    fee: Fee
    duration: Text
    keywords: Text
    situations: tuple[Text, ...] = Rule(min_length=1)
    sections: tuple[Section, ...] = Rule(min_length=1)
    evidence: tuple[EvidenceDemand, ...]

    @model_validator(mode="after")
    def _holds_together(self) -> "Service":
        seen: set[str] = set()
        for step in self.steps():
            _check_refers(step.key, step.when, seen)
            if not any(field.required and field.when is None for field in step.fields):
                raise ValueError(f"{self.key}: step {step.key} asks nothing that must be answered")
            for field in step.fields:
                _check_refers(field.id, field.when, seen)
                if field.id in seen:
                    raise ValueError(f"{self.key}: field {field.id} is asked twice")
                seen.add(field.id)
        for demand in self.evidence:
            for condition in (demand.when, *(rule.when for rule in demand.not_needed)):
                _check_refers(demand.kind.key, condition, seen)
        return self

    def steps(self) -> Iterator[Step]:
        """All pages in order."""
        return (step for section in self.sections for step in section.steps)

    def step(self, key: str) -> Step:
        """The page of that key. Raises KeyError."""
        return {step.key: step for step in self.steps()}[key]

    def fields(self) -> Iterator[FormField]:
        """All questions in order."""
        return (field for step in self.steps() for field in step.fields)

    def field(self, field_id: str) -> FormField:
        """The question of that id. Raises KeyError."""
        return {field.id: field for field in self.fields()}[field_id]


class Catalogue(_Frozen):
    """Everything on offer, and the words that all forms share."""

    services: dict[str, Service]
    evidence: dict[str, EvidenceKind]
    words: dict[str, Text]


@cache
def catalogue() -> Catalogue:
    """The catalogue as shipped. Raises pydantic.ValidationError or KeyError naming what does not fit."""
    return load(files("aktenlauf.contracts").joinpath("catalogue_data"))


def load(folder: Traversable) -> Catalogue:
    """Read `words.yaml`, `evidence.yaml`, `steps/*.yaml` and `services/*.yaml`; services name steps by key."""
    kinds = {key: {"key": key, **kind} for key, kind in _yaml(folder / "evidence.yaml").items()}
    steps = {key: {"key": key, **step} for file in _files(folder / "steps") for key, step in _yaml(file).items()}
    services = [_resolved(_yaml(file), steps, kinds) for file in _files(folder / "services")]
    return Catalogue.model_validate(
        {
            "services": {service["key"]: service for service in services},
            "evidence": kinds,
            "words": _yaml(folder / "words.yaml"),
        }
    )


def _resolved(service: dict[str, Any], steps: dict[str, Any], kinds: dict[str, Any]) -> dict[str, Any]:
    sections = [{**s, "steps": [steps[key] for key in s["steps"]]} for s in service["sections"]]
    evidence = [{**demand, "kind": kinds[demand["kind"]]} for demand in service["evidence"]]
    return {**service, "sections": sections, "evidence": evidence}


def _check_refers(name: str, condition: Condition | None, asked: set[str]) -> None:
    if unknown := fields_of(condition) - asked:
        raise ValueError(f"{name}: its condition looks at {', '.join(sorted(unknown))}, not asked before it")


def _files(folder: Traversable) -> list[Traversable]:
    found = (entry for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    return sorted(found, key=lambda entry: entry.name)


def _yaml(file: Traversable) -> dict[str, Any]:
    data = yaml_data(file.read_text("utf-8"))
    if not isinstance(data, dict):
        raise ValueError(f"{file.name}: expected a mapping")
    return data

"""The forms engine: which questions a draft has, what is still missing, what will be submitted. Pure.

Three rules hold everywhere:
- A question exists if its page's and its own condition hold. A condition looks only at answers that exist
  themselves, so a chain of questions disappears as a whole.
- An answer whose question disappeared stays in the draft, in case the applicant changes their mind back, but is
  neither shown nor counted nor submitted: `submission` holds existing questions only.
- `today` is an argument: an answer that was right may become wrong (a passport runs out).
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import orjson
from pydantic import JsonValue

from aktenlauf.contracts.catalogue import EvidenceDemand, FormField, Section, Service, Step, Text
from aktenlauf.contracts.conditions import holds
from aktenlauf.intake import display
from aktenlauf.intake.values import FieldError, Form, problems, read

Answers = Mapping[str, JsonValue]


@dataclass(frozen=True)
class StepState:
    """Where the applicant stands with one page. `not_yet`: it depends on a page that is still open."""

    section: Section
    step: Step
    state: Literal["done", "started", "missing", "not_yet"]


@dataclass(frozen=True)
class StepInput:
    """What was read from a posted page. `changes` holds every valid answer, None where one was cleared;
    `raw` the controls as typed, to show the page again."""

    changes: dict[str, JsonValue]
    errors: list[FieldError]
    raw: dict[str, list[str]]


@dataclass(frozen=True)
class Missing:
    """An answer that is needed, or no longer acceptable, and the page to give it on."""

    step: str
    error: FieldError


@dataclass(frozen=True)
class EvidenceState:
    """A demanded document. `later`: whether it is needed depends on an open question."""

    demand: EvidenceDemand
    state: Literal["missing", "partial", "complete", "not_needed", "later"]
    have: int
    reason: Text | None = None
    """Why it is not needed."""


@dataclass(frozen=True)
class SummaryItem:
    """One answer to check; `lines` are empty where nothing was answered."""

    field: FormField
    step: str
    label: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class SummarySection:
    """One chapter to check."""

    section: Section
    title: str
    items: list[SummaryItem]


@dataclass(frozen=True)
class _Resolved:
    steps: dict[str, bool | None]
    fields: dict[str, bool | None]
    active: dict[str, JsonValue]


def steps(service: Service, answers: Answers, today: dt.date) -> list[StepState]:
    """All pages that exist or may come to exist, in order, with their state."""
    resolved = _resolve(service, answers)
    wrong = {gap.step for gap in missing(service, answers, today)}
    open_pages = any(resolved.steps[step.key] is None or step.key in wrong for step in service.steps() if not step.last)
    return [
        StepState(section, step, _state(step, resolved, wrong, open_pages))
        for section in service.sections
        for step in section.steps
        if resolved.steps[step.key] is not False
    ]


def next_step(states: list[StepState], after: str | None = None) -> StepState | None:
    """The first open page behind `after`, else the first open one, None if nothing is open."""
    keys = [state.step.key for state in states]
    start = keys.index(after) + 1 if after in keys else 0
    return next((s for s in states[start:] + states[:start] if s.state in ("missing", "started")), None)


def visible_fields(service: Service, step: Step, answers: Answers) -> list[FormField]:
    """The questions of a page that exist, given the answers."""
    fields = _resolve(service, answers).fields
    return [field for field in step.fields if fields[field.id]]


def read_step(service: Service, step: Step, form: Form, answers: Answers, today: dt.date) -> StepInput:
    """Read a posted page. Questions that do not exist are read without complaint: on a page
    without script they are visible, and what was typed there is kept in the draft."""
    read_values = {field.id: read(field, form, field.id, today) for field in step.fields}
    changes = {key: value for key, (value, wrong) in read_values.items() if not wrong}
    exist = {field.id for field in visible_fields(service, step, apply(answers, changes))}
    # an empty control of a question that does not exist says nothing about the answer kept in the draft
    kept = {key: value for key, value in changes.items() if key in exist or value is not None}
    errors = [error for key, (_, wrong) in read_values.items() if key in exist for error in wrong]
    return StepInput(kept, errors, _raw(step, form))


def typed(step: Step, answers: Answers) -> dict[str, list[str]]:
    """The controls of a page filled from the answers: what `read_step` would read them from."""
    controls: dict[str, list[str]] = {}
    for field in step.fields:
        controls |= display.typed(field, answers.get(field.id), field.id)
    return controls


def apply(answers: Answers, changes: Answers) -> dict[str, JsonValue]:
    """The answers after the changes; None clears one."""
    return {key: value for key, value in {**answers, **changes}.items() if value is not None}


def missing(service: Service, answers: Answers, today: dt.date) -> list[Missing]:
    """What stands between these answers and a submission, in the order of the form."""
    resolved = _resolve(service, answers)
    return [
        Missing(step.key, error)
        for step in service.steps()
        for field in step.fields
        if resolved.fields[field.id]
        for error in problems(field, answers.get(field.id), field.id, today)
    ]


def evidence_needed(service: Service, answers: Answers, documents: Mapping[str, int]) -> list[EvidenceState]:
    """The documents these answers call for; `documents` counts the usable ones by evidence kind."""
    resolved = _resolve(service, answers)
    states = (_evidence(demand, resolved, documents.get(demand.kind.key, 0)) for demand in service.evidence)
    return [state for state in states if state]


def summary(service: Service, answers: Answers, locale: str) -> list[SummarySection]:
    """Every existing question with its answer in words, by chapter; answers must be valid or absent."""
    resolved = _resolve(service, answers)
    sections = []
    for section in service.sections:
        asked = [(step, field) for step in section.steps for field in step.fields if resolved.fields[field.id]]
        items = [_summary_item(step, field, resolved.active, locale) for step, field in asked]
        if items:
            sections.append(SummarySection(section, section.title.pick(locale), items))
    return sections


def submission(service: Service, answers: Answers) -> dict[str, JsonValue]:
    """What is declared by submitting: service, catalogue version, and the answers to existing questions."""
    return {"service": service.key, "version": service.version, "answers": _resolve(service, answers).active}


def digest(content: Mapping[str, JsonValue], salt: str) -> str:
    """SHA-256 (hex) over the salt and the content as JSON with sorted keys, UTF-8, no spaces."""
    return hashlib.sha256(salt.encode() + b"\n" + orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _resolve(service: Service, answers: Answers) -> _Resolved:
    resolved, pending = _Resolved({}, {}, {}), set[str]()
    for step in service.steps():
        page = resolved.steps[step.key] = holds(step.when, resolved.active, pending)
        for field in step.fields:
            exists = holds(field.when, resolved.active, pending) if page else page
            resolved.fields[field.id] = exists
            if exists and answers.get(field.id) is not None:
                resolved.active[field.id] = answers[field.id]
            elif exists is None or (exists and field.required):
                pending.add(field.id)
    return resolved


def _state(
    step: Step, resolved: _Resolved, wrong: set[str], open_pages: bool
) -> Literal["done", "started", "missing", "not_yet"]:
    if resolved.steps[step.key] is None or (step.last and open_pages):
        return "not_yet"
    if step.key not in wrong:
        return "done"
    return "started" if any(field.id in resolved.active for field in step.fields) else "missing"


def _evidence(demand: EvidenceDemand, resolved: _Resolved, have: int) -> EvidenceState | None:
    pending = {key for key, exists in resolved.fields.items() if exists is not False} - resolved.active.keys()
    needed = holds(demand.when, resolved.active, pending)
    if needed is False:
        return None
    excused = next((rule.reason for rule in demand.not_needed if holds(rule.when, resolved.active, pending)), None)
    if needed and excused:
        return EvidenceState(demand, "not_needed", have, excused)
    if have >= demand.kind.pieces:
        return EvidenceState(demand, "complete", have)
    open_question = needed is None or any(
        holds(rule.when, resolved.active, pending) is None for rule in demand.not_needed
    )
    return EvidenceState(demand, "later" if open_question else "partial" if have else "missing", have)


def _summary_item(step: Step, field: FormField, active: Answers, locale: str) -> SummaryItem:
    lines = display.shown(field, active.get(field.id), locale)
    return SummaryItem(field, step.key, field.label.pick(locale), lines)


def _raw(step: Step, form: Form) -> dict[str, list[str]]:
    ids = [field.id for field in step.fields]
    mine = (control for control in form if any(control == i or control.startswith(f"{i}.") for i in ids))
    return {control: list(form[control]) for control in mine}

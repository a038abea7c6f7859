"""The pages of the form: show one, keep what was typed, go on.

A page that was sent is answered by 303 to the next one; with mistakes by 422 and everything as it was typed; if the
same page was changed in another window by 409 and both versions. Without script, questions that depend on an answer of
the same page come up after sending; with script at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from aktenlauf.contracts.catalogue import Step
from aktenlauf.intake import display, drafts, forms
from aktenlauf.intake.drafts import Draft, StepChanged
from aktenlauf.intake.pages import fields, progress
from aktenlauf.intake.pages.draft_request import Visit, draft_page, posted, shown, visit
from aktenlauf.intake.values import FieldError
from aktenlauf.kit.errors import NotFound
from aktenlauf.kit.web.access import Applicant
from aktenlauf.kit.web.i18n import LANGUAGES, PARAMETER
from aktenlauf.kit.web.pages import page

BACK_FIELD, MORE_FIELD, FEWER_FIELD, SEEN_FIELDS = "zurueck", "mehr", "weniger", "gezeigt"
ADDED_FIELD = "neu"
CHECKING = "pruefen"

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class _Asked:
    """A page as it is to be shown. `difference`: (label, saved, typed) where another window came first."""

    draft: Draft
    step: Step
    typed: Mapping[str, list[str]]
    errors: list[FieldError]
    status: int = 200
    difference: list[tuple[str, str, str]] | None = None
    more: str | None = None
    added: bool = False
    """Questions came up that the page did not have when it was sent."""


@router.get("/antrag/{case}/{step}")
async def show(request: Request, person: Applicant, case: str, step: str) -> Response:
    visited = await visit(request, person)
    draft = await drafts.load(visited.service, case, visited.party)
    asked = _step(visited, draft, step)
    if asked.last:
        return RedirectResponse(f"/antrag/{case}/{CHECKING}", 303)
    typed = drafts.controls(draft.content, asked)
    more, added = request.query_params.get(MORE_FIELD), ADDED_FIELD in request.query_params
    wrong = [] if added else drafts.errors(draft, asked, visited.today)
    return await _page(visited, _Asked(draft, asked, typed, wrong, more=more, added=added))


@router.post("/antrag/{case}/{step}")
async def save(request: Request, person: Applicant, case: str, step: str) -> Response:
    visited = await visit(request, person)
    form, _ = await posted(request)
    draft = await drafts.load(visited.service, case, visited.party)
    asked = _step(visited, draft, step)
    aside = next((form[name][0] for name in (PARAMETER, MORE_FIELD, FEWER_FIELD) if form.get(name)), None)
    typed = _without(form, (form.get(FEWER_FIELD) or [""])[0])
    try:
        saved = await _save(visited, case, asked, typed, checked=aside is None or _was_checked(draft, step))
    except StepChanged as overtaken:
        return await _page(visited, _changed(visited, overtaken, asked))
    if aside is not None:
        return RedirectResponse(_same_page(request, form, case, asked), 303)
    wrong, added = _split(saved, asked, form)
    if wrong:
        return await _page(visited, _Asked(saved.draft, asked, saved.read.raw, wrong, 422))
    if added:
        return RedirectResponse(f"{_path(request, case, asked, form)}{ADDED_FIELD}=1", 303)
    if form.get(BACK_FIELD) == [CHECKING]:
        return RedirectResponse(f"/antrag/{case}/{CHECKING}", 303)
    evidence = await visited.evidence(case)
    return RedirectResponse(progress.next_path(saved.draft, evidence, visited.today, asked.key), 303)


@router.post("/antrag/{case}/{step}/merken")
async def keep(request: Request, person: Applicant, case: str, step: str) -> Response:
    """Save while typing: answers with a line for below the form, and with the questions if others exist now."""
    visited = await visit(request, person)
    form, _ = await posted(request)
    draft = await drafts.load(visited.service, case, visited.party)
    asked = _step(visited, draft, step)
    try:
        saved = await _save(visited, case, asked, form, checked=_was_checked(draft, step))
    except StepChanged:
        return page(request, "partials/_kept.html", 409, saved_at=None, controls=None, seen="")
    exist = [field.id for field in forms.visible_fields(draft.offer, asked, saved.draft.content.answers)]
    controls = None
    if exist != _seen(form):
        questions = forms.visible_fields(draft.offer, asked, saved.draft.content.answers)
        controls = fields.controls(questions, saved.read.raw, [], visited.locale)
    return page(request, "partials/_kept.html", saved_at=saved.draft.saved_at, controls=controls, seen=" ".join(exist))


def _step(visited: Visit, draft: Draft, key: str) -> Step:
    """The page, if it exists for these answers. Raises NotFound."""
    states = forms.steps(draft.offer, draft.content.answers, visited.today)
    found = next((state.step for state in states if state.step.key == key), None)
    if found is None:
        raise NotFound(key)
    return found


async def _save(visited: Visit, case: str, step: Step, form: Mapping[str, list[str]], *, checked: bool) -> drafts.Saved:
    return await drafts.save_step(
        visited.service,
        case,
        visited.party,
        step,
        form,
        shown=shown(form),
        checked=checked,
        locale=visited.locale,
        at=visited.at,
    )


async def _page(visited: Visit, asked: _Asked) -> Response:
    draft, step, locale = asked.draft, asked.step, visited.locale
    questions = forms.visible_fields(draft.offer, step, draft.content.answers)
    controls = fields.controls(questions, asked.typed, asked.errors, locale, asked.more)
    evidence = await visited.evidence(draft.case)
    section = next(section for section in draft.offer.sections if step in section.steps)
    return draft_page(
        visited,
        draft,
        "pages/question.html",
        asked.status,
        heading=step.title.pick(locale),
        section_title=section.title.pick(locale),
        lead=step.lead.pick(locale) if step.lead else None,
        why=step.why.pick(locale) if step.why else None,
        controls=controls,
        problems=fields.summary(controls),
        seen=" ".join(question.id for question in questions),
        toc=progress.toc(draft, evidence, visited.today, locale, step.key),
        action=f"/antrag/{draft.case}/{step.key}",
        back_href=_back(visited, draft, step),
        back_to=_back_to(visited.request),
        difference=asked.difference,
        added=asked.added,
        later_href=f"/antrag/{draft.case}",
        language_form="frage",
    )


def _back(visited: Visit, draft: Draft, step: Step) -> str:
    if _back_to(visited.request):
        return f"/antrag/{draft.case}/{CHECKING}"
    keys = [state.step.key for state in drafts.steps(draft, visited.today)]
    place = keys.index(step.key) if step.key in keys else 0
    return f"/antrag/{draft.case}/{keys[place - 1]}" if place else f"/antrag/{draft.case}"


def _back_to(request: Request) -> str | None:
    return CHECKING if request.query_params.get(BACK_FIELD) == CHECKING else None


def _changed(visited: Visit, overtaken: StepChanged, step: Step) -> _Asked:
    """The page with what was typed here, and beside it what is saved: a second sending replaces that."""
    draft, read = overtaken.draft, overtaken.read
    mine = forms.apply(draft.content.answers, read.changes)
    saved = drafts.controls(draft.content, step)
    difference = [
        (field.label.pick(visited.locale), *(_words(visited, draft, step, field.id, c) for c in (saved, read.raw)))
        for field in forms.visible_fields(draft.offer, step, mine)
    ]
    apart = [(label, theirs, ours) for label, theirs, ours in difference if theirs != ours]
    return _Asked(draft, step, read.raw, read.errors, 409, difference=apart)


def _words(visited: Visit, draft: Draft, step: Step, field_id: str, typed: Mapping[str, list[str]]) -> str:
    field = draft.offer.field(field_id)
    read = forms.read_step(draft.offer, step, typed, draft.content.answers, visited.today)
    value = read.changes.get(field_id)
    if value is not None:
        return ", ".join(display.shown(field, value, visited.locale))
    mine = (values for name, values in typed.items() if name == field_id or name.startswith(f"{field_id}."))
    return " ".join(value for values in mine for value in values if value)


def _split(saved: drafts.Saved, step: Step, form: Mapping[str, list[str]]) -> tuple[list[FieldError], bool]:
    """Mistakes in questions that the sent page had, and whether others have come up since.

    A form that does not say what it had (a machine's) is taken to have had all.
    """
    seen = _seen(form)
    if seen is None:
        return saved.read.errors, False
    wrong = [e for e in saved.read.errors if any(e.field == key or e.field.startswith(f"{key}.") for key in seen)]
    return wrong, not wrong and bool(saved.read.errors)


def _seen(form: Mapping[str, list[str]]) -> list[str] | None:
    return form[SEEN_FIELDS][0].split() if form.get(SEEN_FIELDS) else None


def _was_checked(draft: Draft, step: str) -> bool:
    typed = draft.content.typed.get(step)
    return typed is not None and typed.checked


def _without(form: Mapping[str, list[str]], entry: str) -> Mapping[str, list[str]]:
    """The form without the controls of one entry of a group (`family.children.1`)."""
    return {name: values for name, values in form.items() if not entry or not name.startswith(f"{entry}.")}


def _path(request: Request, case: str, step: Step, form: Mapping[str, list[str]]) -> str:
    back = {BACK_FIELD: CHECKING} if form.get(BACK_FIELD) == [CHECKING] else {}
    return f"/antrag/{case}/{step.key}?{urlencode(back)}{'&' if back else ''}"


def _same_page(request: Request, form: Mapping[str, list[str]], case: str, step: Step) -> str:
    """This page again: in another language, or with one more entry in a group."""
    path = _path(request, case, step, form)
    language = (form.get(PARAMETER) or [""])[0]
    if language in {known.code for known in LANGUAGES}:
        return f"{path}{urlencode({PARAMETER: language})}"
    more = (form.get(MORE_FIELD) or [""])[0]
    if more in {field.id for field in step.fields}:
        return f"{path}{urlencode({MORE_FIELD: more})}#{more}"
    return path.rstrip("?&")

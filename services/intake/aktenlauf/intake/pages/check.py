"""Checking the answers, declaring, submitting, and the receipt."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from babel.dates import format_date
from babel.numbers import format_currency
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from aktenlauf.contracts.catalogue import Fee, Step
from aktenlauf.contracts.errors import Code
from aktenlauf.intake import drafts, forms, submission, views
from aktenlauf.intake.drafts import Draft
from aktenlauf.intake.form_texts import error_text
from aktenlauf.intake.pages import fields, progress, words
from aktenlauf.intake.pages.case import is_erased
from aktenlauf.intake.pages.counts import counts_of
from aktenlauf.intake.pages.draft_request import Visit, draft_page, posted, shown, visit
from aktenlauf.intake.values import FieldError
from aktenlauf.kit.errors import Refused
from aktenlauf.kit.scope import Party
from aktenlauf.kit.web.access import Applicant
from aktenlauf.kit.web.commands import by_applicant, see_other
from aktenlauf.kit.web.i18n import LANGUAGES, translate
from aktenlauf.kit.web.pages import page, speak_for
from aktenlauf.kit.web.told import linked

_BABEL = {language.code: language.babel for language in LANGUAGES}

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class _Checked:
    """The page to check, as it is to be shown again. `moved`: the draft has changed since it was shown."""

    draft: Draft
    typed: Mapping[str, list[str]]
    errors: list[FieldError]
    status: int = 200
    tried: bool = False
    moved: bool = False


@router.get("/antrag/{case}/pruefen")
async def check(request: Request, person: Applicant, case: str) -> Response:
    visited = await visit(request, person)
    draft = await drafts.find(visited.service, case, visited.party)
    if draft is None:
        return await _to_receipt(visited, case)
    return await _page(visited, _Checked(draft, _declared(draft), []))


@router.post("/antrag/{case}/pruefen")
async def submit(request: Request, person: Applicant, case: str) -> Response:
    visited = await visit(request, person)
    draft = await drafts.find(visited.service, case, visited.party)
    if draft is None:
        return await _to_receipt(visited, case)
    form, raw = await posted(request)
    draft, typed, wrong = _with_declarations(visited, draft, form)
    if shown(form).version not in (draft.version, None):
        return await _page(visited, _Checked(draft, typed, [], 409, moved=True))
    if wrong:
        return await _page(visited, _Checked(draft, typed, wrong, 422, tried=True))
    given = await by_applicant(request, person, {**raw, "seen": None})
    try:
        outcome = await submission.submit(visited.service, draft, given)
    except Refused as refused:
        if refused.code == Code.ALREADY_SUBMITTED:
            return await _to_receipt(visited, case)
        if refused.code not in (Code.INCOMPLETE, Code.DECLARATION, Code.NO_OFFICE):
            raise
        return await _page(visited, _Checked(draft, typed, [], 422, tried=True))
    return see_other(request, f"/antrag/{case}/eingang", outcome)


@router.get("/antrag/{case}/eingang")
async def receipt(request: Request, person: Applicant, case: str) -> Response:
    visited = await visit(request, person)
    filed = await submission.filed(visited.service, case, visited.party)
    case_document = await visited.service.find(views.applications, Party(visited.party), case)
    if case_document and await is_erased(request, case_document):
        return RedirectResponse(f"/antrag/{case}", 303)
    return page(
        request,
        "pages/receipt.html",
        filed=filed,
        receipt_href=_receipt_href(request, filed),
        offer_title=words.title_of({"service": filed.service}, visited.locale),
        filed_at=_to_the_second(filed.at, visited.locale),
        digest=" ".join(filed.digest[start : start + 4] for start in range(0, len(filed.digest), 4)),
        office=words.office_name(filed.office),
        authority=filed.office,
        law=words.law(case_document, speak_for(request)) if case_document else None,
        counts=await counts_of(request, person),
    )


def _receipt_href(request: Request, filed: submission.Filed) -> str | None:
    if filed.receipt is None:
        return None
    told = {f"intake/application/{filed.case}": filed.version}
    return linked(request, f"/nachweise/{filed.case}/{filed.receipt}", told)


async def _to_receipt(visited: Visit, case: str) -> Response:
    """The form was sent once more, or the page opened again after sending: never a second case."""
    await submission.filed(visited.service, case, visited.party)
    return RedirectResponse(f"/antrag/{case}/eingang", 303)


def _last_steps(draft: Draft) -> list[Step]:
    return [step for step in draft.offer.steps() if step.last]


def _declared(draft: Draft) -> dict[str, list[str]]:
    steps = _last_steps(draft)
    return {name: values for step in steps for name, values in drafts.controls(draft.content, step).items()}


def _with_declarations(
    visited: Visit, draft: Draft, form: Mapping[str, list[str]]
) -> tuple[Draft, dict[str, list[str]], list[FieldError]]:
    """The draft as it is to be filed. Declarations are given with the sending itself, so they are not saved before."""
    answers, typed, wrong = draft.content.answers, dict[str, list[str]](), list[FieldError]()
    for step in _last_steps(draft):
        read = forms.read_step(draft.offer, step, form, answers, visited.today)
        gone = {field.id: None for field in step.fields}
        answers = forms.apply(answers, {**gone, **read.changes})
        typed |= read.raw
        wrong += read.errors
    content = draft.content.model_copy(update={"answers": answers, "locale": visited.locale})
    return replace(draft, content=content), typed, wrong


async def _page(visited: Visit, checked: _Checked) -> Response:
    draft, locale = checked.draft, visited.locale
    evidence = await visited.evidence(draft.case)
    questions = [field for step in _last_steps(draft) for field in step.fields]
    controls = fields.controls(questions, checked.typed, checked.errors, locale)
    gaps = _gaps(visited, draft)
    problems = [(gap["id"], gap["title"]) for gap in gaps] if checked.tried else []
    return draft_page(
        visited,
        draft,
        "pages/check.html",
        checked.status,
        gaps=gaps,
        gap_count=sum(len(gap["sentences"]) for gap in gaps),
        sections=_sections(visited, draft),
        evidence=progress.evidence_states(draft, evidence),
        fee=_fee(draft.offer.fee, locale),
        controls=controls,
        leads=[step.lead.pick(locale) for step in _last_steps(draft) if step.lead],
        problems=[*problems, *fields.summary(controls)],
        office=submission.office_of(draft),
        toc=progress.toc(draft, evidence, visited.today, locale, "pruefen"),
        moved=checked.moved,
        updating=not visited.current,
        later_href=f"/antrag/{draft.case}",
    )


def _gaps(visited: Visit, draft: Draft) -> list[dict[str, Any]]:
    """What is missing before it can be sent, page by page, each with the way there and back:
    {id, title, sentences, href}."""
    pages: dict[str, list[forms.Missing]] = {}
    for gap in drafts.gaps(draft, visited.today):
        pages.setdefault(gap.step, []).append(gap)
    found = [_gap(visited, draft, key, gaps) for key, gaps in pages.items()]
    return found or ([] if submission.office_of(draft) else [_no_office(visited, draft)])


def _gap(visited: Visit, draft: Draft, key: str, gaps: list[forms.Missing]) -> dict[str, Any]:
    first = gaps[0].error
    part = f".{first.part}" if first.part else ""
    return {
        "id": f"fehlt-{key}",
        "title": draft.offer.step(key).title.pick(visited.locale),
        "sentences": [_gap_words(visited, draft, gap) for gap in gaps],
        "href": f"/antrag/{draft.case}/{key}?zurueck=pruefen#{first.field}{part}",
    }


def _gap_words(visited: Visit, draft: Draft, gap: forms.Missing) -> str:
    """The label alone where nothing was answered: a heading above says that it is missing."""
    field_id, member = _field_of(draft, gap)
    label = draft.offer.field(field_id).label.pick(visited.locale)
    if gap.error.code in ("required", "choose") and gap.error.part is None:
        return label
    return f"{label}: {error_text(gap.error, member, translate)}"


def _no_office(visited: Visit, draft: Draft) -> dict[str, Any]:
    """Nobody is competent for the address. It may be a slip in the postcode."""
    key = next(step.key for step in draft.offer.steps() for field in step.fields if field.id == "contact.address")
    sentence = translate("Für diesen Wohnort kennen wir keine zuständige Behörde. Prüfen Sie die Postleitzahl.")
    return {
        "id": f"fehlt-{key}",
        "title": draft.offer.step(key).title.pick(visited.locale),
        "sentences": [sentence],
        "href": f"/antrag/{draft.case}/{key}?zurueck=pruefen#contact.address.postcode",
    }


def _field_of(draft: Draft, gap: forms.Missing) -> tuple[str, Any]:
    """The question that a gap belongs to, and the very field, which may be a member of a group."""
    for field in draft.offer.fields():
        if gap.error.field == field.id:
            return field.id, field
        if gap.error.field.startswith(f"{field.id}.") and field.members:
            member = gap.error.field.removeprefix(f"{field.id}.").partition(".")[2]
            return field.id, next(m for m in field.members if m.id == member)
    raise LookupError(gap.error.field)


def _sections(visited: Visit, draft: Draft) -> list[dict[str, Any]]:
    """The answers by chapter and page: {title, pages: [{title, href, rows: [(label, lines)]}]}."""
    last = {step.key for step in _last_steps(draft)}
    found = []
    for section in forms.summary(draft.offer, draft.content.answers, visited.locale):
        pages: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        for item in section.items:
            if item.step not in last:
                pages.setdefault(item.step, []).append((item.label, item.lines))
        entries = [_summary_page(visited, draft, key, rows) for key, rows in pages.items()]
        found.append({"title": section.title, "pages": entries})
    return [section for section in found if section["pages"]]


def _summary_page(visited: Visit, draft: Draft, key: str, rows: list[tuple[str, tuple[str, ...]]]) -> dict[str, Any]:
    title = draft.offer.step(key).title.pick(visited.locale)
    return {"title": title, "href": f"/antrag/{draft.case}/{key}?zurueck=pruefen", "rows": rows}


def _fee(fee: Fee, locale: str) -> dict[str, Any]:
    """{amount, cite, exceptions: [(whom, amount, cite)]}."""
    exceptions = [(e.whom.pick(locale), euros(e.cents, locale), e.paragraph.cite) for e in fee.exceptions]
    return {"amount": euros(fee.cents, locale), "cite": fee.paragraph.cite, "exceptions": exceptions}


def euros(cents: int, locale: str) -> str:
    """An amount of money in words of the language."""
    return str(format_currency(cents / 100, "EUR", locale=_BABEL[locale]))


def _to_the_second(at: datetime, locale: str) -> str:
    local = at.astimezone(drafts.BERLIN)
    return f"{format_date(local.date(), 'full', locale=_BABEL[locale])}, {local:%H:%M:%S}"

"""The decision: prepared by one person with its consequences in view, approved or returned by another."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from fastapi import APIRouter, Request
from starlette.responses import Response

from aktenlauf.contracts.errors import Code
from aktenlauf.contracts.review import Outcome, Reasons
from aktenlauf.kit.errors import CommandReused, Refused
from aktenlauf.kit.web.access import Staff
from aktenlauf.kit.web.commands import by_staff, see_other, service_of
from aktenlauf.review import words
from aktenlauf.review.domain import ApproveDecision, ProposeDecision, ReturnDecision
from aktenlauf.review.notice import legal_of, tenor
from aktenlauf.review.pages import office
from aktenlauf.review.pages.came_in import as_it_is_now, overtaken
from aktenlauf.review.pages.office import Approver, CaseRoute, Caseworker, Opened
from aktenlauf.review.pages.typed import NO_DATE, STEP, TOO_LONG, clean, day_of, parts_of, typed_day
from aktenlauf.review.rules.data import rules_data

router = APIRouter(route_class=CaseRoute)
TEXT_MAX = 8000
OUTCOMES: tuple[tuple[Outcome, str], ...] = (
    ("granted", "Dem Antrag entsprechen"),
    ("partly", "Dem Antrag teilweise entsprechen"),
    ("refused", "Den Antrag ablehnen"),
)


@dataclass(slots=True)
class Draft:
    """A decision as typed, and what is wrong with it."""

    outcome: str = ""
    day: dict[str, str] = field(default_factory=lambda: parts_of(None))
    reasons: str = ""
    conditions: str = ""
    valid_until: date | None = None
    errors: list[tuple[str, str]] = field(default_factory=list)

    def error(self, name: str) -> str | None:
        """The sentence for a field, for its macro."""
        return dict(self.errors).get(name)


@router.get("/amt/{case}/bescheide")
async def notices(request: Request, staff: Staff, case: str) -> Response:
    """The proposal, what became of it, and the notice."""
    shown = await office.open_case(request, staff, case)
    doc = shown.doc
    proposal, returned = doc.get("proposal") or {}, doc.get("returned") or {}
    if not shown.content:
        proposal, returned = {}, {}
    decision = doc.get("decision") or {}
    people = [proposal.get("staff"), proposal.get("approved_by"), returned.get("staff"), returned.get("by")]
    return await office.case_page(
        request,
        shown,
        "pages/notices.html",
        "/bescheide",
        proposal=proposal,
        reasons=await office.opened(request, proposal.get("sealed"), Reasons),
        returned=returned,
        returned_note=await office.text_of(request, returned.get("note")),
        decision=decision,
        notice_href=office.file_href(request, shown, decision["document"]["document"]) if decision else None,
        mail=office.mail_about(doc, decision.get("decision")),
        names=await office.names_of(request, people),
        outcomes=words.OUTCOMES,
    )


@router.get("/amt/{case}/entscheidung")
async def decision_form(request: Request, staff: Caseworker, case: str) -> Response:
    """Prepare; a proposal that came back is taken up again."""
    shown = await office.open_case(request, staff, case)
    return await _show(request, shown, await _returned(request, shown))


@router.post("/amt/{case}/entscheidung")
async def propose(request: Request, staff: Caseworker, case: str) -> Response:
    """Look at what follows in law, then propose it."""
    shown = await office.open_case(request, staff, case)
    form = await request.form()
    draft = _read(shown, form)
    if form.get(STEP) != "senden" or draft.errors or _legal(shown) is None:
        return await _show(request, shown, draft, str(form.get(STEP, "")))
    command = ProposeDecision(
        **await by_staff(request, staff, form),
        case=case,
        staff=shown.me,
        outcome=cast(Outcome, draft.outcome),
        valid_until=draft.valid_until,
        reasons=Reasons(reasons=draft.reasons, conditions=draft.conditions),
    )
    try:
        outcome = await service_of(request).run(command)
    except (Refused, CommandReused) as error:
        news = await overtaken(request, case, command.seen, error)
        return await _show(request, await as_it_is_now(request, staff, case), draft, "pruefen", news)
    return see_other(request, f"/amt/{case}/bescheide", outcome)


@router.get("/amt/{case}/freigabe")
async def approval(request: Request, staff: Approver, case: str) -> Response:
    """The proposal before the second person."""
    return await _show_approval(request, await office.open_case(request, staff, case))


@router.post("/amt/{case}/freigabe")
async def decide_approval(request: Request, staff: Approver, case: str) -> Response:
    """Approve exactly what was seen, or return it with a note."""
    shown = await office.open_case(request, staff, case)
    form = await request.form()
    given, note = await by_staff(request, staff, form), clean(str(form.get("vermerk", "")))
    back = form.get("aktion") == "zurueckgeben"
    if back and not 0 < len(note) <= TEXT_MAX:
        problem = TOO_LONG.format(max=TEXT_MAX) if note else "Schreiben Sie, was zu ändern ist."
        return await _show_approval(request, shown, 422, note=note, errors=[("vermerk", problem)])
    command: ReturnDecision | ApproveDecision
    if back:
        command = ReturnDecision(**given, case=case, staff=shown.me, note=note)
    else:
        command = ApproveDecision(**given, case=case, staff=shown.me, decision=str(form.get("entscheidung", "")))
    try:
        outcome = await service_of(request).run(command)
    except (Refused, CommandReused) as error:
        if error.code == Code.SAME_PERSON:  # the page says why by itself
            return await _show_approval(request, shown, 422, note=note)
        news = await overtaken(request, case, command.seen, error)
        return await _show_approval(request, await as_it_is_now(request, staff, case), 409, note=note, news=news)
    return see_other(request, "/amt/freigaben" if back else f"/amt/{case}/bescheide", outcome)


async def _show_approval(request: Request, shown: Opened, status: int = 200, **context: Any) -> Response:
    proposal = (shown.doc.get("proposal") or {}) if shown.doc["status"] == "proposed" and shown.content else {}
    reasons = await office.opened(request, proposal.get("sealed"), Reasons)
    until = date.fromisoformat(proposal["valid_until"]) if proposal.get("valid_until") else None
    defaults: dict[str, Any] = {"note": "", "news": [], "errors": []}
    return await office.case_page(
        request,
        shown,
        "pages/approval.html",
        "/bescheide",
        status,
        proposal=proposal,
        own=proposal.get("staff") == shown.me,
        proposer=(await office.names_of(request, [proposal.get("staff")])).get(proposal.get("staff", "")),
        reasons=reasons,
        tenor=tenor(shown.doc["service"], proposal["outcome"], until, reasons) if reasons else [],
        legal=_legal(shown) if reasons else None,
        missing=_unsettled(shown),
        kept=[("Vermerk", context.get("note", ""))],
        page_label="Freigabe",
        **{**defaults, **context},
    )


async def _show(
    request: Request, shown: Opened, draft: Draft, step: str = "", news: list[str] | None = None
) -> Response:
    """The form; once it is right, the second page with the consequences and the button that proposes."""
    second = step == "pruefen" and not draft.errors
    status = 409 if news else 422 if draft.errors and step in ("pruefen", "senden") else 200
    reasons = Reasons(reasons=draft.reasons, conditions=draft.conditions)
    return await office.case_page(
        request,
        shown,
        "pages/propose.html" if second else "pages/decision.html",
        "/bescheide",
        status,
        draft=draft,
        errors=draft.errors if step in ("pruefen", "senden") else [],
        news=news or [],
        outcomes=OUTCOMES,
        tenor=tenor(shown.doc["service"], cast(Outcome, draft.outcome), draft.valid_until, reasons) if second else [],
        legal=_legal(shown),
        unsettled=_unsettled(shown),
        text_max=TEXT_MAX,
        kept=[("Begründung", draft.reasons), ("Nebenbestimmungen", draft.conditions)] if step else [],
        page_label="Entscheidung",
    )


def _legal(shown: Opened) -> dict[str, Any] | None:
    """What follows if the notice were issued today; None where the office has settled no remedy."""
    try:
        found = legal_of(shown.office, shown.today)
    except ValueError:
        return None
    announced = found.announced
    return {
        "announced": announced.on,
        "retrieve_until": announced.retrieve_until,
        "rule": announced.norm.citation,
        "checked": announced.norm.wording_checked_on,
        "remedy_until": found.remedy_until,
        "remedy": found.remedy_text,
        "checks": [rules_data().checks[key] for key in announced.checks],
    }


def _unsettled(shown: Opened) -> list[str]:
    """Evidence that is not settled in the applicant's favour: said, never in the way."""
    verdicts = shown.doc.get("verdicts", {})
    good = {kind for kind, entry in verdicts.items() if entry["verdict"] in ("accepted", "not-needed")}
    return [words.evidence(kind) for kind in office.kinds_of(shown.doc) if kind not in good]


async def _returned(request: Request, shown: Opened) -> Draft:
    before = (shown.doc.get("returned") or {}) if shown.content else {}
    reasons = await office.opened(request, before.get("sealed"), Reasons)
    if not before or reasons is None:
        return Draft()
    until = date.fromisoformat(before["valid_until"]) if before.get("valid_until") else None
    return Draft(before["outcome"], parts_of(until), reasons.reasons, reasons.conditions, until)


def _read(shown: Opened, form: Any) -> Draft:
    outcome, reasons, conditions = (clean(str(form.get(name, ""))) for name in ("ergebnis", "gruende", "auflagen"))
    draft = Draft(outcome, typed_day(form, "gueltig"), reasons, conditions)
    if draft.outcome not in dict(OUTCOMES):
        draft.errors.append(("ergebnis", "Wählen Sie, wie entschieden werden soll."))
    if draft.outcome != "refused":
        _read_day(shown, draft)
    if not draft.reasons:
        draft.errors.append(("gruende", "Schreiben Sie die Begründung."))
    for name, written in (("gruende", reasons), ("auflagen", conditions)):
        if len(written) > TEXT_MAX:
            draft.errors.append((name, TOO_LONG.format(max=TEXT_MAX)))
    return draft


def _read_day(shown: Opened, draft: Draft) -> None:
    try:
        draft.valid_until = day_of(draft.day)
    except ValueError:
        draft.errors.append(("gueltig", NO_DATE))
        return
    if draft.valid_until is None:
        draft.errors.append(("gueltig", "Nennen Sie den Tag, bis zu dem der Aufenthaltstitel gelten soll."))
    elif draft.valid_until <= shown.today:
        draft.errors.append(("gueltig", "Dieser Tag liegt nicht in der Zukunft."))

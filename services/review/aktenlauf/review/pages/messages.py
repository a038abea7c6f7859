"""Messages with the applicant: the thread, a question, a request for evidence. Sent on a second page."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from aktenlauf.kit.errors import CommandReused, Refused
from aktenlauf.kit.views import Document
from aktenlauf.kit.web.access import Staff
from aktenlauf.kit.web.commands import by_staff, see_other, service_of
from aktenlauf.kit.web.i18n import date_num
from aktenlauf.review import letters, words
from aktenlauf.review.domain import AskQuestion, RequestEvidence
from aktenlauf.review.pages import office
from aktenlauf.review.pages.came_in import as_it_is_now, overtaken
from aktenlauf.review.pages.office import CaseRoute, Caseworker, Opened
from aktenlauf.review.pages.typed import NO_DATE, STEP, TOO_LONG, clean, day_of, parts_of, typed_day
from aktenlauf.review.rules.data import rules_data
from aktenlauf.review.rules.days import Land
from aktenlauf.review.rules.deadlines import DocumentDeadline, document_deadline

router = APIRouter(route_class=CaseRoute)
TEXT_MAX = 8000
LANGUAGES = {"en": "auf Englisch", "ar": "auf Arabisch"}


@dataclass(slots=True)
class Letter:
    """What is about to be sent, as typed, and what is wrong with it."""

    text: str
    day: dict[str, str]
    kinds: list[str] = field(default_factory=list)
    deadline: date | None = None
    errors: list[tuple[str, str]] = field(default_factory=list)

    def error(self, name: str) -> str | None:
        """The sentence for a field, for its macro."""
        return dict(self.errors).get(name)


@router.get("/amt/{case}/nachrichten")
async def thread(request: Request, staff: Staff, case: str) -> Response:
    """Questions, requests, answers and letters, the newest first."""
    shown = await office.open_case(request, staff, case, "messages")
    messages = office.in_order(shown.doc) if shown.content else []
    names = await office.names_of(request, [message.get("by") for message in messages])
    rows = [await _row(request, shown.doc, message, names) for message in reversed(messages)]
    return await office.case_page(request, shown, "pages/messages.html", "/nachrichten", rows=rows)


@router.get("/amt/{case}/frage")
async def question_form(request: Request, staff: Caseworker, case: str) -> Response:
    """Ask; the deadline may stay empty."""
    shown = await office.open_case(request, staff, case, "messages")
    return await _show(request, shown, "frage", Letter(letters.QUESTION_BLOCK, parts_of(None)))


@router.post("/amt/{case}/frage")
async def question(request: Request, staff: Caseworker, case: str) -> Response:
    """Look at it, then send it."""
    shown = await office.open_case(request, staff, case, "messages")
    form = await request.form()
    letter = _read(shown, form)
    if not letter.text.replace(letters.QUESTION_BLOCK.strip(), "").strip():
        letter.errors.append(("text", "Schreiben Sie Ihre Frage."))
    if form.get(STEP) != "senden" or letter.errors:
        return await _show(request, shown, "frage", letter, str(form.get(STEP, "")))
    command = AskQuestion(
        **await by_staff(request, staff, form), case=case, staff=shown.me, text=letter.text, deadline=letter.deadline
    )
    return await _send(request, shown, "frage", letter, command)


@router.get("/amt/{case}/nachfordern")
async def request_form(request: Request, staff: Caseworker, case: str) -> Response:
    """What is missing is chosen already, and a deadline proposed."""
    shown = await office.open_case(request, staff, case, "messages")
    proposed = proposed_deadline(shown).last_day
    letter = Letter(letters.REQUEST_BLOCK, parts_of(proposed), office.missing(shown.doc), proposed)
    return await _show(request, shown, "nachfordern", letter)


@router.post("/amt/{case}/nachfordern")
async def request_evidence(request: Request, staff: Caseworker, case: str) -> Response:
    """Look at it, then send it."""
    shown = await office.open_case(request, staff, case, "messages")
    form = await request.form()
    letter = _read(shown, form)
    letter.kinds = [kind for kind in _choices(shown) if kind in form.getlist("nachweis")]
    if not letter.kinds:
        letter.errors.insert(0, ("nachweis", "Wählen Sie aus, was nachgereicht werden soll."))
    if letter.deadline is None and not letter.error("frist"):
        letter.errors.append(("frist", "Nennen Sie eine Frist."))
    if form.get(STEP) != "senden" or letter.errors or letter.deadline is None:
        return await _show(request, shown, "nachfordern", letter, str(form.get(STEP, "")))
    command = RequestEvidence(
        **await by_staff(request, staff, form),
        case=case,
        staff=shown.me,
        evidence=tuple(letter.kinds),
        deadline=letter.deadline,
        text=letter.text,
    )
    return await _send(request, shown, "nachfordern", letter, command)


def proposed_deadline(shown: Opened) -> DocumentDeadline:
    """The deadline that the rule proposes for a request of today; messages are there at once."""
    return document_deadline(shown.today, Land(shown.office.land))


def _read(shown: Opened, form: Any) -> Letter:
    letter = Letter(clean(str(form.get("text", ""))), typed_day(form, "frist"))
    if len(letter.text) > TEXT_MAX:
        letter.errors.append(("text", TOO_LONG.format(max=TEXT_MAX)))
    try:
        letter.deadline = day_of(letter.day)
    except ValueError:
        letter.errors.append(("frist", NO_DATE))
    if letter.deadline is not None and letter.deadline <= shown.today:
        letter.errors.append(("frist", "Die Frist liegt nicht in der Zukunft. Wählen Sie einen Tag, der noch kommt."))
    return letter


async def _send(request: Request, shown: Opened, kind: str, letter: Letter, command: Any) -> Response:
    try:
        outcome = await service_of(request).run(command)
    except (Refused, CommandReused) as error:
        news = await overtaken(request, shown.case, command.seen, error)
        now_shown = await as_it_is_now(request, shown.person, shown.case, "messages")
        return await _show(request, now_shown, kind, letter, "pruefen", news)
    return see_other(request, f"/amt/{shown.case}/nachrichten", outcome)


async def _show(
    request: Request, shown: Opened, kind: str, letter: Letter, step: str = "", news: list[str] | None = None
) -> Response:
    """The form beside its preview; once it is right, the second page with the button that sends."""
    second = step == "pruefen" and not letter.errors
    status = 409 if news else 422 if letter.errors and step in ("pruefen", "senden") else 200
    errors = letter.errors if step in ("pruefen", "senden") else []
    return await office.case_page(
        request,
        shown,
        "pages/send.html" if second else "pages/letter.html",
        "/nachrichten",
        status,
        kind=kind,
        letter=letter,
        errors=errors,
        news=news or [],
        choices=[(key, words.evidence(key)) for key in _choices(shown)],
        message=_message(kind, letter),
        explained=_explained(shown) if kind == "nachfordern" else "",
        language=LANGUAGES.get(shown.content.locale) if shown.content else None,
        text_max=TEXT_MAX,
        kept=[("Text", letter.text)] if step else [],
        page_label="Nachforderung" if kind == "nachfordern" else "Frage",
    )


def _message(kind: str, letter: Letter) -> Any:
    """Exactly what will lie in the mailbox; None while it cannot be told."""
    if kind == "frage":
        return letters.question(letter.text, letter.deadline)
    return letters.request(letter.text, letter.kinds, letter.deadline) if letter.kinds and letter.deadline else None


def _explained(shown: Opened) -> str:
    found = proposed_deadline(shown)
    paragraph = found.norm.paragraph.split(" (")[0]
    why = f"{found.facts.days} Tage ab heute, {paragraph} {found.norm.law}, berechnet nach § 31 VwVfG"
    if found.last_day != found.counted_end:
        why += "; das Ende fällt auf einen Tag, an dem keine Frist endet, daher der nächste Werktag"
    checks = " ".join(rules_data().checks[key] for key in found.checks)
    return f"Vorgeschlagen: {date_num(found.last_day)} ({why}). {checks}".strip()


def _choices(shown: Opened) -> list[str]:
    return office.kinds_of(shown.doc)


async def _row(request: Request, doc: Document, message: Document, names: dict[str, str]) -> dict[str, Any]:
    applicant = message["from"] == "applicant"
    mail = office.mail_about(doc, message["id"])
    return {
        "from": "Antragsteller/in" if applicant else names.get(message.get("by", ""), "Sachbearbeitung"),
        "title": _title(message),
        "text": await office.text_of(request, message["sealed"]),
        "at": message["at"],
        "deadline": message.get("deadline"),
        "open": [words.evidence(kind) for kind in message.get("open", [])],
        "evidence": [words.evidence(kind) for kind in message.get("evidence", [])],
        "waits": bool(message.get("open")) or (message.get("question", False) and not message.get("answered")),
        "documents": [d for d in message.get("documents", []) if d in doc.get("documents", {})],
        "read_at": mail.get("read_at"),
        "delivered_at": mail.get("delivered_at"),
        "applicant": applicant,
    }


def _title(message: Document) -> str:
    if message["from"] == "applicant":
        return "Antwort" if message.get("answers") else "Nachricht"
    return "Frage" if message.get("question") else "Nachforderung"

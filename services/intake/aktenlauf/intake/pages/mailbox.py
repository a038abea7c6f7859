"""The mailbox: what the office wrote, what the applicant answered."""

from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from aktenlauf.contracts.errors import Code
from aktenlauf.intake.domain import AnswerQuestion, ReadMessage
from aktenlauf.intake.pages import words
from aktenlauf.intake.pages.counts import boxes_of, counted
from aktenlauf.intake.pages.letters import find_message, is_unread, listed, open_letter
from aktenlauf.intake.pages.next_step import OVER, upload_href
from aktenlauf.intake.views import applications, evidence, new_uploads, open_evidence
from aktenlauf.kit.errors import CommandReused, NotFound, Refused
from aktenlauf.kit.identity import Person
from aktenlauf.kit.ids import derived_id
from aktenlauf.kit.runner import Outcome
from aktenlauf.kit.views import Document
from aktenlauf.kit.web.access import Applicant
from aktenlauf.kit.web.commands import by_applicant, now, scope_of_applicant, see_other, service_of, up_to_date
from aktenlauf.kit.web.i18n import translate as _
from aktenlauf.kit.web.pages import page, speak_for
from aktenlauf.kit.web.problem_texts import TEXTS
from aktenlauf.kit.web.told import link
from aktenlauf.kit.web.written import remember

router = APIRouter(include_in_schema=False)
TEXT_MAX_CHARACTERS = 10_000
LETTERS_SHOWN = 5
TOO_LONG = "Der Text hat {length} Zeichen, erlaubt sind {max}. Bitte kürzen Sie ihn."


@router.get("/postfach")
async def all_threads(request: Request, person: Applicant) -> Response:
    """The newest messages of all cases, by case."""
    current = await up_to_date(request)
    language, today, boxes = speak_for(request), words.berlin_day(now(request)), await boxes_of(request, person)
    threads = [
        {
            "box": box,
            "matter": words.title_of(box, language.code),
            "letters": await listed(service_of(request), box, language, today, LETTERS_SHOWN),
        }
        for box in boxes
    ]
    return page(request, "pages/mailbox.html", counts=counted(boxes), threads=threads, updating=not current)


@router.get("/postfach/{case}")
async def thread(request: Request, person: Applicant, case: str) -> Response:
    """All messages of one case, and the form to write."""
    current = await up_to_date(request)
    return await _thread(request, person, case, updating=not current)


@router.post("/postfach/{case}")
async def write(request: Request, person: Applicant, case: str) -> Response:
    """A letter that nobody asked for."""
    await up_to_date(request)
    await _own(request, person, case)
    outcome, status, error, text = await _send(request, person, case, None)
    if outcome is None:
        return await _thread(request, person, case, status=status, text=text, error=error)
    return see_other(request, f"/postfach/{case}", outcome)


@router.get("/postfach/{case}/{message}")
async def message_page(request: Request, person: Applicant, case: str, message: str) -> Response:
    """One message. A notice is opened by a button only, as opening it has legal weight; others by looking."""
    await up_to_date(request)
    boxes, box, found = await _message(request, person, case, message)
    if is_unread(found) and found["about"] == "notice":
        return page(request, "pages/message_gate.html", counts=counted(boxes), **await _frame(request, box, found))
    outcome = await _read(request, person, case, found) if is_unread(found) else None
    if outcome:
        found["read_at"] = now(request).isoformat()
        box["unread"] -= 1
    response = await _show(request, person, boxes, box, found)
    if outcome and outcome.version:
        remember(request, response, outcome.stream, outcome.version)
    return response


@router.post("/postfach/{case}/{message}")
async def open_notice(request: Request, person: Applicant, case: str, message: str) -> Response:
    """The retrieval (§ 41(2a) VwVfG)."""
    await up_to_date(request)
    _, _, found = await _message(request, person, case, message)
    return see_other(request, f"/postfach/{case}/{message}", await _read(request, person, case, found))


@router.post("/postfach/{case}/{message}/antwort")
async def answer(request: Request, person: Applicant, case: str, message: str) -> Response:
    """Answer the question of this message."""
    await up_to_date(request)
    boxes, box, found = await _message(request, person, case, message)
    if found.get("about") != "question":
        raise NotFound(message)
    outcome, status, error, text = await _send(request, person, case, found["refers_to"])
    if outcome is None and status == CommandReused.status:  # answered already: what was typed now is a new letter
        return await _thread(request, person, case, status=status, text=text, error=error)
    if outcome is None:
        return await _show(request, person, boxes, box, found, status=status, text=text, error=error)
    return see_other(request, f"/postfach/{case}/{message}", outcome)


async def _own(request: Request, person: Person, case: str) -> Document:
    """The application. Raises NotFound, also for another person's."""
    return await service_of(request).get(applications, await scope_of_applicant(request, person), case)


async def _message(
    request: Request, person: Person, case: str, message: str
) -> tuple[list[Document], Document, Document]:
    """All mailboxes, that of the case, and the entry. Raises NotFound."""
    boxes = await boxes_of(request, person)
    box = next((found for found in boxes if found["case"] == case), None)
    entry = find_message(box, message) if box else None
    if box is None or entry is None:
        raise NotFound(message)
    return boxes, box, entry


async def _read(request: Request, person: Person, case: str, found: Document) -> Outcome:
    """The id follows from the message, so that two windows open it once."""
    given = await by_applicant(request, person)
    given["id"] = derived_id("read", case, found["id"])
    return await service_of(request).run(ReadMessage(**given, case=case, message=found["id"]))


async def _send(
    request: Request, person: Person, case: str, question: str | None
) -> tuple[Outcome | None, int, str, str]:
    """The outcome, or None with status, what is wrong, and what was typed."""
    form = await request.form()
    text = str(form.get("text") or "").replace("\r\n", "\n")
    if len(text) > TEXT_MAX_CHARACTERS:
        return None, 422, _(TOO_LONG).format(length=len(text), max=TEXT_MAX_CHARACTERS), text
    given = await by_applicant(request, person, form)
    try:
        command = AnswerQuestion(**given, case=case, text=text, question=question)
        return await service_of(request).run(command), 303, "", text
    except CommandReused as reused:  # the page of a letter that was sent already, changed and sent once more
        return None, reused.status, _(TEXTS[reused.code][1]), text
    except Refused as refused:
        match refused.code:
            case Code.EMPTY_MESSAGE:
                return None, 422, _("Die Nachricht ist leer. Schreiben Sie bitte etwas."), text
            case Code.TOO_MANY_LETTERS:
                return None, 422, _(TEXTS[refused.code][1]), text
        raise


async def _thread(
    request: Request, person: Person, case: str, *, status: int = 200, text: str = "", error: str = "", **more: Any
) -> Response:
    doc, boxes = await _own(request, person, case), await boxes_of(request, person)
    box = next((found for found in boxes if found["case"] == case), None)
    language, today = speak_for(request), words.berlin_day(now(request))
    return page(
        request,
        "pages/thread.html",
        status,
        counts=counted(boxes),
        authority=doc["office"],
        case=case,
        number=doc["number"],
        matter=words.title_of(doc, language.code),
        letters=await listed(service_of(request), box, language, today) if box else [],
        may_write=doc["status"] != "withdrawn" and not doc.get("erased_at"),
        text=text,
        error=error,
        **{"updating": False, **more},
    )


async def _frame(request: Request, box: Document, found: Document) -> dict[str, Any]:
    language = speak_for(request)
    return {
        "case": box["case"],
        "number": box["number"],
        "matter": words.title_of(box, language.code),
        "message": found,
        "letter": await open_letter(service_of(request), box, found, language),
        "sender": words.office_name(box["office"]) if found["from"] == "office" else _("Von Ihnen"),
        "when": words.moment_full(found["at"], language),
        "authority": box["office"],
    }


async def _show(
    request: Request,
    person: Person,
    boxes: list[Document],
    box: Document,
    found: Document,
    status: int = 200,
    text: str = "",
    error: str = "",
) -> Response:
    doc = await _own(request, person, box["case"])
    over = doc["status"] in OVER or bool(doc.get("erased_at"))
    return page(
        request,
        "pages/message.html",
        status,
        counts=counted(boxes),
        **await _frame(request, box, found),
        **await _supply(request, person, box["case"], doc, found),
        may_answer=found.get("about") == "question" and not found["answered"] and not over,
        files=[link(request, f"/nachweise/{box['case']}/{file}", doc, file) for file in found.get("documents", [])],
        decision=doc.get("decision") if found.get("about") == "notice" else None,
        due=_due(request, found),
        text=text,
        error=error,
    )


async def _supply(request: Request, person: Person, case: str, doc: Document, found: Document) -> dict[str, Any]:
    """What an evidence request still waits for, and what lies uploaded for it."""
    waiting = next((asked for asked in open_evidence(doc) if asked["request"] == found.get("refers_to")), None)
    if found.get("about") != "evidence-request" or waiting is None:
        return {"waiting": "", "fresh": "", "upload_href": ""}
    language = speak_for(request)
    files = await service_of(request).find(evidence, await scope_of_applicant(request, person), case)
    fresh = {file["evidence"] for file in new_uploads(files)} & set(waiting["evidence"])
    return {
        "waiting": words.evidence_names(waiting["evidence"], language),
        "fresh": words.evidence_names(sorted(fresh), language) if fresh else "",
        "upload_href": upload_href(case, waiting["request"]),
    }


def _due(request: Request, found: Document) -> str:
    if not found.get("deadline") or found.get("answered"):
        return ""
    return words.due_words(date.fromisoformat(found["deadline"]), words.berlin_day(now(request)), speak_for(request))

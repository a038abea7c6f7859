"""The page of a filed application, and what can be done with it: hand in more, take it back, see who looked."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from aktenlauf.contracts.common import DocumentRef
from aktenlauf.contracts.intake import ApplicationContent
from aktenlauf.contracts.xoev_gateway import ReceivedContent
from aktenlauf.intake.domain import FileSupplement, Withdraw
from aktenlauf.intake.messages import PURPOSES, place_of
from aktenlauf.intake.pages import words
from aktenlauf.intake.pages.counts import boxes_of, counted
from aktenlauf.intake.pages.letters import listed, refers_to
from aktenlauf.intake.pages.next_step import OVER, next_step, upload_href
from aktenlauf.intake.views import applications, evidence, looks, new_uploads, open_evidence
from aktenlauf.kit.errors import Erased
from aktenlauf.kit.identity import Person
from aktenlauf.kit.ids import derived_id
from aktenlauf.kit.runner import Outcome
from aktenlauf.kit.views import Document
from aktenlauf.kit.web.access import Applicant
from aktenlauf.kit.web.commands import by_applicant, now, scope_of_applicant, see_other, service_of, up_to_date
from aktenlauf.kit.web.i18n import Language
from aktenlauf.kit.web.i18n import translate as _
from aktenlauf.kit.web.pages import page, speak_for
from aktenlauf.kit.web.told import link

router = APIRouter(include_in_schema=False)
LETTERS_SHOWN, ENTRIES_SHOWN = 3, 5


async def case_page(request: Request, person: Person, case: str) -> Response:
    """The page at `/antrag/{case}` once there is an application. Raises NotFound, also for another person's."""
    current = await up_to_date(request)
    service, scope = service_of(request), await scope_of_applicant(request, person)
    doc = await service.get(applications, scope, case)
    language, boxes = speak_for(request), await boxes_of(request, person)
    box = next((found for found in boxes if found["case"] == case), None)
    if await is_erased(request, doc):
        return page(request, "pages/case_erased.html", counts=counted(boxes), **_common(doc, case, language))
    today = words.berlin_day(now(request))
    fresh = new_uploads(await service.find(evidence, scope, case))
    entries = words.timeline(doc, language)
    shown = entries if request.query_params.get("verlauf") == "alle" else entries[:ENTRIES_SHOWN]
    waiting = sum(len(asked["evidence"]) for asked in open_evidence(doc))
    return page(
        request,
        "pages/case.html",
        counts=counted(boxes),
        **_common(doc, case, language),
        updating=not current,
        doc=doc,
        over=doc["status"] in OVER,
        step=next_step(case, doc, box, fresh, today, language),
        stages=words.stages(doc, waiting, language),
        law=words.law(doc, language),
        letters=await listed(service, box, language, today, LETTERS_SHOWN) if box else [],
        unread=box["unread"] if box else 0,
        sentence=words.SENTENCES.get(doc["stage"], ""),
        idle=words.IDLE_BOOKED if doc.get("appointment", {}).get("state") == "booked" else words.IDLE,
        offered=doc.get("appointment", {}).get("state") == "offered",
        appointment=_appointment(doc, language),
        office_appointment=await _office_appointment(request, doc, language),
        receipt_href=_receipt_href(request, doc, case),
        notice_href=_notice_href(doc, box, case),
        upload_href=upload_href(case, None),
        timeline=shown,
        entries=len(entries),
    )


@router.post("/antrag/{case}/nachreichen")
async def hand_in(request: Request, person: Applicant, case: str) -> Response:
    """What was uploaded becomes part of the application: for a request what it asked for, else whatever is new."""
    await up_to_date(request)
    service, scope = service_of(request), await scope_of_applicant(request, person)
    doc = await service.get(applications, scope, case)
    form = await request.form()
    fresh = new_uploads(await service.find(evidence, scope, case))
    given = await by_applicant(request, person, form)
    outcomes: list[Outcome] = []
    for asked, files in _by_request(doc, fresh, str(form.get("zu") or "")):
        refs = tuple(DocumentRef(document=file["id"], kind=file["evidence"]) for file in files)
        one = {**given, "id": derived_id(given["id"], asked or "unasked"), "correlation": given["id"], "seen": None}
        outcomes.append(await service.run(FileSupplement(**one, case=case, documents=refs, request=asked)))
    return see_other(request, f"/antrag/{case}", *outcomes)


@router.get("/antrag/{case}/zuruecknehmen")
async def ask_to_withdraw(request: Request, person: Applicant, case: str) -> Response:
    """What taking back means, and the button."""
    await up_to_date(request)
    doc = await service_of(request).get(applications, await scope_of_applicant(request, person), case)
    common = _common(doc, case, speak_for(request))
    boxes = await boxes_of(request, person)
    if await is_erased(request, doc):
        return page(request, "pages/case_erased.html", counts=counted(boxes), **common)
    return page(request, "pages/withdraw.html", counts=counted(boxes), over=doc["status"] in OVER, **common)


@router.post("/antrag/{case}/zuruecknehmen")
async def withdraw(request: Request, person: Applicant, case: str) -> Response:
    """Take the application back."""
    service = service_of(request)
    doc = await service.get(applications, await scope_of_applicant(request, person), case)
    if await is_erased(request, doc):
        raise Erased(case)
    form = await request.form()
    outcome = await service.run(Withdraw(**await by_applicant(request, person, form), case=case))
    return see_other(request, f"/antrag/{case}", outcome)


@router.get("/antrag/{case}/einsicht")
async def who_looked(request: Request, person: Applicant, case: str) -> Response:
    """Who of the offices looked at this case, when, and at what."""
    await up_to_date(request)
    service, scope = service_of(request), await scope_of_applicant(request, person)
    doc = await service.get(applications, scope, case)
    language = speak_for(request)
    seen = await service.find(looks, scope, case)
    entries = [_look(entry, language) for entry in (seen or {}).get("entries", [])]
    boxes = await boxes_of(request, person)
    return page(request, "pages/looks.html", counts=counted(boxes), looks=entries, **_common(doc, case, language))


def _by_request(doc: Document, fresh: list[Document], only: str) -> list[tuple[str | None, list[Document]]]:
    """New files under the request that asked for their kind; the rest under none, unless one request was named."""
    left, found = list(fresh), list[tuple[str | None, list[Document]]]()
    for request, asked in doc.get("requests", {}).items():
        mine = [file for file in left if file["evidence"] in asked["evidence"]]
        if mine and only in ("", request):
            found.append((request, mine))
            left = [file for file in left if file not in mine]
    return found + ([(None, left)] if left and not only else [])


async def is_erased(request: Request, doc: Document) -> bool:
    """Whether the personal data of a filed application are gone."""
    return bool(doc.get("erased_at")) or not await service_of(request).ports.sealing.open_token(
        doc["sealed"], ApplicationContent
    )


def _common(doc: Document, case: str, language: Language) -> dict[str, Any]:
    return {
        "case": case,
        "number": doc["number"],
        "matter": words.title_of(doc, language.code),
        "office": words.office_name(doc["office"]),
        "authority": doc["office"],
    }


def _appointment(doc: Document, language: Language) -> dict[str, Any] | None:
    """The booked appointment, or that a choice is being confirmed."""
    appointment = doc.get("appointment") or {}
    slot = appointment.get("slot")
    if appointment.get("state") != "booked" or not slot:
        return {"pending": True} if appointment.get("pending") else None
    purpose = PURPOSES.get(appointment.get("purpose", ""), "")
    return {
        "pending": False,
        "leaf": words.leaf(slot["start"], language),
        "when": words.moment_full(slot["start"], language),
        "minutes": slot["minutes"],
        "purpose": _(purpose),
        "where": place_of(slot["office"], slot["place"]),
    }


async def _office_appointment(request: Request, doc: Document, language: Language) -> dict[str, str] | None:
    """An appointment that the office's own system has told (130105), as far as it said when and where."""
    token = doc.get("office_appointment")
    content = await service_of(request).ports.sealing.open_token(token, ReceivedContent) if token else None
    told = content.appointment if isinstance(content, ReceivedContent) else None
    return words.told_appointment(told, language) if told else None


def _receipt_href(request: Request, doc: Document, case: str) -> str | None:
    receipt = doc.get("receipt")
    return link(request, f"/nachweise/{case}/{receipt}", doc, receipt) if receipt else None


def _notice_href(doc: Document, box: Document | None, case: str) -> str | None:
    """The notice is reached through its message, so that its retrieval is recorded."""
    decision = doc.get("decision")
    message = refers_to(box, decision["decision"]) if decision and box else None
    return f"/postfach/{case}/{message['id']}" if message else None


def _look(entry: Document, language: Language) -> dict[str, str]:
    who, what = words.ROLES.get(entry["role"], words.OTHER_ROLE), words.LOOKED_AT[entry["what"]]
    return {
        "when": words.moment_full(entry["at"], language),
        "at": entry["at"],
        "who": _(who),
        "office": words.office_name(entry["office"]),
        "what": _(what),
    }

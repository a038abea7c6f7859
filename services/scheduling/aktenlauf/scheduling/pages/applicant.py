"""The applicant's appointment: choosing, moving, cancelling. One page a case, its content by state."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from aktenlauf.contracts.errors import Code
from aktenlauf.contracts.offices import Place
from aktenlauf.contracts.scheduling import Needs
from aktenlauf.kit.errors import NotFound, Refused
from aktenlauf.kit.identity import Person
from aktenlauf.kit.views import Document
from aktenlauf.kit.web.access import Applicant
from aktenlauf.kit.web.commands import by_applicant, now, scope_of_applicant, see_other, service_of, up_to_date
from aktenlauf.kit.web.i18n import Language, time_hm
from aktenlauf.kit.web.i18n import translate as _
from aktenlauf.kit.web.pages import page, speak_for
from aktenlauf.kit.web.problems import problem
from aktenlauf.kit.web.unread import counts
from aktenlauf.scheduling import words
from aktenlauf.scheduling.booking import choose, slot_at
from aktenlauf.scheduling.calendar import BERLIN
from aktenlauf.scheduling.calendar import Slot as CalendarSlot
from aktenlauf.scheduling.calendar_file import calendar_file
from aktenlauf.scheduling.capacity import HORIZON, office_of, opened_days, place_of
from aktenlauf.scheduling.domain import CancelAppointment, ChooseSlot, berlin_day
from aktenlauf.scheduling.views import appointments, unread
from aktenlauf.scheduling.weeks import Week, choose_week

router = APIRouter(prefix="/termin", include_in_schema=False)

CHOOSING = frozenset({"offered", "lost"})


@dataclass(frozen=True, slots=True)
class Wish:
    """What the picker is to show: place, week and time that the applicant asked for."""

    place: str = ""
    week: date | None = None
    start: str = ""
    gone: str = ""
    """The start that somebody else got: its week is shown, with a message at its day."""
    needs: tuple[str, ...] | None = None
    """As ticked in the form; None: nothing was posted, so what was said before counts."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A message above the content."""

    kind: str
    title: str
    text: str


@router.get("/{case}")
async def show(
    request: Request, person: Applicant, case: str, ort: str = "", woche: date | None = None, zeit: str = ""
) -> Response:
    """The appointment as it stands; with an open invitation, the week to choose from."""
    await up_to_date(request)
    doc = await _own(request, person, case)
    return await _shown(request, person, doc, Wish(ort, woche, zeit), choosing=doc["state"] in CHOOSING)


@router.get("/{case}/verschieben")
async def move(
    request: Request, person: Applicant, case: str, ort: str = "", woche: date | None = None, zeit: str = ""
) -> Response:
    """Choose again; the booked place stays until the new one is certain."""
    await up_to_date(request)
    doc = await _own(request, person, case)
    return await _shown(request, person, doc, Wish(ort, woche, zeit), choosing=True)


@router.post("/{case}")
async def book(request: Request, person: Applicant, case: str) -> Response:
    """Take the chosen slot, and wait for the answer."""
    doc = await _own(request, person, case)
    form = await request.form()
    needs = [need for need in words.NEEDS if need in form.getlist("bedarf")]
    wish = Wish(str(form.get("ort", "")), None, str(form.get("slot", "")), needs=tuple(needs))
    if not wish.start:
        return await _shown(request, person, doc, wish, 422, choosing=True, missing=True)
    service = service_of(request)
    try:
        slot, day = await slot_at(service, doc.get("office", ""), wish.place, wish.start)
        given = await by_applicant(request, person, form)
        told = Needs(needs=needs) if needs else None
        command = ChooseSlot(**given, case=case, slot=slot, needs=told)
        answer, outcome = await choose(service, command, day)
    except Refused as refused:
        return await _refused(request, person, await _own(request, person, case), refused.code)
    except NotFound:
        return await _refused(request, person, doc, Code.SLOT_UNKNOWN)
    if answer == "lost":
        doc = await _own(request, person, case)
        return await _shown(
            request, person, doc, Wish(slot.place, gone=wish.start, needs=wish.needs), 409, choosing=True
        )
    return see_other(request, f"/termin/{case}", *([outcome] if outcome else []))


@router.get("/{case}/absagen")
async def ask_to_cancel(request: Request, person: Applicant, case: str) -> Response:
    """What cancelling means, before it is done."""
    await up_to_date(request)
    doc = await _own(request, person, case)
    if doc["state"] != "booked":
        return await _shown(request, person, doc, Wish(), choosing=doc["state"] in CHOOSING)
    return page(request, "pages/cancel.html", **await _context(request, person, doc))


@router.post("/{case}/absagen")
async def cancel(request: Request, person: Applicant, case: str) -> Response:
    """Give the place back."""
    doc = await _own(request, person, case)
    given = await by_applicant(request, person, await request.form())
    try:
        outcome = await service_of(request).run(CancelAppointment(**given, case=case, reason="applicant"))
    except Refused as refused:
        return await _refused(request, person, doc, refused.code)
    return see_other(request, f"/termin/{case}", outcome)


@router.get("/{case}/termin.ics")
async def calendar_entry(request: Request, person: Applicant, case: str) -> Response:
    """The booked appointment for the own calendar. Raises NotFound where nothing is booked."""
    doc = await _own(request, person, case)
    if not doc.get("slot"):
        raise NotFound(case)
    speak_for(request)
    office, place = office_of(doc["office"]), place_of(doc["office"], doc["slot"]["place"])
    changes = [entry for entry in doc["history"] if entry["what"] in ("booked", "moved")]
    start, end = _times(doc["slot"])
    text = calendar_file(
        uid=f"{case}@aktenlauf",
        slot=CalendarSlot(start=start, end=end, places=1),
        summary=_("Termin: {office}").format(office=f"{office.name}, {office.authority}"),
        location=f"{place.name}, {place.room}, {place.address}",
        at=datetime.fromisoformat(changes[-1]["at"]),
        sequence=len(changes) - 1,
    )
    return Response(
        text, media_type="text/calendar", headers={"Content-Disposition": 'attachment; filename="termin.ics"'}
    )


async def _own(request: Request, person: Person, case: str) -> Document:
    """The case's document, for its applicant alone. Raises NotFound."""
    return await service_of(request).get(appointments, await scope_of_applicant(request, person), case)


async def _refused(request: Request, person: Person, doc: Document, code: Code) -> Response:
    """The page as it stands now, saying why nothing was changed."""
    words_of_code = problem(422, code)
    speak_for(request)
    notice = Notice("danger", _(words_of_code.title), _(words_of_code.detail))
    return await _shown(request, person, doc, Wish(), 422, choosing=doc["state"] in CHOOSING, notice=notice)


async def _shown(
    request: Request,
    person: Person,
    doc: Document,
    wish: Wish,
    status: int = 200,
    *,
    choosing: bool,
    missing: bool = False,
    notice: Notice | None = None,
) -> Response:
    """The page; `choosing`: with the picker."""
    context = await _context(request, person, doc)
    picker = await _picker(request, doc, wish) if choosing and _may_choose(doc, context) else None
    ticked = context["needs"] if wish.needs is None else wish.needs
    part = request.headers.get("HX-Request-Type") == "partial"
    template = "partials/_appointment.html" if part else "pages/appointment.html"
    return page(request, template, status, **context, picker=picker, ticked=ticked, missing=missing, notice=notice)


def _may_choose(doc: Document, context: dict[str, Any]) -> bool:
    if doc["state"] == "booked":
        return not context["over"]
    return doc["state"] in CHOOSING and not context["until_over"]


async def _context(request: Request, person: Person, doc: Document) -> dict[str, Any]:
    """What every state's content needs."""
    language = speak_for(request)
    booked = doc.get("slot")
    start = datetime.fromisoformat(booked["start"]) if booked else None
    return {
        "doc": doc,
        "counts": await counts(request, person, unread),
        "needs": await _needs(request, doc),
        "needs_offered": words.needs(words.NEEDS),
        "office": office_of(doc["office"]) if doc.get("office") else None,
        "authority": doc.get("office"),
        "place": place_of(doc["office"], booked["place"]) if booked else None,
        "moment": words.moment(language, start) if start else None,
        "leaf": words.leaf(language, start) if start else None,
        "over": start is not None and start <= now(request),
        "until_over": bool(doc.get("until")) and datetime.fromisoformat(doc["until"]) <= now(request),
        "history": [_entry(language, entry) for entry in reversed(doc.get("history", []))],
    }


async def _needs(request: Request, doc: Document) -> list[str]:
    """What the applicant said they need at the booked appointment; nothing once it is erased."""
    if not doc.get("needs"):
        return []
    told = await service_of(request).ports.sealing.open_token(doc["needs"], Needs)
    return list(told.needs) if told else []


def _entry(language: Language, entry: dict[str, Any]) -> dict[str, Any]:
    at = datetime.fromisoformat(entry["at"])
    slot = entry.get("slot")
    return {
        **entry,
        "when": words.moment(language, at),
        "slot_words": words.moment(language, datetime.fromisoformat(slot["start"])) if slot else None,
    }


# --- the picker ---------------------------------------------------------------------------------------------------


async def _picker(request: Request, doc: Document, wish: Wish) -> dict[str, Any]:
    """The week to choose from, in the page's language."""
    at, language = now(request), speak_for(request)
    office = office_of(doc["office"])
    place = office.place(wish.place) or office.places[0]
    today = berlin_day(at)
    days = await opened_days(service_of(request), office.key, place.key, today, today + HORIZON)
    gone = berlin_day(datetime.fromisoformat(wish.gone)) if wish.gone else None
    week = choose_week(days, gone or wish.week or today, at, stay=gone is not None)
    moving = doc["slot"] is not None
    path = f"/termin/{doc['case']}/verschieben" if moving else f"/termin/{doc['case']}"
    return {
        "path": path,
        "moving": moving,
        "place": place,
        "week": _week_words(language, week, place, path, wish, gone) if week else None,
        "skipped": bool(week and week.skipped and wish.week),
        "chosen": _chosen_words(language, week, wish),
        "first": _first_words(language, week, place, path),
    }


def _week_words(
    language: Language, week: Week, place: Place, path: str, wish: Wish, gone: date | None
) -> dict[str, Any]:
    def href(monday: date | None) -> str | None:
        return f"{path}?ort={place.key}&woche={monday}" if monday else None

    return {
        "monday": week.first.isoformat(),
        "title": words.span(language, min(week.free), max(week.free)),
        "note": _("KW {n}").format(n=week.first.isocalendar().week),
        "earlier": href(week.earlier),
        "later": href(week.later),
        "days": [
            {
                "name": words.weekday(language, day),
                "date": words.day_short(language, day),
                "error": _gone_words(wish.gone) if day == gone else None,
                "slots": [{"value": start, "time": time_hm(start), "chosen": start == wish.start} for start in starts],
            }
            for day, starts in week.free.items()
        ],
    }


def _gone_words(start: str) -> str:
    return _("{time} Uhr ist gerade vergeben worden.").format(time=time_hm(start))


def _chosen_words(language: Language, week: Week | None, wish: Wish) -> str | None:
    offered = {start for starts in week.free.values() for start in starts} if week else set()
    return words.moment(language, datetime.fromisoformat(wish.start)) if wish.start in offered else None


def _first_words(language: Language, week: Week | None, place: Place, path: str) -> dict[str, str] | None:
    if week is None or week.first_free is None:
        return None
    start = datetime.fromisoformat(week.first_free)
    href = f"{path}?ort={place.key}&woche={berlin_day(start)}&zeit={week.first_free}"
    return {"href": href, "words": words.moment(language, start)}


def _times(slot: dict[str, Any]) -> tuple[datetime, datetime]:
    start = datetime.fromisoformat(slot["start"])
    end = start + timedelta(minutes=slot["minutes"])
    return start.astimezone(BERLIN), end.astimezone(BERLIN)

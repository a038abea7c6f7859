"""The office's day of appointments: who comes when to which counter, and how much is left."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from aktenlauf.contracts.intake import ApplicationContent
from aktenlauf.contracts.offices import Place
from aktenlauf.contracts.scheduling import Need, Needs
from aktenlauf.kit.errors import NotFound
from aktenlauf.kit.identity import Person
from aktenlauf.kit.sealing import Sealing
from aktenlauf.kit.service import Service
from aktenlauf.kit.views import Document
from aktenlauf.kit.web.access import Staff, requires
from aktenlauf.kit.web.commands import by_staff, looked, now, scope_of_staff, see_other, service_of, up_to_date
from aktenlauf.kit.web.i18n import GERMAN
from aktenlauf.kit.web.pages import page
from aktenlauf.scheduling import words
from aktenlauf.scheduling.capacity import HORIZON, office_of, opened_days, place_of
from aktenlauf.scheduling.domain import CloseCapacity, RecordAttendance, berlin_day
from aktenlauf.scheduling.views import appointments, appointments_of_day, free_places

router = APIRouter(prefix="/amt/termine", include_in_schema=False)

SEES_NAMES = frozenset({"caseworker", "approver", "counter"})
"""Who deals with people. Planners and auditors see numbers of cases."""
REASON_CHARACTERS_MAX = 200
Day = Annotated[date, Query(ge=date(2020, 1, 1), le=date(2199, 12, 31))]
Counter = Annotated[Person, requires("counter", "caseworker")]
Planner = Annotated[Person, requires("planner")]


@dataclass(frozen=True, slots=True)
class Row:
    """One appointment. `name` None: not for these eyes, "" : erased."""

    doc: Document
    name: str | None
    needs: Sequence[Need] = ()


@router.get("")
async def day_list(request: Request, staff: Staff, tag: Day | None = None) -> Response:
    """The day, per counter group. Whose names are shown is recorded before they are."""
    await up_to_date(request)
    service, today = service_of(request), berlin_day(now(request))
    day = tag or today
    docs = await appointments_of_day(service, scope_of_staff(staff), day)
    rows = await _with_names(request, staff, docs)
    office = office_of(staff.office or "")
    groups = [await _group(service, office.key, place, day, rows) for place in office.places]
    return page(
        request,
        "pages/day.html",
        day=day,
        day_words=words.day_full(GERMAN, day),
        today=today,
        previous=day - timedelta(days=1),
        following=day + timedelta(days=1),
        groups=groups,
        may_record=bool(staff.roles & {"counter", "caseworker"}) and day <= today,
        may_close="planner" in staff.roles and today <= day <= today + HORIZON,
        total=len(rows),
    )


@router.post("/{case}/anwesenheit")
async def record_attendance(request: Request, staff: Counter, case: str) -> Response:
    """Came, or did not."""
    service = service_of(request)
    doc = await service.get(appointments, scope_of_staff(staff), case)
    form = await request.form()
    given = await by_staff(request, staff, form)
    outcome = await service.run(RecordAttendance(**given, case=case, came=form.get("gekommen") == "ja"))
    back = berlin_day(datetime.fromisoformat(doc["start"])) if doc.get("start") else ""
    return see_other(request, f"/amt/termine?tag={back}#termin-{case}" if back else "/amt/termine", outcome)


@router.get("/schliessen")
async def ask_to_close(request: Request, staff: Planner, ort: str, tag: Day) -> Response:
    """What closing a day means, before it is done."""
    place, doc = await _open_day(request, staff, ort, tag)
    return _closing(request, place, doc, tag)


@router.post("/schliessen")
async def close(request: Request, staff: Planner, ort: str, tag: Day) -> Response:
    """Take no more bookings on this day."""
    place, doc = await _open_day(request, staff, ort, tag)
    form = await request.form()
    reason = str(form.get("grund", "")).strip()
    if not reason or len(reason) > REASON_CHARACTERS_MAX:
        error = f"Geben Sie einen Grund an, höchstens {REASON_CHARACTERS_MAX} Zeichen."
        return _closing(request, place, doc, tag, 422, reason, error)
    service, given = service_of(request), await by_staff(request, staff, form)
    outcome = await service.run(
        CloseCapacity(**given, office=staff.office or "", place=place.key, day=tag, reason=reason)
    )
    await service.until_seen(outcome.stream, outcome.version)
    return see_other(request, f"/amt/termine?tag={tag}", outcome)


def _closing(
    request: Request, place: Place, doc: Document, day: date, status: int = 200, reason: str = "", error: str = ""
) -> Response:
    return page(
        request,
        "pages/close_day.html",
        status,
        place=place,
        day=day,
        day_words=words.day_full(GERMAN, day),
        booked=len(doc["taken"]),
        closed=doc["closed"],
        reason=reason,
        error=error,
    )


async def _open_day(request: Request, staff: Person, ort: str, day: date) -> tuple[Place, Document]:
    """A place of the own office, and its day. Raises NotFound for another's, and for a day without places."""
    office = staff.office or ""
    place = place_of(office, ort)
    for doc in await opened_days(service_of(request), office, place.key, day, day):
        return place, doc
    raise NotFound(f"{ort} {day}")


async def _with_names(request: Request, staff: Person, docs: Sequence[Document]) -> list[Row]:
    if not staff.roles & SEES_NAMES:
        return [Row(doc, None) for doc in docs]
    await asyncio.gather(*(looked(request, staff, doc["case"], "appointment") for doc in docs))
    sealing = service_of(request).ports.sealing
    contents = await asyncio.gather(*(sealing.open_token(doc["sealed"], ApplicationContent) for doc in docs))
    needs = await asyncio.gather(*(_needs(sealing, doc) for doc in docs))
    return [Row(doc, c.name if c else "", needed) for doc, c, needed in zip(docs, contents, needs, strict=True)]


async def _needs(sealing: Sealing, doc: Document) -> Sequence[Need]:
    told = await sealing.open_token(doc["needs"], Needs) if doc.get("needs") else None
    return told.needs if told else ()


async def _group(service: Service, office: str, place: Place, day: date, rows: Sequence[Row]) -> dict[str, Any]:
    """A counter group's part of the page; `capacity` None: it is closed on this day."""
    opened = await opened_days(service, office, place.key, day, day)
    capacity = None
    if opened:
        total, left = sum(opened[0]["starts"].values()), sum(free_places(opened[0]).values())
        taken = len(opened[0]["taken"])
        capacity = {"total": total, "taken": taken, "free": left, "closed": opened[0]["closed"]}
    own = [row for row in rows if (row.doc["slot"] or {}).get("place") == place.key]
    return {"place": place, "rows": own, "capacity": capacity}

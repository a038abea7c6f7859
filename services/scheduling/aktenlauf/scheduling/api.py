"""Scheduling for machines: offers and slots of a case for its applicant, the day list for the office."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from pydantic import AwareDatetime, BaseModel, Field
from starlette.responses import Response

from aktenlauf.contracts.envelope import timestamp
from aktenlauf.contracts.errors import Code
from aktenlauf.contracts.scheduling import Need, Needs
from aktenlauf.kit.web.access import Applicant, Staff
from aktenlauf.kit.web.api_responses import PROBLEMS
from aktenlauf.kit.web.commands import by_applicant, now, scope_of_applicant, scope_of_staff, service_of, up_to_date
from aktenlauf.kit.web.problems import problem, respond
from aktenlauf.scheduling.booking import choose, open_starts, slot_at
from aktenlauf.scheduling.capacity import HORIZON, office_of, opened_days
from aktenlauf.scheduling.domain import CancelAppointment, ChooseSlot, berlin_day
from aktenlauf.scheduling.views import appointments, appointments_of_day

router = APIRouter(prefix="/api/scheduling/v1", responses=PROBLEMS)

State = Literal["none", "offered", "pending", "booked", "lost", "expired", "cancelled", "attended"]
Day = Annotated[date, Path(ge=date(2020, 1, 1), le=date(2199, 12, 31))]
Start = Annotated[AwareDatetime, Field(ge=datetime(2020, 1, 1, tzinfo=UTC), le=datetime(2199, 12, 31, tzinfo=UTC))]


class Slot(BaseModel):
    """A booked or free time. `start` in UTC; `free`: places left, absent for a booked one."""

    place: str
    start: datetime
    minutes: int
    free: int | None = None


class Appointment(BaseModel):
    """Where the appointment of a case stands."""

    case: str
    state: State
    purpose: str | None = None
    until: datetime | None = None
    slot: Slot | None = None


class Choice(BaseModel):
    """The slot that the applicant wants."""

    place: str
    start: Start
    needs: list[Need] = Field(default=[], max_length=4)


class Entry(BaseModel):
    """One appointment of an office's day: the case's number, no name."""

    case: str
    number: str
    purpose: str
    state: State
    slot: Slot


@router.get("/appointments/{case}", response_model_exclude_none=True)
async def appointment(request: Request, person: Applicant, case: str) -> Appointment:
    """The offer or appointment of the own case."""
    await up_to_date(request)
    return _appointment(await service_of(request).get(appointments, await scope_of_applicant(request, person), case))


@router.get("/appointments/{case}/slots")
async def slots(request: Request, person: Applicant, case: str) -> list[Slot]:
    """What is free for this case, at all places of its office; empty without an open offer."""
    service, at = service_of(request), now(request)
    doc = await service.get(appointments, await scope_of_applicant(request, person), case)
    if doc["state"] not in ("offered", "lost", "booked"):
        return []
    today = berlin_day(at)
    return [
        Slot(place=place.key, start=datetime.fromisoformat(start), minutes=day["minutes"], free=free)
        for place in office_of(doc["office"]).places
        for day in await opened_days(service, doc["office"], place.key, today, today + HORIZON)
        for start, free in open_starts(day, at).items()
    ]


@router.post("/appointments/{case}/choices", response_model=Appointment, response_model_exclude_none=True)
async def make_choice(request: Request, person: Applicant, case: str, choice: Choice) -> Any:
    """Book, or move. 409 `slot-taken` if somebody was faster; an earlier appointment then still stands."""
    service, scope = service_of(request), await scope_of_applicant(request, person)
    doc = await service.get(appointments, scope, case)
    slot, day = await slot_at(service, doc.get("office", ""), choice.place, timestamp(choice.start))
    given = await by_applicant(request, person)
    needs = Needs(needs=choice.needs) if choice.needs else None
    answer, _ = await choose(service, ChooseSlot(**given, case=case, slot=slot, needs=needs), day)
    if answer == "lost":
        return _slot_taken(request)
    return _appointment(await service.get(appointments, scope, case))


@router.post("/appointments/{case}/cancellation", response_model_exclude_none=True)
async def cancel(request: Request, person: Applicant, case: str) -> Appointment:
    """Give the place back; the offer stands again until its end."""
    service, scope = service_of(request), await scope_of_applicant(request, person)
    await service.get(appointments, scope, case)
    given = await by_applicant(request, person)
    outcome = await service.run(CancelAppointment(**given, case=case, reason="applicant"))
    await service.until_seen(outcome.stream, outcome.version)
    return _appointment(await service.get(appointments, scope, case))


@router.get("/days/{day}")
async def day_list(request: Request, staff: Staff, day: Day) -> list[Entry]:
    """The office's appointments of a day, in order of time."""
    found = await appointments_of_day(service_of(request), scope_of_staff(staff), day)
    return [
        Entry(case=d["case"], number=d["number"], purpose=d["purpose"], state=d["state"], slot=_slot(d["slot"]))
        for d in found
    ]


def _appointment(doc: dict[str, Any]) -> Appointment:
    slot = _slot(doc["slot"]) if doc.get("slot") else None
    return Appointment(
        case=doc["case"], state=doc["state"], purpose=doc.get("purpose"), until=doc.get("until"), slot=slot
    )


def _slot(slot: dict[str, Any]) -> Slot:
    return Slot(place=slot["place"], start=slot["start"], minutes=slot["minutes"])


def _slot_taken(request: Request) -> Response:
    return respond(request, problem(409, Code.SLOT_TAKEN))

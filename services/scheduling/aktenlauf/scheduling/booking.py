"""Choosing a slot from outside: what is free, and waiting for the day's answer. Pages and API do the same."""

import asyncio
from datetime import datetime, timedelta
from typing import Literal

from aktenlauf.contracts.envelope import parse, timestamp
from aktenlauf.contracts.scheduling import AppointmentBooked, AppointmentMoved, ChoiceLost, Slot
from aktenlauf.kit.errors import NotFound
from aktenlauf.kit.runner import Outcome
from aktenlauf.kit.service import Service
from aktenlauf.kit.views import Document
from aktenlauf.scheduling.capacity import HORIZON, opened_days
from aktenlauf.scheduling.domain import ChooseSlot, berlin_day
from aktenlauf.scheduling.views import free_places

ANSWER_SECONDS = 2.0
"""How long a request waits for the end of the saga; it usually takes some milliseconds."""

Answer = Literal["booked", "lost", "pending"]


def open_starts(day: Document, at: datetime) -> dict[str, int]:
    """Places left by start, of the starts that still lie ahead."""
    return {start: places for start, places in free_places(day).items() if start > timestamp(at)}


async def slot_at(service: Service, office: str, place: str, start: str) -> tuple[Slot, Document]:
    """The slot that begins at `start` (as the view writes it), and its day.

    Only what the register and the log know becomes a slot, whatever a form says. Raises NotFound.
    """
    try:
        day = berlin_day(datetime.fromisoformat(start))
    except (ValueError, OverflowError):
        raise NotFound(start) from None
    if not timedelta(0) <= day - berlin_day(service.ports.clock()) <= HORIZON:
        raise NotFound(start)
    for doc in await opened_days(service, office, place, day, day):
        if start in doc["starts"]:
            begin = datetime.fromisoformat(start)
            return Slot(office=office, place=place, start=begin, minutes=doc["minutes"]), doc
    raise NotFound(start)


async def choose(service: Service, command: ChooseSlot, day: Document) -> tuple[Answer, Outcome | None]:
    """Run the choice and wait for its answer. A slot that is visibly taken is lost without an event.

    Raises what `Runner.run` raises.
    """
    own = command.id in day["taken"]
    if not own and timestamp(command.slot.start) not in open_starts(day, command.at):
        return "lost", None
    outcome = await service.run(command)
    if not outcome.events and not outcome.repeated:
        return "booked", outcome  # it is the slot that they already have
    return await _answered(service, command)


async def _answered(service: Service, command: ChooseSlot) -> tuple[Answer, Outcome | None]:
    stream, log = command.stream_name(), service.ports.log
    deadline = asyncio.get_running_loop().time() + ANSWER_SECONDS
    while True:
        head = await log.head()
        for stored in await log.read(stream):
            event = parse(stored.record).event
            if isinstance(event, AppointmentBooked | AppointmentMoved | ChoiceLost) and event.choice == command.id:
                await service.until_seen(stream, stored.version)
                answer: Answer = "lost" if isinstance(event, ChoiceLost) else "booked"
                return answer, Outcome(stream, stored.version)
        left = deadline - asyncio.get_running_loop().time()
        if left <= 0:
            return "pending", Outcome(stream, await log.version(stream))
        await log.wait(head, left)

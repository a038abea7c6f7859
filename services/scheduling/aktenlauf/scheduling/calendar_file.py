"""A booked appointment as a calendar file (.ics, RFC 5545)."""

from datetime import UTC, datetime

from icalendar import Calendar, Event

from aktenlauf.scheduling.calendar import Slot


def calendar_file(
    uid: str,
    slot: Slot,
    summary: str,
    location: str,
    at: datetime,
    sequence: int = 0,
    cancelled: bool = False,
) -> str:
    """Return the text of an .ics file with this one appointment.

    `uid` stays the same for all versions of an appointment and `sequence` grows with each (RFC 5545, sections
    3.8.4.7 and 3.8.7.4), so that a calendar moves or strikes out the entry it already has. `at` is when this
    version came about. `summary` and `location` must name the office only: people share calendars. Instants
    are written in UTC, so that no time zone definition has to be carried along; lines end in CRLF.
    Raises ValueError if `at` has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError("the time of this version needs a time zone")
    event = Event()
    event.add("uid", uid)
    event.add("sequence", sequence)
    event.add("dtstamp", at.astimezone(UTC))
    event.add("dtstart", slot.start.astimezone(UTC))
    event.add("dtend", slot.end.astimezone(UTC))
    event.add("summary", summary)
    event.add("location", location)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", "-//Aktenlauf//Termine//DE")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    text: bytes = calendar.to_ical()
    return text.decode("utf-8")

from datetime import UTC, datetime

import pytest
from icalendar import Calendar

from aktenlauf.scheduling.calendar import BERLIN, Slot
from aktenlauf.scheduling.calendar_file import calendar_file

SLOT = Slot(
    start=datetime(2026, 11, 30, 8, 20, tzinfo=BERLIN),
    end=datetime(2026, 11, 30, 8, 40, tzinfo=BERLIN),
    places=1,
)
BOOKED = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def written(**changes):
    given = {
        "uid": "0192f0c4-0000-7000-8000-000000000001@aktenlauf",
        "slot": SLOT,
        "summary": "Termin: Ausländerbehörde Musterstadt",
        "location": "Marktplatz 1, 12345 Musterstadt, Schalter 4; 1. Stock",
        "at": BOOKED,
    }
    return calendar_file(**{**given, **changes})


def test_calendar_reads_back_what_was_booked__rfc_5545():
    calendar = Calendar.from_ical(written())
    (event,) = calendar.walk("VEVENT")
    assert calendar["version"] == "2.0" and calendar["prodid"]
    assert event.decoded("dtstart") == datetime(2026, 11, 30, 7, 20, tzinfo=UTC)
    assert event.decoded("dtend") == datetime(2026, 11, 30, 7, 40, tzinfo=UTC)
    assert event.decoded("dtstamp") == BOOKED
    assert event["summary"] == "Termin: Ausländerbehörde Musterstadt"
    assert event["location"] == "Marktplatz 1, 12345 Musterstadt, Schalter 4; 1. Stock"
    assert event["status"] == "CONFIRMED"


def test_lines_are_folded_and_end_in_crlf__rfc_5545_3_1():
    text = written(location="Straße der Einheit " * 12)
    lines = text.encode("utf-8").split(b"\r\n")
    assert lines[-1] == b"" and b"\n" not in b"".join(lines)
    assert max(map(len, lines)) <= 75


def test_moved_appointment_replaces_the_entry__rfc_5545_3_8_7_4():
    first, moved = (Calendar.from_ical(written(sequence=n)).walk("VEVENT")[0] for n in (0, 1))
    assert first["uid"] == moved["uid"]
    assert (first["sequence"], moved["sequence"]) == (0, 1)


def test_cancelled_appointment_says_so__rfc_5545_3_8_1_11():
    (event,) = Calendar.from_ical(written(sequence=2, cancelled=True)).walk("VEVENT")
    assert event["status"] == "CANCELLED"


def test_text_cannot_smuggle_in_lines__rfc_5545_3_3_11():
    calendar = Calendar.from_ical(written(summary="Termin\r\nATTENDEE:mailto:x@example.org"))
    (event,) = calendar.walk("VEVENT")
    assert "attendee" not in event


def test_same_booking_gives_the_same_bytes():
    assert written() == written()


def test_version_without_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        written(at=datetime(2026, 11, 22, 9))

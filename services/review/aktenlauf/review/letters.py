"""What the office sends into the mailbox, word for word, so that a page can show it before it goes out.

Intake puts these sentences around the office's own words (`aktenlauf.intake.messages`). A service imports no other, so
they stand here again; a test over both services compares them.
"""

from collections.abc import Sequence
from datetime import date

from babel.dates import format_date
from babel.lists import format_list

from aktenlauf.contracts.intake import Message
from aktenlauf.review import words

REQUEST_BLOCK = (
    "Guten Tag,\n\nfür die Entscheidung über Ihren Antrag brauchen wir noch Unterlagen von Ihnen. "
    "Bitte laden Sie sie in Ihrem Antrag unter „Nachweise“ hoch."
)
"""The text block that a request begins with; the caseworker changes it."""
QUESTION_BLOCK = "Guten Tag,\n\n"


def request(text: str, kinds: Sequence[str], deadline: date) -> Message:
    """A request for evidence."""
    names = format_list([words.evidence(kind) for kind in kinds], locale="de")
    return _message(
        "Bitte reichen Sie Unterlagen nach",
        text,
        f"Bitte reichen Sie bis {_day(deadline)} nach: {names}.",
        "Schaffen Sie es bis dahin nicht, schreiben Sie uns bitte vorher hier im Postfach.",
    )


def question(text: str, deadline: date | None) -> Message:
    """A question."""
    until = f"Bitte antworten Sie bis {_day(deadline)} hier im Postfach." if deadline else ""
    return _message("Die Behörde hat eine Frage an Sie", text, until or "Bitte antworten Sie hier im Postfach.")


def _message(subject: str, *paragraphs: str) -> Message:
    return Message(subject=subject, text="\n\n".join(p.strip() for p in paragraphs if p.strip()))


def _day(day: date) -> str:
    return str(format_date(day, "full", locale="de"))

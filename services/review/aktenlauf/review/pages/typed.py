"""What people type into the office's forms."""

import unicodedata
from datetime import date
from typing import Any

TOO_LONG = "Das ist zu lang. Kürzen Sie auf höchstens {max} Zeichen."
NO_DATE = "Diesen Tag gibt es nicht. Schreiben Sie Tag, Monat und Jahr in Zahlen, zum Beispiel 27 3 2027."
STEP = "schritt"
"""Field that says which button was pressed: `pruefen` shows the second page, `senden` does it, `aendern` goes back."""


def clean(text: str) -> str:
    """Words as they are kept and printed: NFC, plain line breaks, no control characters, which no paper can show."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(c for c in plain if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs"))
    return unicodedata.normalize("NFC", kept).strip()


def typed_day(form: Any, name: str) -> dict[str, str]:
    """The three parts of a day as typed, for the field that shows them again."""
    return {part: str(form.get(f"{name}-{part}", "")).strip() for part in "tmj"}


def day_of(parts: dict[str, str]) -> date | None:
    """The day, or None if it is empty. Raises ValueError if there is no such day."""
    if not any(parts.values()):
        return None
    if not all(part.isascii() and part.isdecimal() and len(part) <= 4 for part in parts.values()):
        raise ValueError(parts)
    return date(int(parts["j"]), int(parts["m"]), int(parts["t"]))


def parts_of(day: date | None) -> dict[str, str]:
    """A day as the three fields show it."""
    return {"t": str(day.day), "m": str(day.month), "j": str(day.year)} if day else {"t": "", "m": "", "j": ""}

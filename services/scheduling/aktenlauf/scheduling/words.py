"""Days and times in the words of a page. Times are Berlin's, digits Western in every language."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from babel.dates import format_date, format_skeleton

from aktenlauf.contracts.scheduling import Need
from aktenlauf.kit.web.i18n import Language, time_hm
from aktenlauf.kit.web.i18n import translate as _
from aktenlauf.scheduling.domain import berlin_day

NEEDS: Mapping[Need, str] = {
    "step-free": "Zugang ohne Stufen",
    "sign-language": "Dolmetschen in Gebärdensprache",
    "little-german": "Ich verstehe nur wenig Deutsch",
    "companion": "Ich bringe ein Kind oder eine Begleitperson mit",
}
"""What can be needed at a counter (`contracts.scheduling.Need`), in the applicant's words; German msgids."""


def needs(keys: Iterable[Need]) -> list[tuple[str, str]]:
    """These needs as (key, words)."""
    return [(key, _(NEEDS[key])) for key in keys]


def weekday(language: Language, day: date) -> str:
    """`Donnerstag`."""
    return str(format_date(day, "EEEE", locale=language.babel))


def day_short(language: Language, day: date) -> str:
    """`03.12.`; in other languages with the month's name, as 03/12 can be read two ways."""
    if language.code == "de":
        return day.strftime("%d.%m.")
    return str(format_skeleton("MMMd", day, locale=language.babel))


def day_full(language: Language, day: date) -> str:
    """`Donnerstag, 3. Dezember 2026`."""
    return str(format_date(day, "full", locale=language.babel))


def span(language: Language, first: date, last: date) -> str:
    """`30. November bis 4. Dezember 2026`, within one month `23. bis 27. November 2026`."""
    begins = format_skeleton("MMMMd", first, locale=language.babel)
    if first.month == last.month:
        begins = f"{first.day}." if language.code == "de" else str(first.day)
    return _("{first} bis {last}").format(first=begins, last=format_date(last, "long", locale=language.babel))


def moment(language: Language, start: datetime) -> str:
    """`Donnerstag, 3. Dezember 2026, 09:40 Uhr`."""
    return _("{day}, {time} Uhr").format(day=day_full(language, berlin_day(start)), time=time_hm(start))


def leaf(language: Language, start: datetime) -> tuple[str, str, str]:
    """Weekday, day and month for the leaf of a calendar: `Do`, `3`, `Dez`."""
    day = berlin_day(start)
    parts = (format_date(day, pattern, locale=language.babel) for pattern in ("ccc", "d", "LLL"))
    name, number, month = (str(part) for part in parts)
    return name, number, month

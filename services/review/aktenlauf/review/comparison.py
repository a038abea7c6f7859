"""What the applicant declared beside what stands in the text of a document: help for the eye, never a verdict. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.dates import format_date

from aktenlauf.contracts.catalogue import FormField, catalogue
from aktenlauf.contracts.din91379 import compared
from aktenlauf.review import answers

SHORTEST = 4
"""Letters and digits; less is found in any text."""
_DAY_FORMATS = (("%d.%m.%Y", None), ("%Y-%m-%d", None), ("d.M.yyyy", "de"), ("d MMMM yyyy", "de"), ("d MMM yyyy", "de"),
                ("d MMMM yyyy", "en"), ("d MMM yyyy", "en"))  # fmt: skip
_MONTH_FORMATS = (("%m.%Y", None), ("%Y-%m", None), ("MMMM yyyy", "de"), ("MMM yyyy", "de"), ("MMMM yyyy", "en"))


@dataclass(frozen=True, slots=True)
class Compared:
    """One answer. `page`: the first one, from 1, in whose text it stands; `looked`: whether it was looked for."""

    label: str
    declared: str
    looked: bool
    page: int | None


def compare(service: str, kind: str, given: Mapping[str, Any], texts: Sequence[str]) -> list[Compared]:
    """The answers that this kind of document shows, in its order. `texts`: one a page, empty where none was found."""
    found, fields = catalogue().evidence.get(kind), _fields(service)
    pages = [compared(text) for text in texts]
    return [
        _one(fields[id_], given[id_], pages)
        for id_ in (found.proves if found else ())
        if id_ in fields and given.get(id_) is not None
    ]


def _fields(service: str) -> dict[str, FormField]:
    known = catalogue().services.get(service)
    return {field.id: field for field in known.fields()} if known else {}


def _one(field: FormField, value: Any, pages: Sequence[str]) -> Compared:
    wanted = [spelling for spelling in map(compared, spellings(field, value)) if len(spelling) >= SHORTEST]
    looked = bool(wanted) and any(pages)
    page = next((number for number, text in enumerate(pages, 1) if any(w in text for w in wanted)), None)
    return Compared(field.label.de, answers.shown(field, value), looked, page if looked else None)


def spellings(field: FormField, value: Any) -> list[str]:
    """How an answer may stand in a document; none where its words are ours, such as a choice."""
    match field.type:
        case "text" | "name":
            return [str(value)]
        case "date" | "partial_date":
            return _day_spellings(str(value))
        case "amount":
            euros, cents = divmod(int(value), 100)
            return [f"{euros}{cents:02}"] + ([] if cents else [str(euros)])
        case "address":
            return [f"{value.get('street') or ''} {value.get('house_number') or ''}"]
        case _:
            return []


def _day_spellings(value: str) -> list[str]:
    try:
        day = date.fromisoformat(f"{value}-01"[:10] if len(value) == 7 else value)
    except ValueError:
        return [value]
    formats = _MONTH_FORMATS if len(value) == 7 else _DAY_FORMATS
    return [str(format_date(day, form, locale)) if locale else day.strftime(form) for form, locale in formats]

"""One question and its answer: from typed text to a JSON value, and whether a value is acceptable.

Nothing here knows a language: a problem is a code with parameters; `form_texts` has the words. What a person types is
taken generously (other scripts' digits, typographic dashes, several ways to write an amount) and kept as typed where
it is wrong. Values are NFC; invisible characters and typographic punctuation that registers cannot hold
are replaced, letters never are.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as default
from typing import Literal

from pydantic import JsonValue

from aktenlauf.contracts import din91379
from aktenlauf.contracts.catalogue import FormField
from aktenlauf.contracts.nationalities import codes

Form = Mapping[str, Sequence[str]]
"""A posted form: control name -> typed values."""
Code = Literal[
    "required", "choose", "declare", "too_long", "letter", "date_incomplete", "date_digits", "date_year",
    "date_impossible", "date_future", "date_past", "date_range", "number", "amount", "too_small", "too_large",
    "email", "phone", "postcode", "house_number", "option", "country", "too_many", "shape",
]  # fmt: skip

_MAX_TEXT = 4000  # where the catalogue sets no limit of its own
_EMAIL = re.compile(r"[^@\s<>()\",;:\\]{1,64}@([^\W_](-*[^\W_])*\.)+[^\W_](-*[^\W_])+")
# the standard's own split: up to four digits, then up to four of letters, digits, dot, slash, space
_HOUSE_NUMBER = re.compile(r"[0-9]{1,4}((?![0-9])([^\W_]|[./ ]){1,4})?")
_ADDRESS_LIMITS = {"street": 120, "house_number": 9, "supplement": 60, "postcode": 5, "city": 120}
_PLAIN = str.maketrans(
    dict.fromkeys("‐‑‒–—―−", "-") | dict.fromkeys("“”„‟", '"') | dict.fromkeys("‘‚‛", "’") | {"…": "..."}
)


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one control; `part` names the part of a composite question (day, postcode)."""

    field: str
    code: Code
    params: Mapping[str, str | int] = default(default_factory=dict)
    part: str | None = None


def read(field: FormField, form: Form, name: str, today: dt.date) -> tuple[JsonValue, list[FieldError]]:
    """The value typed into a question, None if nothing was; with errors the value is None.

    `name` is the control's name: the field's id, within a group `{group}.{index}.{member}`.
    """
    value, errors = _parse(field, form, name)
    # blank entries of a group are skipped, so its errors must carry the typed entry's own index
    errors = errors or problems(field, value, name, today, rows(form, name) if field.type == "group" else ())
    return (None, errors) if errors else (value, [])


def problems(
    field: FormField, value: JsonValue, name: str, today: dt.date, indexes: Sequence[int] = ()
) -> list[FieldError]:
    """Why a JSON value cannot be the answer to the question; also for values that never were in a form."""
    if value is None:
        return [_missing(field, name)] if field.required else []
    match field.type:
        case "text" | "long_text" | "name":
            return _text_problems(value, name, "A" if field.type == "name" else "C", field.limits.max_length)
        case "email" | "phone":
            return _contact_problems(field.type, value, name)
        case "date" | "partial_date":
            return _date_problems(field, value, name, today)
        case "country" | "nationality":
            return [] if str(value) in codes(field.type) else [FieldError(name, "country")]
        case "choice" | "multi_choice":
            return _option_problems(field, value, name)
        case "yes_no":
            return [] if isinstance(value, bool) else [FieldError(name, "shape")]
        case "declaration":
            return [] if value is True else [FieldError(name, "declare")]
        case "number" | "amount":
            return _number_problems(field, value, name)
        case "address":
            return _address_problems(value, name)
        case "group":
            return _group_problems(field, value, name, today, indexes)


def period(value: str) -> tuple[dt.date, dt.date]:
    """First and last day that a full or partly known date can mean. Raises ValueError."""
    if re.fullmatch(r"\d{4}", value):
        return dt.date(int(value), 1, 1), dt.date(int(value), 12, 31)
    if re.fullmatch(r"\d{4}-\d{2}", value):
        first = dt.date.fromisoformat(f"{value}-01")
        return first, (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return (day := dt.date.fromisoformat(value)), day
    raise ValueError(value)


def clean(text: str, *, lines: bool = False) -> str:
    """Text as it is stored: NFC, no invisible characters, plain dashes and quotes, single spaces."""
    visible = "".join(c for c in text.translate(_PLAIN) if unicodedata.category(c) != "Cf")
    if lines:
        rows = (" ".join(row.split()) for row in visible.splitlines())
        return din91379.nfc("\n".join(rows).strip())
    return din91379.nfc(" ".join(visible.split()))


def rows(form: Form, name: str) -> list[int]:
    """The indexes of a group's entries in which anything was typed, in order."""
    found = (re.match(re.escape(name) + r"\.(\d{1,3})\.", control) for control, typed in form.items() if any(typed))
    return sorted({int(match[1]) for match in found if match})


def _missing(field: FormField, name: str) -> FieldError:
    if field.type == "declaration":
        return FieldError(name, "declare")
    return FieldError(name, "choose" if field.type in ("choice", "multi_choice", "yes_no") else "required")


# --- from the form ---


def _parse(field: FormField, form: Form, name: str) -> tuple[JsonValue, list[FieldError]]:
    match field.type:
        case "date" | "partial_date":
            return _parse_date(form, name, partial=field.type == "partial_date")
        case "multi_choice":
            chosen = set(form.get(name, ())) - {""}
            known = [option.key for option in field.options if option.key in chosen]
            return (list(known) or None), [FieldError(name, "option")] if chosen - set(known) else []
        case "address":
            return _parse_address(form, name), []
        case "group":
            return _parse_group(field, form, name)
        case "yes_no" | "declaration":
            typed = _typed(form, name)
            if typed not in ("", "yes", "no"):
                return None, [FieldError(name, "option")]
            return (typed == "yes" if typed else None), []
        case "number" | "amount":
            return _parse_number(field.type, _digits(_typed(form, name)), name)
        case "phone" | "email":
            return _digits(_typed(form, name)) or None, []
        case _:
            return clean(_first(form, name), lines=field.type == "long_text") or None, []


def _first(form: Form, name: str) -> str:
    values = form.get(name, ())
    return values[0] if values else ""


def _typed(form: Form, name: str) -> str:
    return clean(_first(form, name))


def _digits(text: str) -> str:
    """Digits of any script as 0-9: Arabic and Persian keyboards type others."""
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


def _parse_number(kind: str, typed: str, name: str) -> tuple[JsonValue, list[FieldError]]:
    if not typed:
        return None, []
    if kind == "number":
        return (int(typed), []) if re.fullmatch(r"\d{1,9}", typed) else (None, [FieldError(name, "number")])
    cents = _cents(re.sub(r"(€|EUR)", "", typed, flags=re.IGNORECASE))
    return (cents, []) if cents is not None else (None, [FieldError(name, "amount")])


def _cents(typed: str) -> int | None:
    # a last separator with one or two digits behind it is the decimal one, whatever the language
    match = re.fullmatch(r"(\d{1,9}|\d{1,3}(?:[.,' ’٬]\d{3})+)(?:[.,٫](\d{1,2}))?", typed.strip())
    if not match:
        return None
    return int(re.sub(r"\D", "", match[1])) * 100 + int((match[2] or "0").ljust(2, "0"))


def _parse_date(form: Form, name: str, *, partial: bool) -> tuple[JsonValue, list[FieldError]]:
    day, month, year = (_digits(_typed(form, f"{name}.{part}")) for part in ("day", "month", "year"))
    if not (day or month or year):
        return None, []
    for part, typed in (("day", day), ("month", month), ("year", year)):
        if typed and not re.fullmatch(r"\d{1,4}", typed):
            return None, [FieldError(name, "date_digits", part=part)]
    for part, typed, needed in (
        ("year", year, True), ("month", month, bool(day) or not partial), ("day", day, not partial),
    ):  # fmt: skip
        if needed and not typed:
            return None, [FieldError(name, "date_incomplete", part=part)]
    if len(year) != 4:
        return None, [FieldError(name, "date_year", part="year")]
    value = "-".join([year] + [typed.zfill(2) for typed in (month, day) if typed])
    return (value, []) if _is_date(value) else (None, [_impossible(name, day, month, year)])


def _impossible(name: str, day: str, month: str, year: str) -> FieldError:
    return FieldError(name, "date_impossible", {"date": ".".join(part for part in (day, month, year) if part)})


def _is_date(value: str) -> bool:
    try:
        period(value)
    except (ValueError, OverflowError):
        return False
    return True


def _parse_address(form: Form, name: str) -> JsonValue:
    typed = {part: _typed(form, f"{name}.{part}") for part in _ADDRESS_LIMITS}
    typed["postcode"] = _digits(typed["postcode"])
    typed["house_number"] = _digits(typed["house_number"])
    return {part: value for part, value in typed.items() if value} or None


def _parse_group(field: FormField, form: Form, name: str) -> tuple[JsonValue, list[FieldError]]:
    items: list[JsonValue] = []
    errors: list[FieldError] = []
    for index in rows(form, name)[: (field.limits.max_items or 0) + 1]:
        item: dict[str, JsonValue] = {}
        for member in field.members:
            value, wrong = _parse(member, form, f"{name}.{index}.{member.id}")
            errors += wrong
            if value is not None:
                item[member.id] = value
        items.append(item)
    return items or None, errors


# --- whether a value is acceptable ---


def _text_problems(
    value: JsonValue, name: str, datatype: din91379.Datatype, limit: int | None, part: str | None = None
) -> list[FieldError]:
    if not isinstance(value, str) or not value:
        return [FieldError(name, "shape", part=part)]
    limit = limit or _MAX_TEXT
    if len(value) > limit:
        return [FieldError(name, "too_long", {"length": len(value), "max": limit}, part)]
    if letter := din91379.first_disallowed(value, datatype):
        shown = letter.encode("utf-8", "replace").decode()  # JSON can carry half a surrogate pair
        return [FieldError(name, "letter", {"letter": shown, "code": f"U+{ord(letter[0]):04X}"}, part)]
    return []


def _contact_problems(kind: Literal["email", "phone"], value: JsonValue, name: str) -> list[FieldError]:
    if wrong := _text_problems(value, name, "C", 254):
        return wrong
    if kind == "email":
        # enough to catch slips; only a mail that arrives proves an address
        return [] if _EMAIL.fullmatch(str(value)) else [FieldError(name, "email")]
    ok = re.fullmatch(r"(\+|0)[0-9 ()/.-]+", str(value))
    return [] if ok and 5 <= len(re.sub(r"\D", "", str(value))) <= 15 else [FieldError(name, "phone")]


def _date_problems(field: FormField, value: JsonValue, name: str, today: dt.date) -> list[FieldError]:
    if not isinstance(value, str) or not _is_date(value) or (field.type == "date" and len(value) != 10):
        return [FieldError(name, "shape")]
    first, last = period(value)
    if field.limits.when == "past" and first > today:
        return [FieldError(name, "date_future")]
    if field.limits.when == "future" and last < today:
        return [FieldError(name, "date_past")]
    earliest, latest = 1900, today.year + 50
    if not earliest <= first.year <= latest:
        return [FieldError(name, "date_range", {"from": earliest, "to": latest}, "year")]
    return []


def _option_problems(field: FormField, value: JsonValue, name: str) -> list[FieldError]:
    known = [option.key for option in field.options]
    if field.type == "choice":
        return [] if value in known else [FieldError(name, "option")]
    if not isinstance(value, list) or not value or len(value) > len(known):
        return [FieldError(name, "shape")]
    in_order = [key for key in known if key in value]
    return [] if value == in_order else [FieldError(name, "option")]


def _number_problems(field: FormField, value: JsonValue, name: str) -> list[FieldError]:
    if not isinstance(value, int) or isinstance(value, bool):
        return [FieldError(name, "shape")]
    per_unit = 100 if field.type == "amount" else 1
    low, high = field.limits.min, field.limits.max
    if low is not None and value < low:
        return [FieldError(name, "too_small", {"min": low // per_unit})]
    if high is not None and value > high:
        return [FieldError(name, "too_large", {"max": high // per_unit})]
    return []


def _address_problems(value: JsonValue, name: str) -> list[FieldError]:
    if not isinstance(value, dict) or value.keys() - _ADDRESS_LIMITS.keys():
        return [FieldError(name, "shape")]
    found = []
    for part, limit in _ADDRESS_LIMITS.items():
        if part in value:
            found += _text_problems(value[part], name, "C", limit, part)
        elif part != "supplement":
            found.append(FieldError(name, "required", part=part))
    wrong = {error.part for error in found}
    if "postcode" not in wrong and not re.fullmatch(r"[0-9]{5}", str(value["postcode"])):
        found.append(FieldError(name, "postcode", part="postcode"))
    if "house_number" not in wrong and not _HOUSE_NUMBER.fullmatch(str(value["house_number"])):
        found.append(FieldError(name, "house_number", part="house_number"))
    return found


def _group_problems(
    field: FormField, value: JsonValue, name: str, today: dt.date, indexes: Sequence[int]
) -> list[FieldError]:
    known = {member.id for member in field.members}
    if not isinstance(value, list) or not value:
        return [FieldError(name, "shape")]
    if field.limits.max_items and len(value) > field.limits.max_items:
        return [FieldError(name, "too_many", {"max": field.limits.max_items})]
    found: list[FieldError] = []
    for index, item in zip(indexes or range(len(value)), value, strict=False):
        if not isinstance(item, dict) or item.keys() - known:
            return [FieldError(name, "shape")]
        for member in field.members:
            found += problems(member, item.get(member.id), f"{name}.{index}.{member.id}", today)
    return found

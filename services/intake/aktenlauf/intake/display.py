"""An answer as people read it, and as it goes back into the controls it came from."""

import datetime as dt

from babel.dates import format_date, format_skeleton
from babel.numbers import format_currency
from pydantic import JsonValue

from aktenlauf.contracts.catalogue import ADDRESS_PARTS, FormField, catalogue
from aktenlauf.contracts.nationalities import nationalities
from aktenlauf.intake.values import period


def shown(field: FormField, value: JsonValue, locale: str) -> tuple[str, ...]:
    """The lines that show a valid answer in a language; none for no answer."""
    if value is None:
        return ()
    match field.type:
        case "yes_no":
            return (_word("yes" if value else "no", locale),)
        case "declaration":
            return (_word("declared", locale),)
        case "choice":
            return (field.option(str(value)).label.pick(locale),)
        case "multi_choice" if isinstance(value, list):
            return tuple(field.option(str(key)).label.pick(locale) for key in value)
        case "date" | "partial_date":
            return (date_text(str(value), locale),)
        case "country" | "nationality":
            return (nationalities()[str(value)].label(locale),)
        case "amount" if isinstance(value, int):
            return (format_currency(value / 100, "EUR", locale=_babel(locale)),)
        case "address" if isinstance(value, dict):
            return _address_lines(value)
        case "group" if isinstance(value, list):
            return tuple(line for number, item in enumerate(value, 1) for line in _item(field, item, number, locale))
        case "long_text":
            return tuple(str(value).split("\n"))
        case _:
            return (str(value),)


def date_text(value: str, locale: str) -> str:
    """A full or partly known date in words: 17. April 1995, April 1995, 1995. Raises ValueError."""
    first, _ = period(value)
    if len(value) == 4:
        return value
    if len(value) == 7:
        return format_skeleton("yMMMM", first, locale=_babel(locale))
    return format_date(dt.date.fromisoformat(value), "long", locale=_babel(locale))


def typed(field: FormField, value: JsonValue, name: str) -> dict[str, list[str]]:
    """The controls that `values.read` would read this answer from: what a form is filled with."""
    if value is None:
        return {}
    match field.type:
        case "date" | "partial_date":
            parts = zip(("year", "month", "day"), str(value).split("-"), strict=False)
            return {f"{name}.{part}": [number.lstrip("0")] for part, number in parts}
        case "yes_no" | "declaration":
            return {name: ["yes" if value else "no"]}
        case "multi_choice" if isinstance(value, list):
            return {name: [str(key) for key in value]}
        case "amount" if isinstance(value, int):
            return {name: [f"{value // 100},{value % 100:02}"]}
        case "address" if isinstance(value, dict):
            return {f"{name}.{part}": [str(text)] for part, text in value.items()}
        case "group" if isinstance(value, list):
            return _typed_group(field, value, name)
        case _:
            return {name: [str(value)]}


def _typed_group(field: FormField, items: list[JsonValue], name: str) -> dict[str, list[str]]:
    controls: dict[str, list[str]] = {}
    for index, item in enumerate(items):
        for member in field.members:
            given = item.get(member.id) if isinstance(item, dict) else None
            controls |= typed(member, given, f"{name}.{index}.{member.id}")
    return controls


def _item(field: FormField, item: JsonValue, number: int, locale: str) -> list[str]:
    title = field.item.pick(locale) if field.item else field.label.pick(locale)
    given = item if isinstance(item, dict) else {}
    answers = ((member, shown(member, given.get(member.id), locale)) for member in field.members)
    texts = [f"{member.label.pick(locale)}: {', '.join(lines)}" for member, lines in answers if lines]
    return [f"{title} {number}", *texts] if field.limits.max_items != 1 else texts


def _address_lines(value: dict[str, JsonValue]) -> tuple[str, ...]:
    street, number, supplement, postcode, city = (str(value.get(part, "")) for part in ADDRESS_PARTS)
    return tuple(line for line in (f"{street} {number}", supplement, f"{postcode} {city}") if line.strip())


def _word(key: str, locale: str) -> str:
    return catalogue().words[key].pick(locale)


def _babel(locale: str) -> str:
    return "en_GB" if locale == "en" else locale  # en alone is American: month before day

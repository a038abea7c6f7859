"""The applicant's answers as the office reads them: by section of the form, in German."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from babel.dates import format_skeleton
from babel.numbers import format_currency

from aktenlauf.contracts.catalogue import ADDRESS_PARTS, FormField, catalogue
from aktenlauf.contracts.nationalities import nationalities
from aktenlauf.kit.web.i18n import date_num

Rows = list[tuple[str, str]]


def sections(service: str, answers: Mapping[str, Any]) -> Iterator[tuple[str, Rows]]:
    """(title, [(question, answer)]) of every section with answers. Answers to unknown fields come last."""
    found = catalogue().services.get(service)
    known: set[str] = set()
    for section in found.sections if found else ():
        fields = [field for step in section.steps for field in step.fields]
        known.update(field.id for field in fields)
        rows = [(field.label.de, shown(field, answers.get(field.id))) for field in fields]
        if given := [(label, text) for label, text in rows if text]:
            yield section.title.de, given
    if rest := [(key, str(value)) for key, value in answers.items() if key not in known]:
        yield "Weitere Angaben", rest


def shown(field: FormField, value: Any) -> str:
    """One answer as text, lines separated by line breaks; empty where there is none."""
    if value is None:
        return ""
    match field.type:
        case "yes_no":
            return "Ja" if value else "Nein"
        case "declaration":
            return "Erklärt"
        case "choice":
            return _option(field, value)
        case "multi_choice":
            return "\n".join(_option(field, key) for key in value)
        case "date" | "partial_date":
            return partial_date(str(value))
        case "country" | "nationality":
            return state(str(value))
        case "amount":
            return str(format_currency(value / 100, "EUR", locale="de"))
        case "address":
            return address(value)
        case "group":
            return "\n".join(_item(field, item, number) for number, item in enumerate(value, 1))
        case _:
            return str(value)


def partial_date(value: str) -> str:
    """`17.04.1995`, `April 1995` or `1995`; anything else as it is."""
    try:
        if len(value) == 10:
            return date_num(value)
        if len(value) == 7:
            return str(format_skeleton("yMMMM", date.fromisoformat(f"{value}-01"), locale="de"))
    except ValueError:
        return value
    return value


def state(code: str) -> str:
    """Name of a state by its code."""
    found = nationalities().get(code)
    return found.label("de") if found else code


def nationality(code: str | None) -> str:
    """The German adjective of a nationality (`libanesisch`), as the register of nationalities has it."""
    found = nationalities().get(code or "")
    return found.nationality if found else code or "nicht angegeben"


def address(value: Mapping[str, Any]) -> str:
    """Street and number, addition, postcode and city."""
    street, number, supplement, postcode, city = (str(value.get(part) or "") for part in ADDRESS_PARTS)
    lines = (f"{street} {number}".strip(), supplement, f"{postcode} {city}".strip())
    return "\n".join(line for line in lines if line)


def _option(field: FormField, key: Any) -> str:
    return next((option.label.de for option in field.options if option.key == key), str(key))


def _item(field: FormField, item: Mapping[str, Any], number: int) -> str:
    title = field.item.de if field.item else field.label.de
    given = [f"{m.label.de}: {shown(m, item.get(m.id))}" for m in field.members if item.get(m.id) is not None]
    return f"{title} {number}: " + ", ".join(given)

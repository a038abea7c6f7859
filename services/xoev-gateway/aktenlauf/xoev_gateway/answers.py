"""What the applicant declared and XAusländer has no element for, in German words: the remark of a 130101. Pure."""

from collections.abc import Collection, Mapping
from typing import Any

from aktenlauf.contracts.catalogue import ADDRESS_PARTS, FormField, Service, catalogue
from aktenlauf.contracts.nationalities import nationalities

Answers = Mapping[str, Any]


def lines(service: Service, answers: Answers, elsewhere: Collection[str]) -> list[str]:
    """One line an answer, under the title of its section; without the fields that stand `elsewhere`."""
    found: list[str] = []
    for section in service.sections:
        fields = [field for step in section.steps for field in step.fields if field.id not in elsewhere]
        said = [_line(field, answers[field.id]) for field in fields if _tells(field, answers.get(field.id))]
        found += [f"{section.title.de}:", *(f"- {line}" for line in said)] if said else []
    return found


def _tells(field: FormField, value: Any) -> bool:
    return value is not None and value != [] and field.type != "declaration"  # who applied has declared


def _line(field: FormField, value: Any) -> str:
    label = field.label.de
    return f"{label} {shown(field, value)}" if label.endswith("?") else f"{label}: {shown(field, value)}"


def shown(field: FormField, value: Any) -> str:
    """A valid answer as people read it."""
    match field.type:
        case "yes_no" | "declaration":
            return catalogue().words["yes" if value else "no"].de
        case "choice":
            return field.option(str(value)).label.de
        case "multi_choice":
            return ", ".join(field.option(str(key)).label.de for key in value)
        case "date" | "partial_date":
            return ".".join(reversed(str(value).split("-")))
        case "country" | "nationality":
            return nationalities()[str(value)].label("de")
        case "amount":
            return f"{value // 100},{value % 100:02} Euro"
        case "address":
            return ", ".join(str(value[part]) for part in ADDRESS_PARTS if value.get(part))
        case "group":
            return "; ".join(_item(field, item) for item in value)
        case _:
            return str(value)


def _item(field: FormField, item: Answers) -> str:
    members = (member for member in field.members if item.get(member.id) is not None)
    return ", ".join(f"{member.label.de} {shown(member, item[member.id])}" for member in members)

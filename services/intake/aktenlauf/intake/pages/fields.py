"""From questions of the catalogue to controls on a page: what the template needs, and nothing of how it looks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from markupsafe import Markup

from aktenlauf.contracts.catalogue import ADDRESS_PARTS, DATE_PARTS, FormField, Option, catalogue
from aktenlauf.contracts.nationalities import choices
from aktenlauf.intake.form_texts import error_text
from aktenlauf.intake.values import FieldError, rows
from aktenlauf.kit.web.i18n import translate

Typed = Mapping[str, Sequence[str]]
Look = Literal["text", "textarea", "select", "radios", "checkboxes", "checkbox", "date", "address", "group"]

_LOOKS: Mapping[str, Look] = {
    "long_text": "textarea",
    "country": "select",
    "nationality": "select",
    "choice": "radios",
    "yes_no": "radios",
    "multi_choice": "checkboxes",
    "declaration": "checkbox",
    "date": "date",
    "partial_date": "date",
    "address": "address",
    "group": "group",
}
_AUTOCOMPLETE = {"street": "street-address", "postcode": "postal-code", "city": "address-level2"}


@dataclass(frozen=True)
class Control:
    """One control, or a group of them. `id` is also its name in the form."""

    id: str
    look: Look
    label: str
    hint: str | None = None
    why: str | None = None
    optional: bool = False
    values: Sequence[str] = ()
    error: str | None = None
    options: Sequence[tuple[str, str]] = ()
    attrs: Mapping[str, str] = field(default_factory=dict)
    width: str | None = None
    suffix: str | None = None
    partial: bool = False
    parts: Sequence["Control"] = ()
    """Of a date or an address."""
    entries: Sequence["Entry"] = ()
    """Of a group."""
    may_add: bool = False
    binding: str | None = None
    """The German wording, where the page speaks another language and the German text binds."""

    @property
    def value(self) -> str:
        """What was typed."""
        return self.values[0] if self.values else ""


@dataclass(frozen=True)
class Entry:
    """One entry of a group."""

    index: int
    title: str
    controls: Sequence[Control]
    filled: bool


def controls(
    questions: Iterable[FormField], typed: Typed, errors: Sequence[FieldError], locale: str, more: str | None = None
) -> list[Control]:
    """The controls of a page. `more`: the group that the applicant asked one more entry for."""
    return [_control(question, question.id, typed, errors, locale, more) for question in questions]


def summary(shown: Iterable[Control]) -> list[tuple[str, str]]:
    """(id of the control, sentence) for the list above the form."""
    found = []
    for control in shown:
        if control.error:
            first = next((part.id for part in control.parts if part.error), control.id)
            found.append((first, f"{control.label}: {control.error}"))
        elif control.look != "date":
            found += summary(control.parts)
        for entry in control.entries:
            found += [(id_, f"{entry.title}: {text}") for id_, text in summary(entry.controls)]
    return found


def _control(
    question: FormField, name: str, typed: Typed, errors: Sequence[FieldError], locale: str, more: str | None
) -> Control:
    mine = [error for error in errors if error.field == name]
    control = Control(
        id=name,
        look=_LOOKS.get(question.type, "text"),
        label=question.label.pick(locale),
        hint=question.hint.pick(locale) if question.hint else None,
        why=question.why.pick(locale) if question.why else None,
        optional=not question.required,
        values=typed.get(name, ()),
        error=error_text(mine[0], question, translate) if mine and question.type != "address" else None,
        options=_options(question, locale),
        attrs=_attrs(question),
        width=_width(question),
        suffix="EUR" if question.type == "amount" else None,
        partial=question.type == "partial_date",
        binding=question.label.de if question.type == "declaration" and locale != "de" else None,
    )
    match question.type:
        case "date" | "partial_date":
            return replace(control, parts=_date_parts(control, question, typed, mine, locale))
        case "address":
            return replace(control, parts=_address_parts(question, name, typed, mine, locale))
        case "group":
            return _group(control, question, typed, errors, locale, more)
        case _:
            return control


def _options(question: FormField, locale: str) -> list[tuple[str, str]]:
    match question.type:
        case "country" | "nationality":
            return choices(locale, question.type)
        case "yes_no":
            return [(key, catalogue().words[key].pick(locale)) for key in ("yes", "no")]
        case _:
            return [(option.key, _option(option, locale)) for option in question.options]


def _option(option: Option, locale: str) -> str:
    label = option.label.pick(locale)
    if option.hint is None:
        return label
    return Markup('{}<br><span class="al-small al-muted">{}</span>').format(label, option.hint.pick(locale))


def _attrs(question: FormField) -> dict[str, str]:
    # a name keeps its letters: no correction, no guessing of capitals beyond the first
    plain = {"spellcheck": "false", "autocomplete": question.autocomplete or "off"}
    match question.type:
        case "email":
            return {**plain, "inputmode": "email"}
        case "phone":
            return {**plain, "inputmode": "tel"}
        case "number":
            return {**plain, "inputmode": "numeric"}
        case "amount":
            return {**plain, "inputmode": "decimal"}
        case "long_text":
            return {}
        case _:
            return plain


def _width(question: FormField) -> str | None:
    match question.type:
        case "number" | "amount" | "phone":
            return "m"
        case "text" if (question.limits.max_length or 0) <= 30:
            return "m"
        case _:
            return "l"


def _date_parts(
    control: Control, question: FormField, typed: Typed, mine: Sequence[FieldError], locale: str
) -> list[Control]:
    wrong = {error.part for error in mine}
    birth = question.autocomplete == "bday"
    return [
        Control(
            id=f"{control.id}.{part}",
            look="text",
            label=catalogue().words[part].pick(locale),
            values=typed.get(f"{control.id}.{part}", ()),
            error=control.error if mine and (wrong == {None} or part in wrong) else None,
            attrs={"inputmode": "numeric", "autocomplete": f"bday-{part}" if birth else "off"},
            width="4" if part == "year" else "2",
        )
        for part in DATE_PARTS
    ]


def _address_parts(
    question: FormField, name: str, typed: Typed, mine: Sequence[FieldError], locale: str
) -> list[Control]:
    if not mine or mine[0].part:
        by_part = {error.part: error for error in mine}
    else:  # nothing was typed: the first line says so
        by_part = {"street": mine[0]}
    return [
        Control(
            id=f"{name}.{part}",
            look="text",
            label=catalogue().words[part].pick(locale),
            optional=part == "supplement",
            values=typed.get(f"{name}.{part}", ()),
            error=error_text(by_part[part], question, translate) if part in by_part else None,
            attrs={"autocomplete": _AUTOCOMPLETE.get(part, "off")} | _numeric(part),
            width="m" if part in ("postcode", "house_number") else "l",
        )
        for part in ADDRESS_PARTS
    ]


def _numeric(part: str) -> dict[str, str]:
    return {"inputmode": "numeric"} if part == "postcode" else {}


def _group(
    control: Control, question: FormField, typed: Typed, errors: Sequence[FieldError], locale: str, more: str | None
) -> Control:
    limit = question.limits.max_items or 1
    filled = rows(typed, control.id)
    blank = [max(filled, default=-1) + 1] if not filled or (more == control.id and len(filled) < limit) else []
    item = (question.item or question.label).pick(locale)
    entries = [
        Entry(
            index=index,
            title=item if limit == 1 else f"{item} {number}",
            controls=[
                _control(member, f"{control.id}.{index}.{member.id}", typed, errors, locale, None)
                for member in question.members
            ],
            filled=index in filled,
        )
        for number, index in enumerate([*filled, *blank], 1)
    ]
    return replace(control, entries=entries, may_add=len(entries) < limit)

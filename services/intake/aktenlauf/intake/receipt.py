"""The confirmation of receipt (Eingangsbestätigung) as data for its template: what was received, and when. Pure."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time

from aktenlauf.contracts.catalogue import Service, catalogue
from aktenlauf.contracts.common import StoredFile
from aktenlauf.contracts.intake import ApplicationContent
from aktenlauf.contracts.offices import Office
from aktenlauf.intake import forms
from aktenlauf.intake.display import date_text
from aktenlauf.kit.web.i18n import LANGUAGES, Catalogue, Language

TEMPLATE = Path(__file__).parent / "typst" / "receipt.typ"
_BERLIN = ZoneInfo("Europe/Berlin")
_TEXTS = Catalogue([Path(__file__).parent / "locales"])

NEXT = (
    "Wir prüfen, ob Ihr Antrag vollständig ist. Fehlt etwas, schreiben wir Ihnen in Ihr Postfach.",
    "Wir entscheiden und legen Ihnen den Bescheid in Ihr Postfach. Sie müssen bis dahin nichts weiter tun.",
    "Brauchen wir Sie persönlich, zum Beispiel für Foto und Fingerabdrücke, laden wir Sie zu einem Termin ein.",
)
OPENING = "Ihr Antrag ist am {day} um {time} Uhr bei uns eingegangen. Bitte bewahren Sie dieses Schreiben auf."
NOTICE = "Übersetzung. Rechtlich verbindlich ist allein der deutsche Text."
WORDS = {
    "title": "Eingangsbestätigung",
    "next": "Wie es weitergeht",
    "evidence": "Eingereichte Nachweise",
    "answers": "Ihre Angaben",
    "translation": "Übersetzung",
}


def receipt_data(
    office: Office,
    offered: Service,
    number: str,
    digest: str,
    content: ApplicationContent,
    submitted_at: datetime,
    files: Sequence[tuple[str, StoredFile]],
) -> dict[str, Any]:
    """The data of `receipt.typ`. `files`: evidence kind and file, in the order in which they were uploaded.

    No legal effect is stated: that is review's to compute, and it is told on the case page.
    """
    language = next((spoken for spoken in LANGUAGES if spoken.code == content.locale), LANGUAGES[0])
    filed = submitted_at.astimezone(_BERLIN)
    data: dict[str, Any] = {
        "created": filed.isoformat(timespec="seconds"),
        "office": _letterhead(office),
        "addressee": _addressee(content),
        "case_number": number,
        "applicant": {"name": _call_name(content.name), "born": _born(content)},
        "matter": {"title": offered.title.de, "norm": ", ".join(p.cite for p in offered.paragraphs)},
        "submitted_at": filed.isoformat(timespec="seconds"),
        "digest": digest,
        "evidence": [_file(kind, file) for kind, file in files],
        "next": [_sentence(text, language) for text in NEXT],
        "sections": _sections(offered, content, language),
    }
    if language is not LANGUAGES[0]:
        data["translation"] = _translation(filed, language)
    return data


def _sections(offered: Service, content: ApplicationContent, language: Language) -> list[dict[str, Any]]:
    german = forms.summary(offered, content.answers, "de")
    translated = forms.summary(offered, content.answers, language.code)
    found = []
    for section, foreign in zip(german, translated, strict=True):
        pairs = zip(section.items, foreign.items, strict=True)
        answers = [_answer(item, other, language) for item, other in pairs if item.lines]
        if answers:
            found.append({"title": section.title, "answers": answers})
    return found


def _answer(item: forms.SummaryItem, foreign: forms.SummaryItem, language: Language) -> dict[str, Any]:
    answer: dict[str, Any] = {"label": item.label, "value": "\n".join(item.lines)}
    if language is not LANGUAGES[0]:
        answer["translation"] = {"label": foreign.label, "value": "\n".join(foreign.lines)}
    return answer


def _translation(filed: datetime, language: Language) -> dict[str, Any]:
    day = format_date(filed.date(), "long", locale=language.babel)
    time = format_time(filed, "HH:mm:ss", locale=language.babel)
    return {
        "language": language.code,
        "direction": language.direction,
        "notice": _in(NOTICE, language),
        "words": {
            **{key: _in(text, language) for key, text in WORDS.items()},
            "opening": _in(OPENING, language).format(day=day, time=time),
        },
    }


def _sentence(text: str, language: Language) -> dict[str, str]:
    return {"text": text} if language is LANGUAGES[0] else {"text": text, "translation": _in(text, language)}


def _in(text: str, language: Language) -> str:
    return str(_TEXTS.texts(language).gettext(text))


def _file(kind: str, file: StoredFile) -> dict[str, Any]:
    title = catalogue().evidence[kind].label.de
    return {"title": title, "file_name": file.name, "bytes": file.size_bytes, "digest": file.sha256}


def _letterhead(office: Office) -> dict[str, Any]:
    a = office.address
    address = f"{a.street} {a.house_number}, {a.postcode} {a.city}"
    return {
        "name": office.authority,
        "unit": office.name,
        "return_address": f"{office.authority} · {address.replace(', ', ' · ')}",
        "contact": f"{office.authority} · {address} · {office.contact.email}",
        "info": [["Telefon", office.contact.phone], ["E-Mail", office.contact.email]],
    }


def _addressee(content: ApplicationContent) -> list[str]:
    given = content.answers.get("contact.address")
    address = given if isinstance(given, dict) else {}
    street = f"{address.get('street', '')} {address.get('house_number', '')}".strip()
    town = f"{address.get('postcode', '')} {address.get('city', '')}".strip()
    lines = [_call_name(content.name), str(address.get("supplement") or ""), street, town]
    return [line for line in lines if line]


def _born(content: ApplicationContent) -> str | None:
    return date_text(content.birth_date, "de") if content.birth_date else None


def _call_name(name: str) -> str:
    """`Family, Given` as it is spoken."""
    family, _, given = name.partition(", ")
    return f"{given} {family}".strip()

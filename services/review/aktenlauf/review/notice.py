"""The notice (Bescheid) as data for its template: what was decided, why, when it counts as announced, which remedy.

Everything legal comes from `rules`; this module only puts it into German sentences.
"""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from babel.dates import format_date

from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.contracts.intake import ApplicationContent
from aktenlauf.contracts.offices import Office
from aktenlauf.contracts.review import Outcome, Reasons
from aktenlauf.review.rules.announcement import Announcement, announcement
from aktenlauf.review.rules.days import Land
from aktenlauf.review.rules.objection import objection
from aktenlauf.review.rules.remedy import remedy

TEMPLATE = Path(__file__).parent / "typst" / "notice.typ"
_BERLIN = ZoneInfo("Europe/Berlin")
_TENOR = {
    "granted": "Ihrem Antrag wird entsprochen: {subject}. Der Aufenthaltstitel gilt bis zum {until}.",
    "partly": "Ihrem Antrag wird teilweise entsprochen: {subject}. Der Aufenthaltstitel gilt bis zum {until}.",
    "refused": "Ihr Antrag wird abgelehnt: {subject}.",
}


@dataclass(frozen=True)
class Legal:
    """What follows from issuing the notice on a day."""

    announced: Announcement
    remedy_until: date | None
    remedy_text: str


def legal_of(office: Office, issued_on: date) -> Legal:
    """Announcement and remedy for a notice provided on `issued_on`. Raises ValueError where no remedy is known."""
    land = Land(office.land)
    announced = announcement("account" if land is Land.BY else "portal", land, issued_on, issued_on)
    found = remedy(land, "residence", office.remedy.kind)
    if found.text is None or found.kind == "unclear":
        raise ValueError(f"office {office.key}: no remedy is configured, a notice cannot be issued")
    until = objection(announced.on, found.kind, land).last_day if announced.on else None
    text = found.text.format(
        court=office.remedy.court,
        court_address=office.remedy.court_address,
        authority=f"{office.authority}, {office.name}",
        authority_address=_address(office),
    )
    return Legal(announced, until, text)


def notice_data(
    office: Office,
    number: str,
    service: str,
    outcome: Outcome,
    valid_until: date | None,
    reasons: Reasons,
    content: ApplicationContent,
    filed_at: datetime,
    created: datetime,
    signatures: list[tuple[str, str]],
) -> dict[str, Any]:
    """The data of `notice.typ`."""
    legal = legal_of(office, created.astimezone(_BERLIN).date())
    return {
        "created": created.astimezone(_BERLIN).isoformat(timespec="seconds"),
        "office": _letterhead(office),
        "addressee": _addressee(content),
        "case_number": number,
        "subject": _subject(service),
        "salutation": f"Guten Tag {_call_name(content.name)},",
        "opening": f"auf Ihren Antrag vom {_long(filed_at.astimezone(_BERLIN).date())} ergeht folgende Entscheidung:",
        "tenor": tenor(service, outcome, valid_until, reasons),
        "reasons": [{"paragraphs": [p for p in reasons.reasons.split("\n\n") if p.strip()]}],
        "announcement": _announcement(legal, created.astimezone(_BERLIN).date()),
        "remedy": [legal.remedy_text],
        "signatures": [{"name": name, "role": role} for name, role in signatures],
    }


def tenor(service: str, outcome: Outcome, valid_until: date | None, reasons: Reasons) -> list[str]:
    """What is decided, in sentences: the outcome, then one line each condition."""
    decided = _TENOR[outcome].format(subject=_subject(service), until=_long(valid_until))
    return [decided, *(line for line in reasons.conditions.splitlines() if line.strip())]


def _subject(service: str) -> str:
    offered = catalogue().services[service]
    return f"{offered.title.de} ({', '.join(p.cite for p in offered.paragraphs)})"


def _announcement(legal: Legal, issued_on: date) -> dict[str, Any]:
    rows = [["Zum Abruf bereitgestellt", _long(issued_on)]]
    if legal.announced.on:
        rows.append(["Gilt als bekannt gegeben am", _long(legal.announced.on)])
    if legal.announced.retrieve_until:
        rows.append(["Abrufen bis", _long(legal.announced.retrieve_until)])
    if legal.remedy_until:
        rows.append(["Rechtsbehelf möglich bis", _long(legal.remedy_until)])
    by_retrieval = (
        "Dieser Bescheid liegt in Ihrem Postfach. Er gilt am Tag nach Ihrem Abruf als bekannt gegeben. "
        "Der Abruf wird festgehalten, wenn Sie die Nachricht öffnen."
    )
    by_day = (
        "Dieser Bescheid liegt in Ihrem Postfach zum Abruf bereit. Er gilt an dem genannten Tag als bekannt gegeben. "
        "Haben Sie ihn nicht oder später erhalten, teilen Sie uns das bitte mit."
    )
    rule = f"Rechtsgrundlage: {legal.announced.norm.citation}."
    return {"rows": rows, "paragraphs": [by_day if legal.announced.on else by_retrieval, rule]}


def _letterhead(office: Office) -> dict[str, Any]:
    address = _address(office)
    return {
        "name": office.authority,
        "unit": office.name,
        "return_address": f"{office.authority} · {address.replace(', ', ' · ')}",
        "contact": f"{office.authority} · {address} · {office.contact.email}",
        "info": [["Telefon", office.contact.phone], ["E-Mail", office.contact.email]],
    }


def _address(office: Office) -> str:
    a = office.address
    return f"{a.street} {a.house_number}, {a.postcode} {a.city}"


def _addressee(content: ApplicationContent) -> list[str]:
    address = cast(dict[str, str], content.answers.get("contact.address") or {})
    lines = [_call_name(content.name), f"{address.get('street', '')} {address.get('house_number', '')}".strip()]
    return [line for line in (*lines, f"{address.get('postcode', '')} {address.get('city', '')}".strip()) if line]


def _call_name(name: str) -> str:
    """`Family, Given` as it is spoken."""
    family, _, given = name.partition(", ")
    return f"{given} {family}".strip()


def _long(day: date | None) -> str:
    return format_date(day, "long", locale="de") if day else ""

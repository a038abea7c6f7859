"""What the pages of a case say, in the page's language: neutral and plain, never a verdict. German is the msgid."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from markupsafe import Markup, escape

from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.contracts.offices import offices
from aktenlauf.kit.views import Document
from aktenlauf.kit.web.i18n import Language, time_hm, translate_plural
from aktenlauf.kit.web.i18n import translate as _

BERLIN = ZoneInfo("Europe/Berlin")

STATUSES: Mapping[str, str] = {
    "submitted": "Eingegangen",
    "in_review": "In Bearbeitung",
    "asked": "Wir warten auf Sie",
    "decided": "Ein Schreiben liegt bereit",
    "appointment": "Termin",
    "closed": "Abgeschlossen",
    "withdrawn": "Zurückgenommen",
}
STAGES = ("Eingereicht", "Unterlagen", "Prüfung", "Entscheidung", "Karte")
SENTENCES: Mapping[int, str] = {
    1: "Ihr Antrag ist eingegangen",
    2: "Wir prüfen Ihre Unterlagen",
    3: "Wir prüfen Ihren Antrag",
    4: "Ein Schreiben liegt in Ihrem Postfach",
    5: "Wir brauchen Sie persönlich",
}
IDLE = "Wir schreiben Ihnen ins Postfach, sobald es etwas Neues gibt."
IDLE_BOOKED = "Kommen Sie zu Ihrem Termin und bringen Sie Ihren Pass mit. Alles andere erledigen wir."
TIMELINE: Mapping[str, tuple[str, str]] = {
    "submitted": ("Antrag eingegangen", "send"),
    "receipt": ("Eingangsbestätigung ausgestellt", "doc"),
    "opened": ("Ihr Antrag ist bei der zuständigen Behörde", "doc"),
    "assigned": ("Ihre Sachbearbeitung hat begonnen", "user"),
    "requested": ("Unterlagen nachgefordert", "doc"),
    "asked": ("Die Behörde hat Ihnen eine Frage gestellt", "kern-mail"),
    "supplied": ("Sie haben Unterlagen nachgereicht", "upload"),
    "answered": ("Sie haben eine Frage beantwortet", "kern-mail"),
    "wrote": ("Sie haben der Behörde geschrieben", "kern-mail"),
    "decided": ("Ein Schreiben der Behörde liegt für Sie bereit", "doc"),
    "offered": ("Sie können einen Termin wählen", "kern-calendar-today"),
    "booked": ("Termin gebucht", "kern-calendar-today"),
    "moved": ("Termin verschoben", "kern-calendar-today"),
    "cancelled": ("Termin abgesagt", "kern-calendar-today"),
    "expired": ("Die Frist für die Terminwahl ist abgelaufen", "kern-calendar-today"),
    "attended": ("Sie waren beim Termin", "user"),
    "missed": ("Der Termin hat nicht stattgefunden", "kern-calendar-today"),
    "office_status": ("Die Behörde hat einen neuen Stand mitgeteilt", "doc"),
    "office_appointment": ("Die Behörde hat einen Termin mitgeteilt", "kern-calendar-today"),
    "withdrawn": ("Sie haben den Antrag zurückgenommen", "doc"),
    "closed": ("Der Vorgang ist abgeschlossen", "kern-check"),
}
ROLES: Mapping[str, str] = {
    "caseworker": "Sachbearbeitung",
    "approver": "Freigabe durch eine zweite Person",
    "counter": "Schalter",
    "planner": "Terminplanung",
    "auditor": "Prüfung und Datenschutz",
    "operator": "Technischer Betrieb",
}
OTHER_ROLE = "Beschäftigte der Behörde"
LOOKED_AT: Mapping[str, str] = {
    "case": "Ihren Antrag",
    "document": "eines Ihrer Dokumente",
    "original": "die Originaldatei eines Dokuments",
    "history": "den Verlauf",
    "messages": "Ihre Nachrichten",
    "appointment": "Ihren Termin",
}

EFFECTS: Mapping[str, tuple[str, str, str]] = {
    "title_continues": (
        "Ihr Aufenthaltstitel gilt weiter",
        "Sie haben den Antrag am {filed} gestellt, bevor Ihr Titel abgelaufen ist (gültig bis {until}). Aufenthalt und "
        "Arbeit bleiben deshalb erlaubt wie bisher, bis die Behörde entscheidet.",
        "Der bisherige Aufenthaltstitel gilt vom Zeitpunkt seines Ablaufs bis zur Entscheidung der Ausländerbehörde "
        "als fortbestehend (§ 81 Abs. 4 Satz 1 AufenthG).",
    ),
    "stay_permitted": (
        "Ihr Aufenthalt ist bis zur Entscheidung erlaubt",
        "Sie haben den Antrag am {filed} gestellt und durften zu dieser Zeit ohne Titel hier sein. Das gilt weiter, "
        "bis die Behörde entscheidet.",
        "Der Aufenthalt gilt bis zur Entscheidung der Ausländerbehörde als erlaubt (§ 81 Abs. 3 Satz 1 AufenthG).",
    ),
    "removal_suspended": (
        "Bis zur Entscheidung werden Sie nicht abgeschoben",
        "Sie haben den Antrag am {filed} gestellt, später als vorgesehen. Fragen Sie die Behörde, was das für Sie "
        "bedeutet.",
        "Ab der Antragstellung bis zur Entscheidung der Ausländerbehörde gilt die Abschiebung als ausgesetzt "
        "(§ 81 Abs. 3 Satz 2 AufenthG).",
    ),
    "order_possible": (
        "Ihr Titel war schon abgelaufen",
        "Sie haben den Antrag am {filed} gestellt. Ihr Titel galt bis {until}. Die Behörde kann in Härtefällen "
        "anordnen, dass er weiter gilt. Schreiben Sie ihr, warum der Antrag später kam.",
        "Bei verspäteter Antragstellung kann die Ausländerbehörde zur Vermeidung einer unbilligen Härte die "
        "Fortgeltungswirkung anordnen (§ 81 Abs. 4 Satz 3 AufenthG).",
    ),
    "unclear": (
        "Was der Antrag für Ihren Aufenthalt bewirkt, klärt die Behörde",
        "Aus Ihren Angaben lässt sich nicht sicher sagen, ob Ihr Titel weiter gilt. Fragen Sie die Behörde im "
        "Postfach, bevor Sie reisen oder eine Arbeit beginnen.",
        "",
    ),
    "none": (
        "Der Antrag allein verlängert Ihren Aufenthalt nicht",
        "Ihr jetziger Titel gilt nur, solange er gültig ist. Fragen Sie die Behörde im Postfach, wenn er vor der "
        "Entscheidung abläuft.",
        "",
    ),
}
"""By effect (§ 81 Abs. 3 and 4 AufenthG): heading, sentence, and the German text that binds."""


def title_of(doc: Document, locale: str) -> str:
    """What was applied for."""
    offered = catalogue().services.get(doc.get("service", ""))
    return offered.title.pick(locale) if offered else _("Ihr Antrag")


def evidence_names(kinds: Sequence[str], language: Language) -> str:
    """`Reisepass und Foto`, in the page's language."""
    known = catalogue().evidence
    names = [known[kind].label.pick(language.code) if kind in known else _("Weiteres Dokument") for kind in kinds]
    return str(format_list(names, locale=language.babel))


def office_name(key: str | None) -> str:
    """Authority and office."""
    office = offices().get(key or "")
    return f"{office.authority}, {office.name}" if office else ""


def sender_of(message: Document, office: str) -> Markup:
    """Who wrote a message, short, for lists."""
    if message["from"] == "applicant":
        return escape(_("Von Ihnen"))
    if message["about"] == "receipt":
        return escape(_("Automatische Bestätigung"))
    found = offices().get(office)
    return Markup('<bdi lang="de">{}</bdi>').format(found.name if found else "")


def day_full(day: date, language: Language) -> str:
    """`Montag, 7. Dezember 2026`."""
    return str(format_date(day, "full", locale=language.babel))


def moment_full(at: str, language: Language) -> str:
    """`Montag, 7. Dezember 2026, 09:40 Uhr`, of an instant."""
    return _("{day}, {time} Uhr").format(day=day_full(berlin_day(at), language), time=time_hm(at))


def berlin_day(at: str | datetime) -> date:
    """The calendar day in Germany."""
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return moment.astimezone(BERLIN).date()


def told_appointment(told: Mapping[str, Any], language: Language) -> dict[str, str] | None:
    """`when` and `place` of an appointment in the words of another system: {date, from, place}, each may be missing."""
    if not told.get("date"):
        return None
    when = day_full(date.fromisoformat(str(told["date"])), language)
    if told.get("from"):
        when = _("{day}, {time} Uhr").format(day=when, time=str(told["from"])[:5])
    return {"when": when, "place": str(told.get("place") or "")}


def leaf(at: str, language: Language) -> tuple[str, str, str]:
    """Weekday, day and month for the leaf of a calendar."""
    day = berlin_day(at)
    name, number, month = (str(format_date(day, part, locale=language.babel)) for part in ("ccc", "d", "LLL"))
    return name, number, month


def due_words(deadline: date, today: date, language: Language) -> str:
    """A deadline with what is left of it."""
    left = (deadline - today).days
    if left < 0:
        return _("Die Frist war am {day}").format(day=day_full(deadline, language))
    rest = _("heute") if left == 0 else translate_plural("noch {n} Tag", "noch {n} Tage", left).format(n=left)
    return _("Bis {day} ({rest})").format(day=day_full(deadline, language), rest=rest)


def when_words(at: str, today: date, language: Language) -> str:
    """A day in a list: `heute`, `9. November`, in another year `9. November 2025`."""
    day = berlin_day(at)
    if day == today:
        return _("heute")
    if day.year == today.year:
        return str(format_skeleton("MMMMd", day, locale=language.babel))
    return str(format_date(day, "long", locale=language.babel))


def timeline(doc: Document, language: Language) -> list[dict[str, Any]]:
    """The story of the case for `parts.timeline`, newest first."""
    return [_entry(entry, language) for entry in doc.get("timeline", [])]


def _entry(entry: Document, language: Language) -> dict[str, Any]:
    title, icon = TIMELINE[entry["key"]]
    when = moment_full(entry["at"], language) if entry["key"] == "submitted" else None
    return {
        "title": _(title),
        "icon": icon,
        "at": entry["at"],
        "when": when or day_full(berlin_day(entry["at"]), language),
        "text": _detail(entry, language),
    }


def _detail(entry: Document, language: Language) -> str:
    if entry.get("start"):
        return moment_full(entry["start"], language)
    parts = [evidence_names(entry["evidence"], language)] if entry.get("evidence") else []
    until = entry.get("deadline") or (berlin_day(entry["until"]).isoformat() if entry.get("until") else None)
    if until:
        parts.append(_("Bis {day}.").format(day=day_full(date.fromisoformat(until), language)))
    return ". ".join(parts)


def stages(doc: Document, open_kinds: int, language: Language) -> list[dict[str, str]]:
    """The stations for `parts.stages`; a note only where it says something."""
    filed = format_date(
        berlin_day(doc["submitted_at"]), "d. MMMM" if language.code == "de" else "d MMMM", language.babel
    )
    missing = translate_plural("{n} Nachweis fehlt", "{n} Nachweise fehlen", open_kinds).format(n=open_kinds)
    notes = {0: str(filed), 1: missing if open_kinds else ""}
    return [{"label": _(label), "note": notes.get(index, "")} for index, label in enumerate(STAGES)]


def law(doc: Document, language: Language) -> dict[str, str] | None:
    """What the application does to the stay; None before review has said so and once it is decided."""
    if doc.get("effect") not in EFFECTS or doc.get("decision") or doc["status"] in ("closed", "withdrawn"):
        return None
    title, text, binding = EFFECTS[doc["effect"]]
    until = doc.get("title_valid_until")
    filled = _(text).format(
        filed=format_date(date.fromisoformat(doc["filed_on"]), "long", locale=language.babel),
        until=format_date(date.fromisoformat(until), "long", locale=language.babel) if until else "–",
    )
    return {"title": _(title), "text": filled, "binding": binding}

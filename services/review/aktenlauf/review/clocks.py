"""The clocks of a case as words: how urgent it is, the end of the title, § 81 AufenthG, § 75 VwGO. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from aktenlauf.kit.views import Document
from aktenlauf.kit.web.i18n import date_num
from aktenlauf.review.rules.days import berlin_day
from aktenlauf.review.rules.inaction import inaction
from aktenlauf.review.views import CONTINUING
from aktenlauf.review.words import EFFECTS

Level = Literal["over", "soon", "ok"]
RISK_DAYS = 21
"""A title that runs out within so many days and does not continue: "Rechtsstatus gefährdet"."""
_SOON_DAYS = 7
_INACTION_SOON_DAYS = 14


@dataclass(frozen=True, slots=True)
class Clock:
    """Words first, the reason below; `value` of `max` for a bar."""

    level: str | None
    words: str
    reason: str
    value: int = 0
    max: int = 0


def urgency(row: Document, today: date) -> Clock:
    """The next day that matters to a row of the worklist, and why."""
    due = date.fromisoformat(row["due"])
    days = (due - today).days
    level: Level = "over" if days <= 0 else "soon" if days <= _SOON_DAYS else "ok"
    return Clock(level, distance(days), _reason(row, days))


def distance(days: int) -> str:
    """`Seit 2 Tagen`, `Heute`, `Morgen`, `In 3 Tagen`."""
    if days < 0:
        return "Seit gestern" if days == -1 else f"Seit {-days} Tagen"
    return {0: "Heute", 1: "Morgen"}.get(days, f"In {days} Tagen")


def title(doc: Document, today: date) -> Clock:
    """The last day of the title."""
    until = doc.get("title_valid_until")
    if not until:
        return Clock(None, "Titel: kein Datum", "ohne Angabe")
    days = (date.fromisoformat(until) - today).days
    if days >= 0:
        words = distance(days)
        level = "soon" if days <= RISK_DAYS else None
        return Clock(level, f"Titel bis {date_num(until)}", words[0].lower() + words[1:])
    continuing = doc.get("effect") in CONTINUING
    return Clock(
        None if continuing else "soon", f"Titel bis {date_num(until)}", "Fortgeltung" if continuing else "abgelaufen"
    )


def effect(doc: Document) -> Clock:
    """What the application does to the stay, by the rule that was applied when the case was opened."""
    level, words = EFFECTS[doc["effect"]]
    cited = doc["effect_rule"].split(", ")[0]
    rule = cited.removesuffix(" AufenthG") if cited.startswith("§") else "§ 81"
    return Clock(level, words, f"{rule}, Eingang {date_num(doc['filed_on'])}")


def waiting(filed_at: str, today: date) -> Clock:
    """§ 75 VwGO: where the three months stand."""
    received = datetime.fromisoformat(filed_at)
    found = inaction(received, max(today, berlin_day(received)))
    level = "over" if found.reached else "soon" if found.days - found.day <= _INACTION_SOON_DAYS else "n"
    until = f"§ 75 VwGO, bis {date_num(found.last_day)}"
    return Clock(level, f"Tag {found.day} von {found.days}", until, min(found.day, found.days), found.days)


def _reason(row: Document, days: int) -> str:
    due = row["due"]
    if due == row.get("risk"):
        if not row["title_valid_until"]:
            return "Aufenthalt nicht gesichert"
        return "Titel läuft ab" if days > 0 else "Titel abgelaufen, Antrag verspätet"
    if due == row["inaction_from"]:
        return "§ 75 VwGO: 3 Monate enden"
    asked: list[Any] = [entry for entry in row["waiting"].values() if entry["deadline"] == due]
    return ("Nachforderung" if asked[0]["open"] else "Frage") + ": Frist endet"

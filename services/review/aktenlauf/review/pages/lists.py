"""The worklist's tabs, filters and orders as addresses and queries. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from aktenlauf.kit.errors import NotFound
from aktenlauf.kit.views import Query
from aktenlauf.review import clocks, words
from aktenlauf.review.views import NOBODY

ROWS = 50
FIRST = "offen"
LISTS: Mapping[str, str] = {
    FIRST: "Offen",
    "meine": "Meine Vorgänge",
    "frei": "Nicht zugewiesen",
    "faellig": "Fällig",
    "gefaehrdet": "Rechtsstatus gefährdet",
    "wartet": "Wartet auf Antragsteller",
    "freigabe": "Zur Freigabe",
    "entschieden": "Entschieden",
    "geschlossen": "Geschlossen",
}
"""Tabs by the word in the address."""
ALARMING = frozenset({"faellig", "gefaehrdet"})
ORDERS: Mapping[str, str] = {
    "": "Dringlichkeit",
    "eingang": "Älteste zuerst",
    "eingang-neu": "Neueste zuerst",
}
"""Ways to sort a list that begins at no limit of its own."""
_ORDER_FIELDS = {"eingang": ("filed_at", False), "eingang-neu": ("filed_at", True)}
NOBODY_WORD = "niemand"
PROPOSED = Query({}, order="proposed_at", at_least="0", limit=ROWS)
"""What waits for a second person, the oldest first."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A tab, its filters and its order, as the address names them; empty: all, and the tab's own order."""

    list: str = FIRST
    service: str = ""
    who: str = ""
    order: str = ""

    @property
    def address(self) -> str:
        """The query string, without what is off."""
        given = {"liste": self.list, "anliegen": self.service, "wer": self.who, "sortierung": self.order}
        return urlencode({key: value for key, value in given.items() if value and (key, value) != ("liste", FIRST)})

    @property
    def href(self) -> str:
        """The address of the page."""
        return f"/amt?{self.address}" if self.address else "/amt"

    @property
    def newest_first(self) -> bool:
        """Lists of what is done begin with what changed last."""
        return self.list in ("entschieden", "geschlossen")

    @property
    def sortable(self) -> bool:
        """Whether another order makes sense: a list that is cut out of an order keeps it."""
        return self.list not in ("faellig", "gefaehrdet", "freigabe") and not self.newest_first

    @property
    def sorted_by(self) -> str:
        """The order in words."""
        if self.newest_first:
            return "zuletzt geändert zuerst"
        if self.list == "freigabe":
            return "älteste Vorschläge zuerst"
        return f"nach Eingang, {ORDERS[self.order].lower()}" if self.order else "nach Dringlichkeit sortiert"


def read_chosen(params: Mapping[str, str]) -> Chosen:
    """Tab, filters and order of an address. Raises NotFound for a tab or order that does not exist."""
    found = Chosen(*(params.get(name, "") for name in ("liste", "anliegen", "wer", "sortierung")))
    found = replace(found, list=found.list or FIRST)
    if found.list not in LISTS or found.order not in ORDERS:
        raise NotFound(f"{found.list} {found.order}")
    return found if found.sortable else replace(found, order="")


def query_of(chosen: Chosen, me: str, today: date) -> Query:
    """The rows of a tab, with filters, in order. Those by what is due leave out at once what is done (`due` is None):
    there is more of it each year."""
    tomorrow, soon = (today + timedelta(days=days) for days in (1, clocks.RISK_DAYS + 1))
    base: dict[str, Query] = {
        FIRST: Query({"list": "open"}, order="due", at_least="0"),
        "meine": Query({"active": 1, "assignee": me}, order="due", at_least="0"),
        "frei": Query({"active": 1, "assignee": NOBODY}, order="due", at_least="0"),
        "faellig": Query({"active": 1}, order="due", at_least="0", below=tomorrow.isoformat()),
        "gefaehrdet": Query({"active": 1}, order="risk", at_least="0", below=soon.isoformat()),
        "wartet": Query({"list": "asked"}, order="due", at_least="0"),
        "freigabe": PROPOSED,
        "entschieden": Query({"list": "decided"}, order="changed", descending=True),
        "geschlossen": Query({"list": "closed"}, order="changed", descending=True),
    }
    query = base[chosen.list]
    filters: dict[str, Any] = {"service": chosen.service} if chosen.service else {}
    if chosen.who and chosen.list not in ("meine", "frei"):
        filters["assignee"] = NOBODY if chosen.who == NOBODY_WORD else chosen.who
    order, descending = _ORDER_FIELDS.get(chosen.order, (query.order, query.descending))
    return replace(query, equals={**query.equals, **filters}, order=order, descending=descending, limit=ROWS)


def tabs(chosen: Chosen, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """The tabs with their numbers; filters stay on from tab to tab."""
    return [
        {
            "href": replace(chosen, list=name).href,
            "label": label,
            "count": counts[name],
            "current": name == chosen.list,
            "alarm": name in ALARMING,
        }
        for name, label in LISTS.items()
    ]


def chips(chosen: Chosen, names: Mapping[str, str]) -> list[dict[str, str]]:
    """Filters that are on, each with the address without it. `names` of colleagues by pseudonym."""
    found = []
    if chosen.service:
        label = f"Anliegen: {words.service(chosen.service)[0]}"
        found.append({"label": label, "href": replace(chosen, service="").href})
    if chosen.who and chosen.list not in ("meine", "frei"):
        who = NOBODY_WORD if chosen.who == NOBODY_WORD else names.get(chosen.who, "Sachbearbeitung")
        found.append({"label": f"Zugewiesen: {who}", "href": replace(chosen, who="").href})
    return found

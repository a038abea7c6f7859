"""How long applications take at present: the median of what was decided lately, worked out from the events.

Nobody is named and no office either. What too few applications say is not said: one of them could be recognised.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from aktenlauf.contracts.envelope import Meta
from aktenlauf.contracts.intake import ApplicationSubmitted
from aktenlauf.contracts.offices import offices
from aktenlauf.contracts.review import DecisionIssued
from aktenlauf.kit.scope import System
from aktenlauf.kit.service import Service
from aktenlauf.kit.views import PAGE_MAX, Document, Query, View

WINDOW_DAYS = 90
DECISIONS_MIN = 20
_BERLIN = ZoneInfo("Europe/Berlin")

decided = View("decided", version=1, indexes=("day",))
"""Per case {service, filed, decided, day, days}; `day` of the first decision, None until there is one."""


@decided.on(ApplicationSubmitted)
def filed(doc: Document, event: ApplicationSubmitted, meta: Meta) -> None:
    """From here on the applicant waits. Trial runs of an operator wait for nobody."""
    office = offices().get(event.office)
    trial = office is not None and office.test
    doc.update(offices=[event.office], service=None if trial else event.service, filed=_day(meta.time))
    _settle(doc)


@decided.on(DecisionIssued)
def issued(doc: Document, event: DecisionIssued, meta: Meta) -> None:
    """The wait is over, whatever the outcome; a later decision of the same case is another matter."""
    doc.setdefault("decided", _day(meta.time))
    _settle(doc)


def _settle(doc: Document) -> None:
    """The two events come from two services, in any order."""
    doc.setdefault("day", None)
    if doc.get("service") and doc.get("decided"):
        wait = date.fromisoformat(doc["decided"]) - date.fromisoformat(doc["filed"])
        doc.update(day=doc["decided"], days=max(0, wait.days))


def _day(time: str) -> str:
    return datetime.fromisoformat(time).astimezone(_BERLIN).date().isoformat()


class ProcessingTimes:
    """Asked for with every start page, worked out once a day."""

    def __init__(self) -> None:
        self._on: date | None = None
        self._medians: Mapping[str, int] = {}

    async def before(self, service: Service, today: date) -> Mapping[str, int]:
        """{key of what was applied for: median of days from filing to decision}, of WINDOW_DAYS up to yesterday.

        Left out: where fewer than DECISIONS_MIN were decided.
        """
        if self._on != today:
            self._medians = await _medians(service, today)
            self._on = today
        return self._medians


async def _medians(service: Service, today: date) -> Mapping[str, int]:
    first = (today - timedelta(days=WINDOW_DAYS)).isoformat()
    waits: dict[str, list[int]] = {}
    after = None
    while True:
        query = Query(order="day", at_least=first, below=today.isoformat(), after=after, limit=PAGE_MAX)
        part = await service.page(decided, System("processing-times"), query)
        for doc in part.documents:
            waits.setdefault(doc["service"], []).append(doc["days"])
        after = part.after
        if after is None:
            return {key: round(median(days)) for key, days in waits.items() if len(days) >= DECISIONS_MIN}

"""How fast the log becomes a view: a rebuild from the first record, and events that another service hears."""

import asyncio
import random
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median

from aktenlauf.cli.bench.report import Result, Tell
from aktenlauf.contracts.envelope import Event, encode, stamp
from aktenlauf.contracts.review import CaseAssigned, CaseOpened, EvidenceReviewed
from aktenlauf.kit.adapters.local_bus import LocalBus
from aktenlauf.kit.adapters.sqlite_log import SqliteLog
from aktenlauf.kit.adapters.sqlite_views import SqliteViews
from aktenlauf.kit.adapters.sqlite_work import SqliteWork
from aktenlauf.kit.clock import system_clock
from aktenlauf.kit.hear import Hearing
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.log import EventLog
from aktenlauf.kit.tail import ViewTail
from aktenlauf.kit.views import Document, View

EVENTS = 30_000
ACTIVE, SCATTERED = 200, 2000
"""Cases whose events come mixed: those of a day, and those of weeks."""
EVIDENCE = ("passport", "residence_title", "residence_proof", "health_insurance", "enrolment", "progress")
HEARD_AT_ONCE = 500

worklist = View("bench_worklist", version=1, indexes=("state", "due", "assignee", "number"))
"""As an office's list of cases has it: one row a case, found by office."""


@worklist.on(CaseOpened)
def opened(doc: Document, event: CaseOpened, meta: object) -> None:
    """The row."""
    doc.update(
        offices=[event.office],
        state="open",
        number=event.number,
        effect=event.effect,
        filed_on=event.filed_on.isoformat(),
        inaction_from=event.inaction_from.isoformat(),
        due=min(filter(None, (event.title_valid_until, event.inaction_from))).isoformat(),
        evidence=event.evidence,
    )


@worklist.on(CaseAssigned)
def assigned(doc: Document, event: CaseAssigned, meta: object) -> None:
    """Whose it is."""
    doc["assignee"] = event.staff


@worklist.on(EvidenceReviewed)
def reviewed(doc: Document, event: EvidenceReviewed, meta: object) -> None:
    """How far the checklist is."""
    verdicts = doc.setdefault("verdicts", {})
    verdicts[event.evidence] = event.verdict
    doc["evidence_done"] = sum(1 for kind in doc.get("evidence", ()) if verdicts.get(kind) == "accepted")


async def measure(folder: Path, seconds: float, tell: Tell, events: int = EVENTS) -> Result:
    """Rebuilds of the view from two logs, in turn, then hearing; each as often as the time allows."""
    result = Result("tail")
    began, number = time.perf_counter(), 0
    logs = {active: SqliteLog(folder / f"log-{active}.db") for active in (ACTIVE, SCATTERED)}
    for active, log in logs.items():
        tell(0, f"{events} events of {active} mixed cases")
        await _fill(log, active, events)
    rebuilt: dict[int, list[float]] = {active: [] for active in logs}
    heard: list[float] = []
    rounds_began = time.perf_counter()
    while not heard or _time_for_another(began, rounds_began, number, seconds):
        number += 1
        for active, log in logs.items():
            tell((time.perf_counter() - began) / seconds, f"rebuild, {active} mixed cases")
            rebuilt[active].append(events / await _rebuild(log, folder / f"{number}-{active}"))
        tell((time.perf_counter() - began) / seconds, "hear and apply")
        heard.append(events / await _hear_and_apply(logs[ACTIVE], folder / f"{number}-heard", events))
    for log in logs.values():
        await log.close()
    result.add("tail_events_per_second", median(rebuilt[ACTIVE]), "1/s", 20_000)
    result.add("tail_scattered_events_per_second", median(rebuilt[SCATTERED]), "1/s")
    result.add("hear_and_apply_events_per_second", median(heard), "1/s")
    result.settings = {"events": events, "mixed_cases": ACTIVE, "scattered_cases": SCATTERED, "rounds": number}
    result.series = {"tail": rebuilt[ACTIVE], "tail_scattered": rebuilt[SCATTERED], "hear_and_apply": heard}
    return result


def _time_for_another(began: float, rounds_began: float, rounds: int, seconds: float) -> bool:
    now = time.perf_counter()
    return now + (now - rounds_began) / rounds < began + seconds


async def _fill(log: EventLog, active: int, events: int) -> None:
    records = list(mixed(active, events))
    for start in range(0, events, HEARD_AT_ONCE):
        await log.hear(records[start : start + HEARD_AT_ONCE])


def mixed(active: int, events: int) -> Iterator[bytes]:
    """Records of many cases, always `active` of them under way, the next of any of them at each turn."""
    turn = random.Random(active)  # noqa: S311 reproducible, not secret
    cases = [_case() for _ in range(active)]
    for _ in range(events):
        which = turn.randrange(active)
        record = next(cases[which], None)
        if record is None:
            cases[which] = _case()
            record = next(cases[which])
        yield record


def _case() -> Iterator[bytes]:
    case = new_id()
    course = [_opened(case), CaseAssigned(staff="s-7f3a"), *map(_reviewed, EVIDENCE)]
    for version, event in enumerate(course, 1):
        yield stamp(_unstamped(event, case), version)


def _opened(case: str) -> CaseOpened:
    return CaseOpened(
        number=f"AL-{case[-8:]}",
        service="study_extension",
        application="extension",
        office="probstadt",
        filed_on=date(2026, 11, 23),
        effect="title_continues",
        effect_rule="aufenthg_81_4 2026-11-21",
        title_valid_until=date(2026, 12, 31),
        inaction_from=date(2027, 2, 23),
        evidence=list(EVIDENCE),
    )


def _reviewed(kind: str) -> EvidenceReviewed:
    return EvidenceReviewed(evidence=kind, document=new_id(), verdict="accepted")


def _unstamped(event: Event, case: str) -> bytes:
    cause = new_id()
    return encode(
        event,
        service="review",
        stream=f"review/case/{case}",
        event_id=new_id(),
        time=datetime.now(UTC),
        subject=case,
        office="probstadt",
        causationid=cause,
        correlationid=cause,
        actor="s-7f3a",
        traceparent=None,
    )


async def _rebuild(log: EventLog, folder: Path) -> float:
    """Seconds from nothing to a view that has caught up."""
    views, work = SqliteViews(folder / "views.db"), SqliteWork(folder / "work.db")
    tail = ViewTail(log, views, [worklist], work, system_clock)
    await tail.prepare()
    began = time.perf_counter()
    await tail.catch_up()
    spent = time.perf_counter() - began
    await views.close()
    await work.close()
    return spent


async def _hear_and_apply(source: EventLog, folder: Path, events: int) -> float:
    """Seconds in which a second service hears all records of the first and applies them to its view."""
    log, work, views = SqliteLog(folder / "log.db"), SqliteWork(folder / "work.db"), SqliteViews(folder / "views.db")
    bus = LocalBus({"review": source}, work)
    tail = ViewTail(log, views, [worklist], work, system_clock)
    await tail.prepare()
    began = time.perf_counter()
    loops = [bus.listen({"review"}, Hearing(log, work, system_clock).receive), tail.run()]
    tasks = [asyncio.ensure_future(loop) for loop in loops]
    await tail.progress.reach(events)
    spent = time.perf_counter() - began
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for port in (log, work, views):
        await port.close()
    return spent

"""Cases in every state, full of words that can be searched for, and everybody who may or may not see them.

The words hold markup, so that a page which shows one of them unescaped is found too.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aktenlauf.cli.demo import DEMO_USERS
from aktenlauf.cli.journey import SERVICE, Journey
from aktenlauf.contracts.site import STAFF
from aktenlauf.documents.views import files as files_view
from aktenlauf.intake.views import mailbox
from aktenlauf.kit.adapters.demo_idp import DemoUser
from aktenlauf.kit.clock import ShiftedClock
from aktenlauf.kit.identity import Person
from aktenlauf.kit.scope import System
from aktenlauf.kit.views import Document
from aktenlauf.review.views import case_file
from aktenlauf.scheduling.views import appointments

from . import browsers, course
from .browsers import Browser
from .inside import Inside, inside

OFFICE, OTHER_OFFICE = "probstadt", "lindenried"
PLACE = "messplatz"
"""A counter of OFFICE."""
HTML = '<b data-xss="1">fett</b>'
MARKS: Mapping[str, str] = {
    "name": "Zwirbelmoser",
    "late": "Markenverzug",
    "file": "Markenpass",
    "request": "Markennachforderung",
    "question": "Markenfrage",
    "answer": "Markenantwort",
    "note": "Markenvermerk",
    "reasons": "Markengrund",
    "returned": "Markenrückgabe",
}
"""What only those who are entitled may ever see."""

WORDS = course.Words(
    request=f"{MARKS['request']} {HTML}",
    question=f"{MARKS['question']} {HTML}",
    answer=f"{MARKS['answer']} {HTML}",
    verdict=f"{MARKS['note']} {HTML}",
    reasons=f"{MARKS['reasons']} {HTML}",
    returned=f"{MARKS['returned']} {HTML}",
    passport=course.document(f"{MARKS['file']}; x=1 <b data-xss=1>.pdf", "Probe"),
)
ANSWERS = {
    "person.family_name": MARKS["name"],
    "study.delay_reason": f"{MARKS['late']} {HTML}",
}
_MORE_STAFF = [
    DemoUser(f"nur-{role}", "office", role.title(), "Allein", frozenset({role}), OFFICE)
    for role in sorted(STAFF | {"operator"})
]


@dataclass
class Cases:
    """The running installation. `ids` of each case: case, number, document, image, message, decision."""

    here: Inside
    clock: ShiftedClock
    owner: Browser
    office: dict[str, Browser] = field(default_factory=dict)
    """Staff of the office by role, each with this role alone."""
    strangers: dict[str, dict[str, Browser]] = field(default_factory=dict)
    """By side, then by what makes them strangers."""
    ids: dict[str, dict[str, str]] = field(default_factory=dict)
    day: str = ""
    """Of the appointment of the case "issued"; where there is none any more, of the last one."""

    async def remember(self, name: str, j: Journey) -> None:
        """Look up the ids of what a case consists of."""
        await self.here.settled()
        found = await self.here["documents"].find(files_view, System("test"), j.case) or {}
        box = await self.here["intake"].find(mailbox, System("test"), j.case) or {}
        read = [doc for doc in found.get("documents", {}).values() if doc.get("images")]
        asked = [message for message in box.get("messages", []) if message.get("about") == "question"]
        self.ids[name] = {
            "case": j.case,
            "case_number": box.get("number", ""),
            "document": read[0]["id"] if read else "none",
            "message": asked[0]["id"] if asked else "none",
        }

    async def file(self, name: str) -> Document:
        """The case as review shows it, once everything has settled."""
        await self.here.settled()
        return await self.here["review"].get(case_file, System("test"), self.ids[name]["case"])

    @property
    def worker(self) -> Browser:
        """A caseworker and nothing else."""
        return self.office["caseworker"]

    async def filling(self, name: str) -> dict[str, str]:
        """What the placeholders of a route's path mean for this case."""
        booked = await self.here["scheduling"].find(appointments, System("test"), self.ids["issued"]["case"]) or {}
        self.day = booked["start"][:10] if booked.get("start") else self.day
        ids = self.ids.get(name, {})
        fixed = {"key": SERVICE, "step": "person_name", "number": "1", "place": PLACE, "day": self.day}
        return {**fixed, **ids}

    @property
    def numbers(self) -> list[str]:
        """Numbers of the cases of `owner`."""
        return [ids["case_number"] for name, ids in self.ids.items() if name != "other" and ids["case_number"]]


@asynccontextmanager
async def marked_cases(folder: Path) -> AsyncIterator[Cases]:
    """All cases made, everybody signed in."""
    clock, users = ShiftedClock(), [*DEMO_USERS, *_MORE_STAFF]
    async with inside(folder, clock, users, rate_upload="1000/minute") as here:
        cases = Cases(here, clock, await browsers.demo_user(here, "public", "pruefling"))
        for role in sorted(STAFF | {"operator"}):
            cases.office[role] = await browsers.demo_user(here, "office", f"nur-{role}")
        cases.strangers = {"public": await _public_strangers(cases), "office": await _office_strangers(cases)}
        await _make(cases)
        await cases.filling("issued")
        yield cases


async def _public_strangers(cases: Cases) -> dict[str, Browser]:
    here = cases.here
    worker = Person(subject="x-1", name="Falsche Rolle", roles=frozenset({"caseworker"}), office=OFFICE)
    return {
        "other applicant": await browsers.demo_user(here, "public", "mateo"),
        "no role": await browsers.somebody(here, "public", Person(subject="x-2", name="Ohne Rolle")),
        "wrong role": await browsers.somebody(here, "public", worker),
        "other side": cases.office["caseworker"],
        "swapped cookie": browsers.swapped(here, cases.office["caseworker"], "public"),
        "nobody": browsers.nobody(here),
    }


async def _office_strangers(cases: Cases) -> dict[str, Browser]:
    here = cases.here
    everything = frozenset(STAFF | {"operator"})
    other = Person(subject="x-3", name="Anderes Amt", roles=everything, office=OTHER_OFFICE)
    homeless = Person(subject="x-4", name="Ohne Amt", roles=everything)
    return {
        "other office": await browsers.somebody(here, "office", other),
        "no office": await browsers.somebody(here, "office", homeless),
        "no role": await browsers.somebody(here, "office", Person(subject="x-5", name="Ohne Rolle", office=OFFICE)),
        "other side": cases.owner,
        "swapped cookie": browsers.swapped(here, cases.owner, "office"),
        "nobody": browsers.nobody(here),
    }


async def _make(cases: Cases) -> None:
    j = await _journey(cases)
    await course.fill_in(j, WORDS)
    await course.hand_in(j)
    await _clarify(cases, j)
    await course.settle(j, WORDS)
    await cases.remember("issued", j)

    j = _next(j)
    await course.fill_in(j, WORDS)
    await course.hand_in(j)
    await j.in_worklist()
    await j.take()
    await j.propose(reasons=WORDS.reasons)
    await cases.remember("proposed", j)

    j = _next(j)
    await course.fill_in(j, WORDS)
    await course.hand_in(j)
    await _clarify(cases, j)
    await course.judge(j, WORDS.verdict)
    await j.ask(WORDS.question)
    await course.request(j, WORDS.request)
    await j.upload({"health_insurance": course.document("Unterwegs.pdf", "noch nicht eingereicht")})
    await cases.remember("open", j)

    j = _next(j)
    await course.fill_in(j, WORDS)
    await cases.remember("draft", j)

    j = _next(j)
    await j.begin()
    await cases.remember("begun", j)

    j = await _journey(cases, ("mateo", "brandl", "huber"), {"contact.address": _ADDRESS_ELSEWHERE})
    await course.fill_in(j, course.Words())
    await course.hand_in(j)
    await cases.remember("other", j)


async def _clarify(cases: Cases, j: Journey) -> None:
    """As in `course`, but nothing is asked before all that was handed in has arrived."""
    await j.in_worklist()
    await j.take()
    await course.request(j, WORDS.request)
    await j.message("reichen")
    await j.supplement("health_insurance", WORDS.insurance)
    await cases.here.settled()
    await j.ask(WORDS.question)
    await j.reply(await j.message("Frage"), WORDS.answer)
    await cases.here.settled()


_ADDRESS_ELSEWHERE = {"street": "Am Wehr", "house_number": "2", "postcode": "00101", "city": "Lindenried"}


async def _journey(
    cases: Cases,
    people: tuple[str, str, str] = ("pruefling", "pruefung", "freigabe"),
    answers: Mapping[str, Any] = ANSWERS,
) -> Journey:
    return await course.signed_in(*(cases.here.visitor() for _ in range(3)), people=people, answers=answers)


def _next(j: Journey) -> Journey:
    """The same three people, another case."""
    return Journey(j.applicant, j.caseworker, j.approver, j.answers, j.patience_seconds)

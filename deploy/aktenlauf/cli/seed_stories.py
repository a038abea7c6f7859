"""What happened in each of the demonstration's cases: how far it came, and when.

A story is a list of steps, each done on the pages by one of its people. The same seed gives the same people, answers
and times; ids are new each time.
"""

import random
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aktenlauf.cli.journey import ANSWERS, Journey
from aktenlauf.cli.seed_people import LINH, MATEO, OTHERS, Somebody
from aktenlauf.cli.visitor import Upload
from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.contracts.nationalities import nationalities
from aktenlauf.kit.testing import files

SEED = 20261122
TITLE_DAYS = 700
"""How long a granted title of the demonstration is valid."""
_BERLIN = ZoneInfo("Europe/Berlin")
_FRIDAY = 4
_ASKED_FOR = "health_insurance"
_QUESTION = "Wann legen Sie Ihre letzte Prüfung ab? Bitte nennen Sie uns den Monat."
_ANSWER = "Die letzte Prüfung ist im Juli. Danach schreibe ich meine Abschlussarbeit."
_RETURNED = "Bitte den Lebensunterhalt für das letzte Semester noch begründen."

Act = Callable[["Scene"], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Team:
    """Who works on a case: subjects of the demo provider."""

    office: str
    caseworker: str
    approver: str


ERLENBRUCK = Team("erlenbruck", "keller", "braun")
COLLEAGUE = Team("erlenbruck", "petersen", "braun")
LINDENRIED = Team("lindenried", "brandl", "huber")
_ADDRESSES: Mapping[str, Mapping[str, str]] = {
    "erlenbruck": {"street": "Hafenallee", "house_number": "27", "postcode": "00210", "city": "Erlenbruck"},
    "lindenried": {"street": "Am Mühlgraben", "house_number": "9", "postcode": "00102", "city": "Lindenried"},
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that somebody does. The office works on weekdays."""

    act: Act
    by_office: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """One case to make. `begins` and `ends`: days before now of its first and last step."""

    name: str
    person: Somebody
    team: Team
    begins: float
    ends: float
    title_days: int
    """From now until the present title ends; negative: it has ended."""
    steps: Sequence[Step]
    number: int


@dataclass(frozen=True, slots=True)
class Scene:
    """What a step has at hand."""

    journey: Journey
    now: datetime
    """The installation's now, when the demonstration is looked at."""
    kinds: int
    """How many kinds of evidence are uploaded at first."""


# --- what people do ---------------------------------------------------------------------------------------------------


async def _begin(scene: Scene) -> None:
    await scene.journey.begin()


async def _answer(scene: Scene) -> None:
    await scene.journey.answer_questions()


async def _upload(scene: Scene) -> None:
    """Some of what is demanded, but never what will be asked for."""
    await scene.journey.come_back()  # the right to upload to a draft is given there, for half an hour
    page = await scene.journey.applicant.open(f"/nachweise/{scene.journey.case}")
    demanded = [str(kind) for kind in page.tree.xpath("//*[@name='hochladen']/@value")]
    chosen = [kind for kind in dict.fromkeys(demanded) if kind != _ASKED_FOR][: scene.kinds]
    await scene.journey.upload({kind: document(kind) for kind in chosen})


async def _submit(scene: Scene) -> None:
    await scene.journey.submit()
    await scene.journey.in_worklist()


async def _withdraw(scene: Scene) -> None:
    path = f"/antrag/{scene.journey.case}/zuruecknehmen"
    await scene.journey.applicant.submit(await scene.journey.applicant.open(path), action=path)


async def _take(scene: Scene) -> None:
    await scene.journey.take()


async def _request(scene: Scene) -> None:
    await scene.journey.request_evidence([_ASKED_FOR])


async def _supplement(scene: Scene) -> None:
    await scene.journey.message("reichen")
    await scene.journey.supplement(_ASKED_FOR, document(_ASKED_FOR))


async def _ask(scene: Scene) -> None:
    await scene.journey.ask(_QUESTION)


async def _reply(scene: Scene) -> None:
    await scene.journey.reply(await scene.journey.message("Frage"), _ANSWER)


async def _accept(scene: Scene) -> None:
    await scene.journey.accept_evidence()


async def _propose(scene: Scene) -> None:
    await scene.journey.propose(until=(scene.now + timedelta(days=TITLE_DAYS)).date())


async def _propose_refusal(scene: Scene) -> None:
    await scene.journey.propose("refused")


async def _return(scene: Scene) -> None:
    await scene.journey.decide_proposal("zurueckgeben", _RETURNED)


async def _approve(scene: Scene) -> None:
    await scene.journey.decide_proposal()


async def _book(scene: Scene) -> None:
    await scene.journey.choose_slot(scene.kinds)


_SENT = [Step(_begin), Step(_answer), Step(_upload), Step(_submit)]
_TAKEN = [*_SENT, Step(_take, True)]
_ASKED = [*_TAKEN, Step(_request, True)]
_SUPPLIED = [*_ASKED, Step(_supplement)]
_PROPOSED = [*_SUPPLIED, Step(_accept, True), Step(_propose, True)]
_APPROVED = [*_PROPOSED, Step(_approve, True)]
_REFUSED = [*_TAKEN, Step(_accept, True), Step(_propose_refusal, True), Step(_approve, True)]

STEPS: Mapping[str, Sequence[Step]] = {
    "draft begun": _SENT[:1],
    "draft answered": _SENT[:2],
    "draft with evidence": _SENT[:3],
    "submitted": _SENT,
    "withdrawn": [*_SENT, Step(_withdraw)],
    "taken": _TAKEN,
    "evidence asked for": _ASKED,
    "evidence supplied": _SUPPLIED,
    "question asked": [*_TAKEN, Step(_ask, True)],
    "question answered": [*_TAKEN, Step(_ask, True), Step(_reply)],
    "proposed": _PROPOSED,
    "returned": [*_PROPOSED, Step(_return, True)],
    "granted": _APPROVED,
    "appointment booked": [*_APPROVED, Step(_book)],
    "refused": _REFUSED,
}
"""Steps by how far the case came."""

_PLAN: Sequence[tuple[str, Team, float, float, int]] = (
    # how far, where, first and last step in days before now, days until the title ends
    ("draft answered", ERLENBRUCK, 6, 5, 40),  # the first three are those of Linh, the fourth is Mateo's
    ("evidence asked for", ERLENBRUCK, 24, 9, 12),
    ("appointment booked", ERLENBRUCK, 70, 4, -20),
    ("proposed", ERLENBRUCK, 58, 2, -8),
    ("submitted", ERLENBRUCK, 1.2, 0.4, 21),
    ("submitted", ERLENBRUCK, 2.1, 1.6, 3),
    ("submitted", ERLENBRUCK, 3.4, 3.1, 55),
    ("submitted", ERLENBRUCK, 5.2, 5, -9),  # late: the title had ended before
    ("submitted", ERLENBRUCK, 9, 8.6, 1),
    ("submitted", ERLENBRUCK, 74, 73, -60),  # the three months of § 75 VwGO are nearly over
    ("draft begun", ERLENBRUCK, 3, 3, 60),
    ("draft with evidence", ERLENBRUCK, 12, 4, 30),
    ("taken", COLLEAGUE, 13, 10, -16),  # late as well
    ("taken", COLLEAGUE, 31, 28, -2),
    ("taken", ERLENBRUCK, 66, 60, -30),
    ("evidence asked for", ERLENBRUCK, 15, 11, 9),
    ("evidence asked for", COLLEAGUE, 38, 33, -12),  # the deadline has passed
    ("evidence asked for", ERLENBRUCK, 9, 3, 33),
    ("evidence supplied", ERLENBRUCK, 27, 1, 6),
    ("evidence supplied", COLLEAGUE, 45, 6, -6),
    ("evidence supplied", COLLEAGUE, 19, 2, 48),
    ("question asked", COLLEAGUE, 22, 4, 14),
    ("question answered", ERLENBRUCK, 35, 1, -1),
    ("question answered", ERLENBRUCK, 16, 3, 26),
    ("proposed", COLLEAGUE, 41, 1, 2),
    ("returned", ERLENBRUCK, 49, 2, -15),
    ("granted", ERLENBRUCK, 52, 3, -10),
    ("granted", COLLEAGUE, 63, 6, -25),
    ("appointment booked", ERLENBRUCK, 55, 3, -14),
    ("appointment booked", ERLENBRUCK, 47, 2, -3),
    ("refused", ERLENBRUCK, 72, 20, -35),
    ("refused", COLLEAGUE, 44, 7, 8),
    ("withdrawn", ERLENBRUCK, 30, 18, 24),
    ("submitted", LINDENRIED, 2.6, 2.3, 11),
    ("taken", LINDENRIED, 12, 8, 4),
    ("evidence asked for", LINDENRIED, 21, 12, 19),
    ("evidence supplied", LINDENRIED, 33, 2, -5),
    ("question asked", LINDENRIED, 14, 5, 37),
    ("granted", LINDENRIED, 57, 4, -18),
    ("refused", LINDENRIED, 61, 12, -28),
)


def stories() -> list[Story]:
    """All cases, in the order in which they are made: those to be looked at first come first."""
    people = iter((LINH, LINH, LINH, MATEO, *OTHERS))
    return [
        Story(name, next(people), team, begins, ends, title_days, STEPS[name], number)
        for number, (name, team, begins, ends, title_days) in enumerate(_PLAN)
    ]


def moments(story: Story, now: datetime) -> Iterator[datetime]:
    """When each step happens: evenly between begin and end, at decent hours, never after `now`, never going back."""
    rng = random.Random(f"{SEED} times {story.number}")  # noqa: S311 - a demonstration that is always the same
    span = timedelta(days=story.begins - story.ends) / max(len(story.steps) - 1, 1)
    last = now - timedelta(days=story.begins + 1)
    for number, step in enumerate(story.steps):
        wished = now - timedelta(days=story.begins) + span * number
        decent = _in_office_hours(wished, last, rng) if step.by_office else _awake(wished, rng)
        last = min(max(decent, last + timedelta(minutes=rng.randint(3, 40))), now)
        yield last


def _awake(moment: datetime, rng: random.Random) -> datetime:
    local = moment.astimezone(_BERLIN)
    return local.replace(hour=rng.randint(7, 22), minute=rng.randint(0, 59)).astimezone(UTC)


def _in_office_hours(moment: datetime, last: datetime, rng: random.Random) -> datetime:
    """On this day if it is a weekday, else on the Friday before; but after `last`, on the next weekday if need be."""
    day = moment.astimezone(_BERLIN).replace(hour=rng.randint(8, 15), minute=rng.randint(0, 59))
    day -= timedelta(days=max(day.weekday() - _FRIDAY, 0))
    while day <= last or day.weekday() > _FRIDAY:
        day += timedelta(days=1)
    return day.astimezone(UTC)


def answers(story: Story, now: datetime) -> dict[str, Any]:
    """A complete form of this person, different for each in what shows."""
    rng = random.Random(f"{SEED} answers {story.number}")  # noqa: S311
    person = story.person
    state = next(code for code, one in nationalities().items() if one.iso == person.iso)
    title_ends = (now + timedelta(days=story.title_days)).date()
    first_entry = (now - timedelta(days=rng.randint(500, 1400))).date()
    return {
        **ANSWERS,
        "person.family_name": person.family,
        "person.given_names": person.given,
        "person.has_other_names": False,
        "person.birth_date": person.born.isoformat(),
        "person.birth_place": person.birthplace,
        "person.birth_country": state,
        "person.nationality": state,
        "person.sex": person.sex,
        "person.height": rng.randint(154, 193),
        "person.eye_colour": rng.choice(["brown", "brown", "green", "black"]),
        "contact.address": _ADDRESSES[story.team.office],
        "contact.email": f"{person.subject}@post.example",
        "contact.moved_in": first_entry.isoformat()[:7],
        "passport.number": f"{person.iso}{rng.randint(1000000, 9999999)}",
        "passport.valid_until": (now + timedelta(days=rng.randint(300, 2400))).date().isoformat(),
        "passport.issued_by": person.birthplace,
        "residence.title": rng.choice(["title", "title", "title", "national-visa"]),
        "residence.valid_until": title_ends.isoformat(),
        "entry.first_on": first_entry.isoformat(),
        "study.institution": rng.choice(["Hochschule Lindenried", "Universität Erlenbruck", "TH Erlenbruck"]),
        "study.subject": rng.choice(["Maschinenbau", "Informatik", "Pharmazie", "Germanistik", "Agrarökologie"]),
        "study.degree": rng.choice(["bachelor", "master"]),
        "study.semester": rng.randint(2, 9),
        "study.began": (first_entry + timedelta(days=20)).isoformat()[:7],
        "study.ends": (now + timedelta(days=rng.randint(250, 700))).date().isoformat()[:7],
        "study.delayed": rng.random() < 0.3,
        "livelihood.monthly": rng.randint(99200, 134000),
        "family.has_children": False,
    }


def document(kind: str) -> Upload:
    """An invented piece of evidence of this kind."""
    label = catalogue().evidence[kind].label.de
    if kind in ("passport", "residence_title", "photo"):
        return (f"{label}.jpg", files.jpeg(900, 1200, label), "image/jpeg")
    return (f"{label}.pdf", files.pdf(2 if kind == "statements" else 1, label), "application/pdf")

"""What people come for, in eight subjects: also those for which nothing can be applied for here yet."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from aktenlauf.contracts.catalogue import Kind, Service

Holds = Literal["title", "national-visa", "schengen-visa", "none"]
Expires = Literal["later", "soon", "over", "never"]
Note = Literal["apply-in-time", "apply-at-once", "schengen", "without-title"]


@dataclass(frozen=True, slots=True)
class Subject:
    """German msgids. `matters`: those of the catalogue that belong to it."""

    key: str
    icon: str
    title: str
    examples: str
    instead: str
    """Where to turn as long as it is not online here."""
    matters: frozenset[str]
    of_titles: bool = True
    """About residence titles, which end on a day: an application in any form keeps them (§ 81 AufenthG)."""


_OFFICE = "Wenden Sie sich an Ihre Ausländerbehörde. Sie können ihr schreiben, sie anrufen oder hingehen."

SUBJECTS: tuple[Subject, ...] = (
    Subject(
        "arbeiten",
        "case",
        "Arbeiten",
        "Fachkraft, Blaue Karte EU, Forschung, Selbständigkeit, Arbeitssuche",
        _OFFICE,
        frozenset({"work"}),
    ),
    Subject(
        "studium",
        "book",
        "Studium und Ausbildung",
        "Studium, Berufsausbildung, Sprachkurs, Anerkennung",
        _OFFICE,
        frozenset({"study", "training"}),
    ),
    Subject(
        "familie",
        "people",
        "Familie",
        "Ehepartner, Kinder, Eltern, Geburt in Deutschland",
        _OFFICE,
        frozenset({"family"}),
    ),
    Subject(
        "bleiben",
        "key",
        "Dauerhaft bleiben",
        "Niederlassungserlaubnis, Daueraufenthalt-EU",
        _OFFICE,
        frozenset({"settlement"}),
    ),
    Subject(
        "einbuergerung",
        "flag",
        "Einbürgerung",
        "Deutsche Staatsangehörigkeit beantragen",
        "Wenden Sie sich an die Einbürgerungsbehörde Ihrer Stadt oder Ihres Landkreises. Oft ist sie eine eigene "
        "Stelle neben der Ausländerbehörde.",
        frozenset({"citizenship"}),
        of_titles=False,
    ),
    Subject(
        "schutz",
        "hands",
        "Schutz",
        "Vorübergehender Schutz, anerkannte Flüchtlinge, humanitäre Gründe",
        "Wenden Sie sich an Ihre Ausländerbehörde. Einen Asylantrag stellen Sie beim Bundesamt für Migration und "
        "Flüchtlinge, nicht hier.",
        frozenset({"protection"}),
    ),
    Subject(
        "karte",
        "card",
        "Karte und Pass",
        "Neuer Pass, Nebenbestimmung ändern, Reiseausweis",
        _OFFICE,
        frozenset({"card"}),
    ),
    Subject(
        "arbeitgeber",
        "building",
        "Für Arbeitgeber",
        "Beschleunigtes Fachkräfteverfahren",
        "Wenden Sie sich an die Ausländerbehörde am Ort Ihres Betriebs (§ 81a AufenthG). In manchen Ländern macht "
        "das eine zentrale Stelle; die Ausländerbehörde nennt sie Ihnen.",
        frozenset({"employer"}),
        of_titles=False,
    ),
)


def subject_of(key: str) -> Subject | None:
    """The subject of this key."""
    return next((subject for subject in SUBJECTS if subject.key == key), None)


def offered(subject: Subject, services: Iterable[Service]) -> list[Service]:
    """What can be applied for here in this subject."""
    return [service for service in services if service.matter in subject.matters]


@dataclass(frozen=True, slots=True)
class Situation:
    """The answers to the four questions."""

    subject: Subject
    wish: Kind
    holds: Holds
    expires: Expires


@dataclass(frozen=True, slots=True)
class Advice:
    """`fits`: what was looked for. `near`: the same subject, another wish. `notes`: to be known first."""

    fits: tuple[Service, ...]
    near: tuple[Service, ...]
    notes: tuple[Note, ...]


def advise(situation: Situation, services: Iterable[Service]) -> Advice:
    """What to apply for, and what the answers mean for the time until it is decided."""
    known = offered(situation.subject, services)
    fits = tuple(service for service in known if service.kind == situation.wish)
    return Advice(fits, tuple(service for service in known if service not in fits), _notes(situation))


def _notes(situation: Situation) -> tuple[Note, ...]:
    """source: § 81 Abs. 3 and 4 AufenthG, read on 2026-11-22."""
    if situation.holds == "none":
        return ("without-title",)
    if situation.expires == "over":
        return ("apply-at-once",)
    if situation.holds == "schengen-visa":
        return ("schengen",)
    return ("apply-in-time",) if situation.expires == "soon" else ()

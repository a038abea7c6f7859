"""The demonstration: invented people of every role, and how far its cases are."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pydantic import BaseModel

from aktenlauf.cli.demo_clock import DemoClock
from aktenlauf.kit.adapters.demo_idp import DemoUser

APPLICANT = frozenset({"applicant"})
STATE_NAME = "demonstration.json"


def applicant(subject: str, given: str, family: str, born: date, note: str = "") -> DemoUser:
    """Somebody who signs in on the public side."""
    email = f"{subject}@post.example"
    return DemoUser(subject, "public", given, family, APPLICANT, None, born, email, note)


def _staff(subject: str, given: str, family: str, office: str, *roles: str, note: str = "") -> DemoUser:
    return DemoUser(subject, "office", given, family, frozenset(roles), office, None, None, note)


DEMO_USERS: list[DemoUser] = [
    applicant("amira", "Amira", "Haddad", date(1999, 3, 14), "neu hier, noch ohne Antrag"),
    applicant("linh", "Linh", "Nguyễn", date(2001, 7, 2), "hat Anträge in verschiedenen Ständen"),
    applicant("pruefling", "Pia", "Probe-Ağaoğlu", date(2000, 2, 29), "Prüfbetrieb"),
    applicant("mateo", "Mateo", "Quispe Mamani", date(1998, 11, 30), "wartet auf die Entscheidung"),
    _staff("keller", "Sabine", "Keller", "erlenbruck", "caseworker", note="Sachbearbeitung"),
    _staff("petersen", "Jonte", "Petersen", "erlenbruck", "caseworker", note="Sachbearbeitung"),
    _staff("braun", "Mehmet", "Braun", "erlenbruck", "caseworker", "approver", note="Sachbearbeitung und Freigabe"),
    _staff("ott", "Ruth", "Ott", "erlenbruck", "counter", "planner", note="Schalter und Terminplanung"),
    _staff("huber", "Franz", "Huber", "lindenried", "caseworker", "approver", note="anderes Amt (Bayern)"),
    _staff("brandl", "Anna", "Brandl", "lindenried", "caseworker", "planner", note="Sachbearbeitung, anderes Amt"),
    _staff("pruefung", "Paula", "Prüf", "probstadt", "caseworker", "counter", note="Prüfbetrieb"),
    _staff("freigabe", "Fritz", "Freigabe", "probstadt", "approver", "planner", note="Prüfbetrieb"),
]
"""Read at every sign-in, so that the list may grow (the smoke run's own people are in it from the start)."""


class Made(BaseModel):
    """How far the demonstration's cases are. A case that was begun and not made was cut off, or a page failed it."""

    planned: int = 0
    begun: int = 0
    made: int = 0
    complete: bool = True
    """Nothing is left to do."""

    @classmethod
    def load(cls, data: Path) -> "Made":
        """What is written there; for a folder without it nothing is planned."""
        file = data / STATE_NAME
        return cls.model_validate_json(file.read_bytes()) if file.exists() else cls()

    def keep(self, data: Path) -> None:
        """Write it down, so that the next start goes on."""
        part = data / f".{STATE_NAME}"
        part.write_text(self.model_dump_json())
        part.rename(data / STATE_NAME)


@dataclass
class Demonstration:
    """What `run`, the page /vorfuehrung and the making of cases share."""

    data: Path
    clock: DemoClock
    users: list[DemoUser]
    made: Made
    stop: Callable[[], None] = field(default=lambda: None)
    """Ends the server; what comes next stands in the data folder."""

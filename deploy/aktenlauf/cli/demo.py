"""The demonstration: invented people of every role."""

import asyncio
from datetime import date

import typer
import uvicorn

from aktenlauf.cli.installation import Installation
from aktenlauf.kit.adapters.demo_idp import DemoUser

APPLICANT = frozenset({"applicant"})


def _applicant(subject: str, given: str, family: str, born: date, note: str = "") -> DemoUser:
    email = f"{subject}@post.example"
    return DemoUser(subject, "public", given, family, APPLICANT, None, born, email, note)


def _staff(subject: str, given: str, family: str, office: str, *roles: str, note: str = "") -> DemoUser:
    return DemoUser(subject, "office", given, family, frozenset(roles), office, None, None, note)


DEMO_USERS: list[DemoUser] = [
    _applicant("amira", "Amira", "Haddad", date(1999, 3, 14), "neu hier, noch ohne Antrag"),
    _applicant("linh", "Linh", "Nguyễn", date(2001, 7, 2), "hat Anträge in verschiedenen Ständen"),
    _applicant("pruefling", "Pia", "Probe-Ağaoğlu", date(2000, 2, 29), "Prüfbetrieb"),
    _applicant("mateo", "Mateo", "Quispe Mamani", date(1998, 11, 30), "wartet auf die Entscheidung"),
    _staff("keller", "Sabine", "Keller", "erlenbruck", "caseworker", note="Sachbearbeitung"),
    _staff("braun", "Mehmet", "Braun", "erlenbruck", "caseworker", "approver", note="Sachbearbeitung und Freigabe"),
    _staff("ott", "Ruth", "Ott", "erlenbruck", "counter", "planner", note="Schalter und Terminplanung"),
    _staff("huber", "Franz", "Huber", "lindenried", "caseworker", "approver", note="anderes Amt (Bayern)"),
    _staff("pruefung", "Paula", "Prüf", "probstadt", "caseworker", "counter", note="Prüfbetrieb"),
    _staff("freigabe", "Fritz", "Freigabe", "probstadt", "approver", "planner", note="Prüfbetrieb"),
]
"""Read at every sign-in, so that the list may grow (the smoke run's own people are in it from the start)."""


async def demonstration(installation: Installation, server: uvicorn.Server) -> None:
    """Say where to look once everything is ready."""
    while not (server.started and all((await installation.parts_ready()).values())):
        await asyncio.sleep(0.05)
    typer.echo(f"Aktenlauf is ready: {installation.settings.public_url}")

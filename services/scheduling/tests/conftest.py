"""People, offices and cases that the tests of scheduling share. All invented."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aktenlauf.contracts.intake import ApplicationContent, ApplicationSubmitted
from aktenlauf.contracts.review import AppointmentRequired
from aktenlauf.contracts.scheduling import Slot
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.kit.identity import Person
from aktenlauf.kit.keyring import party_of
from aktenlauf.kit.scope import System
from aktenlauf.kit.testing.alone import Stand, alone
from aktenlauf.kit.views import Document
from aktenlauf.scheduling.capacity import opened_days
from aktenlauf.scheduling.service import definition
from aktenlauf.scheduling.views import appointments

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""A Monday, 9 o'clock in Berlin."""
LINDENRIED = ("lindenried", "zollhaus")
"""One counter that serves one person at a time."""

AMIRA = Person(subject="amira", name="Amira Haddad", roles=frozenset({"applicant"}))
LINH = Person(subject="linh", name="Linh Nguyễn", roles=frozenset({"applicant"}))


def staff(subject: str, office: str, *roles: str) -> Person:
    return Person(subject=subject, name=subject.title(), roles=frozenset(roles), office=office)


class Desk:
    """The running service, and the steps that lead to an appointment."""

    def __init__(self, stand: Stand) -> None:
        self.stand, self.service, self.clock = stand, stand.service, stand.clock

    async def applied(self, case: str, person: Person, office: str = "lindenried") -> None:
        """This person has applied."""
        party = await party_of(self.service.ports.keyring, person.subject)
        content = ApplicationContent(answers={}, name=f"{person.name} ({case})", salt="s")
        event = ApplicationSubmitted(
            number=f"AUF-{case}",
            service="study-extension",
            catalogue_version=1,
            application="extension",
            office=office,
            party=party,
            digest="0" * 64,
            sealed=Sealed.of(content),
        )
        await self.stand.happened("intake", event, stream=f"intake/application/{case}", case=case)

    async def required(self, case: str, office: str = "lindenried") -> None:
        """The office wants to see them."""
        event = AppointmentRequired(requirement=f"r-{case}", purpose="biometrics", office=office)
        await self.stand.happened("review", event, stream=f"review/case/{case}", case=case)

    async def invited(self, case: str, person: Person, office: str = "lindenried") -> None:
        """All of this, until the invitation stands."""
        await self.applied(case, person, office)
        await self.required(case, office)
        await self.settled()

    async def settled(self) -> None:
        await self.stand.settled()

    async def appointment(self, case: str) -> Document:
        await self.settled()
        return await self.service.get(appointments, System("test"), case)

    async def day(self, day: datetime, place: tuple[str, str] = LINDENRIED) -> Document:
        (doc,) = await opened_days(self.service, *place, day.date(), day.date())
        return doc


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with alone(definition, tmp_path, NOW) as stand:
        yield Desk(stand)


def slot(start: datetime, place: tuple[str, str] = LINDENRIED) -> Slot:
    return Slot(office=place[0], place=place[1], start=start, minutes=20)

"""Intake alone, with an application filed by its own command and the other services' events heard as bytes."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from aktenlauf.contracts.common import DocumentRef, SealedFile, StoredFile
from aktenlauf.contracts.documents import DocumentUploaded, UploadedFile
from aktenlauf.contracts.envelope import Event, parse
from aktenlauf.contracts.intake import ApplicationContent, FreeText, MessageDelivered
from aktenlauf.contracts.review import CaseOpened, DecisionIssued, EvidenceRequested, QuestionAsked
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.intake.domain import Submit
from aktenlauf.intake.service import definition
from aktenlauf.intake.views import mailbox
from aktenlauf.kit.identity import Person
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.keyring import party_of
from aktenlauf.kit.scope import System
from aktenlauf.kit.testing.alone import Stand, alone
from aktenlauf.kit.views import Document

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""A Monday, 9 o'clock in Berlin."""
CASE, NUMBER = "01890000-0000-7000-8000-000000000001", "AUF-7K3M-92QX-5"
OTHER_CASE = "01890000-0000-7000-8000-000000000002"
AMIRA = Person(subject="amira", name="Amira Haddad", roles=frozenset({"applicant"}), birthdate=date(1991, 3, 14))
LINH = Person(subject="linh", name="Linh Nguyễn", roles=frozenset({"applicant"}))
EMAIL = "amira@example.org"
ANSWERS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "study_extension.example.json").read_text("utf-8"))
Mailed = list[tuple[str, str]]


class Office:
    """The running service, and what the others did."""

    def __init__(self, stand: Stand, folder: Path) -> None:
        self.stand, self.service, self.clock, self.folder = stand, stand.service, stand.clock, folder

    async def submit(
        self,
        case: str = CASE,
        person: Person = AMIRA,
        number: str = NUMBER,
        locale: str = "de",
        email: str | None = EMAIL,
        documents: tuple[DocumentRef, ...] = (),
    ) -> None:
        """This person files an application."""
        party = await party_of(self.service.ports.keyring, person.subject)
        content = ApplicationContent(
            answers=ANSWERS, name="Haddad, Amira", birth_date="1991-03", email=email, locale=locale, salt="s"
        )
        await self.service.run(
            Submit(
                id=new_id(),
                at=self.clock(),
                actor="party-1",
                scope=System("test"),
                case=case,
                number=number,
                service="study_extension",
                catalogue_version=1,
                application="extension",
                office="lindenried",
                party=party,
                residence_title="title",
                title_valid_until=date(2026, 12, 14),
                evidence=("passport", "health_insurance"),
                documents=documents,
                digest="0" * 64,
                content=content,
            )
        )

    async def uploaded(self, document: str, evidence: str, case: str = CASE, person: Person = AMIRA) -> None:
        """Documents took a file."""
        file = StoredFile(
            blob=f"blob-{document}",
            identity="-",
            name=f"{evidence}.pdf",
            media_type="application/pdf",
            size_bytes=184_320,
            sha256="6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b",
        )
        event = DocumentUploaded(
            document=document,
            evidence=evidence,
            party=await party_of(self.service.ports.keyring, person.subject),
            digest="0" * 64,
            blobs=[file.blob],
            sealed=Sealed.of(UploadedFile(file=file, salt="s")),
        )
        await self.stand.happened("documents", event, stream=f"documents/document/{document}", case=case)

    async def reviewed(self, *events: Event, case: str = CASE) -> None:
        """Review did this, one after the other."""
        for event in events:
            await self.stand.happened("review", event, stream=f"review/case/{case}", case=case, actor="staff-1")

    async def scheduled(self, *events: Event, case: str = CASE) -> None:
        """Scheduling did this."""
        for event in events:
            await self.stand.happened("scheduling", event, stream=f"scheduling/appointment/{case}", case=case)

    async def settled(self) -> None:
        await self.stand.settled()

    async def browser(self, person: Person = AMIRA, language: str = "de") -> httpx.AsyncClient:
        await self.settled()
        return await self.stand.browser("public", person, language)

    async def box(self, case: str = CASE) -> Document:
        """The mailbox, once everything has been heard and answered."""
        await self.settled()
        return await self.service.get(mailbox, System("test"), case)

    async def newest(self, case: str = CASE) -> str:
        """Id of the newest message."""
        return str((await self.box(case))["messages"][0]["id"])

    async def events(self, stream: str) -> list[Event]:
        """What stands in a stream."""
        stored = await self.service.ports.log.read(stream)
        return [event for record in stored if (event := parse(record.record).event)]

    async def delivered(self, case: str = CASE) -> list[MessageDelivered]:
        """The messages of a case in order."""
        await self.settled()
        events = await self.events(f"intake/application/{case}")
        return [event for event in events if isinstance(event, MessageDelivered)]

    def mails(self) -> list[str]:
        """The mails that were sent, as written."""
        return [file.read_text("utf-8") for file in sorted((self.folder / "mail").glob("*.eml"))]


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with alone(definition, tmp_path, NOW) as stand:
        yield Office(stand, tmp_path)


def opened(effect: str = "title_continues") -> CaseOpened:
    return CaseOpened.model_validate(
        {
            "number": NUMBER,
            "service": "study_extension",
            "application": "extension",
            "office": "lindenried",
            "filed_on": date(2026, 11, 23),
            "effect": effect,
            "effect_rule": "§ 81 Abs. 4 AufenthG",
            "title_valid_until": date(2026, 12, 14),
            "inaction_from": date(2027, 2, 24),
            "evidence": ["passport", "health_insurance"],
        }
    )


def requested(request: str = "r-1", *kinds: str) -> EvidenceRequested:
    return EvidenceRequested(
        request=request,
        evidence=list(kinds or ("health_insurance",)),
        deadline=date(2026, 12, 7),
        sealed=Sealed.of(FreeText(text="Die Karte allein genügt nicht.")),
    )


def asked(question: str = "q-1") -> QuestionAsked:
    text = FreeText(text="Arbeiten Sie neben dem Studium?")
    return QuestionAsked(question=question, deadline=date(2026, 12, 7), sealed=Sealed.of(text))


def decided(outcome: str = "refused") -> DecisionIssued:
    file = StoredFile(
        blob="n", identity="-", name="Bescheid.pdf", media_type="application/pdf", size_bytes=1, sha256="0" * 64
    )
    return DecisionIssued.model_validate(
        {
            "decision": "d-1",
            "outcome": outcome,
            "document": DocumentRef(document="notice-1", kind="notice"),
            "blobs": ["n"],
            "counts_as_announced_on": date(2026, 11, 27),
            "announcement_rule": "Art. 6 BayDiG",
            "remedy_until": date(2026, 12, 28),
            "sealed": Sealed.of(SealedFile(file=file)),
        }
    )

"""An office with its people and one case, told as the other services tell it. All invented."""

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from aktenlauf.contracts.common import DocumentRef, SealedFile, StoredFile
from aktenlauf.contracts.documents import DocumentChecked, DocumentUploaded, PageImages, UploadedFile
from aktenlauf.contracts.envelope import Event, parse
from aktenlauf.contracts.intake import ApplicationContent, ApplicationSubmitted, ReceiptIssued
from aktenlauf.contracts.sealed import Sealed
from aktenlauf.kit.identity import Person
from aktenlauf.kit.scope import System
from aktenlauf.kit.testing.alone import Stand, alone, hidden_fields
from aktenlauf.kit.views import Document, View
from aktenlauf.review.service import definition
from aktenlauf.review.views import case_file

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""A Monday, 9 o'clock in Berlin."""
ANSWERS: dict[str, Any] = json.loads((Path(__file__).parent / "answers.example.json").read_bytes())


def person(subject: str, name: str, *roles: str, office: str = "erlenbruck") -> Person:
    return Person(subject=subject, name=name, roles=frozenset(roles), office=office)


KELLER = person("keller", "Sabine Keller", "caseworker")
BRAUN = person("braun", "Mehmet Braun", "caseworker", "approver")
VOSS = person("voss", "Ida Voss", "approver")
REVISOR = person("revisor", "Ute Lang", "auditor")
HUBER = person("huber", "Franz Huber", "caseworker", "approver", office="lindenried")


class Bureau:
    """The running service, what happens elsewhere, and what people do with their browsers."""

    def __init__(self, stand: Stand) -> None:
        self.stand, self.service, self.clock = stand, stand.service, stand.clock
        self._browsers: dict[str, httpx.AsyncClient] = {}

    async def happened(self, event: Event, case: str = "c-1", *, stream: str = "", **more: Any) -> str:
        """An event of another service on its usual stream."""
        owner = event.owner or "documents"
        kinds = {"intake": "application", "scheduling": "appointment", "xoev-gateway": "exchange"}
        stream = stream or f"{owner}/{kinds.get(owner, 'access')}/{case}"
        return await self.stand.happened(owner, event, stream=stream, case=case, **more)

    async def uploaded(
        self, document: str, kind: str, case: str = "c-1", pages: int = 2, text: str = "Bescheinigung"
    ) -> DocumentRef:
        """A file with page images, and this text on its first page."""
        await self.happened(
            DocumentUploaded(
                document=document, evidence=kind, party="p", digest="0" * 64, blobs=["b"],
                sealed=Sealed.of(UploadedFile(file=stored(f"{kind}.pdf"), salt="s")),
            ),
            case, stream=f"documents/document/{document}",
        )  # fmt: skip
        images = PageImages(blobs=["i"] * pages, texts=[text, ""][:pages], identity="x")
        checked = DocumentChecked(
            document=document, pages=pages, hints=[], blobs=["i"] * pages, sealed=Sealed.of(images)
        )
        await self.happened(checked, case, stream=f"documents/document/{document}")
        return DocumentRef(document=document, kind=kind)

    async def applied(self, case: str = "c-1", office: str = "erlenbruck", **more: Any) -> None:
        """An application with a passport and without its other evidence, receipt included; the case is open."""
        passport = await self.uploaded(f"pass-{case}", "passport", case)
        await self.happened(
            submitted(office=office, number=f"AL-7K3M-92QF-{case[-1]}", documents=[passport], **more), case
        )
        receipt = ReceiptIssued(
            document=DocumentRef(document=f"receipt-{case}", kind="receipt"),
            blobs=["r"],
            sealed=Sealed.of(SealedFile(file=stored("Eingang.pdf"))),
        )
        await self.happened(receipt, case)
        await self.stand.settled()

    async def get(self, who: Person, path: str) -> httpx.Response:
        return await (await self.browser(who)).get(path)

    async def post(self, who: Person, page: str, action: str, data: dict[str, Any] | None = None) -> httpx.Response:
        """Send the form with this action that stands on this page, with these fields, and follow to the page behind."""
        browser = await self.browser(who)
        shown = await browser.get(page)
        assert shown.status_code == 200, shown.text
        answer = await browser.post(action, data={**first_hidden(shown, action), **(data or {})})
        await self.stand.settled()
        return answer

    async def browser(self, who: Person) -> httpx.AsyncClient:
        if who.subject not in self._browsers:
            self._browsers[who.subject] = await self.stand.browser("office", who)
        return self._browsers[who.subject]

    async def took(self, who: Person = KELLER, case: str = "c-1") -> None:
        """This person works on the case."""
        answer = await self.post(who, f"/amt/{case}", f"/amt/{case}/uebernehmen")
        assert answer.status_code == 303

    async def doc(self, view: View = case_file, key: str = "c-1") -> Document:
        await self.stand.settled()
        return await self.service.get(view, System("test"), key)

    async def events(self, stream: str = "review/case/c-1") -> list[Event]:
        found = [parse(stored.record).event for stored in await self.service.ports.log.read(stream)]
        return [event for event in found if event is not None]


def first_hidden(answer: httpx.Response, action: str) -> dict[str, str]:
    """The guard of the first form with this action."""
    start = answer.text.index(f'action="{action}"')
    end = answer.text.index("</form>", start)
    begin = answer.text.rindex("<form", 0, start)
    form = answer.text[begin:end]
    normal = f'<form action="{action}" method="post"' + form.split(">", 1)[1] + "</form>"
    return hidden_fields(httpx.Response(200, text=normal), action)


def guard(html: str, action: str | None = None) -> dict[str, str]:
    """The guard's fields of the page's first form, or of that with this action."""
    part = html[html.index(f'action="{action}"') :] if action else html[html.index('name="seen"') - 400 :]
    found = dict(re.findall(r'name="(csrf|command_id|seen)" value="([^"]*)"', part.split("</form>")[0]))
    return {name: value for name, value in found.items() if value}


def href_of(html: str, rel: str) -> str:
    found = re.search(rf'href="([^"]*)" rel="{rel}"', html)
    return found.group(1).replace("&amp;", "&") if found else ""


def stored(name: str) -> StoredFile:
    return StoredFile(
        blob="b", identity="i", name=name, media_type="application/pdf", size_bytes=120_000, sha256="0" * 64
    )


def submitted(**changes: Any) -> ApplicationSubmitted:
    content = ApplicationContent(
        answers=ANSWERS, name="Ḩaddād-Nováková, Lina Şerife", birth_date="1999-04", nationality="475",
        email="lina@mail.example", salt="s",
    )  # fmt: skip
    fields: dict[str, Any] = {
        "number": "AL-7K3M-92QF-1",
        "service": "study_extension",
        "catalogue_version": 1,
        "application": "extension",
        "office": "erlenbruck",
        "party": "p",
        "residence_title": "title",
        "title_valid_until": date(2027, 1, 14),
        "evidence": ["passport", "enrolment", "health_insurance"],
        "documents": [],
        "digest": "0" * 64,
        "sealed": Sealed.of(content),
    }
    return ApplicationSubmitted(**{**fields, **changes})


@pytest.fixture
async def bureau(tmp_path: Path) -> AsyncIterator[Bureau]:
    async with alone(definition, tmp_path, NOW) as stand:
        yield Bureau(stand)

"""Applications through the services' command runners, without HTTP: what the core can carry.

Services come by entry point, their commands by class name.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from aktenlauf.cli.bench.backlog import Backlog
from aktenlauf.cli.bench.load import VISIBLE_SECONDS_MAX, Measured
from aktenlauf.cli.bench.report import Tell
from aktenlauf.cli.installation import Installation, opened
from aktenlauf.cli.journey import ANSWERS, SERVICE
from aktenlauf.cli.visitor import Upload
from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.contracts.common import DocumentRef, StoredFile
from aktenlauf.contracts.documents import UploadedFile
from aktenlauf.contracts.intake import ApplicationContent
from aktenlauf.contracts.offices import by_postcode
from aktenlauf.kit.clock import system_clock
from aktenlauf.kit.decider import Command, Office, Party, System
from aktenlauf.kit.files import keep, new_identity
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.logs import configure
from aktenlauf.kit.service import Service
from aktenlauf.kit.settings import Settings
from aktenlauf.kit.views import View

LOOK_SECONDS = 0.005
WORKLIST = "worklist"


@dataclass
class Services:
    """A running installation, and how to address it."""

    installation: Installation
    backlog: Backlog

    async def run(self, command: str, **fields: Any) -> None:
        """Carry out a command, by its class name, with the service that has it."""
        service, found = self._commands[command]
        await service.run(found(id=new_id(), at=system_clock(), actor="party-1", **fields))

    def __post_init__(self) -> None:
        services = self.installation.services.values()
        self._commands: Mapping[str, tuple[Service, type[Command]]] = {
            command.__name__: (service, command) for service in services for command in service.definition.deciders
        }
        self._worklist: tuple[Service, View] = next(
            (service, view) for service in services for view in service.definition.views if view.name == WORKLIST
        )

    async def in_worklist(self, office: str, case: str) -> bool:
        """Whether the office sees the case."""
        service, view = self._worklist
        row = await service.find(view, Office(office), case)
        return row is not None and "number" in row


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Services]:
    """All services in this process, without a server."""
    configure(json=False)
    settings = Settings(data=folder)
    async with opened(settings, system_clock, ()) as installation, AsyncExitStack() as stack:
        for service in installation.services.values():
            await stack.enter_async_context(service.running())
        yield Services(installation, Backlog(installation))


async def submit_at(
    services: Services, per_second: float, seconds: float, uploads: Sequence[Upload], measured: Measured, tell: Tell
) -> float:
    """Start one application after the other at this pace, whether or not those before are done; the rate reached."""
    began = time.perf_counter()
    tasks: list[asyncio.Task[None]] = []
    while (elapsed := time.perf_counter() - began) < seconds:
        if len(tasks) <= elapsed * per_second:
            tasks.append(asyncio.create_task(_one(services, uploads, measured)))
            tell(elapsed / seconds, f"through the ports: {measured.submitted}")
        await asyncio.sleep(max(0.0, len(tasks) / per_second - (time.perf_counter() - began)))
    await asyncio.gather(*tasks)
    return measured.submitted / (time.perf_counter() - began)


async def _one(services: Services, uploads: Sequence[Upload], measured: Measured) -> None:
    case, party = new_id(), f"party-{new_id()}"
    documents = [await _upload(services, case, party, kind, file) for kind, file in _of_kinds(uploads)]
    number = f"AL-{case[-12:].upper()}"
    sent = time.perf_counter()
    await services.run("ClaimNumber", scope=System("claim-number"), number=number, case=case)
    fields = _application(case, party, documents)
    await services.run("Submit", scope=Party(party), case=case, number=number, **fields)
    measured.submitted += 1
    while not await services.in_worklist(fields["office"], case):
        if time.perf_counter() - sent > VISIBLE_SECONDS_MAX:
            measured.never_visible += 1
            return
        await asyncio.sleep(LOOK_SECONDS)
    measured.visible_after.append(time.perf_counter() - sent)


def _of_kinds(uploads: Sequence[Upload]) -> list[tuple[str, Upload]]:
    kinds = [demand.kind.key for demand in catalogue().services[SERVICE].evidence]
    return [(kinds[number % len(kinds)], upload) for number, upload in enumerate(uploads)]


async def _upload(services: Services, case: str, party: str, kind: str, upload: Upload) -> DocumentRef:
    name, content, media_type = upload
    document, identity, digest = new_id(), new_identity(), hashlib.sha256(content).hexdigest()
    blob = new_id()
    await keep(services.installation.shared.blobs, content, identity, blob)
    file = StoredFile(
        blob=blob, identity=identity, name=name, media_type=media_type, size_bytes=len(content), sha256=digest
    )
    await services.run(
        "AcceptUpload",
        scope=Party(party),
        case=case,
        document=document,
        evidence=kind,
        party=party,
        digest=digest,
        blobs=(blob,),
        file=UploadedFile(file=file, salt="0" * 32),
    )
    return DocumentRef(document=document, kind=kind)


def _application(case: str, party: str, documents: Sequence[DocumentRef]) -> dict[str, Any]:
    office = by_postcode(ANSWERS["contact.address"]["postcode"])
    if office is None:
        raise LookupError("no office is competent for the answers' postcode")
    content = ApplicationContent(
        answers=dict(ANSWERS),
        name=f"{ANSWERS['person.family_name']}, {ANSWERS['person.given_names']}",
        birth_date=ANSWERS["person.birth_date"],
        nationality=ANSWERS["person.nationality"],
        salt="0" * 32,
    )
    return {
        "service": SERVICE,
        "catalogue_version": catalogue().services[SERVICE].version,
        "application": catalogue().services[SERVICE].kind,
        "office": office.key,
        "party": party,
        "residence_title": "title",
        "title_valid_until": date.fromisoformat(ANSWERS["residence.valid_until"]),
        "evidence": tuple(dict.fromkeys(document.kind for document in documents)),
        "documents": tuple(documents),
        "digest": hashlib.sha256(case.encode()).hexdigest(),
        "content": content,
    }

"""One case as the deliveries need it, opened as far as they need it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aktenlauf.contracts.common import SealedFile, StoredFile
from aktenlauf.contracts.intake import ApplicationContent
from aktenlauf.contracts.offices import Office, offices
from aktenlauf.kit.errors import NotYet
from aktenlauf.kit.files import fetch
from aktenlauf.kit.scope import System
from aktenlauf.xoev_gateway.domain import EXCHANGE, Exchange
from aktenlauf.xoev_gateway.views import exchanges
from aktenlauf.xoev_gateway.xauslaender import Attachment


@dataclass(frozen=True)
class Case:
    """What was heard of one case. `content` and `receipt` are still sealed."""

    id: str
    office: Office
    number: str
    service: str
    content: str
    receipt: str | None
    questions: Mapping[str, str]


async def find_case(service: Any, case: str) -> Case:
    """What was heard of it. Raises NotYet before the application was."""
    doc = await service.find(exchanges, System("exchange"), case)
    if not doc or "sealed" not in doc:
        raise NotYet("the application")
    office = offices()[doc["office"]]
    receipt, questions = doc.get("receipt"), doc.get("questions", {})
    return Case(case, office, doc["number"], doc["service"], doc["sealed"], receipt, questions)


async def exchange_of(service: Any, case: str) -> Exchange:
    """Which messages of this case are where, from the log itself."""
    state, _ = await service.runner.state(EXCHANGE, f"xoev-gateway/exchange/{case}")
    found: Exchange = state
    return found


async def content_of(service: Any, case: Case) -> ApplicationContent | None:
    """What the applicant declared; None once erased."""
    opened = await service.ports.sealing.open_token(case.content, ApplicationContent)
    return opened if isinstance(opened, ApplicationContent) else None


async def summary_of(service: Any, case: Case) -> Attachment | None:
    """The confirmation of receipt, which holds all answers; None once erased. Raises NotYet before it was issued."""
    if case.receipt is None:
        raise NotYet("the receipt")
    opened = await service.ports.sealing.open_token(case.receipt, SealedFile)
    if not isinstance(opened, SealedFile):
        return None
    file = opened.file
    return Attachment(await file_content(service, file), file.media_type, name=file.name)


async def file_content(service: Any, file: StoredFile) -> bytes:
    """The plain bytes of a stored file. Raises NotFound."""
    return await fetch(service.ports.blobs, file.blob, file.identity)

"""Messages of an office's own system: read from drop/from-office, received once each, then deleted there.

Nothing is lost by a crash: the file goes only after the event is in the log, and a message that is there already is
deleted quietly. What cannot be taken is put aside with a sentence for an operator.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

from aktenlauf.contracts.common import DocumentRef
from aktenlauf.contracts.xoev_gateway import ReceivedContent
from aktenlauf.kit import erasure
from aktenlauf.kit.errors import Erased, Unavailable
from aktenlauf.kit.files import keep_file
from aktenlauf.kit.ids import derived_id
from aktenlauf.kit.logs import logger
from aktenlauf.kit.scope import System
from aktenlauf.kit.workers import WorkerFailed
from aktenlauf.xoev_gateway.cases import Case, exchange_of, find_case
from aktenlauf.xoev_gateway.domain import Exchange, ReceiveMessage
from aktenlauf.xoev_gateway.drop import Drop, NotAMessage
from aktenlauf.xoev_gateway.incoming import Incoming, Refusal, understand
from aktenlauf.xoev_gateway.mapping import is_read
from aktenlauf.xoev_gateway.message_ids import application_message
from aktenlauf.xoev_gateway.views import numbers

LOOK_SECONDS = 1.0
WORDS_BYTES_MAX = 100_000
"""What a person is told; an office's whole letter is an attachment. Sealed, it fits into one record."""
_log = logger(__name__)


class _Refused(Exception):
    """Not to be received; `case` where it is known, so that the file is cleared with it."""

    def __init__(self, sentence: str, case: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence, self.case = sentence, case


@asynccontextmanager
async def followed(service: Any) -> AsyncIterator[None]:
    """Look into the folder every second until the block ends."""
    task = asyncio.create_task(_follow(service))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _follow(service: Any) -> None:
    while True:
        try:
            await look(service)
        except Exception as error:
            _log.error("the drop folder cannot be read", error=error)
        await asyncio.sleep(LOOK_SECONDS)


async def look(service: Any) -> None:
    """Work off what lies there now. What cannot be done at the moment stays, with all that came after it."""
    drop = Drop(service.ports.folder / "drop")
    for file in await asyncio.to_thread(drop.waiting):
        try:
            await _take(service, drop, file)
        except Unavailable as error:
            _log.warning("a message waits: something is unavailable", error=error)
            return
        except FileNotFoundError:
            continue  # whoever laid it there took it away again


async def _take(service: Any, drop: Drop, file: Path) -> None:
    try:
        data = await asyncio.to_thread(drop.read, file)
        await _receive(service, data)
    except NotAMessage as refused:
        await _refuse(drop, file, str(refused), None)
    except _Refused as refused:
        await _refuse(drop, file, refused.sentence, refused.case)
    except WorkerFailed as error:
        await _refuse(drop, file, f"Reading it had to be stopped ({error.reason}).", None)
    except Erased:
        _log.info("a message for an erased case was deleted")
        await asyncio.to_thread(drop.done, file)
    else:
        await asyncio.to_thread(drop.done, file)


async def _refuse(drop: Drop, file: Path, sentence: str, case: str | None) -> None:
    name = await asyncio.to_thread(drop.refuse, file, sentence, case)
    _log.error("a message was refused: an operator must look", refused=name, reason=sentence)


async def _receive(service: Any, data: bytes) -> None:
    """Raises _Refused, Erased, and what is transient."""
    found = await service.ports.workers.run(understand, data, service.settings.xoev_schema_dir)
    if isinstance(found, Refusal):
        raise _Refused(found.sentence)
    incoming: Incoming = found
    case = await _case(service, incoming)
    exchange = await exchange_of(service, case.id)
    if incoming.message in exchange.received:
        return
    _check(service, incoming, case, exchange)
    await service.run(await _command(service, incoming, case, data))


async def _case(service: Any, incoming: Incoming) -> Case:
    known = await service.find(numbers, System("inbox"), incoming.number)
    if known is None:
        raise _Refused("Its antragsidentifikation is no case number of ours.")
    if await erasure.is_ordered(service, known["case"]):
        raise Erased(known["case"])
    return await find_case(service, known["case"])


def _check(service: Any, incoming: Incoming, case: Case, exchange: Exchange) -> None:
    """The message must come from the case's office, to us, about something that we sent."""
    office = case.office
    if not is_read(office):
        raise _Refused("The office of this case has no system of its own by its configuration.", case.id)
    if incoming.author != office.dvdv:
        raise _Refused(f"Its author is not the office of this case ({office.dvdv}).", case.id)
    if incoming.reader != office.portal:
        raise _Refused(f"Its reader is not the portal of this case ({office.portal}).", case.id)
    if incoming.trigger not in exchange.prepared | {application_message(case.id)}:
        raise _Refused("Its ausloeserUUID names no message of this case.", case.id)
    if len(f"{incoming.text}{incoming.appointment}".encode()) > WORDS_BYTES_MAX:
        raise _Refused(f"Its text has more than {WORDS_BYTES_MAX} bytes.", case.id)
    if incoming.test and not (office.test or service.settings.demo):
        raise _Refused("It is a test message, which must not be processed here.", case.id)


async def _command(service: Any, incoming: Incoming, case: Case, data: bytes) -> ReceiveMessage:
    blobs = service.ports.blobs
    file = await keep_file(blobs, data, f"{incoming.type}-{case.number}.xml", "application/xml")
    attachment = None
    if incoming.attachment is not None:
        extension = "pdf" if incoming.media_type == "application/pdf" else "jpg"
        name = f"Schreiben-{case.number}.{extension}"
        attachment = await keep_file(blobs, incoming.attachment, name, incoming.media_type)
    content = ReceivedContent(file=file, text=incoming.text, appointment=incoming.appointment, attachment=attachment)
    return ReceiveMessage(
        id=derived_id("receive", case.id, incoming.message),
        at=service.ports.clock(),
        actor="system:inbox",
        scope=System("inbox"),
        case=case.id,
        message=incoming.message,
        type=incoming.type,
        trigger=incoming.trigger,
        status=incoming.status,
        deadline=date.fromisoformat(incoming.deadline) if incoming.deadline else None,
        document=DocumentRef(document=derived_id(incoming.message, "document-in"), kind="message-in"),
        blobs=tuple(stored.blob for stored in (file, attachment) if stored),
        content=content,
    )

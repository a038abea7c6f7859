"""What intake makes and sends: the confirmation of receipt, and the mail that says that there is something new."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.contracts.common import DocumentRef, SealedFile, StoredFile
from aktenlauf.contracts.documents import DocumentUploaded
from aktenlauf.contracts.envelope import Meta, parse
from aktenlauf.contracts.intake import ApplicationContent, ApplicationSubmitted, MessageDelivered
from aktenlauf.contracts.offices import offices
from aktenlauf.intake.domain import IssueReceipt, RecordNotification
from aktenlauf.intake.messages import mail
from aktenlauf.intake.receipt import TEMPLATE, receipt_data
from aktenlauf.intake.views import applications
from aktenlauf.kit import erasure
from aktenlauf.kit.decider import Command
from aktenlauf.kit.errors import NotYet
from aktenlauf.kit.files import keep_file
from aktenlauf.kit.ids import derived_id
from aktenlauf.kit.mailer import Mail
from aktenlauf.kit.press import printed
from aktenlauf.kit.reactions import Do, Reactions
from aktenlauf.kit.scope import System

deliveries = Reactions("deliveries")
mails = Reactions("mail")
"""A handler of its own: while the mail server is away, receipts are made all the same."""


@deliveries.on(ApplicationSubmitted, name="make-receipt")
async def make_receipt(event: ApplicationSubmitted, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """Typeset, store sealed, issue. A repetition leaves an object that nothing refers to; the first one counts."""
    ports = service.ports
    content = await ports.sealing.open(event.sealed)
    if not isinstance(content, ApplicationContent):
        return  # erased meanwhile: there is nobody to confirm anything to
    files = [(ref.kind, await _uploaded(service, ref)) for ref in event.documents]
    named = [(kind, file) for kind, file in files if file is not None]
    data = receipt_data(
        offices()[event.office],
        catalogue().services[event.service],
        event.number,
        event.digest,
        content,
        meta.at,
        named,
    )
    pdf = await printed(ports.workers, TEMPLATE, data)
    file = await keep_file(ports.blobs, pdf, f"Eingangsbestaetigung-{event.number}.pdf", "application/pdf")
    yield do(
        IssueReceipt,
        case=meta.case,
        document=DocumentRef(document=derived_id(meta.id, "receipt"), kind="receipt"),
        blobs=(file.blob,),
        file=SealedFile(file=file),
    )


@mails.on(MessageDelivered, name="notify")
async def notify(event: MessageDelivered, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """One mail a message, the same one when sent again; none where no address is known."""
    doc = await service.find(applications, System("notify"), meta.case)
    if not doc or "sealed" not in doc:
        raise NotYet("the application")
    content = await service.ports.sealing.open_token(doc["sealed"], ApplicationContent)
    if not isinstance(content, ApplicationContent):
        return
    if content.email:
        subject, text = mail(doc["number"], _address(service.settings.public_url), content.locale)
        letter = Mail(id=derived_id(meta.id, "mail"), to=content.email, subject=subject, text=text)
        await service.ports.mailer.send(letter, meta.case)
        if await erasure.is_ordered(service, meta.case):  # asked once it is sent: before, clearing might have passed by
            await service.ports.mailer.clear(meta.case)
    channel = "mail" if content.email else "none"
    yield do(RecordNotification, case=meta.case, message=event.message, channel=channel)


async def _uploaded(service: Any, ref: DocumentRef) -> StoredFile | None:
    """The file behind a reference, None once it is erased. Raises NotYet until documents has told of it."""
    for stored in await service.ports.log.read(f"documents/document/{ref.document}"):
        event = parse(stored.record).event
        if isinstance(event, DocumentUploaded):
            opened = await service.ports.sealing.open(event.sealed)
            return opened.file if opened else None
    raise NotYet(f"document {ref.document}")


def _address(url: str) -> str:
    """As a person types it into a browser."""
    parts = urlsplit(url)
    return parts.netloc + parts.path.rstrip("/")

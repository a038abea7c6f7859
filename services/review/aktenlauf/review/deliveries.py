"""What the office's side makes: the notice as PDF/A, once a second person has approved it."""

from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from aktenlauf.contracts.common import DocumentRef, SealedFile
from aktenlauf.contracts.envelope import Meta
from aktenlauf.contracts.intake import ApplicationContent
from aktenlauf.contracts.offices import offices
from aktenlauf.contracts.review import DecisionApproved, Reasons, StaffName
from aktenlauf.kit.decider import Command
from aktenlauf.kit.errors import NotYet
from aktenlauf.kit.files import keep_file
from aktenlauf.kit.ids import derived_id
from aktenlauf.kit.press import printed
from aktenlauf.kit.reactions import Do, Reactions
from aktenlauf.kit.scope import System
from aktenlauf.kit.views import Document
from aktenlauf.review.domain import IssueDecision
from aktenlauf.review.notice import TEMPLATE, legal_of, notice_data
from aktenlauf.review.views import case_file, staff_names

deliveries = Reactions("deliveries")
_BERLIN = ZoneInfo("Europe/Berlin")


@deliveries.on(DecisionApproved, name="make-notice")
async def make_notice(event: DecisionApproved, meta: Meta, do: Do, service: Any) -> AsyncIterator[Command]:
    """Typeset, store sealed, issue. A repetition leaves an object that nothing refers to; the first one counts."""
    doc = await service.find(case_file, System("make-notice"), meta.case)
    if not doc or "sealed" not in doc:
        raise NotYet("the application")
    proposal = doc.get("proposal")
    if not proposal or proposal["decision"] != event.decision:
        return  # issued before, this is a repetition
    data = await _data(service, doc, proposal, event, meta)
    if data is None:
        return  # erased meanwhile: there is nobody to notify
    pdf = await printed(service.ports.workers, TEMPLATE, data)
    file = await keep_file(service.ports.blobs, pdf, f"Bescheid-{doc['number']}.pdf", "application/pdf")
    legal = legal_of(offices()[doc["office"]], meta.at.astimezone(_BERLIN).date())
    yield do(
        IssueDecision,
        case=meta.case,
        decision=event.decision,
        document=DocumentRef(document=derived_id(meta.id, "notice"), kind="notice"),
        blobs=(file.blob,),
        file=SealedFile(file=file),
        counts_as_announced_on=legal.announced.on,
        announcement_rule=legal.announced.norm.citation,
        remedy_until=legal.remedy_until,
    )


async def _data(
    service: Any, doc: Document, proposal: Document, event: DecisionApproved, meta: Meta
) -> dict[str, Any] | None:
    sealing = service.ports.sealing
    content = await sealing.open_token(doc["sealed"], ApplicationContent)
    reasons = await sealing.open_token(proposal["sealed"], Reasons)
    if not content or not reasons:
        return None
    until = proposal["valid_until"]
    return notice_data(
        offices()[doc["office"]],
        doc["number"],
        doc["service"],
        proposal["outcome"],
        date.fromisoformat(until) if until else None,
        reasons,
        content,
        datetime.fromisoformat(doc["submitted_at"]),
        meta.at,
        [
            (await staff_name(service, proposal["staff"]), "Sachbearbeitung"),
            (await staff_name(service, event.staff), "Freigabe"),
        ],
    )


async def staff_name(service: Any, staff: str) -> str:
    """The name behind a pseudonym, or what is left where it is not known or erased."""
    doc = await service.find(staff_names, System("staff-name"), staff)
    opened = await service.ports.sealing.open_token(doc["sealed"], StaffName) if doc else None
    return opened.name if opened else "Sachbearbeitung"

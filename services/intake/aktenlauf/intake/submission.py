"""Submitting: from a draft to the application that was filed.

    check (pure) -> claim a number -> Submit        (-> the draft's record goes, by a reaction)

Each step may be repeated: number, salt and digest follow from the draft, so that a form posted twice, two windows or a
second try after a crash file one application. Behind `Submit` the draft counts for nothing, record or not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from aktenlauf.contracts.common import DocumentRef
from aktenlauf.contracts.envelope import parse
from aktenlauf.contracts.errors import Code
from aktenlauf.contracts.intake import ApplicationContent, ApplicationSubmitted, ReceiptIssued
from aktenlauf.contracts.offices import Office, by_postcode
from aktenlauf.intake import case_number, drafts, forms, views
from aktenlauf.intake.domain import ClaimNumber, Submit
from aktenlauf.intake.drafts import Draft
from aktenlauf.kit.errors import Erased, NotFound, Refused
from aktenlauf.kit.ids import derived_id
from aktenlauf.kit.runner import Outcome
from aktenlauf.kit.scope import Party, System
from aktenlauf.kit.service import Service
from aktenlauf.kit.views import Document

NUMBER_SECRET = "installation/case-numbers"  # noqa: S105 the name of a keyring entry
ATTEMPTS = 20
UNUSABLE = frozenset({"rejected", "deleted", "unknown"})


@dataclass(frozen=True, slots=True)
class Filed:
    """What the applicant is told about a filed application."""

    case: str
    number: str
    service: str
    at: datetime
    digest: str
    office: str
    receipt: str | None = None
    """Document id of the confirmation (PDF), once it is made."""
    version: int = 0
    """Of the case's stream, with the confirmation."""


def office_of(draft: Draft) -> Office | None:
    """The competent office by the postcode of the address; None if none here is."""
    address = draft.content.answers.get("contact.address")
    return by_postcode(str(address.get("postcode", ""))) if isinstance(address, dict) else None


def usable_documents(evidence: Document | None) -> tuple[DocumentRef, ...]:
    """What was uploaded for the case and not rejected or deleted, in the order of uploading."""
    documents: Mapping[str, Any] = (evidence or {}).get("documents", {})
    usable = ((key, doc["evidence"]) for key, doc in sorted(documents.items()) if doc["status"] not in UNUSABLE)
    return tuple(DocumentRef(document=key, kind=kind) for key, kind in usable)


def counted(documents: tuple[DocumentRef, ...]) -> dict[str, int]:
    """How many documents there are, by evidence kind."""
    kinds = [document.kind for document in documents]
    return {kind: kinds.count(kind) for kind in kinds}


def contents(draft: Draft, office: Office, documents: tuple[DocumentRef, ...], today: date) -> dict[str, Any]:
    """The fields of `Submit` but for the number. Raises Refused for a draft that cannot be filed. Pure."""
    if drafts.gaps(draft, today):
        raise Refused(Code.INCOMPLETE)
    if forms.missing(draft.offer, draft.content.answers, today):
        raise Refused(Code.DECLARATION)
    declared = forms.submission(draft.offer, draft.content.answers)
    answers: Any = declared["answers"]
    needed = forms.evidence_needed(draft.offer, draft.content.answers, counted(documents))
    until = answers.get("residence.valid_until")
    return {
        "service": draft.offer.key,
        "catalogue_version": draft.offer.version,
        "application": draft.offer.kind,
        "office": office.key,
        "party": draft.party,
        "residence_title": answers.get("residence.title", "unknown"),
        "title_valid_until": date.fromisoformat(until) if until else None,
        "evidence": tuple(state.demand.kind.key for state in needed if state.state != "not_needed"),
        "documents": documents,
        "digest": forms.digest(declared, draft.content.salt),
        "content": _content(draft, answers),
    }


async def submit(service: Service, draft: Draft, given: Mapping[str, Any]) -> Outcome:
    """File the application. `given`: id, at, actor, scope of the applicant's command.

    Raises Refused (incomplete, declaration, no-office, already-submitted), Erased (discarded meanwhile, in another
    window), and what the runner raises.
    """
    office = office_of(draft)
    if office is None:
        raise Refused(Code.NO_OFFICE)
    evidence = await service.find(views.evidence, Party(draft.party), draft.case)
    fields = contents(draft, office, usable_documents(evidence), drafts.today_of(given["at"]))
    number = await claim_number(service, draft.case, given["at"])
    try:
        return await service.run(Submit(**given, case=draft.case, number=number, **fields))
    except NotFound:  # the stream belongs to nobody: it began with the end of the draft
        raise Erased(draft.case) from None


async def claim_number(service: Service, case: str, at: datetime) -> str:
    """A number that belongs to this case alone, for good; the same one when asked again."""
    secret = await service.ports.keyring.create(NUMBER_SECRET)
    for _, number in zip(range(ATTEMPTS), case_number.candidates(secret, case), strict=False):
        if await _claimed(service, number, case, at):
            return number
    raise RuntimeError(f"{ATTEMPTS} case numbers in a row are taken: the numbers are used up")


async def filed(service: Service, case: str, party: str) -> Filed:
    """The filed application of this person, from the service's own log: no view need have caught up.

    Raises NotFound.
    """
    found: Filed | None = None
    for stored in await service.ports.log.read(f"intake/application/{case}"):
        record = parse(stored.record)
        match record.event:
            case ApplicationSubmitted() as event if event.party == party:
                found = Filed(case, event.number, event.service, record.meta.at, event.digest, event.office)
            case ReceiptIssued() as event if found:
                found = replace(found, receipt=event.document.document, version=stored.version)
    if found is None:
        raise NotFound(case)
    return found


async def _claimed(service: Service, number: str, case: str, at: datetime) -> bool:
    command = ClaimNumber(
        id=derived_id("claim-number", number, case),
        at=at,
        actor="system:claim-number",
        scope=System("claim-number"),
        number=number,
        case=case,
    )
    try:
        await service.run(command)
    except Refused as refused:
        if refused.code != Code.CONFLICT:
            raise
        return False
    return True


def _content(draft: Draft, answers: Mapping[str, Any]) -> ApplicationContent:
    names = (answers["person.family_name"], answers.get("person.given_names"))
    return ApplicationContent(
        answers=dict(answers),
        name=", ".join(name for name in names if name),
        birth_date=answers.get("person.birth_date"),
        nationality=answers.get("person.nationality"),
        email=answers.get("contact.email"),
        locale=draft.content.locale,
        salt=draft.content.salt,
    )

"""The worklist, and the names of colleagues. The case file and the history stand in modules of their own.

Topics arrive in any order between services, so no handler relies on another service's event having come before.
"""

from datetime import date

from aktenlauf.contracts.common import ErasureOrdered
from aktenlauf.contracts.envelope import Meta
from aktenlauf.contracts.intake import ApplicationSubmitted
from aktenlauf.contracts.review import (
    AnswerReceived,
    CaseAssigned,
    CaseClosed,
    CaseOpened,
    DecisionApproved,
    DecisionIssued,
    DecisionProposed,
    DecisionReturned,
    EvidenceRequested,
    EvidenceReviewed,
    QuestionAsked,
    StaffIdentified,
    SupplementReceived,
)
from aktenlauf.kit.erasure import stored_blobs
from aktenlauf.kit.views import DELETE, Document, View
from aktenlauf.review.case_view import DRAFTS_OWNER, case_file
from aktenlauf.review.history_view import history
from aktenlauf.review.name_index import read_name

__all__ = ["CONTINUING", "NOBODY", "case_file", "history", "staff_names", "stored", "worklist"]

worklist = View(
    "worklist",
    version=4,
    indexes=(
        "list",
        "active",
        "due",
        "risk",
        "filed_at",
        "changed",
        "assignee",
        "service",
        "number",
        "family",
        "proposed_at",
        "taken_by",
    ),
)
"""One row a case. `state`: open, asked, proposed, approved, issued, closed; absent until the case is opened.

Indexes: `list` the tab; `active` 1 while something is to be decided; `due` the next day that matters; `risk` the day
from which the stay is not secured, absent where it is or where all is decided; `filed_at` when the application came
in; `changed` when the office last learned of something; `assignee` pseudonym or NOBODY; `taken_by` id of the command
by which it was taken; `family` blind index of the family name (`name_index`), absent once the case is erased."""

staff_names = View("staff_names", version=1)
"""{sealed} by pseudonym; offices = those that may read it."""

stored = stored_blobs("stored_blobs", DecisionIssued)

NOBODY = ""
CONTINUING = frozenset({"title_continues", "stay_permitted"})
"""Effects of § 81 AufenthG under which the stay is secured until the decision."""
_LISTS = {"open": "open", "proposed": "open", "approved": "open", "asked": "asked", "issued": "decided"}
_QUIET = {"new_messages": 0, "new_documents": 0}


@worklist.on(ApplicationSubmitted)
def row_of_application(doc: Document, event: ApplicationSubmitted, meta: Meta) -> None:
    doc.update(case=meta.case, offices=[event.office], office=event.office, sealed=event.sealed.token)
    doc["filed_at"] = meta.time
    if doc.get("erased"):
        doc.pop("family", None)


worklist.reading(ApplicationSubmitted)(read_name)


@worklist.on(CaseOpened)
def row_of_case(doc: Document, event: CaseOpened, meta: Meta) -> None:
    doc.update(
        number=event.number,
        service=event.service,
        application=event.application,
        effect=event.effect,
        title_valid_until=_iso(event.title_valid_until),
        filed_on=event.filed_on.isoformat(),
        inaction_from=event.inaction_from.isoformat(),
        evidence=event.evidence,
        assignee=NOBODY,
        state="open",
        **_QUIET,
    )
    _settle(doc, meta)


@worklist.on(CaseAssigned)
def row_assigned(doc: Document, event: CaseAssigned, meta: Meta) -> None:
    doc.update(assignee=event.staff, taken_by=meta.causationid)
    _settle(doc, meta)


@worklist.on(EvidenceRequested)
def row_requested(doc: Document, event: EvidenceRequested, meta: Meta) -> None:
    waiting = {"deadline": event.deadline.isoformat(), "open": event.evidence}
    doc.setdefault("waiting", {})[event.request] = waiting
    doc.update(state="asked", **_QUIET)
    _settle(doc, meta)


@worklist.on(QuestionAsked)
def row_asked(doc: Document, event: QuestionAsked, meta: Meta) -> None:
    doc.setdefault("waiting", {})[event.question] = {"deadline": _iso(event.deadline), "open": None}
    doc.update(state="asked", **_QUIET)
    _settle(doc, meta)


@worklist.on(SupplementReceived)
def row_supplied(doc: Document, event: SupplementReceived, meta: Meta) -> None:
    kinds = {document.kind for document in event.documents}
    for asked in doc.get("waiting", {}).values():
        if asked["open"]:
            asked["open"] = [kind for kind in asked["open"] if kind not in kinds]
    still = {key: asked for key, asked in doc.get("waiting", {}).items() if asked["open"] != []}
    verdicts = {kind: verdict for kind, verdict in doc.get("verdicts", {}).items() if kind not in kinds}
    doc.update(waiting=still, verdicts=verdicts, new_documents=doc.get("new_documents", 0) + len(event.documents))
    _settle(doc, meta)


@worklist.on(AnswerReceived)
def row_answered(doc: Document, event: AnswerReceived, meta: Meta) -> None:
    doc.setdefault("waiting", {}).pop(event.question, None)
    doc["new_messages"] = doc.get("new_messages", 0) + 1
    _settle(doc, meta)


@worklist.on(EvidenceReviewed)
def row_reviewed(doc: Document, event: EvidenceReviewed, meta: Meta) -> None:
    doc.setdefault("verdicts", {})[event.evidence] = event.verdict
    doc.update(_QUIET)
    _settle(doc, meta)


@worklist.on(DecisionProposed)
def row_proposed(doc: Document, event: DecisionProposed, meta: Meta) -> None:
    doc.update(state="proposed", proposed_by=event.staff, proposed_at=meta.time, outcome=event.outcome, **_QUIET)
    _settle(doc, meta)


@worklist.on(DecisionReturned)
def row_returned(doc: Document, event: DecisionReturned, meta: Meta) -> None:
    doc.update(state="open", proposed_at=None, outcome=None, returned=True)
    _settle(doc, meta)


@worklist.on(DecisionApproved)
def row_approved(doc: Document, event: DecisionApproved, meta: Meta) -> None:
    doc.update(state="approved", proposed_at=None)
    _settle(doc, meta)


@worklist.on(DecisionIssued)
def row_issued(doc: Document, event: DecisionIssued, meta: Meta) -> None:
    doc.update(state="issued", outcome=event.outcome, **_QUIET)
    _settle(doc, meta)


@worklist.on(CaseClosed)
def row_closed(doc: Document, event: CaseClosed, meta: Meta) -> None:
    doc.update(state="closed", closed=event.reason, proposed_at=None, **_QUIET)
    _settle(doc, meta)


@worklist.on(ErasureOrdered)
def row_erased(doc: Document, event: ErasureOrdered, meta: Meta) -> object:
    if meta.source == DRAFTS_OWNER:
        return DELETE
    doc["erased"] = True
    doc.pop("family", None)
    return None


def _settle(doc: Document, meta: Meta) -> None:
    """What follows from the rest of the row."""
    if doc["state"] == "asked" and not doc.get("waiting"):
        doc["state"] = "open"
    doc["list"] = _LISTS.get(doc["state"], "closed")
    doc["active"] = int(doc["list"] in ("open", "asked"))
    doc["changed"] = meta.time
    done = [kind for kind in doc["evidence"] if doc.get("verdicts", {}).get(kind) in ("accepted", "not-needed")]
    doc["evidence_done"] = len(done)
    doc["risk"] = (doc["title_valid_until"] or doc["filed_on"]) if _at_risk(doc) else None
    waiting = [asked["deadline"] for asked in doc.get("waiting", {}).values() if asked["deadline"]]
    due = min(day for day in (doc["risk"], doc["inaction_from"], *waiting) if day)
    doc["due"] = due if doc["active"] else None  # what is done stands in nobody's way in the order by it


def _at_risk(doc: Document) -> bool:
    return bool(doc["active"]) and doc["effect"] not in CONTINUING


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _by_staff(event: StaffIdentified, meta: Meta) -> str:
    return event.staff


@staff_names.on(StaffIdentified, key=_by_staff)
def name_colleague(doc: Document, event: StaffIdentified, meta: Meta) -> None:
    doc.update(offices=[event.office], sealed=event.sealed.token)

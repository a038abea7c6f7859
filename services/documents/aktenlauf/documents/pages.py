"""Evidence on pages: upload and remove for applicants, page images and originals for both sides.

The only place where people get the content of files, so that whoever looks is recorded.
"""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response

from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.contracts.common import SealedFile, StoredFile
from aktenlauf.contracts.documents import PageImages, UploadedFile
from aktenlauf.contracts.errors import Code
from aktenlauf.contracts.xoev_gateway import ReceivedContent
from aktenlauf.documents.domain import AcceptUpload, DeleteDocument
from aktenlauf.documents.room import Room
from aktenlauf.documents.upload import FILES_PER_REQUEST_MAX, announced_bytes, bound, files_of, read_form, take
from aktenlauf.documents.views import files, still_asked, unread
from aktenlauf.kit.errors import CommandReused, Erased, NotFound, Refused
from aktenlauf.kit.files import fetch
from aktenlauf.kit.grants import UPLOAD_COOKIE, Grant
from aktenlauf.kit.identity import Person
from aktenlauf.kit.ids import derived_id
from aktenlauf.kit.runner import Outcome
from aktenlauf.kit.views import Document
from aktenlauf.kit.web.access import Applicant, requires
from aktenlauf.kit.web.commands import (
    by_applicant,
    looked,
    now,
    scope_of_applicant,
    scope_of_staff,
    see_other,
    service_of,
    up_to_date,
)
from aktenlauf.kit.web.i18n import translate as _
from aktenlauf.kit.web.limits import limited
from aktenlauf.kit.web.pages import page, shell_of, speak_for
from aktenlauf.kit.web.problems import Problem, respond
from aktenlauf.kit.web.security import as_uploaded_content
from aktenlauf.kit.web.unread import counts

router = APIRouter(include_in_schema=False)

Reader = Annotated[Person, requires("caseworker", "approver", "counter")]
"""Who sees content. Planners and auditors do their work without."""
REQUEST_BYTES_MAX = 220_000_000
"""Ten files of the default limit and their form; the single file's limit is a setting."""
UPLOADS_FACTOR = 5
"""So many times the files that a case may have may be uploaded to it, those that were removed again counted too."""

TOGETHER = "zusammen"
"""The field that asks for one document of several photos."""

PROBLEMS = {
    Code.EMPTY_FILE: "{name} ist leer. Bitte wählen Sie die Datei noch einmal aus.",
    Code.FILE_TOO_LARGE: "{name} ist zu groß. Eine Datei darf höchstens {megabytes} MB haben. "
    "Fotografieren Sie die Seite neu oder teilen Sie das Dokument auf.",
    Code.TYPE_NOT_ALLOWED: "{name} können wir nicht öffnen. Bitte speichern Sie das Dokument als PDF "
    "oder fotografieren Sie es (JPG, PNG).",
    Code.NOT_WHAT_IT_SAYS: "{name} enthält etwas anderes, als der Name sagt. Bitte öffnen Sie die Datei und "
    "speichern Sie sie als PDF, JPG oder PNG.",
    Code.TOO_MANY_FILES: "Zu diesem Antrag gehören schon {count} Dateien, mehr nehmen wir nicht an. "
    "Bitte entfernen Sie eine Datei oder fassen Sie Seiten zu einem PDF zusammen.",
    Code.TOO_MANY_UPLOADS: "Zu diesem Antrag wurden schon sehr viele Dateien hochgeladen, auch solche, die Sie wieder "
    "entfernt haben. Mehr nehmen wir nicht an. Rufen Sie bitte die Behörde an.",
    Code.MALFORMED: "Die Datei ist nicht vollständig angekommen. Bitte versuchen Sie es noch einmal.",
    Code.INVALID: "Bitte wählen Sie eine Datei aus.",
}
"""What went wrong with an upload, and the way out; German msgids."""

NOT_OPEN = (
    "Die Nachweise sind gerade nicht geöffnet",
    "Vielleicht war die Seite lange offen. Was Sie gespeichert haben, ist noch da: Öffnen Sie die Nachweise noch "
    "einmal. Wenn das nicht hilft, gehört der Link zu keinem Antrag von Ihnen.",
)
"""For a draft whose right to upload has run out, and for what is not theirs; German msgids."""

DONE = frozenset({"accepted", "not-needed", "complete"})
"""States of a demanded document in which the applicant has nothing left to do."""


@router.get("/nachweise/{case}")
async def evidence(request: Request, person: Applicant, case: str, zu: str | None = None) -> Response:
    """The evidence of one case or draft; `zu`: the request of the office that brought the applicant here."""
    current = await up_to_date(request)
    try:
        doc, grant = await _opened(request, person, case)
    except NotFound:
        return _not_open(request, case)
    return await _show(request, person, case, doc, grant, asked=zu, updating=not current)


@router.post("/nachweise/{case}", dependencies=[limited("upload")])
async def upload(request: Request, person: Applicant, case: str) -> Response:
    """Take files for one kind of evidence, or remove one. A refused file says why; the others stay."""
    try:
        doc, grant = await _opened(request, person, case)
    except NotFound:
        return _not_open(request, case)
    async with _room_of(request).taken(person.subject, announced_bytes(request, REQUEST_BYTES_MAX)):
        try:
            form = await read_form(request)
        except Refused as refused:
            return await _show(request, person, case, doc, grant, status=422, errors={"": _problem(refused)})
        try:
            if "entfernen" in form:
                outcome = await _remove(request, person, case, doc, str(form["entfernen"]), form)
                return see_other(request, f"/nachweise/{case}", outcome)
            kind = str(form.get("hochladen", ""))
            outcomes, refused_files = await _accept(request, person, case, doc, grant, kind, form)
        finally:
            await form.close()
    if refused_files:
        await up_to_date(request)
        doc, grant = await _opened(request, person, case)
        return await _show(request, person, case, doc, grant, status=422, errors={kind: " ".join(refused_files)})
    return see_other(request, f"/nachweise/{case}", *outcomes)


def _room_of(request: Request) -> Room:
    room: Room = request.app.state.room
    return room


async def _accept(
    request: Request, person: Applicant, case: str, doc: Document, grant: Grant | None, kind: str, form: Any
) -> tuple[list[Outcome], list[str]]:
    """Store each file; (what was written, why others were not)."""
    speak_for(request)
    service, given = service_of(request), await by_applicant(request, person, form)
    limit = service.settings.files_per_case_max
    outcomes: list[Outcome] = []
    problems: list[str] = []
    if kind not in catalogue().evidence:
        raise NotFound(kind)
    parts = files_of(form)
    if not parts:
        problems.append(_problem(Refused(Code.INVALID)))
    if TOGETHER in form:
        name = f"{catalogue().evidence[kind].label.de}.pdf"
        parts = await bound(service.ports.workers, parts, service.settings.upload_bytes_max, name)
    for number, part in enumerate(parts):
        try:
            _refuse_beyond(doc, len(outcomes), limit)
            kept = await take(service.ports.blobs, part, service.settings.upload_bytes_max)
        except Refused as refused:
            problems.append(_problem(refused))
            continue
        accept = AcceptUpload(
            **{**given, "id": derived_id(given["id"], str(number))},
            case=case,
            document=derived_id(given["id"], case, str(number)),
            evidence=kind,
            party=given["scope"].id,
            digest=kept.digest,
            blobs=(kept.blob,),
            file=kept.file,
        )
        try:
            outcome = await service.run(accept)
        except (CommandReused, Erased, NotFound, Refused):  # nothing was recorded, and nothing will be
            await service.ports.blobs.delete(kept.blob)
            raise
        if not outcome.events:  # sent before: what was stored for it counts, this copy does not
            await service.ports.blobs.delete(kept.blob)
        outcomes.append(outcome)
    return outcomes, problems


def _refuse_beyond(doc: Document, more: int, limit: int) -> None:
    """Raises Refused for one file too many: there are as many as there may be, or were very many, which left events."""
    if len(doc.get("documents", {})) + more >= limit:
        raise Refused(Code.TOO_MANY_FILES, count=limit)
    if doc.get("uploads", 0) + more >= UPLOADS_FACTOR * limit:
        raise Refused(Code.TOO_MANY_UPLOADS)


async def _remove(request: Request, person: Applicant, case: str, doc: Document, document: str, form: Any) -> Outcome:
    entry = doc.get("documents", {}).get(document)
    if entry is None:
        raise NotFound(document)
    given = await by_applicant(request, person, form)
    command = DeleteDocument(**given, case=case, document=document, submitted=bool(entry.get("filed")))
    return await service_of(request).run(command)


@router.get("/nachweise/{case}/{document}")
async def own_file(request: Request, person: Applicant, case: str, document: str) -> Response:
    """The original of a document of one's own case."""
    await up_to_date(request)
    doc, _grant = await _opened(request, person, case)
    return await _original(request, doc, document)


@router.get("/amt/nachweise/{case}/{document}")
async def office_file(request: Request, person: Reader, case: str, document: str) -> Response:
    """The original, for the office; recorded."""
    doc = await _handed_in(request, person, case, document)
    await looked(request, person, case, "original", document)
    return await _original(request, doc, document)


@router.get("/amt/nachweise/{case}/{document}/seite/{number}")
async def office_page(request: Request, person: Reader, case: str, document: str, number: int) -> Response:
    """The image of one page, from 1; recorded once a minute."""
    doc = await _handed_in(request, person, case, document)
    await looked(request, person, case, "document", document)
    return await _page_image(request, doc, document, number)


async def _handed_in(request: Request, person: Person, case: str, document: str) -> Document:
    """The case's documents without those that are only uploaded: until they are handed in, they are the applicant's.

    Raises NotFound, before a look at an id is recorded that may be no document of the case at all.
    """
    await up_to_date(request)
    doc = await service_of(request).get(files, scope_of_staff(person), case)
    handed_in = {key: one for key, one in doc.get("documents", {}).items() if one.get("filed")}
    if document not in {*handed_in, *doc.get("made", {})}:
        raise NotFound(document)
    return {**doc, "documents": handed_in}


async def _opened(request: Request, person: Applicant, case: str) -> tuple[Document, Grant | None]:
    """The case's documents if they are this person's, by the view or by a grant. Raises NotFound."""
    service, scope = service_of(request), await scope_of_applicant(request, person)
    shell = shell_of(request)
    token = shell.cookies.session_token(request, "public") or ""
    signed = request.cookies.get(UPLOAD_COOKIE)
    grant = service.ports.grants.read(signed, token, now(request)) if signed else None
    if grant is not None and (grant.case, grant.party, grant.purpose) != (case, scope.id, "upload"):
        grant = None
    doc = await service.find(files, scope, case)
    if doc is None and grant is None:
        raise NotFound(case)
    return doc or {}, grant


def _not_open(request: Request, case: str) -> Response:
    """404 with a way on. Whose draft it is, only intake knows: it renews the right, or answers 404 itself."""
    way = {"href": f"/antrag/{quote(case)}/nachweise", "label": "Nachweise noch einmal öffnen"}
    return respond(request, Problem(404, Code.NOT_FOUND, *NOT_OPEN, actions=[way]))


async def _show(
    request: Request,
    person: Person,
    case: str,
    doc: Document,
    grant: Grant | None,
    *,
    status: int = 200,
    errors: dict[str, str] | None = None,
    asked: str | None = None,
    updating: bool = False,
) -> Response:
    locale = speak_for(request).code
    entries = [await _entry(request, entry) for entry in doc.get("documents", {}).values() if entry.get("evidence")]
    demanded = list(doc.get("demanded") or (grant.evidence if grant else ()))
    requested = still_asked(doc)
    kinds = list(dict.fromkeys([*requested, *demanded, *(entry["evidence"] for entry in entries)]))
    cards = [_card(kind, entries, requested, doc.get("verdicts", {}), locale) for kind in kinds]
    return page(
        request,
        "pages/evidence.html",
        status,
        counts=await counts(request, person, unread),
        authority=next(iter(doc.get("offices", ())), None),
        case=case,
        number=doc.get("number"),
        submitted=bool(doc.get("submitted")),
        erased=bool(doc.get("erased_at")),
        cards=cards,
        complete=sum(1 for card in cards if card["state"] in DONE),
        waiting=any(e["status"] == "uploaded" for e in entries),
        new=sum(1 for e in entries if not e["filed"]) if doc.get("submitted") else 0,
        errors=errors or {},
        asked=asked,
        updating=updating,
        bytes_max=service_of(request).settings.upload_bytes_max,
        files_max=FILES_PER_REQUEST_MAX,
    )


def _card(
    kind: str, entries: list[Document], requested: dict[str, str], verdicts: dict[str, str], locale: str
) -> Document:
    known = catalogue().evidence[kind]
    own = [entry for entry in entries if entry["evidence"] == kind]
    state = _state(own, verdicts.get(kind), known.pieces, asked=kind in requested)
    return {
        "kind": kind,
        "title": known.label.pick(locale),
        "why": known.reason.pick(locale),
        "accepted": known.accepted.pick(locale),
        "pieces": known.pieces,
        "files": own,
        "deadline": requested.get(kind),
        "state": state,
        "settled": state in ("accepted", "not-needed"),
    }


def _state(own: list[Document], verdict: str | None, pieces: int, asked: bool) -> str:
    """One of accepted, not-needed, missing, again (asked for once more), look (a file is useless), checking, partial
    and complete. What the office found counts until something new is uploaded.
    """
    if verdict in ("accepted", "not-needed"):
        return str(verdict)
    if not own:
        return "missing"
    if asked and all(entry["filed"] for entry in own):
        return "again"
    if any(entry["status"] == "rejected" for entry in own):
        return "look"
    if any(entry["status"] == "uploaded" for entry in own):
        return "checking"
    return "complete" if len(own) >= pieces else "partial"


async def _entry(request: Request, entry: Document) -> Document:
    opened = None
    if entry.get("sealed"):
        opened = await service_of(request).ports.sealing.open_token(entry["sealed"], UploadedFile)
    return {
        "id": entry["id"],
        "evidence": entry["evidence"],
        "status": entry.get("status", "uploaded"),
        "reason": entry.get("reason"),
        "pages": entry.get("pages"),
        "hints": entry.get("hints", ()),
        "filed": bool(entry.get("filed")),
        "name": opened.file.name if opened else None,
        "kilobytes": max(1, opened.file.size_bytes // 1000) if opened else None,
    }


async def _original(request: Request, doc: Document, document: str) -> Response:
    file = await _stored(request, doc, document)
    content = await fetch(service_of(request).ports.blobs, file.blob, file.identity)
    response = Response(content, media_type=file.media_type)
    shown = "inline" if file.media_type in ("application/pdf", "image/jpeg", "image/png") else "attachment"
    response.headers["Content-Disposition"] = f"{shown}; filename*=UTF-8''{quote(file.name)}"
    as_uploaded_content(response)
    return response


async def _page_image(request: Request, doc: Document, document: str, number: int) -> Response:
    entry = doc.get("documents", {}).get(document)
    if entry is None or not entry.get("images"):
        raise NotFound(document)
    images = await service_of(request).ports.sealing.open_token(entry["images"], PageImages)
    if not images:
        raise Erased(document)
    if not 1 <= number <= len(images.blobs):
        raise NotFound(f"{document} page {number}")
    content = await fetch(service_of(request).ports.blobs, images.blobs[number - 1], images.identity)
    response = Response(content, media_type="image/jpeg")
    as_uploaded_content(response)
    return response


async def _stored(request: Request, doc: Document, document: str) -> StoredFile:
    sealing = service_of(request).ports.sealing
    own, made = doc.get("documents", {}).get(document), doc.get("made", {}).get(document)
    if own is not None and own.get("sealed"):
        opened: Any = await sealing.open_token(own["sealed"], UploadedFile)
    elif made is not None:
        received = made["kind"] == "message-in"
        opened = await sealing.open_token(made["sealed"], ReceivedContent if received else SealedFile)
    else:
        raise NotFound(document)
    if not opened:
        raise Erased(document)
    # A message of the office's own system may carry a letter: that is what people are to read, not its XML.
    file: StoredFile = getattr(opened, "attachment", None) or opened.file
    return file


def _problem(refused: Refused) -> str:
    text = PROBLEMS.get(refused.code)
    if text is None:
        raise refused
    return _(text).format(**refused.params)

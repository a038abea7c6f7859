"""One case: the desk with document, checklist and newest entries, and the areas that only show."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from aktenlauf.contracts.documents import PageImages, UploadedFile
from aktenlauf.kit.errors import CommandReused, NotFound, Refused
from aktenlauf.kit.scope import System
from aktenlauf.kit.views import Document
from aktenlauf.kit.web.access import Staff
from aktenlauf.kit.web.commands import by_staff, scope_of_staff, see_other, service_of
from aktenlauf.kit.web.i18n import date_num, datetime_num, time_hm
from aktenlauf.review import answers, words
from aktenlauf.review.comparison import compare
from aktenlauf.review.domain import ReviewEvidence, TakeCase, Verdict
from aktenlauf.review.pages import office
from aktenlauf.review.pages.came_in import as_it_is_now, overtaken
from aktenlauf.review.pages.office import CaseRoute, Caseworker, Opened
from aktenlauf.review.pages.typed import TOO_LONG, clean
from aktenlauf.review.views import case_file, history

router = APIRouter(route_class=CaseRoute)
VERDICTS: tuple[tuple[Verdict, str, str], ...] = (
    ("accepted", "In Ordnung", "1"),
    ("rejected", "Ablehnen", "2"),
    ("not-needed", "Nicht nötig", "3"),
)
NOTE_MAX = 2000
_NEWEST = 8
_DIGITS_MAX = 6
_ICONS = {"accepted": "kern-success", "rejected": "kern-danger", "not-needed": "minus"}


@router.get("/amt/{case}")
async def desk(request: Request, staff: Staff, case: str) -> Response:
    """A document beside the checklist."""
    shown = await office.open_case(request, staff, case)
    params = request.query_params
    return await _desk(request, shown, params.get("nachweis"), params.get("dokument"), params.get("seite"))


@router.post("/amt/{case}/pruefen")
async def review(request: Request, staff: Caseworker, case: str) -> Response:
    """Judge one item, and go on to the next open one. If something happened meanwhile, the note is kept."""
    shown = await office.open_case(request, staff, case)
    form = await request.form()
    kind, document, note = (str(form.get(name, "")) for name in ("nachweis", "dokument", "vermerk"))
    verdict = _verdict(str(form.get("ergebnis", "")))
    note = clean(note)
    if kind not in office.kinds_of(shown.doc):
        raise NotFound(kind)
    if document:
        office.handed_in(shown.doc, document)
    kept: dict[str, Any] = {"note": note, "verdict": verdict or ""}
    errors = [("ergebnis", "Wählen Sie ein Ergebnis.")] if verdict is None else []
    if len(note) > NOTE_MAX:
        errors.append(("vermerk", TOO_LONG.format(max=NOTE_MAX)))
    if verdict is None or errors:
        return await _desk(request, shown, kind, document, None, 422, **kept, errors=errors)
    command = ReviewEvidence(
        **await by_staff(request, staff, form),
        case=case,
        staff=shown.me,
        evidence=kind,
        document=document or None,
        verdict=verdict,
        note=note,
    )
    try:
        outcome = await service_of(request).run(command)
    except (Refused, CommandReused) as error:
        news = await overtaken(request, case, command.seen, error)
        shown = await as_it_is_now(request, staff, case)
        return await _desk(request, shown, kind, document, None, 409, **kept, news=news)
    doc = shown.doc
    doc.setdefault("verdicts", {})[kind] = {"verdict": verdict}
    return see_other(request, _path(case, nachweis=_first_open(doc) or kind), outcome)


@router.post("/amt/{case}/uebernehmen")
async def take(request: Request, staff: Caseworker, case: str) -> Response:
    """Take the case, also from a colleague."""
    await service_of(request).get(case_file, scope_of_staff(staff), case)
    given = await by_staff(request, staff, await request.form())
    await office.me_of(request, staff)
    outcome = await service_of(request).run(TakeCase(**{**given, "seen": None}, case=case, staff=given["actor"]))
    return see_other(request, f"/amt/{case}", outcome)


@router.get("/amt/{case}/antrag")
async def application(request: Request, staff: Staff, case: str) -> Response:
    """Everything that the applicant declared."""
    shown = await office.open_case(request, staff, case)
    given = answers.sections(shown.doc["service"], shown.content.answers) if shown.content else ()
    return await office.case_page(request, shown, "pages/application.html", "/antrag", sections=list(given))


@router.get("/amt/{case}/termine")
async def appointments(request: Request, staff: Staff, case: str) -> Response:
    """The appointment of the case."""
    shown = await office.open_case(request, staff, case, "appointment")
    found = shown.doc.get("appointment", {})
    place = shown.office.place(found["slot"]["place"]) if found.get("slot") else None
    return await office.case_page(
        request, shown, "pages/appointment.html", "/termine", appointment=found, place=place, purposes=words.PURPOSES
    )


@router.get("/amt/{case}/akte")
async def folder(request: Request, staff: Staff, case: str) -> Response:
    """All documents: the applicant's, ours, and messages exchanged with other systems."""
    shown = await office.open_case(request, staff, case)
    rows = [await _file(request, doc) for doc in office.filed(shown.doc)] if shown.content else []
    rows += _made(shown.doc) if shown.content else []
    rows.sort(key=lambda row: row["at"] or "")
    for row in rows:
        row["href"] = office.file_href(request, shown, row["id"])
    return await office.case_page(request, shown, "pages/folder.html", "/akte", rows=rows)


async def _desk(
    request: Request,
    shown: Opened,
    kind: str | None,
    document: str | None,
    number: str | None,
    status: int = 200,
    **context: Any,
) -> Response:
    doc = shown.doc
    kinds = office.kinds_of(doc)
    documents = sorted(office.filed(doc), key=lambda d: kinds.index(d["evidence"]))
    chosen = _chosen(doc, kinds, documents, kind, document)
    current = await _view(request, shown, chosen[1], number) if chosen[1] else None
    place = documents.index(chosen[1]) if chosen[1] else 0
    judged = doc.get("verdicts", {}).get(chosen[0] or "", {})
    note = await office.text_of(request, judged.get("sealed"))
    defaults: dict[str, Any] = {
        "note": note or "",
        "verdict": judged.get("verdict", ""),  # never chosen beforehand: a verdict is a decision of a person
        "news": [],
        "errors": [],
    }
    return await office.case_page(
        request,
        shown,
        "pages/desk.html",
        "",
        status,
        items=[_item(doc, name, documents) for name in kinds],
        open_item=chosen[0],
        of_item=[d for d in documents if d["evidence"] == chosen[0]],
        done=sum(1 for name in kinds if name in doc.get("verdicts", {})),
        missing=len(office.missing(doc)),
        current=current,
        compared=_compared(shown, chosen[0], current),
        earlier=_of(shown.case, documents[place - 1]) if current and place > 0 else None,
        later=_of(shown.case, documents[place + 1]) if current and place + 1 < len(documents) else None,
        verdicts=VERDICTS,
        entries=await newest(request, shown),
        large="gross" in request.query_params,
        **{**defaults, **context},
    )


def _compared(shown: Opened, kind: str | None, current: dict[str, Any] | None) -> list[Any]:
    """What was declared about the open item, beside the text of the document that is shown."""
    if kind is None or shown.content is None:
        return []
    return compare(shown.doc["service"], kind, shown.content.answers, current["texts"] if current else ())


def _chosen(
    doc: Document, kinds: list[str], documents: list[Document], kind: str | None, document: str | None
) -> tuple[str | None, Document | None]:
    """The open item and the document beside it: as asked for, else the first that is not yet judged."""
    wanted = next((d for d in documents if d["id"] == document), None)
    if wanted is not None and kind in (None, wanted["evidence"]):
        return wanted["evidence"], wanted
    chosen = kind if kind in kinds else _first_open(doc) or (kinds[0] if kinds else None)
    return chosen, next((d for d in documents if d["evidence"] == chosen), None)


def _first_open(doc: Document) -> str | None:
    """The first item without a verdict, those with a document first."""
    judged = doc.get("verdicts", {})
    there = {d["evidence"] for d in office.filed(doc)}
    still = [kind for kind in office.kinds_of(doc) if kind not in judged]
    return next((kind for kind in still if kind in there), still[0] if still else None)


def _item(doc: Document, kind: str, documents: list[Document]) -> dict[str, Any]:
    """A line of the checklist."""
    verdict = doc.get("verdicts", {}).get(kind, {}).get("verdict")
    count = sum(1 for d in documents if d["evidence"] == kind)
    asked = [m["deadline"] for m in doc.get("messages", {}).values() if kind in m.get("open", [])]
    there = "1 Datei" if count == 1 else f"{count} Dateien" if count else "keine Datei"
    note = f"nachgefordert bis {date_num(max(asked))[:6]}" if asked else there
    line = {"kind": kind, "note": note, "asked": bool(asked)}
    if verdict:
        return {**line, "icon": _ICONS[verdict], "state": words.VERDICTS[verdict]}
    if count:
        return {**line, "icon": "dash", "state": "offen"}
    return {**line, "icon": "hourglass" if asked else "kern-danger", "state": "fehlt"}


async def _view(request: Request, shown: Opened, doc: Document, number: str | None) -> dict[str, Any]:
    """The document in the viewer: its name, its pages, the text of the page that is shown."""
    file = await office.opened(request, doc.get("sealed") if shown.content else None, UploadedFile)
    images = await office.opened(request, doc.get("images") if shown.content else None, PageImages)
    pages = len(images.blobs) if images else 0
    page = min(max(_number(number), 1), max(pages, 1))
    images_at = {n: office.file_href(request, shown, doc["id"], n) for n in range(1, pages + 1)}
    return {
        "id": doc["id"],
        "kind": doc["evidence"],
        "name": file.file.name if file else "Datei",
        "href": office.file_href(request, shown, doc["id"]) if file else None,
        "pages": pages,
        "page": page,
        "image": images_at.get(page),
        "thumbs": [(n, image, _of(shown.case, doc, n)) for n, image in images_at.items()],
        "texts": images.texts if images else [],
        "text": images.texts[page - 1] if images and len(images.texts) >= page else "",
        "rejected": words.REJECTIONS.get(doc.get("rejected", "")),
        "hints": doc.get("hints", []),
        "here": _of(shown.case, doc, page),
    }


async def newest(request: Request, shown: Opened) -> list[dict[str, Any]]:
    """The newest entries of the history, without what machines do in between."""
    doc = await service_of(request).find(history, System("newest"), shown.case)
    told = [entry for entry in (doc or {}).get("entries", []) if entry["kind"] not in words.TECHNICAL]
    return await entries_of(request, told[-_NEWEST:])


async def entries_of(request: Request, entries: list[Document]) -> list[dict[str, Any]]:
    """Entries of the history as macro `log` wants them, newest first."""
    names = await office.names_of(request, [entry["actor"] for entry in entries])
    return [
        {
            "title": words.sentence(entry),
            "at": entry["at"],
            "when": datetime_num(entry["at"]),
            "time": f"{time_hm(entry['at'])} Uhr",
            "who": words.who(entry["actor"], names),
            "part": words.part(entry["service"]),
            "mark": entry["kind"] in words.MARKED,
        }
        for entry in reversed(entries)
    ]


async def _file(request: Request, doc: Document) -> dict[str, Any]:
    file = await office.opened(request, doc.get("sealed"), UploadedFile)
    return {
        "id": doc["id"],
        "kind": words.evidence(doc["evidence"]),
        "name": file.file.name if file else None,
        "size": max(1, file.file.size_bytes // 1000) if file else None,
        "pages": doc.get("pages"),
        "note": words.REJECTIONS.get(doc.get("rejected", ""), ""),
        "by": "Antragsteller/in",
        "at": doc.get("uploaded_at"),
    }


def _made(doc: Document) -> list[dict[str, Any]]:
    """What this system and others made: receipt, notice, exchanged messages."""
    none = {"name": None, "size": None, "pages": None, "note": "", "by": "System"}
    rows = []
    if receipt := doc.get("receipt"):
        rows.append({**none, "id": receipt["document"], "kind": words.MADE["receipt"], "at": receipt["at"]})
    if decision := doc.get("decision"):
        rows.append(
            {**none, "id": decision["document"]["document"], "kind": words.MADE["notice"], "at": decision["at"]}
        )
    for message in doc.get("exchange", {}).values():
        if "document" not in message:
            continue
        note = "" if message.get("checked", True) else "nicht gegen das Schema geprüft"
        kind = f"XAusländer {message['type']}"
        by = words.DIRECTIONS.get(message["direction"], "aus dem Fachverfahren")
        rows.append({**none, "id": message["document"], "kind": kind, "at": message["at"], "note": note, "by": by})
    return rows


def _number(word: str | None) -> int:
    return int(word) if word and word.isascii() and word.isdecimal() and len(word) <= _DIGITS_MAX else 1


def _verdict(word: str) -> Verdict | None:
    return next((verdict for verdict, _, _ in VERDICTS if verdict == word), None)


def _of(case: str, doc: Document, page: int | None = None) -> str:
    more = {"seite": str(page)} if page and page > 1 else {}
    return _path(case, dokument=doc["id"], **more)


def _path(case: str, **params: str) -> str:
    return f"/amt/{case}?{urlencode(params)}"

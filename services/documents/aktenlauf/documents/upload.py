"""Taking a file from a request: refused at once for what it is, else sealed and stored before anybody is told so.

The request is read into memory and never onto a disk: parts of a multipart body that the framework would write to a
temporary file would lie there in the clear.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from aktenlauf.contracts.documents import UploadedFile
from aktenlauf.contracts.errors import Code
from aktenlauf.documents import inspection
from aktenlauf.documents.recognition import HEAD_BYTES, PDF, Recognised, Refusal, recognise, refuse_size
from aktenlauf.documents.room import READ_SECONDS
from aktenlauf.kit.blobs import Blobs
from aktenlauf.kit.errors import Refused
from aktenlauf.kit.files import keep_file
from aktenlauf.kit.workers import WorkerFailed, Workers

FILES_PER_REQUEST_MAX = 10
NAME_CHARACTERS_MAX = 200
_CODES = {
    Refusal.EMPTY: Code.EMPTY_FILE,
    Refusal.TOO_LARGE: Code.FILE_TOO_LARGE,
    Refusal.TYPE_NOT_ALLOWED: Code.TYPE_NOT_ALLOWED,
    Refusal.NOT_WHAT_IT_SAYS: Code.NOT_WHAT_IT_SAYS,
}


@dataclass(frozen=True)
class Kept:
    """A file that was stored. `digest` is over salt and content."""

    digest: str
    blob: str
    file: UploadedFile


class _InMemory(MultiPartParser):
    """Never spools to a disk; the body limit of the route bounds what is held."""

    spool_max_size = 1 << 40


async def read_form(request: Request) -> FormData:
    """The posted form with its files. Raises Refused(MALFORMED) for what is no multipart form or does not arrive."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Refused(Code.MALFORMED)
    parser = _InMemory(request.headers, request.stream(), max_files=FILES_PER_REQUEST_MAX, max_fields=50)
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await parser.parse()
    except (MultiPartException, TimeoutError):
        raise Refused(Code.MALFORMED) from None


def announced_bytes(request: Request, bytes_max: int) -> int:
    """How long the request's body is; `bytes_max` where it does not say, which is the limit of the route."""
    length = request.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdecimal() else bytes_max


def files_of(form: FormData, field: str = "file") -> Sequence[UploadFile]:
    """The files that were chosen; an empty file field is none."""
    return [part for part in form.getlist(field) if isinstance(part, UploadFile) and (part.filename or part.size)]


async def bound(workers: Workers, parts: Sequence[UploadFile], bytes_max: int, name: str) -> Sequence[UploadFile]:
    """Photos of one paper as one PDF, their pages in the order in which they were sent.

    What are not all photos, or cannot be put together, comes back as it was: each is then taken, or refused, by itself.
    Raises Unavailable.
    """
    photos = [(part, kind) for part in parts if (part.size or 0) <= bytes_max and (kind := await _photo_kind(part))]
    if len(parts) < 2 or len(photos) < len(parts):
        return parts
    try:
        # One is in memory at a time: all of a request together would be as large as what a process is given.
        pages = [(await _as_page(workers, part, kind), inspection.RENDERED_MEDIA_TYPE) for part, kind in photos]
        document = await workers.run(inspection.bind, pages)
    except WorkerFailed:
        return parts
    return [UploadFile(BytesIO(document), size=len(document), filename=name)]


async def _photo_kind(part: UploadFile) -> str | None:
    """The media type of a photo, by its content; None for anything else."""
    head = await part.read(HEAD_BYTES)
    await part.seek(0)
    found = recognise(head, clean_name(part.filename or ""))
    return found.media_type if isinstance(found, Recognised) and found.media_type != PDF else None


async def _as_page(workers: Workers, part: UploadFile, media_type: str) -> bytes:
    content = await part.read()
    await part.seek(0)
    (page,) = await workers.run(inspection.draw, content, media_type, 0, inspection.BOUND_WIDTH_PX)
    return page.image


async def take(blobs: Blobs, part: UploadFile, bytes_max: int) -> Kept:
    """Check by content, seal, store. Raises Refused with the reason and the file's name; Unavailable."""
    name = clean_name(part.filename or "")
    if refusal := refuse_size(part.size or 0, bytes_max):
        raise Refused(_CODES[refusal], name=name, megabytes=bytes_max // 1_000_000)
    content = await part.read()
    found = recognise(content[:HEAD_BYTES], name)
    if not isinstance(found, Recognised):
        raise Refused(_CODES[found.code], name=name, seems=found.seems)
    file = await keep_file(blobs, content, name or f"Dokument.{found.extension}", found.media_type)
    salt = secrets.token_hex(16)
    digest = hashlib.sha256(salt.encode() + content).hexdigest()
    return Kept(digest, file.blob, UploadedFile(file=file, salt=salt))


def clean_name(name: str) -> str:
    """The last part of a path, printable, of bounded length, its extension kept."""
    last = "".join(c for c in PurePath(name.replace("\\", "/")).name if c.isprintable())
    suffix = PurePath(last).suffix[:12]
    return last if len(last) <= NAME_CHARACTERS_MAX else last[: NAME_CHARACTERS_MAX - len(suffix)] + suffix

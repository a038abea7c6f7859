"""What a file is, by its content. Neither its name nor the type that a browser claims is trusted."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

import puremagic

FILE_BYTES_MAX = 20_000_000
HEAD_BYTES = 4096  # as much of a file as recognition looks at

PDF, JPEG, PNG, HEIC = "application/pdf", "image/jpeg", "image/png", "image/heic"

_EXTENSIONS = {
    PDF: ("pdf",),
    JPEG: ("jpg", "jpeg", "jpe", "jfif"),
    PNG: ("png",),
    HEIC: ("heic", "heif", "hif"),
}
_KNOWN_EXTENSIONS = {
    match.extension.lstrip(".").lower()
    for match in (*puremagic.main.magic_header_array, *puremagic.main.extension_only_array)
} - {""}
# Still images in HEVC (ISO/IEC 23008-12, annex B); `mif1` is shared with AVIF, so it needs a second brand.
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis")


class Refusal(StrEnum):
    """Why a file is not taken."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    """More bytes, or more pixels, than the limit."""
    TYPE_NOT_ALLOWED = "type_not_allowed"
    NOT_WHAT_IT_SAYS = "not_what_it_says"
    """The extension of its name says something else than its content."""
    PASSWORD = "password"  # noqa: S105 - a reason, not a secret
    MALWARE = "malware"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Recognised:
    """An allowed type of content, and the extension (without dot) that our copies of it carry."""

    media_type: str
    extension: str


@dataclass(frozen=True)
class Refused:
    """A refusal, and the extension of what the file seems to be instead ("" if nobody can tell)."""

    code: Refusal
    seems: str = ""


def recognise(head: bytes, name: str) -> Recognised | Refused:
    """What the file that starts with `head` is, or why it is refused.

    `head`: its first `HEAD_BYTES`. `name`: as the person's device gave it; a name without extension claims
    nothing.
    """
    if not head:
        return Refused(Refusal.EMPTY)
    claimed = PurePath(name).suffix.lower().removeprefix(".")
    media_type = _media_type(head)
    if media_type is None:
        return _refused(head, claimed)
    extensions = _EXTENSIONS[media_type]
    # Only an extension that means another format contradicts: `scan.2026` or `Pass.Max` are ordinary names.
    if claimed not in extensions and claimed in _KNOWN_EXTENSIONS:
        return Refused(Refusal.NOT_WHAT_IT_SAYS, seems=extensions[0])
    return Recognised(media_type, extensions[0])


def refuse_size(size_bytes: int, limit_bytes: int = FILE_BYTES_MAX) -> Refusal | None:
    """Whether a file of this size is refused at once; to be asked again while its bytes arrive."""
    if size_bytes == 0:
        return Refusal.EMPTY
    return Refusal.TOO_LARGE if size_bytes > limit_bytes else None


def _media_type(head: bytes) -> str | None:
    # ISO 32000-1 annex H lets a reader search 1,024 bytes for the header. Here only white space and a byte
    # order mark may precede it, so that no file is a PDF to us and a program to others.
    if head.lstrip(b"\xef\xbb\xbf\x00\t\n\f\r ").startswith(b"%PDF-"):
        return PDF
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    return HEIC if _is_heic(head) else None


def _is_heic(head: bytes) -> bool:
    if head[4:8] != b"ftyp":
        return False
    box = head[8 : min(int.from_bytes(head[:4], "big"), 256)]
    brands = [box[at : at + 4] for at in range(0, len(box), 4) if at != 4]  # at 4: minor version
    return any(brand in _HEIC_BRANDS for brand in brands)


def _refused(head: bytes, claimed: str) -> Refused:
    if any(claimed in extensions for extensions in _EXTENSIONS.values()):
        return Refused(Refusal.NOT_WHAT_IT_SAYS, seems=_seems(head, claimed))
    return Refused(Refusal.TYPE_NOT_ALLOWED, seems=_seems(head, claimed))


def _seems(head: bytes, claimed: str) -> str:
    """The likeliest extension of foreign content, so that the answer can say how to save it as PDF."""
    try:
        candidates = [match.extension.lstrip(".") for match in puremagic.magic_string(head)]
    except (puremagic.PureError, ValueError):
        return ""
    return claimed if claimed in candidates else next(iter(candidates), "")

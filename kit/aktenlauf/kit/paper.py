"""Letters as PDF: archivable (PDF/A-2a, ISO 19005-2) and accessible (PDF/UA-1, ISO 14289-1) in one file.

Typst checks both standards while it writes and refuses what breaks them. A template is a Typst file of ours;
it may `#import "letter.typ"` (the office letter, kit/typst) and reads its data with `json("data.json")`.
Data are only ever data: they are never part of the source, so markup in them stays text.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from aktenlauf.kit.errors import AktenlaufError

if TYPE_CHECKING:
    from typst import Fonts

FONTS = Path(__file__).parent / "fonts"
LETTER = Path(__file__).parent / "typst" / "letter.typ"

# Embedding and overriding direction marks let a name rearrange the sentence around it (UAX #9, 2.1-2.2).
_DIRECTION_OVERRIDES = frozenset(range(0x202A, 0x202F))
# Needed for layout, without a glyph of their own: tab, line feed, variation selectors.
_WITHOUT_GLYPH = frozenset({0x09, 0x0A, *range(0xFE00, 0xFE10)})


class PaperError(AktenlaufError):
    """A letter could not be made. Its text names template and reason, and may quote data: not for logs."""

    def __init__(self, template: str, reason: str) -> None:
        super().__init__(template, reason)
        self.template = template
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.template}: {self.reason}"


def typeset(template: Path, data: Mapping[str, Any]) -> bytes:
    """One PDF; the same data give the same bytes.

    `data` hold strings, numbers, booleans, None, lists and dicts with string keys. `data["created"]` is the
    instant written into the file, ISO 8601 with offset. A character that none of our fonts holds is printed
    as its number, `[U+1F600]`: a letter that law requires is not refused because somebody typed an emoji.

    Keeps one core busy, the first time in a process for 0.2 seconds: call it through `press.printed`. Raises
    PaperError for data that the template does not understand and for every warning of Typst, which only
    warns of an unknown font.
    """
    import typst

    # A dict of virtual files is taken, though the stubs do not say so.
    files: Any = {
        "main": template.read_bytes(),
        "letter.typ": LETTER.read_bytes(),
        "data.json": _as_json(template, data),
    }
    try:
        pdf, warnings = typst.compile_with_warnings(
            files,
            root=template.parent,
            font_paths=_fonts(),
            format="pdf",
            pdf_standards=["a-2a", "ua-1"],
            timestamp=_created(template, data),
        )
    except typst.TypstError as error:
        raise PaperError(template.name, error.message) from error
    if warnings:
        raise PaperError(template.name, "; ".join(warning.message for warning in warnings))
    return pdf


def printable(value: Any) -> Any:
    """The same JSON value, in strings each unprintable character replaced by its number: `[U+1F600]`."""
    match value:
        case str():
            return "".join(_printable_character(character) for character in value)
        case Mapping():
            return {key: printable(item) for key, item in value.items()}
        case list() | tuple():
            return [printable(item) for item in value]
        case _:
            return value


def _printable_character(character: str) -> str:
    return character if ord(character) in _printable_codes() else f"[U+{ord(character):04X}]"


def _as_json(template: Path, data: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(printable(data))
    except TypeError as error:
        raise PaperError(template.name, f"data are not JSON: {error}") from error


def _created(template: Path, data: Mapping[str, Any]) -> datetime:
    try:
        created = datetime.fromisoformat(data["created"])
    except (KeyError, TypeError, ValueError) as error:
        raise PaperError(template.name, f"created must be an ISO 8601 instant: {error!r}") from error
    if created.tzinfo is None:
        raise PaperError(template.name, "created must name its offset from UTC")
    return created.replace(microsecond=0)  # Typst refuses a finer one


@cache
def _fonts() -> "Fonts":
    """Ours alone, neither the machine's nor those inside Typst: a letter looks the same everywhere."""
    import typst

    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
    if not fonts.families():
        raise FileNotFoundError(f"no fonts in {FONTS}: run deploy/frontend.py")
    return fonts


@cache
def _printable_codes() -> frozenset[int]:
    """Code points that at least one of our fonts holds and that may stand in an archived letter."""
    from fontTools.ttLib import TTFont

    codes = set(_WITHOUT_GLYPH)
    for path in FONTS.glob("*.ttf"):
        codes |= TTFont(path, lazy=True).getBestCmap().keys()
    return frozenset(codes - _DIRECTION_OVERRIDES - {0})  # PDF/A forbids NUL, which Noto maps

"""Texts that people typed without our forms' check: what XAusländer cannot carry of them, and what is sent instead.

XAusländer writes DIN 91379 data type C, so neither Arabic nor an emoji. A text with such letters travels as a PDF, and
the message says so; nothing is transliterated, as a guess could change what was meant. Pure, but for `TEMPLATE`.
"""

from pathlib import Path
from typing import Any

from aktenlauf.xoev_gateway.xauslaender.din91379 import first_foreign, plain

TEMPLATE = Path(__file__).parent / "typst" / "text.typ"
IN_PDF = "Der Text enthält Schriftzeichen, die XAusländer nicht übertragen kann. Er liegt als PDF bei."


def can_carry(text: str) -> bool:
    """Whether XAusländer can carry this text, after the mapping of dashes and quotation marks."""
    return first_foreign(plain(text)) is None


def file_name(name: str) -> str:
    """A file's name with an underscore for each letter that XAusländer does not know."""
    name = plain(name)
    while (foreign := first_foreign(name)) is not None:
        name = name.replace(foreign, "_")
    return name.strip() or "Dokument"


def text_data(title: str, text: str, created: str, language: str) -> dict[str, Any]:
    """Data of `text.typ`. `created`: ISO instant; `language`: that of the writer, for direction and hyphens."""
    return {"title": title, "paragraphs": text.split("\n"), "created": created, "language": language}

"""Which texts XAusländer may carry: DIN 91379:2022-08, data type C (all normative characters).

The check is ours and not the schema's, because it has to refuse a text before it is written, name the field
and the character, and do so also where no schema folder is configured. A test compares this table with the
official pattern, character by character.

Mapping, applied by the writer before the check:
1. Every text is brought into NFC: the norm knows each letter in its composed form only.
2. In prose (questions, remarks, hints, labels, file names; never in names of persons or places) typographic
   marks that data type C lacks become their plain form: dashes a hyphen, quotation marks straight ones, an
   ellipsis three dots, fixed spaces a space, invisible marks (soft hyphen, direction) nothing.
Anything else outside data type C, such as Cyrillic or Arabic script, is refused: whether to transliterate or
to send the text in the PDF summary instead is the caller's decision.
"""

import re
import unicodedata

from .errors import NotWritable

# Single characters: Unicode ranges in hexadecimal.
_SINGLES = """
9-A D 20-7E A0-AC AE-17E 187-188 18F 197 1A0-1A1 1AF-1B0 1B7 1CD-1DC 1DE-1DF 1E2-1F0 1F4-1F5 1F8-1FF 212-213
218-21B 21E-21F 227-233 259 268 292 2B9-2BA 2BE-2BF 2C8 2CC 1E02-1E03 1E06-1E07 1E0A-1E11 1E17 1E1C-1E2B
1E2F-1E37 1E3A-1E3B 1E40-1E49 1E52-1E5B 1E5E-1E63 1E6A-1E6F 1E80-1E87 1E8C-1E97 1E9E 1EA0-1EF9 2019 2021 20AC
"""

# Letters written as base + combining marks because Unicode has no composed form: bases, then the marks that
# each of them may carry ("325+304" are two marks on one letter).
_COMBINED = {
    "Aa": "30B",
    "Cc": "300 304 306 308 315 323 326 328+306",
    "Dd": "302",
    "Ff": "300 304",
    "Gg": "300",
    "Hh": "304 326",
    "H": "331",
    "Jj": "301",
    "J": "30C",
    "Kk": "300 302 304 307 315 31B 326 35F+68",
    "K": "35F+48",
    "Ll": "302 325 325+304 326",
    "Mm": "300 302 306 310",
    "Nn": "302 304 306 326",
    "Pp": "300 304 315 323",
    "Rr": "306 325 325+304",
    "Ss": "300 304 31B+304 331",
    "Tt": "300 304 315 31B",
    "T": "308",
    "Uu": "307",
    "Zz": "300 304 306 308 327",
    "Çç": "306",
    "Ûû": "304",
    "ÿ": "301",
    "Čč": "315 323",
    "ēō": "30D",
    "Īī": "301",
    "Žž": "326 327",
    "ḲḳṢṣṬṭ": "304",
    "ẠạỌọ": "308",
    "Ụụ": "304 308",
}

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("“”„‟", '"'),
        **dict.fromkeys("‘‚‛", "'"),
        **dict.fromkeys(map(chr, [*range(0x2000, 0x200B), 0x202F, 0x205F]), " "),
        **dict.fromkeys(map(chr, [0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060]), ""),
        **dict.fromkeys(map(chr, [*range(0x2066, 0x206A), 0xFEFF]), ""),
        "…": "...",
        "•": "-",
        "\u2028": "\n",
        "\u2029": "\n",
    }
)


def _characters(marks: str) -> str:
    return "".join(chr(int(mark, 16)) for mark in marks.split("+"))


SINGLES: frozenset[str] = frozenset(
    chr(code)
    for span in _SINGLES.split()
    for code in range(int(span.split("-")[0], 16), int(span.split("-")[-1], 16) + 1)
)
LETTERS: frozenset[str] = frozenset(filter(str.isalpha, SINGLES))
COMBINED: tuple[str, ...] = tuple(
    base + _characters(marks) for bases, each in _COMBINED.items() for base in bases for marks in each.split()
)

# Combined letters first and the longest of them foremost, so that no mark is left over after its base.
_ALLOWED = re.compile(
    "(?:" + "|".join(map(re.escape, [*sorted(COMBINED, key=len, reverse=True)])) + "|["
    + re.escape("".join(sorted(SINGLES))) + "])*+"
)  # fmt: skip


def first_foreign(text: str) -> str | None:
    """The first character of `text` that data type C does not allow at its place; None if all are allowed."""
    match = _ALLOWED.match(text)
    end = match.end() if match else 0
    return text[end] if end < len(text) else None


def composed(text: str) -> str:
    """Mapping rule 1: NFC."""
    return unicodedata.normalize("NFC", text)


def plain(text: str) -> str:
    """Mapping rules 1 and 2, for prose."""
    return composed(text.translate(_PLAIN))


def checked(where: str, text: str, *, prose: bool = False) -> str:
    """`text` after its mapping. Raises NotWritable(where) if it is blank or leaves data type C."""
    mapped = plain(text) if prose else composed(text)
    if not mapped.strip():
        raise NotWritable(where, "is blank; leave the field out instead")
    foreign = first_foreign(mapped)
    if foreign is not None:
        name = unicodedata.name(foreign, "unnamed character")
        raise NotWritable(where, f"U+{ord(foreign):04X} {name} is not in DIN 91379 data type C")
    return mapped

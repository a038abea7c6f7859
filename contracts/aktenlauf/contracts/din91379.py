"""Which characters German registers can hold: DIN 91379 (2022-08), datatypes A and C.

Datatype A is for names of natural persons; C holds every normative character and is what XAusländer
uses for text. Names here are checked against A, free text against C. Both are sets of single code points plus
letters that Unicode has no single code point for (a base letter with marks); the order of tests is
always NFC first, because the same letter may be typed in two ways.
"""

import re
import unicodedata
from functools import cache
from typing import Literal

Datatype = Literal["A", "C"]

_A = """
0020 0027 002C-002E 0041-005A 0060-007A 007E 00A8 00B4 00B7 00C0-00D6 00D8-00F6 00F8-017E 0187-0188 018F
0197 01A0-01A1 01AF-01B0 01B7 01CD-01DC 01DE-01DF 01E2-01F0 01F4-01F5 01F8-01FF 0212-0213 0218-021B
021E-021F 0227-0233 0259 0268 0292 02B9-02BA 02BE-02BF 02C8 02CC 1E02-1E03 1E06-1E07 1E0A-1E11 1E17
1E1C-1E2B 1E2F-1E37 1E3A-1E3B 1E40-1E49 1E52-1E5B 1E5E-1E63 1E6A-1E6F 1E80-1E87 1E8C-1E97 1E9E 1EA0-1EF9
2019 2021
"""
_C_BEYOND_A = """
0009-000A 000D 0021-0026 0028-002B 002F-0040 005B-005F 007B-007D 00A0-00A7 00A9-00AC 00AE-00B3 00B5-00B6
00B8-00BF 00D7 00F7 20AC
"""
# base letter, then each sequence of code points that may follow it; the same for A and C
_SEQUENCES = """
0041 030B; 0043 0300 0304 0306 0308 0315 0323 0326 0328+0306; 0044 0302; 0046 0300 0304; 0047 0300;
0048 0304 0326 0331; 004A 0301 030C; 004B 0300 0302 0304 0307 0315 031B 0326 035F+0048 035F+0068;
004C 0302 0325 0325+0304 0326; 004D 0300 0302 0306 0310; 004E 0302 0304 0306 0326;
0050 0300 0304 0315 0323; 0052 0306 0325 0325+0304; 0053 0300 0304 031B+0304 0331;
0054 0300 0304 0308 0315 031B; 0055 0307; 005A 0300 0304 0306 0308 0327; 0061 030B;
0063 0300 0304 0306 0308 0315 0323 0326 0328+0306; 0064 0302; 0066 0300 0304; 0067 0300; 0068 0304 0326;
006A 0301; 006B 0300 0302 0304 0307 0315 031B 0326 035F+0068; 006C 0302 0325 0325+0304 0326;
006D 0300 0302 0306 0310; 006E 0302 0304 0306 0326; 0070 0300 0304 0315 0323; 0072 0306 0325 0325+0304;
0073 0300 0304 031B+0304 0331; 0074 0300 0304 0315 031B; 0075 0307; 007A 0300 0304 0306 0308 0327;
00C7 0306; 00DB 0304; 00E7 0306; 00FB 0304; 00FF 0301; 010C 0315 0323; 010D 0315 0323; 0113 030D;
012A 0301; 012B 0301; 014D 030D; 017D 0326 0327; 017E 0326 0327; 1E32 0304; 1E33 0304; 1E62 0304;
1E63 0304; 1E6C 0304; 1E6D 0304; 1EA0 0308; 1EA1 0308; 1ECC 0308; 1ECD 0308; 1EE4 0304 0308;
1EE5 0304 0308
"""


_TYPED_INSTEAD = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "ŋ": "n",
     "ŧ": "t", "ə": "e", "ɨ": "i", "ǥ": "g", "ʒ": "z", "ƈ": "c", "ƙ": "k", "ĸ": "k"}
)  # fmt: skip
_UMLAUT = re.compile("(?<=[aou])e")


def compared(name: str) -> str:
    """What two spellings of one name have in common, for looking it up; never for showing it.

    Only letters and digits count, in either case and without marks; letters beyond a-z count as what people type
    instead, and `ä`, `ae` and `a` are one. Of any name in datatype A only a-z is left.
    """
    parts = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(c for c in parts if unicodedata.category(c) in ("Ll", "Lo", "Nd"))
    return _UMLAUT.sub("", letters.translate(_TYPED_INSTEAD))


def nfc(text: str) -> str:
    """The one spelling of text that is stored and compared (Unicode normalisation form C)."""
    return unicodedata.normalize("NFC", text)


@cache
def characters(datatype: Datatype) -> frozenset[str]:
    """The single characters of a datatype (A: 518, C: 588)."""
    ranges = _A if datatype == "A" else _A + _C_BEYOND_A
    return frozenset(chr(point) for part in ranges.split() for point in _range(part))


@cache
def sequences() -> frozenset[str]:
    """The 149 letters that need more than one code point."""
    found = set()
    for line in _SEQUENCES.split(";"):
        base, *tails = line.split()
        found |= {_chars(f"{base}+{tail}") for tail in tails}
    return frozenset(found)


def is_allowed(text: str, datatype: Datatype = "C") -> bool:
    """Whether a register can hold text; the empty text is allowed."""
    return first_disallowed(text, datatype) is None


def first_disallowed(text: str, datatype: Datatype = "C") -> str | None:
    """The first letter outside the datatype, with its combining marks, as a reader would name it; else None."""
    text, at = nfc(text), 0
    while at < len(text):
        length = _allowed_length(text, at, datatype)
        if length == 0 or _is_mark(text, at + length):
            return _letter_at(text, at)
        at += length
    return None


def _allowed_length(text: str, at: int, datatype: Datatype) -> int:
    for length in (3, 2):  # the longest first: a base letter alone is allowed as well
        if text[at : at + length] in sequences():
            return length
    return 1 if text[at] in characters(datatype) else 0


def _letter_at(text: str, at: int) -> str:
    end = at + 1
    while _is_mark(text, end):
        end += 1
    return text[at:end]


def _is_mark(text: str, at: int) -> bool:
    return at < len(text) and unicodedata.combining(text[at]) != 0


def _range(part: str) -> range:
    first, _, last = part.partition("-")
    return range(int(first, 16), int(last or first, 16) + 1)


def _chars(points: str) -> str:
    return "".join(chr(int(point, 16)) for point in points.split("+"))

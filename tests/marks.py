"""Words that occur nowhere else, and the search for them in everything that was written."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path

PREFIX = "Xqz"
"""No word of the program or of any language begins with it."""


def mark(name: str) -> str:
    """A word to be found again, of ASCII letters alone, as a name must be."""
    return f"{PREFIX}{name}{PREFIX.lower()}"


def forms(word: str) -> Iterator[bytes]:
    """How the word may lie in a file, folded to small letters where that keeps its meaning."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        yield word.lower().encode(encoding)
    for text in {word, word.lower()}:
        yield text.encode().hex().encode()
        for encode in (b64encode, urlsafe_b64encode):
            for before in range(3):  # where the word begins decides which characters are wholly its own
                encoded = encode(b"\0" * before + text.encode())
                whole = (before + len(text)) // 3 * 4
                yield encoded[4 * (before > 0) : whole]


def _beginnings(word: str) -> Iterator[bytes]:
    """How what begins with `word` may begin in hexadecimal and base64: only the characters that are wholly its own."""
    yield word.encode().hex().encode()
    for encode in (b64encode, urlsafe_b64encode):
        for before in range(3):
            encoded = encode(b"\0" * before + word.encode())
            yield encoded[-(-8 * before // 6) : 8 * (before + len(word)) // 6]


_FOLDED = {PREFIX.lower().encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be")}
_EXACT = {begun for word in (PREFIX, PREFIX.lower(), PREFIX.upper()) for begun in _beginnings(word)}
_REACH = 240
"""Bytes in which a whole word lies, in any form."""


def _places(content: bytes, wanted: bytes) -> Iterator[int]:
    at = content.find(wanted)
    while at >= 0:
        yield at
        at = content.find(wanted, at + 1)


def _around_marks(content: bytes) -> bytes:
    """What lies around anything that may be the beginning of a mark: databases have gigabytes, marks few of them."""
    small = content.lower()
    folded = {place for begun in _FOLDED for place in _places(small, begun)}
    exact = {place for begun in _EXACT for place in _places(content, begun)}
    parts, end = [], 0
    for place in sorted(folded | exact):
        start = max(end, place - 8)
        parts += [b"\n" * (start > end), content[start : place + _REACH]]
        end = place + _REACH
    return b"".join(parts)


def found_in(content: bytes, words: Iterable[str]) -> set[str]:
    """The words that occur in these bytes, in whatever form. All of them begin with PREFIX, in whatever case."""
    content = _around_marks(content)
    small = content.lower()
    return {word for word in words if any(form in small or form in content for form in forms(word))}


def files_below(folder: Path, but: Iterable[Path] = ()) -> Iterator[tuple[str, bytes]]:
    """Path and content of every file below, those in the folders `but` left out; folders by their names alone."""
    left_out = tuple(but)
    for path in sorted(folder.rglob("*")):
        if not any(path.is_relative_to(other) for other in left_out):
            yield str(path.relative_to(folder)), path.read_bytes() if path.is_file() else b""


def search(places: Iterable[tuple[str, bytes]], words: Iterable[str]) -> dict[str, set[str]]:
    """Which words occur where: in a content or in the name of a place."""
    asked = tuple(words)
    hits = {name: found_in(name.encode() + b"\n" + content, asked) for name, content in places}
    return {name: found for name, found in hits.items() if found}

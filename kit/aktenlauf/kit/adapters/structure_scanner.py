"""The embedded scanner: the EICAR signature and the active content of PDFs. It is no virus scanner and says
so."""

import re
import zlib
from collections.abc import AsyncIterator, Iterator

from aktenlauf.kit.logs import logger
from aktenlauf.kit.scanner import ScannerUnavailable, Verdict
from aktenlauf.kit.workers import WorkerFailed, Workers, WorkersBusy

SCANNER = "structure-only"

# In two halves, lest a virus scanner takes this module for the test file.
_EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

# Names of ISO 32000-1: 12.6.4.16 JavaScript, 12.6.4.5 Launch, 7.11.4 embedded files, 13.6.2 rich media, 7.6
# encryption. Longer ones only: three bytes such as /JS turn up in any scan by chance, and no script runs
# without /JavaScript.
_MARKS = {
    b"JavaScript": "pdf-javascript",
    b"Launch": "pdf-launch",
    b"EmbeddedFile": "pdf-embedded-file",
    b"RichMedia": "pdf-rich-media",
    b"Encrypt": "pdf-encrypted",
}
ATTEMPTS = 3
"""A worker may also be killed by what has nothing to do with its file."""
BEYOND_LIMIT = "pdf-inflates-beyond-limit"
"""Not looked through to its end."""
_XFA_FORM = frozenset({b"AcroForm", b"XFA"})  # 12.7.2: the one is an entry of the other
_log = logger(__name__)
_TELLING = _MARKS.keys() | _XFA_FORM
_NAME = re.compile(rb"/([A-Za-z#][A-Za-z0-9#]{1,40})")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_OBJECT_STREAM = re.compile(rb"/(?:O|#4[Ff])(?:b|#62)(?:j|#6[Aa])(?:S|#53)(?:t|#74)(?:m|#6[Dd])")
_INFLATED_BYTES_MAX = 64_000_000
_COMPRESSED_BYTES_MAX = 200_000_000
"""More than any file has: only one in which thousands of streams begin and none ends gets beyond it."""


class StructureScanner:
    """Implements `Scanner`. Looks inside a worker process, at files of at most `bytes_max`; None: at any.

    A file has passed the limit of uploads before; one that was lowered since must not let it be tried for ever.
    """

    def __init__(self, workers: Workers, bytes_max: int | None = None) -> None:
        self._workers, self._bytes_max = workers, bytes_max

    async def scan(self, chunks: AsyncIterator[bytes]) -> Verdict:
        """See `Scanner`."""
        data = bytearray()
        async for chunk in chunks:
            data += chunk
            if self._bytes_max is not None and len(data) > self._bytes_max:
                raise ScannerUnavailable(f"more than {self._bytes_max} bytes")
        for _ in range(ATTEMPTS):
            try:
                return Verdict(SCANNER, *await self._workers.run(findings, bytes(data)))
            except WorkersBusy as error:
                raise ScannerUnavailable(str(error)) from error
            except WorkerFailed as error:
                _log.warning("a worker failed over a file", reason=error.reason)
        # By this file, then, and so each time: tried without end, it would hold back all files behind it.
        return Verdict(SCANNER, (), (BEYOND_LIMIT,))


def findings(data: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of malware and marks in a file; the part that runs in a worker."""
    malware = ("eicar-test-file",) if _EICAR in data else ()
    return malware, tuple(sorted(_pdf_marks(data))) if b"%PDF-" in data[:1024] else ()


def _pdf_marks(data: bytes) -> set[str]:
    names, complete = _names(data), True
    budget, left_to_look_at = _INFLATED_BYTES_MAX, _COMPRESSED_BYTES_MAX
    for objects in _object_streams(data):
        inflated = _inflated(objects, budget)
        names |= _names(inflated)
        budget -= len(inflated)
        left_to_look_at -= len(objects)
        if budget <= 0 or left_to_look_at <= 0:
            complete = False
            break
    marks = {_MARKS[name] for name in names & _MARKS.keys()}
    marks |= {"pdf-xfa"} if names >= _XFA_FORM else set()
    return marks if complete else marks | {BEYOND_LIMIT}


def _names(data: bytes) -> set[bytes]:
    """Which of the names that tell something are in these bytes; others are not kept, a file may hold millions."""
    return {name for match in _NAME.finditer(data) if (name := _plain(match[1])) in _TELLING}


def _plain(written: bytes) -> bytes:
    """A name without its escapes (7.3.5: /Java#53cript is /JavaScript)."""
    return _ESCAPE.sub(lambda escape: bytes([int(escape[1], 16)]), written) if b"#" in written else written


def _object_streams(data: bytes) -> Iterator[bytes]:
    """The compressed bytes of streams that hold further objects (7.5.7), where names are not seen in
    clear."""
    for match in _OBJECT_STREAM.finditer(data):
        keyword = data.find(b"stream", match.end(), match.end() + 1000)
        if keyword >= 0:
            start = keyword + len(b"stream")
            start += 2 if data[start : start + 2] == b"\r\n" else 1
            yield data[start : data.find(b"endstream", start)]


def _inflated(data: bytes, bytes_max: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, bytes_max)
    except zlib.error:
        return b""

"""Scanner on ClamAV's daemon: the file goes over TCP by INSTREAM, nothing touches a disk of ours.

source: clamd(8), "COMMANDS". The few bytes of the protocol are spoken here: the library aioclamd wants a blocking file
(one change of thread per 1,024 bytes), hides clamd's reason when it hangs up in the middle of a file, and returns None,
no error, where clamd says nothing at all.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from aktenlauf.kit.scanner import ScannerUnavailable, Verdict

QUICK_SECONDS = 5.0
"""To connect and to tell the version."""
SCAN_SECONDS = 120.0
"""For one write, and for the verdict: an archive takes a while. clamd's own ReadTimeout is as long."""

_PIECE_BYTES_MAX = 1024 * 1024
_VERSION = re.compile(r"ClamAV (?P<engine>[\w.\-]+)(?:/(?P<signatures>\d+))?")


class ClamdScanner:
    """Implements `Scanner` on the clamd at `host` and `port`, an unencrypted port: keep it on a private network.

    A file longer than clamd's StreamMaxLength gets no verdict, so set that and MaxFileSize above the largest upload.
    With AlertExceedsMax (set it: without, clamd calls clean what it did not look at) a file that opens up beyond the
    other limits carries the finding `Heuristics.Limits.Exceeded...`: what nobody can look through is not let in.
    """

    def __init__(
        self, host: str, port: int, quick_seconds: float = QUICK_SECONDS, scan_seconds: float = SCAN_SECONDS
    ) -> None:
        self._host, self._port = host, port
        self._quick_seconds, self._scan_seconds = quick_seconds, scan_seconds

    async def scan(self, chunks: AsyncIterator[bytes]) -> Verdict:
        """See `Scanner`."""
        async with self._asked(b"zVERSION\0", self._quick_seconds) as clamd:
            scanner = _scanner(await clamd.answer())
        async with self._asked(b"zINSTREAM\0", self._scan_seconds) as clamd:
            taken = await _send(clamd, chunks)
            return Verdict(scanner, _malware(await clamd.answer(), taken))

    @asynccontextmanager
    async def _asked(self, command: bytes, seconds: float) -> AsyncIterator["_Connection"]:
        with _reachable():
            async with asyncio.timeout(self._quick_seconds):
                reader, writer = await asyncio.open_connection(self._host, self._port)
        try:
            clamd = _Connection(reader, writer, seconds)
            await clamd.send(command)
            yield clamd
        finally:
            writer.transport.abort()  # close() would wait for a clamd that reads no more


class _Connection:
    """One command to clamd: what is sent, then one line of answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
        self._reader, self._writer, self._seconds = reader, writer, seconds

    async def send(self, data: bytes) -> bool:
        """False if clamd has hung up; why, its answer may still tell."""
        with _reachable():
            try:
                self._writer.write(data)
                async with asyncio.timeout(self._seconds):
                    await self._writer.drain()
            except ConnectionError:
                return False
        return True

    async def answer(self) -> str:
        """What clamd says. Raises ScannerUnavailable."""
        with _reachable():
            async with asyncio.timeout(self._seconds):
                return (await self._reader.readuntil(b"\0"))[:-1].decode(errors="replace").strip()


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except (OSError, TimeoutError, EOFError, asyncio.LimitOverrunError) as error:
        raise ScannerUnavailable(f"clamd: {type(error).__name__}") from None


async def _send(clamd: _Connection, chunks: AsyncIterator[bytes]) -> bool:
    """The file in pieces, each after its length, an empty one as the end; whether clamd took it all."""
    async for chunk in chunks:
        for start in range(0, len(chunk), _PIECE_BYTES_MAX):
            piece = chunk[start : start + _PIECE_BYTES_MAX]
            if not await clamd.send(len(piece).to_bytes(4, "big") + piece):
                return False
    return await clamd.send(bytes(4))


def _scanner(answer: str) -> str:
    """`clamav 1.4.3/27500` out of `ClamAV 1.4.3/27500/Tue Nov ...`."""
    found = _VERSION.match(answer)
    if found is None:
        raise ScannerUnavailable("clamd did not tell its version")
    return f"clamav {found['engine']}" + (f"/{found['signatures']}" if found["signatures"] else "")


def _malware(answer: str, taken: bool) -> tuple[str, ...]:
    """What clamd found. Raises ScannerUnavailable for any answer that is no verdict on the whole file."""
    if taken and answer == "stream: OK":
        return ()
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        return (answer.removeprefix("stream: ").removesuffix(" FOUND"),)
    raise ScannerUnavailable(f"clamd: {answer}")

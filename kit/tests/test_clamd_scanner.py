"""clamd keeps the promises of the scanner; a file is never called clean because clamd was away."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from aktenlauf.kit.adapters.clamd_scanner import ClamdScanner
from aktenlauf.kit.scanner import ScannerUnavailable
from aktenlauf.kit.testing.files import pdf
from aktenlauf.kit.testing.scanner_suite import ScannerSuite, stream

VERSION = b"ClamAV 1.4.3/27500/Mon Nov 23 09:00:00 2026\0"


@pytest.fixture
def scanner(servers: Any) -> ClamdScanner:
    if not servers.clamd:
        pytest.skip("needs the servers: ClamAV")
    host, _, port = servers.clamd.rpartition(":")
    return ClamdScanner(host, int(port))


@pytest.mark.servers
class TestClamdScanner(ScannerSuite):
    async def test_the_verdict_names_engine_and_version(self, scanner: ClamdScanner) -> None:
        assert (await scanner.scan(stream([pdf()]))).scanner.startswith("clamav 1.")

    async def test_a_file_beyond_clamds_limit_gets_no_verdict(self, scanner: ClamdScanner) -> None:
        with pytest.raises(ScannerUnavailable):
            await scanner.scan(stream([bytes(1024 * 1024)] * 300))


class Clamd:
    """A stand-in that misbehaves: it answers INSTREAM with `reply` when it has read `reads` bytes, then hangs up."""

    def __init__(self, reply: bytes | None, reads: int = 0, version: bytes = VERSION) -> None:
        self._reply, self._reads, self._version = reply, reads, version
        self.received = bytearray()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        command = await reader.readuntil(b"\0")
        if command == b"zVERSION\0":
            writer.write(self._version)
        else:
            while len(self.received) < self._reads or self._reply is None:
                some = await reader.read(4096)
                if not some:
                    break
                self.received += some
            writer.write(self._reply or b"")
        writer.close()


async def scanned(clamd: Clamd, chunks: AsyncIterator[bytes]) -> tuple[str, ...]:
    server = await asyncio.start_server(clamd, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    try:
        return (await ClamdScanner("127.0.0.1", port, quick_seconds=0.3, scan_seconds=0.3).scan(chunks)).malware
    finally:
        server.close()


async def test_each_piece_follows_its_length_and_an_empty_one_ends_the_file() -> None:
    clamd = Clamd(b"stream: OK\0", reads=4 + 3 + 4 + 2 + 4)
    assert await scanned(clamd, stream([b"abc", b"", b"de"])) == ()
    assert bytes(clamd.received) == b"\0\0\0\3abc" + b"\0\0\0\2de" + bytes(4)


async def test_what_was_found_is_named() -> None:
    assert await scanned(Clamd(b"stream: Win.Test.EICAR_HDB-1 FOUND\0"), stream([])) == ("Win.Test.EICAR_HDB-1",)


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"stream: OK",  # cut off: the end of a longer line may be missing
        b"\0",
        b"INSTREAM size limit exceeded. ERROR\0",
        b"stream: Can't allocate memory ERROR\0",
        b"stream: OK FOUND OUT\0",
        b"x" * 100_000 + b"\0",
        None,
    ],
)
async def test_whatever_is_no_verdict_is_none(reply: bytes | None) -> None:
    with pytest.raises(ScannerUnavailable):
        await scanned(Clamd(reply), stream([b"abc"]))


async def test_a_clean_verdict_on_a_file_that_clamd_did_not_take_is_none() -> None:
    async def long() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield bytes(1024 * 1024)

    with pytest.raises(ScannerUnavailable):
        await scanned(Clamd(b"stream: OK\0", reads=10), long())


async def test_a_clamd_that_reads_no_more_is_given_up() -> None:
    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.readuntil(b"\0") == b"zVERSION\0":
            writer.write(VERSION)
            writer.close()
        else:
            await hung_up.wait()

    hung_up = asyncio.Event()
    server = await asyncio.start_server(deaf, "127.0.0.1", 0, limit=1024)
    port: int = server.sockets[0].getsockname()[1]
    scanner = ClamdScanner("127.0.0.1", port, quick_seconds=0.3, scan_seconds=0.3)
    async with asyncio.timeout(10):
        with pytest.raises(ScannerUnavailable):
            await scanner.scan(stream([bytes(1024 * 1024)] * 64))
    hung_up.set()
    server.close()


async def test_what_is_not_clamd_gives_no_verdict() -> None:
    with pytest.raises(ScannerUnavailable):
        await scanned(Clamd(b"stream: OK\0", version=b"220 mail.example.org ESMTP\0"), stream([]))


async def test_a_clamd_that_is_away_gives_no_verdict(unused_tcp_port: int) -> None:
    with pytest.raises(ScannerUnavailable):
        await ClamdScanner("127.0.0.1", unused_tcp_port).scan(stream([]))

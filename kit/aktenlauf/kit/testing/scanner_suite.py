"""The promises of `Scanner`, one test each. An adapter's test subclasses this and gives a `scanner`
fixture."""

import asyncio
from collections.abc import AsyncIterator, Iterable

import pytest

from aktenlauf.kit.scanner import Scanner
from aktenlauf.kit.testing.files import eicar, pdf


async def stream(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Chunks as an upload gives them."""
    for chunk in chunks:
        yield chunk


class ScannerSuite:
    """Subclass it in a test module; `scanner` is a pytest fixture of the subclass."""

    async def test_the_eicar_file_is_malware(self, scanner: Scanner) -> None:
        assert (await scanner.scan(stream([eicar()]))).malware

    async def test_malware_is_found_however_the_file_is_cut(self, scanner: Scanner) -> None:
        whole = await scanner.scan(stream([eicar()]))
        single_bytes = await scanner.scan(stream(bytes([byte]) for byte in eicar()))
        with_empty = await scanner.scan(stream([b"", eicar()[:30], b"", eicar()[30:], b""]))
        assert whole == single_bytes == with_empty

    async def test_an_ordinary_document_holds_no_malware(self, scanner: Scanner) -> None:
        assert (await scanner.scan(stream([pdf()]))).malware == ()

    async def test_a_file_without_bytes_holds_no_malware(self, scanner: Scanner) -> None:
        assert (await scanner.scan(stream([]))).malware == ()

    async def test_the_verdict_names_who_looked(self, scanner: Scanner) -> None:
        assert (await scanner.scan(stream([pdf()]))).scanner

    async def test_chunks_are_read_to_the_end_before_a_file_is_called_clean(self, scanner: Scanner) -> None:
        read = []

        async def counted() -> AsyncIterator[bytes]:
            for number in range(20):
                read.append(number)
                yield b"harmless"

        await scanner.scan(counted())
        assert read == list(range(20))

    async def test_a_broken_upload_gets_no_verdict(self, scanner: Scanner) -> None:
        async def torn() -> AsyncIterator[bytes]:
            yield pdf()[:100]
            raise ConnectionResetError

        with pytest.raises(ConnectionResetError):
            await scanner.scan(torn())

    async def test_scans_at_the_same_time_do_not_mix(self, scanner: Scanner) -> None:
        async def slowly(data: bytes) -> AsyncIterator[bytes]:
            for byte in data:
                await asyncio.sleep(0)
                yield bytes([byte])

        bad, good = eicar(), b"a" * len(eicar())
        verdicts = await asyncio.gather(*(scanner.scan(slowly(data)) for data in [bad, good] * 4))
        assert [bool(verdict.malware) for verdict in verdicts] == [True, False] * 4

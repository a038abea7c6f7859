"""With a virus scanner, a file is still looked at for what no virus scanner calls malware."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from aktenlauf.kit.adapters.both_scanners import BothScanners
from aktenlauf.kit.adapters.structure_scanner import StructureScanner
from aktenlauf.kit.scanner import Scanner, ScannerUnavailable, Verdict
from aktenlauf.kit.testing.files import pdf
from aktenlauf.kit.testing.scanner_suite import ScannerSuite, stream
from aktenlauf.kit.workers import Workers


class Virus:
    """A virus scanner that knows one virus, or is away."""

    is_away = False

    async def scan(self, chunks: AsyncIterator[bytes]) -> Verdict:
        data = b"".join([chunk async for chunk in chunks])
        if self.is_away:
            raise ScannerUnavailable("away")
        return Verdict("clamav 1.4.3", ("virus",) if b"VIRUS" in data else ())


@pytest.fixture
def virus() -> Virus:
    return Virus()


@pytest.fixture
async def scanner(virus: Virus) -> AsyncIterator[Scanner]:
    async with Workers(size=1) as workers:
        yield BothScanners(virus, StructureScanner(workers))


class TestBothScanners(ScannerSuite):
    pass


async def test_the_virus_scanner_is_named_and_marks_of_the_structure_are_kept(scanner: Scanner) -> None:
    document: Any = pdf(text="VIRUS", catalog=b"/OpenAction << /S /Launch /F (cmd.exe) >>")
    assert await scanner.scan(stream([document[:500], document[500:]])) == Verdict(
        "clamav 1.4.3", ("virus",), ("pdf-launch",)
    )


async def test_there_is_no_verdict_while_the_virus_scanner_is_away(scanner: Scanner, virus: Virus) -> None:
    virus.is_away = True
    with pytest.raises(ScannerUnavailable):
        await scanner.scan(stream([pdf()]))

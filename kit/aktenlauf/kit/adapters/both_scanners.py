"""A virus scanner and a look at the structure: the one knows malware, the other active content that is none."""

from collections.abc import AsyncIterator, Sequence

from aktenlauf.kit.scanner import Scanner, Verdict


class BothScanners:
    """Implements `Scanner`: the verdict of `virus`, with the malware and the marks that `structure` finds as well.

    Holds a file in memory as a whole, as each of the two may read it at its own pace.
    """

    def __init__(self, virus: Scanner, structure: Scanner) -> None:
        self._virus, self._structure = virus, structure

    async def scan(self, chunks: AsyncIterator[bytes]) -> Verdict:
        """See `Scanner`."""
        data = [chunk async for chunk in chunks]
        structure = await self._structure.scan(_again(data))
        virus = await self._virus.scan(_again(data))
        malware = dict.fromkeys((*virus.malware, *structure.malware))
        marks = dict.fromkeys((*virus.marks, *structure.marks))
        return Verdict(virus.scanner, tuple(malware), tuple(marks))


async def _again(data: Sequence[bytes]) -> AsyncIterator[bytes]:
    for chunk in data:
        yield chunk

"""The port to a scanner for malicious files."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Verdict:
    """What a scanner says of one file.

    `scanner`: who looked, as shown to caseworkers and written to the event (`structure-only`, `clamav
    1.4.3/27500`). `malware`: names of what it takes for malicious; empty if it found nothing, which is no
    promise that nothing is there. `marks`: active content that is no malware in itself (`pdf-javascript`),
    for whoever judges the file further.
    """

    scanner: str
    malware: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()


class ScannerUnavailable(Exception):
    """The scanner did not look at the whole file. Nobody may take this for a verdict; try again later."""


class Scanner(Protocol):
    """Looks for malicious content in one file at a time.

    MUST read `chunks` to the end before it calls a file free of malware; MUST find the same in the same bytes
    however they are cut into chunks, empty chunks and one-byte chunks included.
    MUST report the EICAR test file (eicar.org, "Anti-Malware Testfile") as malware.
    MUST raise `ScannerUnavailable` if it cannot look at everything: service down, time out, its own size
    limit.
    MUST let an error of `chunks` pass and give no verdict then.
    MUST serve several scans at once without mixing them.
    MUST NOT keep, write or send elsewhere the bytes or the verdict, and MUST NOT name them in a log.
    MUST NOT block the event loop for longer than a few milliseconds.
    """

    async def scan(self, chunks: AsyncIterator[bytes]) -> Verdict:
        """The verdict on the file that `chunks` give in order."""
        ...

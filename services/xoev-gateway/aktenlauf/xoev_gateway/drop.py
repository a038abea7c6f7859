"""The hand-over folders to an office's own system: files, readable by the owner alone.

    to-office/{message}.xml    we speak for the portal
    to-portal/{message}.xml    we speak for the office
    from-office/*.xml          what we read; whoever writes there renames into place
    refused/                   what could not be read, each with a sentence beside it

Whoever picks a file up deletes it. Everything here blocks: call it in a thread.
"""

import os
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from aktenlauf.contracts.xoev_gateway import Direction
from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.ids import new_id
from aktenlauf.xoev_gateway.xauslaender.parse import MESSAGE_MAX_BYTES

FOLDERS = ("to-office", "to-portal", "from-office", "refused")
SETTLED_SECONDS = 0.5
"""A file that was written to more recently may be half of one."""
FILES_MAX = 50
"""How many are taken in one look, so that one look ends."""


class NotAMessage(Exception):
    """What lies there cannot be read; the sentence is for an operator and holds nothing of the file."""


@contextmanager
def _reachable() -> Iterator[None]:
    """A folder that is away or full is tried again; nothing of it is a fault of the message."""
    try:
        yield
    except OSError as error:
        raise Unavailable(f"hand-over point: {error.strerror}") from error


class Drop:
    """The folders below one root. They are made on first use. Raises Unavailable."""

    @_reachable()
    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in (root, *(root / name for name in FOLDERS)):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder.chmod(0o700)

    @_reachable()
    def put(self, direction: Direction, message: str, data: bytes) -> None:
        """Lay a message there, whole or not at all, durable before this returns. Raises Unavailable."""
        folder = self.root / direction
        _write_whole(folder / f"{message}.xml", data)

    def waiting(self) -> list[Path]:
        """What lies in from-office and is complete, oldest first."""
        found = []
        for file in (self.root / "from-office").glob("*.xml"):
            try:
                changed = file.lstat().st_mtime
            except FileNotFoundError:
                continue
            if not file.name.startswith(".") and time.time() - changed >= SETTLED_SECONDS:
                found.append((changed, file.name, file))
        return [file for _, _, file in sorted(found)][:FILES_MAX]

    def read(self, file: Path) -> bytes:
        """Its bytes. Raises NotAMessage for what is no plain file or too large; FileNotFoundError."""
        found = file.lstat()
        if not stat.S_ISREG(found.st_mode):
            raise NotAMessage("It is no plain file.")
        if found.st_size > MESSAGE_MAX_BYTES:
            raise NotAMessage(f"It has {found.st_size} bytes, at most {MESSAGE_MAX_BYTES} are read.")
        return file.read_bytes()

    def done(self, file: Path) -> None:
        """It was read."""
        file.unlink(missing_ok=True)

    def refuse(self, file: Path, sentence: str, case: str | None) -> str:
        """Put it aside under a name of ours, as its own may name a person; that name, without extension.

        With `case` it is cleared when the case is erased.
        """
        name = f"{case}_{new_id()}" if case else new_id()
        _write_whole(self.root / "refused" / f"{name}.txt", f"{sentence}\n".encode())
        file.replace(self.root / "refused" / f"{name}.xml")
        return name

    @_reachable()
    def clear(self, case: str, messages: Iterable[str]) -> None:
        """Remove what lies here of a case. Raises Unavailable."""
        for message in messages:
            for direction in ("to-office", "to-portal"):
                for name in (f"{message}.xml", f".{message}.xml.part"):
                    (self.root / direction / name).unlink(missing_ok=True)
        for file in (self.root / "refused").glob(f"{case}_*"):
            file.unlink(missing_ok=True)


def _write_whole(file: Path, data: bytes) -> None:
    part = file.with_name(f".{file.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

"""Starting the demonstration afresh: a marker asks for it, the next start does it; a kill in between does no harm."""

import shutil
from collections.abc import Iterable
from pathlib import Path

MARKER = "RESET"
_SHARED = ("keyring.db*", "sessions.db*", "kek", "clock", "demonstration.json", "blobs", "mail")


def ask_for_reset(data: Path) -> None:
    """From now on this folder's next start begins empty."""
    (data / MARKER).touch()


def wipe_if_asked(data: Path, services: Iterable[str]) -> bool:
    """Remove what an installation keeps here, and nothing else that may lie there. False if nobody asked."""
    if not (data / MARKER).exists():
        return False
    for name in (*services, *_SHARED):
        for found in data.glob(name):
            if found.is_dir():
                shutil.rmtree(found)
            else:
                found.unlink()
    (data / MARKER).unlink()
    return True

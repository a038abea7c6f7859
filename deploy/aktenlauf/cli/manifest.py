"""What a backup holds: path, size and SHA-256 of each file.

The keyring's folder has a manifest of its own, so that it can be kept elsewhere, deleted earlier, and replaced by a
newer one.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, ValidationError

from aktenlauf.contracts.envelope import timestamp
from aktenlauf.kit.settings import WrongSetting

FORMAT = 1
"""Of the backup as a whole. A newer one is refused."""
NAME = "manifest.json"
KEYRING = "keyring"
"""Subfolder of the keyring."""
CHUNK_BYTES = 1024 * 1024


class Entry(BaseModel):
    """One file. `place` is relative to the folder of the whole backup, also in the keyring's manifest."""

    model_config = ConfigDict(frozen=True)

    place: str
    size_bytes: int
    sha256: str


class Manifest(BaseModel):
    """What is in a backup. `made_at` in UTC."""

    format: int
    program: str
    made_at: datetime
    files: list[Entry]


def entry_of(folder: Path, place: str, read: Callable[[int], object] = lambda size_bytes: None) -> Entry:
    """Measure the file at `place`. `read` hears how many bytes were read. Raises FileNotFoundError."""
    digest, size_bytes = hashlib.sha256(), 0
    with (folder / place).open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            size_bytes += len(chunk)
            read(len(chunk))
    return Entry(place=place, size_bytes=size_bytes, sha256=digest.hexdigest())


def write_manifest(folder: Path, made_at: datetime, files: Sequence[Entry]) -> None:
    """Write it beside and rename it when whole."""
    text = Manifest(format=FORMAT, program=version("aktenlauf-cli"), made_at=made_at, files=list(files))
    part = folder / f".{NAME}"
    with part.open("w", encoding="utf-8") as file:
        file.write(text.model_dump_json(indent=1))
        file.flush()
        os.fsync(file.fileno())
    part.rename(folder / NAME)


def read_manifest(folder: Path) -> Manifest:
    """Raises WrongSetting for a folder without one, one of a newer format, or one that names files outside."""
    try:
        manifest = Manifest.model_validate_json((folder / NAME).read_bytes())
    except FileNotFoundError:
        raise WrongSetting(f"{folder} has no {NAME}: it is no backup, or one that was not finished") from None
    except ValidationError:
        raise WrongSetting(f"{folder / NAME} cannot be read: it was changed or is of another program") from None
    if manifest.format > FORMAT:
        raise WrongSetting(
            f"the backup of {timestamp(manifest.made_at)} was made by a newer version of Aktenlauf (backup format "
            f"{manifest.format}, this program knows {FORMAT}). Restore it with that version."
        )
    for entry in manifest.files:
        place = PurePosixPath(entry.place)
        if place.is_absolute() or ".." in place.parts:
            raise WrongSetting(f"{folder / NAME} names {entry.place}, which lies outside")
    return manifest

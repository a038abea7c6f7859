"""What lies at the demonstration's hand-over points: the outbox of mails, the drop folders of the gateway."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

SHOWN_MAX = 200


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail. `file` names it in an address."""

    file: str
    to: str
    subject: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Lying:
    """One file in a drop folder."""

    name: str
    size_bytes: int
    at: datetime


def letters(data: Path, limit: int = SHOWN_MAX) -> Sequence[Letter]:
    """The newest mails, newest first."""
    files = sorted(_plain(data / "mail", "*.eml"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    return [_letter(file) for file in files[:limit]]


def letter(data: Path, name: str) -> Letter | None:
    """One mail, None if it is not (or no longer) there."""
    found = next((file for file in _plain(data / "mail", "*.eml") if file.name == name), None)
    return _letter(found) if found else None


def drops(data: Path) -> dict[str, Sequence[Lying]]:
    """The files of each drop folder, newest first."""
    folders = sorted(path for path in (data / "xoev-gateway" / "drop").glob("*") if path.is_dir())
    return {folder.name: _lying(folder) for folder in folders}


def drop_file(data: Path, folder: str, name: str) -> Path | None:
    """A file that lies in a drop folder: only names that are listed, so an address cannot lead elsewhere."""
    listed = drops(data).get(folder, ())
    return data / "xoev-gateway" / "drop" / folder / name if any(one.name == name for one in listed) else None


def _lying(folder: Path) -> Sequence[Lying]:
    found = [Lying(file.name, file.stat().st_size, _changed(file)) for file in _plain(folder, "*")]
    return sorted(found, key=lambda one: one.at, reverse=True)[:SHOWN_MAX]


def _plain(folder: Path, pattern: str) -> list[Path]:
    return [file for file in folder.glob(pattern) if file.is_file() and not file.name.startswith(".")]


def _letter(file: Path) -> Letter:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    return Letter(file.name, str(message["To"]), str(message["Subject"]), str(message.get_content()), _changed(file))


def _changed(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)

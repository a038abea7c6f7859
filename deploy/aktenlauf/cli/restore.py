"""`aktenlauf restore`: from a backup to the data folder of an installation that does not run.

Everything is compared with the manifests first and written after. While it writes, a marker stands in the data folder,
so that no half restored installation starts.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from rich.console import Console

from aktenlauf.cli.backup import progress_bars, sync
from aktenlauf.cli.manifest import KEYRING, Entry, Manifest, entry_of, read_manifest
from aktenlauf.contracts.envelope import timestamp
from aktenlauf.kit.adapters import sqlite_drafts, sqlite_keyring, sqlite_log, sqlite_work
from aktenlauf.kit.settings import WrongSetting

MARKER = "RESTORING"
FORMATS = {
    "log.db": sqlite_log.DATA_FORMAT,
    "work.db": sqlite_work.DATA_FORMAT,
    "drafts.db": sqlite_drafts.DATA_FORMAT,
    "keyring.db": sqlite_keyring.DATA_FORMAT,
}
_USER_VERSION = slice(60, 64)
"""source: SQLite file format section 1.3: the user version, big-endian."""


def restore(source: Path, data: Path) -> None:
    """Write the backup in `source` to `data`, new or empty. Raises WrongSetting with a sentence."""
    console = Console(highlight=False, soft_wrap=True)
    manifest, keyring = read_manifest(source), _keyring_manifest(source)
    entries = [*manifest.files, *keyring.files]
    _must_be_empty(data)
    _verify(source, entries, console)
    _must_be_known(source, entries)
    console.print(
        f"Restoring the backup of {timestamp(manifest.made_at)} with the keyring of {timestamp(keyring.made_at)} "
        f"to {data}"
    )
    _write(source, data, entries, console)
    _say_what_follows(console, data, entries)


def refuse_unfinished(data: Path) -> None:
    """For whatever starts on a data folder. Raises WrongSetting if a restore was cut off there."""
    if (data / MARKER).exists():
        raise WrongSetting(f"AKTENLAUF_DATA: a restore to {data} was cut off. Empty the folder and restore again.")


def _keyring_manifest(source: Path) -> Manifest:
    if not (source / KEYRING).is_dir():
        raise WrongSetting(
            f"{source} has no {KEYRING}/: without it no personal data can be opened. Put the folder {KEYRING} of this "
            "backup, or better of the newest one, there."
        )
    return read_manifest(source / KEYRING)


def _must_be_empty(data: Path) -> None:
    refuse_unfinished(data)
    if data.exists() and any(data.iterdir()):
        raise WrongSetting(f"AKTENLAUF_DATA: {data} is not empty. Restore to a new folder; nothing is overwritten.")


def _verify(source: Path, entries: Sequence[Entry], console: Console) -> None:
    with progress_bars(console) as bars:
        task = bars.add_task("verifying", total=sum(entry.size_bytes for entry in entries))
        faults = [
            fault for entry in entries if (fault := _fault(source, entry, lambda n: bars.advance(task, n))) is not None
        ]
    if faults:
        more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
        raise WrongSetting(f"the backup is damaged, nothing was written: {', '.join(faults[:5])}{more}")


def _fault(source: Path, entry: Entry, read: object) -> str | None:
    try:
        found = entry_of(source, entry.place, read)  # type: ignore[arg-type]
    except FileNotFoundError:
        return f"{entry.place} is missing"
    return None if found == entry else f"{entry.place} is not what the manifest says"


def _must_be_known(source: Path, entries: Sequence[Entry]) -> None:
    for entry in entries:
        known = FORMATS.get(PurePosixPath(entry.place).name)
        if known is None:
            continue
        with (source / entry.place).open("rb") as file:
            found = int.from_bytes(file.read(100)[_USER_VERSION], "big")
        if found > known:
            raise WrongSetting(
                f"{entry.place} was written by a newer version of Aktenlauf (data format {found}, this program knows "
                f"{known}). Restore it with that version."
            )


def _write(source: Path, data: Path, entries: Sequence[Entry], console: Console) -> None:
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    (data / MARKER).touch()
    with progress_bars(console) as bars:
        task = bars.add_task("restoring", total=sum(entry.size_bytes for entry in entries))
        for entry in entries:
            target = data / entry.place.removeprefix(f"{KEYRING}/")
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            target.touch(mode=0o600)
            shutil.copyfile(source / entry.place, target)
            sync(target)
            bars.advance(task, entry.size_bytes)
    (data / MARKER).unlink()


def _say_what_follows(console: Console, data: Path, entries: Sequence[Entry]) -> None:
    console.print(f"Restored {len(entries)} files. Views are made again at the next start; people sign in again.")
    if f"{KEYRING}/kek" not in {entry.place for entry in entries}:
        console.print(
            f"[bold]The key-encryption key was not in the backup:[/bold] put it to {data / 'kek'} before the start "
            "(32 bytes, mode 0600)."
        )
    console.print("What was erased after the keyring was saved can be opened again: erase it once more.")

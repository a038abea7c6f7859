"""`aktenlauf backup`: a copy of all that cannot be made again, taken while everything runs.

**One cut through everything.** The logs name each other's events, `work.db` names positions in the logs, the keyring
holds keys for what the logs hold. Copied one after the other they would contradict each other: a log would know more
of its neighbour than the neighbour itself, and a cursor would stand beyond the end of its log, so that what comes there
next would never be handled. So all databases are held still together for some milliseconds (the write lock of each),
a snapshot of each is opened, all are let go again, and the copies are made from the snapshots.

**Small ones first**, as a snapshot keeps its write-ahead log from being emptied, which erasing a key or a draft needs.
**Blobs after the cut**: they are stored before an event names them and never change, so none named at the cut is
missing but those deleted since.

Left out: views (made again from the log), sessions (people sign in again; a restored one would undo a sign-out), and
the hand-over points `mail/` and `drop/`, which are in the clear and out of reach of an erasure.
"""

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from aktenlauf.cli.manifest import KEYRING, Entry, entry_of, write_manifest
from aktenlauf.kit.settings import WrongSetting

LOCK_SECONDS = 5
"""How long to wait for another writer of one database."""
PAGES_A_STEP = 4096
LINKS_REFUSED = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP})
"""Another file system, or one without hard links: copy instead."""
_PER_SERVICE = ("work.db", "drafts.db", "log.db")  # in the order of copying


@dataclass(frozen=True, slots=True)
class Source:
    """One database: where it is, and its place in the backup."""

    path: Path
    place: str


def backup(data: Path, target: Path, *, with_kek: bool = False) -> None:
    """Write a backup of `data` to `target`, a new or empty folder. Raises WrongSetting with a sentence.

    The manifest is written last: a folder without one is no backup.
    """
    console = Console(highlight=False, soft_wrap=True)
    sources = _sources(data)
    _make_empty(target)
    with progress_bars(console) as bars:
        entries = _copy_databases(sources, target, bars)
        entries += _copy_blobs(data / "blobs", target, bars)
    kek = [_copy_kek(data, target)] if with_kek else []
    made_at = datetime.now(UTC)
    write_manifest(target / KEYRING, made_at, [e for e in (*entries, *kek) if e.place.startswith(f"{KEYRING}/")])
    write_manifest(target, made_at, [e for e in entries if not e.place.startswith(f"{KEYRING}/")])
    _say_what_it_is(console, target, entries, with_kek)


@contextmanager
def progress_bars(console: Console) -> Iterator[Progress]:
    """Bars that count bytes, shown where somebody looks."""
    columns = (TextColumn("{task.description:<10}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        yield bars


def _sources(data: Path) -> list[Source]:
    services = sorted(path.parent for path in data.glob("*/log.db"))
    if not services or not (data / "keyring.db").exists():
        raise WrongSetting(f"AKTENLAUF_DATA: no installation has its data in {data}")
    found = [Source(data / "keyring.db", f"{KEYRING}/keyring.db")]
    for name in _PER_SERVICE:
        found += [Source(folder / name, f"{folder.name}/{name}") for folder in services if (folder / name).exists()]
    return found


def _make_empty(target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(target.iterdir()):
        raise WrongSetting(f"{target} is not empty. Name a new folder: a backup is never mixed with another.")


def _copy_databases(sources: Sequence[Source], target: Path, bars: Progress) -> list[Entry]:
    task = bars.add_task("databases", total=sum(source.path.stat().st_size for source in sources))
    entries: list[Entry] = []
    with ExitStack() as stack:
        for source, snapshot in zip(sources, _cut(sources, stack), strict=True):
            with closing(snapshot):
                entries.append(_copy_database(snapshot, source, target))
            bars.advance(task, entries[-1].size_bytes)
    return entries


def _cut(sources: Sequence[Source], stack: ExitStack) -> list[sqlite3.Connection]:
    """Snapshots of all databases at one moment. Always in the same order, so that two backups cannot block each other.

    Raises WrongSetting if a database cannot be held still.
    """
    snapshots = [stack.enter_context(closing(_connect(source.path))) for source in sources]
    with ExitStack() as still:
        try:
            for source in sources:
                still.enter_context(closing(_connect(source.path))).execute("BEGIN IMMEDIATE")
            for snapshot in snapshots:
                snapshot.execute("BEGIN")
                snapshot.execute("SELECT count(*) FROM sqlite_master").fetchone()  # a snapshot begins at the first read
        except sqlite3.OperationalError as error:
            raise WrongSetting(f"a database cannot be held still: {error}. Try again.") from None
    return snapshots


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=LOCK_SECONDS)


def _copy_database(snapshot: sqlite3.Connection, source: Source, target: Path) -> Entry:
    path = target / source.place
    path.parent.mkdir(exist_ok=True, mode=0o700)
    with closing(sqlite3.connect(path)) as copy:
        snapshot.backup(copy, pages=PAGES_A_STEP)
    sync(path)
    return entry_of(target, source.place)


def _copy_blobs(blobs: Path, target: Path, bars: Progress) -> list[Entry]:
    paths = [path for path in sorted(blobs.glob("??/*")) if path.is_file()]
    task = bars.add_task("blobs", total=None)
    sizes = dict(_sizes(paths))
    bars.update(task, total=sum(sizes.values()))
    entries: list[Entry] = []
    for path, size in sizes.items():
        place = f"blobs/{path.parent.name}/{path.name}"
        if _link_or_copy(path, target / place):
            entries.append(entry_of(target, place))
        bars.advance(task, size)
    return entries


def _sizes(paths: Iterable[Path]) -> Iterator[tuple[Path, int]]:
    for path in paths:
        try:
            yield path, path.stat().st_size
        except FileNotFoundError:  # deleted since it was listed
            continue


def _link_or_copy(source: Path, target: Path) -> bool:
    """False if it was deleted meanwhile."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        os.link(source, target)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno not in LINKS_REFUSED:
            raise
        try:
            shutil.copyfile(source, target)
        except FileNotFoundError:
            target.unlink(missing_ok=True)
            return False
        sync(target)
    return True


def _copy_kek(data: Path, target: Path) -> Entry:
    place = f"{KEYRING}/kek"
    path = target / place
    path.touch(mode=0o600)
    shutil.copyfile(data / "kek", path)
    sync(path)
    return entry_of(target, place)


def sync(path: Path) -> None:
    """Have the file on the disk before the manifest says that it is there."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _say_what_it_is(console: Console, target: Path, entries: Sequence[Entry], with_kek: bool) -> None:
    size = sum(entry.size_bytes for entry in entries)
    console.print(f"Backup complete: {len(entries)} files, {size / 1e6:.1f} MB in {target}")
    console.print("Left out: views (made again), sessions (people sign in again), mail/ and drop/ (in the clear).")
    console.print(
        f"[bold]{target / KEYRING} opens the personal data.[/bold] Keep it apart and for a short time only: as long as "
        "it exists, what is erased meanwhile can be restored. Replace it by that of each newer backup."
    )
    if with_kek:
        console.print(f"[bold]{target / KEYRING / 'kek'} opens the keyring:[/bold] whoever has both has everything.")
    else:
        console.print("The key-encryption key is not in it (--with-kek): keep that in a place of its own.")

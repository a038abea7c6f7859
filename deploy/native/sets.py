"""A set of servers: PostgreSQL with FerretDB, Kafka, versitygw, and clamd where there is one.

A set is a folder below `.servers/runs` with its ports, pid files, logs and data. Everybody who knows the folder can
stop it, kill one of its servers and start it again on the same data and ports; several sets do not know each other.
"""

import json
import shutil
import signal
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from filelock import FileLock
from minio import Minio

from . import programs
from .install import find_clamd, install
from .places import RUNS
from .processes import end, free_ports, launch, note, running, wait_until
from .programs import ACCESS_KEY, BUCKET, LOOPBACK, SECRET_KEY, Program


@dataclass(frozen=True)
class Addresses:
    """Where the servers of a set are, in the form that `kit.settings` takes. `clamd` is empty where there is none."""

    mongo: str
    kafka: str
    s3: str
    s3_access_key: str
    s3_secret_key: str
    clamd: str = ""

    def environment(self) -> dict[str, str]:
        """As AKTENLAUF_... variables."""
        return {f"AKTENLAUF_{name.upper()}": value for name, value in vars(self).items() if value}

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> "Addresses | None":
        """The servers that the variables name; None unless all but clamd are named."""
        values = {name: environment.get(f"AKTENLAUF_{name.upper()}", "") for name in cls.__dataclass_fields__}
        return cls(**values) if all(value for name, value in values.items() if name != "clamd") else None


class ServerSet:
    """The set in `folder`. Server names: mongo, kafka, s3, clamd."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(self, owner: int | None = None) -> Addresses:
        """Start a new set, on no data, and return when all its servers are ready.

        `owner`: pid of the process it belongs to; `sweep` may end it when that one is gone.
        Raises CannotInstall, NotReady.
        """
        clamd_binary = self._install()
        self.stop()
        self.folder.mkdir(parents=True)
        if owner is not None:
            note(psutil.Process(owner), self._owner)
        self._choose_ports(clamd_binary)
        try:
            with ThreadPoolExecutor() as pool:
                list(pool.map(self._start_first, self.servers))
            self._make_bucket()
        except BaseException:
            self.stop()
            raise
        self._complete.touch()
        return self.addresses()

    def start_again(self, server: str) -> None:
        """Start a server that was killed or stopped: same port, same data. Raises NotReady."""
        for program in self.programs(server):
            self._run(program)

    def stop_one(self, server: str) -> None:
        """Let a server end in order; its data stays."""
        for program in reversed(self.programs(server)):
            end(self._pid_file(program), program.stop_signal)

    def kill(self, server: str) -> None:
        """kill -9 to all processes of a server."""
        for program in reversed(self.programs(server)):
            end(self._pid_file(program), signal.SIGKILL)

    def is_running(self, server: str) -> bool:
        """Whether every process of the server is there."""
        return all(running(self._pid_file(program)) for program in self.programs(server))

    def pids(self) -> dict[str, int]:
        """Program -> pid, of those that run."""
        found = {path.stem: running(path) for path in sorted(self.folder.glob("*.pid"))}
        return {name: process.pid for name, process in found.items() if process}

    def stop(self) -> None:
        """End every process that this set has started, and throw its data away. Does nothing where there is no set."""
        if self._settings.exists():
            for server in self.servers:
                self._remove(server)
        shutil.rmtree(programs.socket_folder(self.folder), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def addresses(self) -> Addresses:
        """Raises FileNotFoundError when the set was never started."""
        ports = self.ports()
        return Addresses(
            # A replica set of one knows itself by another address.
            mongo=f"mongodb://{LOOPBACK}:{ports['mongo']}/?directConnection=true",
            kafka=f"{LOOPBACK}:{ports['kafka']}",
            s3=f"http://{LOOPBACK}:{ports['s3']}/{BUCKET}",
            s3_access_key=ACCESS_KEY,
            s3_secret_key=SECRET_KEY,
            clamd=f"{LOOPBACK}:{ports['clamd']}" if "clamd" in ports else "",
        )

    @property
    def servers(self) -> list[str]:
        """Their names: clamd only where this machine has one."""
        return [name for name in ("kafka", "mongo", "s3", "clamd") if name in self.ports()]

    def programs(self, server: str) -> list[Program]:
        """In the order in which they start."""
        ports = self.ports()
        match server:
            case "mongo":
                return [programs.postgres(self.folder), programs.ferretdb(self.folder, ports["mongo"])]
            case "kafka":
                return [programs.kafka(self.folder, ports["kafka"], ports["controller"])]
            case "s3":
                return [programs.versitygw(self.folder, ports["s3"])]
            case "clamd":
                return [programs.clamd(self.folder, ports["clamd"], self._chosen()["clamd"])]
        raise KeyError(server)

    def ports(self) -> dict[str, int]:
        """Server (and `controller`, Kafka's own) -> TCP port."""
        return dict(self._chosen()["ports"])

    @property
    def is_complete(self) -> bool:
        """Whether `start` came to its end."""
        return self._complete.exists()

    @property
    def is_orphan(self) -> bool:
        """Whether its owner is gone."""
        return self._owner.exists() and running(self._owner) is None

    @property
    def _owner(self) -> Path:
        return self.folder / "owner"

    @property
    def _complete(self) -> Path:
        return self.folder / "complete"

    @property
    def _settings(self) -> Path:
        return self.folder / "set.json"

    def _install(self) -> str | None:
        """Make sure that everything can be started; returns what runs as clamd."""
        install()
        return find_clamd()

    def _choose_ports(self, clamd_binary: str | None) -> None:
        wanted = ["mongo", "kafka", "controller", "s3", *(["clamd"] if clamd_binary else [])]
        self._settings.write_text(json.dumps({"ports": free_ports(wanted), "clamd": clamd_binary}))

    def _chosen(self) -> dict[str, Any]:
        return dict(json.loads(self._settings.read_text()))

    def _pid_file(self, program: Program) -> Path:
        return self.folder / f"{program.name}.pid"

    def _start_first(self, server: str) -> None:
        for program in self.programs(server):
            program.prepare()
            self._run(program)

    def _run(self, program: Program) -> None:
        log = self.folder / f"{program.name}.log"
        process = launch(program.command, self._pid_file(program), log, program.environment)
        wait_until(program.ready, process, log)

    def _remove(self, server: str) -> None:
        self.stop_one(server)

    def _make_bucket(self) -> None:
        made = self.addresses()
        endpoint = made.s3.split("/")[2]
        client = Minio(endpoint=endpoint, access_key=ACCESS_KEY, secret_key=SECRET_KEY, secure=False)
        client.make_bucket(bucket_name=BUCKET)


def sweep(kind: type[ServerSet] = ServerSet) -> None:
    """Stop the sets whose owner has ended without stopping them."""
    RUNS.mkdir(parents=True, exist_ok=True)
    with FileLock(RUNS / ".lock"):
        for folder in RUNS.glob("*"):
            if (found := kind(folder)).is_orphan:
                found.stop()

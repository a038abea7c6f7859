"""The same set as containers, where a Docker engine answers: the images that compose.yaml names, by testcontainers.

Data lives in the containers and goes with them. Ports are chosen by us, so that a killed server comes back on its own.
"""

from functools import cache

import docker
import yaml
from docker.errors import DockerException, NotFound
from docker.models.containers import Container
from pymongo.errors import PyMongoError
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from . import programs
from .places import HERE
from .processes import wait_for
from .programs import ACCESS_KEY, LOOPBACK, SECRET_KEY
from .sets import ServerSet

COMPOSE = HERE.parent.parent / "compose.yaml"
SERVICES = {"mongo": "mongo", "kafka": "kafka", "s3": "s3", "clamd": "clamd"}
"""Server -> service in compose.yaml, whose image it runs."""


@cache
def engine_answers() -> bool:
    """Whether a Docker engine answers on its socket; a client alone is none."""
    try:
        client = docker.from_env(timeout=5)
    except DockerException:
        return False
    return bool(client.ping())


def images() -> dict[str, str]:
    """Server -> image. Raises KeyError where compose.yaml lacks a service."""
    services = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]
    return {server: services[name]["image"] for server, name in SERVICES.items()}


class ContainerSet(ServerSet):
    """See `ServerSet`."""

    @property
    def servers(self) -> list[str]:
        return list(SERVICES)

    def start_again(self, server: str) -> None:
        self._container(server).start()
        self._wait(server)

    def stop_one(self, server: str) -> None:
        self._container(server).stop(timeout=20)

    def kill(self, server: str) -> None:
        self._container(server).kill()
        self._container(server).wait()

    def is_running(self, server: str) -> bool:
        return bool(self._container(server).status == "running")

    def pids(self) -> dict[str, int]:
        return {server: self._container(server).attrs["State"]["Pid"] for server in self.servers}

    def _install(self) -> str | None:
        # The engine's own reaper would end the set with the process that began it, while others still use it.
        testcontainers_config.ryuk_disabled = True
        return "in a container"

    def _remove(self, server: str) -> None:
        try:
            self._container(server).remove(force=True, v=True)
        except NotFound:
            pass  # the start was broken off before it was made

    def _start_first(self, server: str) -> None:
        made = DockerContainer(images()[server]).with_name(self._name(server))
        getattr(self, f"_as_{server}")(made, self.ports()[server])
        made.start()
        self._wait(server)

    def _as_mongo(self, made: DockerContainer, port: int) -> None:
        self._publish(made, 27017, port)
        # A member of a replica set: alone, it would know neither majorities nor writes that are tried again.
        made.with_command("--replSet rs0 --bind_ip_all")

    def _as_kafka(self, made: DockerContainer, port: int) -> None:
        self._publish(made, 9092, port)
        settings = programs.kafka_settings(f"{LOOPBACK}:{port}", "0.0.0.0:9092", "localhost:9093")
        for name, value in settings.items():
            made.with_env(f"KAFKA_{name.replace('.', '_').upper()}", str(value))

    def _as_s3(self, made: DockerContainer, port: int) -> None:
        self._publish(made, 7070, port)
        made.with_env("ROOT_ACCESS_KEY", ACCESS_KEY).with_env("ROOT_SECRET_KEY", SECRET_KEY)
        made.with_command("--port :7070 --health /health posix --nometa=false /tmp")

    def _as_clamd(self, made: DockerContainer, port: int) -> None:
        self._publish(made, 3310, port)
        config = self.folder / "clamd.conf"
        config.write_text("Foreground yes\nTCPSocket 3310\nDatabaseDirectory /signatures\nStreamMaxLength 64M\n")
        made.with_volume_mapping(str(HERE / "clamav"), "/signatures").with_volume_mapping(str(config), "/clamd.conf")
        # Its own entry point would fetch the real signatures first: minutes, and a gigabyte.
        made.with_kwargs(entrypoint=["clamd", "--config-file=/clamd.conf"])

    def _publish(self, made: DockerContainer, inside: int, port: int) -> None:
        # Its own with_bind_ports knows no address, and would listen on all of them.
        made.ports[f"{inside}/tcp"] = (LOOPBACK, port)  # type: ignore[assignment]

    def _wait(self, server: str) -> None:
        port = self.ports()[server]
        ready = {
            "mongo": lambda: _is_primary(port),
            "kafka": lambda: programs.KAFKA_READY in self._container(server).logs().decode(errors="replace"),
            "s3": lambda: programs.answers_http(f"http://{LOOPBACK}:{port}/health"),
            "clamd": lambda: programs.answers_clamd(port),
        }
        wait_for(ready[server], f"the container {self._name(server)}")

    def _name(self, server: str) -> str:
        return f"aktenlauf-{self.folder.name}-{server}"

    def _container(self, server: str) -> Container:
        return docker.from_env().containers.get(self._name(server))


def _is_primary(port: int) -> bool:
    """Whether the one member of the replica set takes writes; it is told first that it is the only one."""
    try:
        with programs.mongo_client(port) as client:
            hello = client.admin.command("hello")
            if "setName" not in hello and not hello["isWritablePrimary"]:
                member = {"_id": 0, "host": "127.0.0.1:27017"}
                client.admin.command("replSetInitiate", {"_id": "rs0", "members": [member]})
            return bool(hello["isWritablePrimary"])
    except PyMongoError:
        return False

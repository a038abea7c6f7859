"""The five services as processes of their own on a set of servers, behind `aktenlauf proxy`, with the demo sign-in.

For tests, benchmarks and native runs. Like a set of servers, a fleet is a folder: whoever knows it can kill one
replica and start it again with the same port, name and data.
"""

import base64
import os
import signal
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from .processes import end, free_ports, launch, running, wait_until
from .sets import Addresses

SERVICES = ("intake", "documents", "review", "scheduling", "xoev-gateway")
IDP, PROXY = "demo-idp", "proxy"
IDP_PATH = "/demo-anmeldung"
READY_SECONDS = 90.0
PROGRAM = ("-m", "aktenlauf.cli")
"""What the interpreter runs."""


class Fleet:
    """`prefix` begins the names of its databases and topics: several fleets may share a set of servers.

    `now` is its time when it is made, the same for all its processes, whenever each is started. `program`: what is run
    with the command's arguments.
    """

    def __init__(
        self,
        folder: Path,
        addresses: Addresses,
        prefix: str,
        replicas: int = 1,
        environment: Mapping[str, str] | None = None,
        now: datetime | None = None,
        program: Sequence[str] = PROGRAM,
    ) -> None:
        self.folder, self.prefix = folder, prefix
        self._program = [sys.executable, *program]
        self._ports = free_ports(self._names(replicas))
        self._now, self._began = now, time.time()
        self.url = f"http://localhost:{self._ports[PROXY]}"
        self._environment = {
            **addresses.environment(),
            **self._sign_in(),
            "AKTENLAUF_BASE_URL": self.url,
            "AKTENLAUF_DATA": str(self.folder / "data"),
            "AKTENLAUF_DEMO": "false",
            "AKTENLAUF_KAFKA_PREFIX": f"{prefix}.",
            "AKTENLAUF_KEK": base64.b64encode(os.urandom(32)).decode(),
            "AKTENLAUF_MONGO_PREFIX": f"{prefix}-",
            "AKTENLAUF_RATE_SIGN_IN": "1000/minute",
            "AKTENLAUF_WORKERS": "1",
            **(environment or {}),
        }

    @staticmethod
    def _names(replicas: int) -> list[str]:
        return [IDP, PROXY, *(f"{service}-{n}" for service in SERVICES for n in range(1, replicas + 1))]

    @property
    def services(self) -> list[str]:
        """The names of all replicas: `intake-1`, ..."""
        return [name for name in self._ports if name not in (IDP, PROXY)]

    def start(self, without: Collection[str] = ()) -> None:
        """Make the topics, start all but those named, and return when all are ready. Raises NotReady."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._run("topics", ["bus", "topics"])
        try:
            self.start_one(IDP)
            with ThreadPoolExecutor() as pool:
                list(pool.map(self.start_one, [name for name in self.services if name not in without]))
            self.start_one(PROXY)
        except BaseException:
            self.stop()
            raise

    def start_one(self, name: str) -> None:
        """Start one of them, and return when it is ready. Raises NotReady."""
        log = self._log(name)
        process = launch(self._command(name), self.pid_file(name), log, self._of(name))
        wait_until(lambda: self.answers(name), process, log, READY_SECONDS)

    def end_one(self, name: str, with_signal: int = signal.SIGTERM) -> None:
        """End one of them, with all its children."""
        end(self.pid_file(name), with_signal)

    def pause(self, name: str) -> None:
        """Put one to sleep."""
        self._tell(name, signal.SIGSTOP)

    def wake(self, name: str) -> None:
        """Go on where it slept."""
        self._tell(name, signal.SIGCONT)

    def stop(self) -> None:
        """End all that run; their data stays."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(self.end_one, self._ports))

    def answers(self, name: str) -> bool:
        """Whether it is ready to serve."""
        path = f"{IDP_PATH}/public/.well-known/openid-configuration" if name == IDP else "/healthz"
        try:
            return httpx.get(self.address(name) + path, timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def address(self, name: str) -> str:
        """Where it listens, past the proxy."""
        return f"http://127.0.0.1:{self._ports[name]}"

    def pid_file(self, name: str) -> Path:
        """Of a running one, see `processes.running`."""
        return self.folder / f"{name}.pid"

    def logs(self) -> bytes:
        """All that its processes have written to their logs."""
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob("*.log")))

    def time(self) -> datetime:
        """What its clocks show."""
        return (self._now or datetime.now(UTC)) + timedelta(seconds=time.time() - self._began if self._now else 0)

    def settings(self) -> dict[str, str]:
        """Where its data are, by the names of `kit.settings`: to open them when it has ended."""
        names = ("data", "kafka", "kek", "mongo", "s3", "clamd")
        found = {name.removeprefix("AKTENLAUF_").lower(): value for name, value in self._environment.items()}
        return {name: value for name, value in found.items() if name.startswith(names)}

    def environment(self, name: str) -> dict[str, str]:
        """The settings of one of them, for commands beside it."""
        return self._environment | self._of(name)

    def _sign_in(self) -> dict[str, str]:
        idp = self.address(IDP)
        return {
            "AKTENLAUF_OIDC_APPLICANTS_ISSUER": f"{idp}{IDP_PATH}/public",
            "AKTENLAUF_OIDC_APPLICANTS_CLIENT_ID": "aktenlauf-public",
            "AKTENLAUF_OIDC_OFFICE_ISSUER": f"{idp}{IDP_PATH}/office",
            "AKTENLAUF_OIDC_OFFICE_CLIENT_ID": "aktenlauf-office",
        }

    def _of(self, name: str) -> dict[str, str]:
        own = {"AKTENLAUF_PORT": str(self._ports[name]), "AKTENLAUF_REPLICA": name}
        if self._now:
            own["AKTENLAUF_NOW"] = self.time().isoformat()
        return self._environment | own

    def _command(self, name: str) -> list[str]:
        if name == PROXY:
            targets = [f"--to={n.rpartition('-')[0]}={self.address(n)}" for n in self.services]
            return [*self._program, "proxy", *targets]
        return [*self._program, "serve", name if name == IDP else name.rpartition("-")[0]]

    def _run(self, name: str, arguments: list[str]) -> None:
        log = self._log(name)
        process = launch([*self._program, *arguments], self.pid_file(name), log, self._environment)
        wait_until(lambda: process.wait() == 0, process, log)

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _tell(self, name: str, with_signal: int) -> None:
        process = running(self.pid_file(name))
        if process is None:
            raise ProcessLookupError(name)
        process.send_signal(with_signal)

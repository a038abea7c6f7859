"""The servers of the distributed form, natively: `python deploy/servers.py install|up|down`.

`up` leaves a set running and writes its addresses to .servers/env; `down` ends it, and sets that a crash left behind.
"""

import sys
import time

from native.containers import engine_answers
from native.install import CannotInstall, console, fetch_clamd, install
from native.places import RUNS, SERVERS
from native.processes import NotReady
from native.sets import ServerSet, sweep

ENV = SERVERS / "env"
MAIN = ServerSet(RUNS / "main")


def fetch() -> int:
    """What `make test` does first, so that no test waits for it. Exit code 0 also where it cannot be done: the tests
    say then what they left out, and .ci/run makes that a failure."""
    if engine_answers():
        console.print("servers: a Docker engine answers, the tests start containers")
        return 0
    try:
        with console.status("servers: installing"):
            install()
    except CannotInstall as error:
        _alarm(f"{error}\nTests on the real servers are left out.")
        return 0
    _fetch_clamd()
    return 0


def up() -> int:
    """Exit code: 0 when all servers are ready, 1 when they could not be installed or started."""
    started = time.monotonic()
    _fetch_clamd()
    try:
        with console.status("servers: starting"):
            addresses = MAIN.start()
    except (CannotInstall, NotReady) as error:
        _alarm(str(error))
        return 1
    ENV.write_text("".join(f"{name}={value}\n" for name, value in addresses.environment().items()))
    took = time.monotonic() - started
    console.print(f"servers: {', '.join(MAIN.servers)} ready after {took:.1f} s, addresses in {ENV}", soft_wrap=True)
    return 0


def down() -> int:
    ENV.unlink(missing_ok=True)
    MAIN.stop()
    sweep()
    return 0


def _fetch_clamd() -> None:
    if not fetch_clamd():
        _alarm("no ClamAV here, and Debian's clamav-daemon cannot be installed: its tests are left out.")


def _alarm(message: str) -> None:
    console.print(f"servers: {message}", style="bold red", markup=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit({"install": fetch, "up": up, "down": down}[sys.argv[1]]())

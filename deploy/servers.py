"""The servers of the distributed form, natively: `python deploy/servers.py up|down`.

`up` leaves a set running and writes its addresses to .servers/env; `down` ends it, and sets that a crash left behind.
"""

import sys
import time

from native.install import SERVERS, CannotInstall
from native.processes import NotReady
from native.sets import RUNS, ServerSet, sweep
from rich.console import Console

console = Console(stderr=True)
ENV = SERVERS / "env"
MAIN = ServerSet(RUNS / "main")


def up() -> int:
    """Exit code: 0 when all servers are ready, 1 when they could not be installed or started."""
    started = time.monotonic()
    try:
        with console.status("servers: starting"):
            addresses = MAIN.start()
    except (CannotInstall, NotReady) as error:
        console.print(f"servers: {error}", style="bold red", markup=False)
        return 1
    ENV.write_text("".join(f"{name}={value}\n" for name, value in addresses.environment().items()))
    console.print(f"servers: ready after {time.monotonic() - started:.1f} s, addresses in {ENV}", markup=False)
    return 0


def down() -> int:
    ENV.unlink(missing_ok=True)
    MAIN.stop()
    sweep()
    return 0


if __name__ == "__main__":
    sys.exit({"up": up, "down": down}[sys.argv[1]]())

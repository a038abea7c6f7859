"""The files for containers, checked without an engine: `python deploy/check_containers.py`.

The check itself is a Go program (deploy/checks), because Docker Compose, BuildKit and Prometheus have their parsers in
Go. Where Go is missing it is left out, loudly; where AKTENLAUF_TIERS demands the tier `containers`, that is a failure.
"""

import os
import shutil
import subprocess
import sys

from native.places import HERE, INSTALLED

ROOT = HERE.parent.parent
CHECKS = ROOT / "deploy/checks"
FILES = ("compose.yaml", "deploy/docker/Dockerfile", "deploy/observability/alerts.yml")
TIER = "containers"


def main() -> int:
    """Exit code: 0 where nothing was found, or where it could not be looked and nobody demands it."""
    go = shutil.which("go")
    if go is None:
        demanded = TIER in os.environ.get("AKTENLAUF_TIERS", "").split()
        word = "MISSING, but demanded here" if demanded else "LEFT OUT"
        print(f"!!! {word}: no Go, so nobody checked {', '.join(FILES)}", file=sys.stderr)
        return int(demanded)
    INSTALLED.mkdir(parents=True, exist_ok=True)
    program = INSTALLED / "checks"
    build = [go, "build", "-mod=readonly", "-trimpath", "-ldflags=-s -w", "-o", str(program), "."]
    if code := subprocess.run(build, cwd=CHECKS).returncode:  # noqa: S603 - no input from outside
        return code
    return subprocess.run([str(program), *FILES], cwd=ROOT).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())

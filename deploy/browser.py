"""A Chromium for the browser tests: `python deploy/browser.py` prints its path, fetching it if there is none.

Debian's package where apt may be used (signed, updated with the system), else Playwright's own download.
"""

import os
import shutil
import subprocess
import sys

from aktenlauf.kit.testing.browser import find_browser

APT = (("update", "-qq"), ("install", "-y", "-qq", "--no-install-recommends", "chromium"))


def main() -> int:
    """Exit code: 0 when a browser is there, 1 when none could be fetched."""
    path = find_browser()
    if path is None:
        fetched = fetch_by_apt() or fetch_by_playwright()
        find_browser.cache_clear()
        path = find_browser() if fetched else None
    if path is None:
        print("No browser: install Chromium by hand and put it on PATH as `chromium`.", file=sys.stderr)
        return 1
    print(path)
    return 0


def fetch_by_apt() -> bool:
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return False
    print("browser: installing Debian's chromium with apt-get", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return all(subprocess.run([apt, *step], env=environment).returncode == 0 for step in APT)  # noqa: S603


def fetch_by_playwright() -> bool:
    print("browser: fetching Chromium with playwright", flush=True)
    return subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"]).returncode == 0


if __name__ == "__main__":
    sys.exit(main())

"""The browser of the browser tests: where it is, if there is one."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

INSTALLED = ("chromium", "chromium-browser", "google-chrome")
PLAYWRIGHT_FOLDERS = (".cache/ms-playwright", "Library/Caches/ms-playwright")
PLAYWRIGHT_PROGRAMS = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
)
VERSION_SECONDS = 30


@cache
def find_browser() -> str | None:
    """Path of a Chromium that starts, for Playwright's `executable_path`; None where there is none.

    The system's own comes first, then what `playwright install chromium` has fetched. As root it needs
    `--no-sandbox`.
    """
    return next((path for path in _candidates() if _starts(path)), None)


def _candidates() -> list[str]:
    own = [path for name in INSTALLED if (path := shutil.which(name))]
    chosen = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    folders = [Path(chosen)] if chosen else [Path.home() / folder for folder in PLAYWRIGHT_FOLDERS]
    fetched = [str(path) for folder in folders for glob in PLAYWRIGHT_PROGRAMS for path in folder.glob(glob)]
    return own + sorted(fetched, reverse=True)


def _starts(path: str) -> bool:
    """Some systems have a `chromium` that only says how to install one."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=VERSION_SECONDS).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False

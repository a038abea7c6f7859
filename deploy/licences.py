"""Writes the licences of the Python packages into THIRD_PARTY.md, as the installed packages state them.

A test compares the table with what is locked.
"""

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTICES = ROOT / "THIRD_PARTY.md"
HEAD = "## Python\n\n| package | licence |\n|---|---|\n"
READ = {"pyrage": "MIT"}
"""Read from the licence text that the package brings, where its metadata name none."""
_LONGEST = 80
"""Characters; some packages put the whole text where its name belongs."""


def locked() -> list[str]:
    """Names in requirements.lock that are installed; others are for other systems."""
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    names = [match[1] for line in lines if (match := re.match(r"([a-z0-9._-]+)==", line))]
    return [name for name in names if _installed(name)]


def licence(name: str) -> str:
    """By its expression (PEP 639), else its classifiers, else its field. Raises KeyError where it states none."""
    found = distribution(name).metadata
    classified = [
        text.rpartition(" :: ")[2]
        for text in found.get_all("Classifier") or []
        if text.startswith("License ::") and text != "License :: OSI Approved"
    ]
    stated = (found["License"] or "").strip()
    short = stated if len(stated) <= _LONGEST else ""
    return found["License-Expression"] or ", ".join(classified) or short or READ[name]


def table() -> str:
    """As it stands at the end of THIRD_PARTY.md."""
    return HEAD + "".join(f"| {name} | {licence(name)} |\n" for name in locked())


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    before = NOTICES.read_text("utf-8").partition(HEAD)[0]
    NOTICES.write_text(before + table(), "utf-8")

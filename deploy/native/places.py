"""Where everything is that this package reads and makes."""

from pathlib import Path

HERE = Path(__file__).resolve().parent
SERVERS = HERE.parent.parent / ".servers"
"""Everything that is made; ignored by git."""
INSTALLED = SERVERS / "installed"
RUNS = SERVERS / "runs"
"""A folder for each set."""

"""The secrets of compose.yaml: `python deploy/docker/make_secrets.py` makes those that lack, each in a file.

The folder is for its owner alone. The files in it can be read by all, because a container sees them with the rights
that they have here and runs as another user. What is there is never written again: a lost key-encryption key makes
every case unreadable for good.
"""

import os
import secrets
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent.parent / ".secrets"


def _url(user: str) -> str:
    return f"mongodb://{user}:{secrets.token_urlsafe(32)}@mongo:27017/?replicaSet=rs0&authSource=admin"


MADE: dict[str, Callable[[], str]] = {
    "kek": lambda: b64encode(os.urandom(32)).decode(),
    "mongo": lambda: _url("aktenlauf"),
    "mongo_keyring": lambda: _url("keyring"),
    "mongo_sessions": lambda: _url("sessions"),
    "mongo_root": lambda: secrets.token_urlsafe(32),
    "mongo_key": lambda: b64encode(os.urandom(700)).decode(),
    "s3_access_key": lambda: secrets.token_hex(10),
    "s3_secret_key": lambda: secrets.token_urlsafe(32),
}


def make_secrets(folder: Path) -> list[str]:
    """Make those that lack in `folder`, and return their names."""
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    lacking = [name for name in MADE if not (folder / name).exists()]
    for name in lacking:
        part = folder / f".{name}"
        part.write_text(MADE[name]())
        part.chmod(0o444)
        part.rename(folder / name)
    return lacking


if __name__ == "__main__":
    made = make_secrets(FOLDER)
    print(f"{FOLDER}: {'made ' + ', '.join(made) if made else 'all were there'}")

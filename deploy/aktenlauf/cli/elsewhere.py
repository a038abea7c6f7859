"""What `aktenlauf backup` and `restore` do not reach: they refuse where that is so, so that no half passes for all."""

from collections.abc import Iterator

from aktenlauf.contracts.site import SERVICES
from aktenlauf.kit.settings import Settings, WrongSetting

BACKUP, RESTORE = "backup", "restore"
_TOOLS = {BACKUP: "mongodump", RESTORE: "mongorestore"}


def refuse_what_is_elsewhere(settings: Settings, command: str, *, with_kek: bool = False) -> None:
    """`command` is BACKUP or RESTORE. Raises WrongSetting with what to do instead, unless all is in the data folder."""
    if found := list(_elsewhere(settings, _TOOLS[command])):
        raise WrongSetting(
            f"`aktenlauf {command}` knows the files below AKTENLAUF_DATA alone, and was not begun. "
            f"{' '.join(found)} The order matters: docs/operations.md, 'Backup of separate processes'."
        )
    if with_kek and settings.keks:
        raise WrongSetting("--with-kek: the key in use is AKTENLAUF_KEK, not in the data folder. Keep it by itself.")


def _elsewhere(settings: Settings, tool: str) -> Iterator[str]:
    prefix = settings.mongo_prefix
    if settings.mongo.get_secret_value():
        names = ", ".join(prefix + service for service in SERVICES)
        yield f"AKTENLAUF_MONGO: logs, work and drafts are in the databases {names}: use {tool} on each."
    if settings.mongo.get_secret_value() or settings.mongo_keyring.get_secret_value():
        yield f"The keyring is in the database {prefix}keyring: use {tool}, its copy kept apart and for a short time."
    if settings.s3:
        yield "AKTENLAUF_S3: the files are in a bucket: use its own copies or versions."

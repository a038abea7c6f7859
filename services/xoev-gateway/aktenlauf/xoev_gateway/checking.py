"""From a message to checked bytes: writing XML, and what the official schemas say to it."""

from functools import cache
from importlib.metadata import version
from pathlib import Path

from aktenlauf.xoev_gateway.xauslaender import Message, NotChecked, Product, Schemas, write

FAULTS_SHOWN = 3


class NotValid(Exception):
    """We wrote what the schema refuses: a mistake of ours. Names elements, never values."""


@cache
def product() -> Product:
    """How we name ourselves in every message."""
    return Product("Aktenlauf", "Aktenlauf", version("aktenlauf-xoev-gateway"))


@cache
def schemas_of(folder: Path | None) -> Schemas:
    """The official schemas, compiled once a process. Raises SchemasUnusable."""
    return Schemas.load(folder)


def written(message: Message, folder: Path | None) -> tuple[bytes, bool]:
    """The XML, and whether it was checked (False: no schema folder). Raises NotWritable, NotValid."""
    data = write(message, product())
    faults = schemas_of(folder).check(data)
    if isinstance(faults, NotChecked):
        return data, False
    if faults:
        raise NotValid("; ".join(faults[:FAULTS_SHOWN]))
    return data, True

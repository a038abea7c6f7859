"""Judging messages by the official schema files, which the operator supplies: they are not ours to give.

Schemas refer to each other by absolute web addresses. Those are resolved by file name alone, from the folder
and all folders below it; nothing is ever fetched.
"""

from pathlib import Path
from threading import Lock
from typing import Final, NoReturn

from lxml import etree

from .errors import Unreadable
from .parse import parse

ENTRY = "xauslaender-nachrichten-ozg.xsd"

# Kinds of error whose text names elements and attributes only, never a value: the rest may quote a person.
_WITHOUT_VALUES = {"SCHEMAV_ELEMENT_CONTENT", "SCHEMAV_CVC_COMPLEX_TYPE_4", "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1"}


class SchemasUnusable(Exception):
    """The schema folder lacks a file, holds two different ones of one name, or does not compile."""


class NotChecked:
    """The verdict "nobody checked". It is neither true nor false, has no length and equals no list."""

    def __bool__(self) -> NoReturn:
        raise TypeError("the message was not checked against a schema: that is neither valid nor invalid")

    def __repr__(self) -> str:
        return "not checked against the schema"


NOT_CHECKED: Final = NotChecked()


class Schemas:
    """The compiled schema of the OZG messages, or none. Make it with `load`."""

    def __init__(self, schema: etree.XMLSchema | None) -> None:
        self._schema = schema
        self._lock = Lock()  # lxml keeps the errors of the last validation in the schema object

    @classmethod
    def load(cls, folder: Path | None) -> "Schemas":
        """Compile the schema below `folder`; without one, `check` answers NOT_CHECKED.

        Raises SchemasUnusable, naming the file.
        """
        return cls(None) if folder is None else cls(_compile(folder))

    def check(self, data: bytes) -> list[str] | NotChecked:
        """What is wrong with `data`, by element; empty = valid. The texts hold no values of the message."""
        if self._schema is None:
            return NOT_CHECKED
        try:
            root = parse(data)
        except Unreadable as error:
            return [str(error)]
        with self._lock:
            self._schema.validate(root)
            return [_describe(entry) for entry in self._schema.error_log]  # type: ignore[attr-defined]


def _describe(entry: etree._LogEntry) -> str:
    if entry.type_name in _WITHOUT_VALUES:
        return f"{entry.path}: {entry.message.partition(': ')[2]}"
    return f"{entry.path}: value not allowed ({entry.type_name})"


def _compile(folder: Path) -> etree.XMLSchema:
    paths = _by_name(folder)
    if ENTRY not in paths:
        raise SchemasUnusable(f"{folder} holds no {ENTRY}")
    resolver = _ByFileName(paths)
    parser = etree.XMLParser(no_network=True, resolve_entities=False)
    parser.resolvers.add(resolver)
    document = etree.fromstring(paths[ENTRY].read_bytes(), parser, base_url=f"schema:///{ENTRY}")
    try:
        return etree.XMLSchema(document)
    except etree.XMLSchemaParseError as error:
        missing = f"lacks {', '.join(resolver.missing)}" if resolver.missing else f"does not compile: {error}"
        raise SchemasUnusable(f"{folder} {missing}") from error


def _by_name(folder: Path) -> dict[str, Path]:
    paths: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.xsd")):
        other = paths.setdefault(path.name, path)
        if other.read_bytes() != path.read_bytes():
            raise SchemasUnusable(f"{other} and {path} bear one name and differ: keep one edition")
    return paths


class _ByFileName(etree.Resolver):
    def __init__(self, paths: dict[str, Path]) -> None:
        self._paths = paths
        self.missing: list[str] = []

    def resolve(self, system_url: str, public_id: str | None, context: object) -> object:  # type: ignore[override]
        name = system_url.rsplit("/", 1)[-1]
        if name not in self._paths:
            self.missing.append(name)
            raise SchemasUnusable(name)
        return self.resolve_string(self._paths[name].read_bytes(), context, base_url=system_url)

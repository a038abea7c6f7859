"""Building XML step by step while knowing which of our fields each element comes from."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from lxml import etree

from . import din91379
from .codes import CodeList
from .errors import NotWritable
from .messages import NAMESPACE

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Branch:
    """An element under construction. `where` is the path of our value, for errors.

    `own` says whether children belong to the XAusländer namespace: those of its own types do, those of the
    XInneres and XÖV types (header, names, addresses, dates, codes) belong to none.
    """

    element: etree._Element
    where: str
    own: bool

    def branch(self, tag: str, field: str = "", *, own: bool | None = None) -> "Branch":
        """A child element `tag` that holds our `field`; `own` is inherited unless told."""
        child = etree.SubElement(self.element, f"{{{NAMESPACE}}}{tag}" if self.own else tag)
        return Branch(child, self.at(field), self.own if own is None else own)

    def at(self, field: str) -> str:
        return f"{self.where}.{field}" if self.where and field else self.where or field

    def text(self, tag: str, field: str, value: str | None, *, prose: bool = False) -> None:
        """A DIN 91379 text; nothing for None. Raises NotWritable."""
        if value is not None:
            self.raw(tag, din91379.checked(self.at(field), value, prose=prose))

    def shaped(self, tag: str, field: str, value: str | None, shape: re.Pattern[str], rule: str) -> None:
        """A DIN 91379 text that must also match `shape`, which `rule` puts in words."""
        if value is not None and not shape.fullmatch(value):
            raise NotWritable(self.at(field), rule)
        self.text(tag, field, value)

    def raw(self, tag: str, value: str) -> None:
        """Content that is known to be right."""
        self.branch(tag).element.text = value

    def code(self, tag: str, field: str, value: str, codes: CodeList) -> None:
        """A code with its list and version (xoev-code:Code). Raises NotWritable if the list lacks it."""
        if value not in codes.labels:
            raise NotWritable(self.at(field), f"is a code that {codes.urn} version {codes.version} does not have")
        child = self.branch(tag, own=False)
        child.element.set("listURI", codes.urn)
        child.element.set("listVersionID", codes.version)
        child.raw("code", str(value))

    def each(self, tag: str, field: str, values: tuple[T, ...], put: Callable[["Branch", T], None]) -> None:
        """One child per value, each named by its index in errors."""
        for index, value in enumerate(values):
            put(self.branch(tag, f"{field}[{index}]"), value)

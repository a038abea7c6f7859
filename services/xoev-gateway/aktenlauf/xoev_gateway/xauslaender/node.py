"""Walking through a foreign message while remembering what was looked at."""

import re
from collections.abc import Callable, Iterator
from typing import TypeVar

from lxml import etree

from .codes import CodeList
from .errors import Unreadable
from .messages import NAMESPACE

T = TypeVar("T")
_TRUE, _FALSE = {"true", "1"}, {"false", "0"}


class Node:
    """An element of a message. `own`: its children belong to the XAusländer namespace, else to none.

    Every method that reads a child raises Unreadable with the path of that child; no error holds content.
    """

    def __init__(self, element: etree._Element, where: str, own: bool, seen: set[etree._Element]) -> None:
        self._element = element
        self._own = own
        self._seen = seen
        self.where = where
        seen.add(element)

    def plain(self) -> "Node":
        """The same element, its children read without namespace."""
        return Node(self._element, self.where, False, self._seen)

    def many(self, tag: str, *, own: bool | None = None) -> list["Node"]:
        """All children `tag`; `own` of theirs is inherited unless told."""
        name = f"{{{NAMESPACE}}}{tag}" if self._own else tag
        own = self._own if own is None else own
        return [Node(child, self.at(tag), own, self._seen) for child in self._element.findall(name)]

    def maybe(self, tag: str, *, own: bool | None = None) -> "Node | None":
        """The child `tag`, if there is one. Unreadable if there are more."""
        found = self.many(tag, own=own)
        if len(found) > 1:
            raise Unreadable(self.at(tag), "occurs more than once")
        return found[0] if found else None

    def one(self, tag: str, *, own: bool | None = None) -> "Node":
        """The child `tag`. Unreadable if it is missing."""
        found = self.maybe(tag, own=own)
        if found is None:
            raise Unreadable(self.at(tag), "is missing")
        return found

    def at(self, tag: str) -> str:
        return f"{self.where}/{tag}"

    def content(self) -> str:
        return self._element.text or ""

    def attribute(self, name: str) -> str | None:
        return self._element.get(name)

    def text(self, tag: str) -> str:
        return self.one(tag).content()

    def maybe_text(self, tag: str) -> str | None:
        found = self.maybe(tag)
        return None if found is None else found.content()

    def parsed(self, shape: re.Pattern[str], make: Callable[[str], T]) -> T:
        """The content as something else. Unreadable unless it has the `shape` and `make` accepts it."""
        text = self.content().strip()
        if not shape.fullmatch(text):
            raise Unreadable(self.where, "has the wrong form")
        try:
            return make(text)
        except ValueError:
            raise Unreadable(self.where, "has an impossible value") from None

    def flag(self) -> bool:
        text = self.content().strip()
        if text not in _TRUE | _FALSE:
            raise Unreadable(self.where, "is neither true nor false")
        return text in _TRUE

    def says(self, tag: str) -> bool:
        """A child that only exists to say true, such as unbekannt."""
        found = self.maybe(tag)
        if found is not None and not found.flag():
            raise Unreadable(found.where, "may only be true")
        return found is not None

    def code(self, codes: CodeList) -> str:
        """The code in this element. If the schema enumerates the list, it must be one of these."""
        plain = self.plain()
        plain.maybe("name")  # the label that a sender may add: ours is the same
        text = plain.text("code").strip()
        if codes.enumerated and text not in codes.labels:
            raise Unreadable(self.where, f"holds a code that is not in {codes.urn} version {codes.version}")
        return text

    def unseen(self) -> Iterator[str]:
        """Elements below this one that nobody looked at, the topmost of each branch."""
        for child in self._element.iterchildren(etree.Element):
            path = self.at(etree.QName(child).localname)
            if child in self._seen:
                yield from Node(child, path, self._own, self._seen).unseen()
            else:
                yield path

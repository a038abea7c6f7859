"""Turning foreign bytes into XML safely.

No document type declaration ever reaches the parser, so there are no entities to expand, no external files to
fetch and no default attributes. That is decided on the bytes, which is complete only because the bytes are
UTF-8 first: XÖV messages are, and in UTF-8 a declaration cannot hide behind another encoding.
"""

from lxml import etree

from .errors import Unreadable

MESSAGE_MAX_BYTES = 64 * 1024 * 1024
TEXT_MAX_CHARS = 10_000_000  # libxml2's limit for one text when huge_tree is off


def parse(data: bytes, *, max_bytes: int = MESSAGE_MAX_BYTES) -> etree._Element:
    """The root element of `data`, without comments and processing instructions.

    Raises Unreadable: too long, not UTF-8, with a document type declaration, not well-formed.
    """
    if len(data) > max_bytes:
        raise Unreadable("/", f"{len(data)} bytes, at most {max_bytes} are read")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("/", f"not UTF-8 (byte {error.start})") from None
    if "\0" in text:
        raise Unreadable("/", "not UTF-8 text")
    if "<!DOCTYPE" in text:
        raise Unreadable("/", "document type declarations are not accepted")
    return _root(data)


def _root(data: bytes) -> etree._Element:
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        # The parser's own message may quote the content: only the place is told.
        raise Unreadable("/", f"not well-formed XML (line {error.lineno})") from None

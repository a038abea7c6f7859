"""Bytes from outside: refused by name of the element, quickly, without looking anywhere else."""

import base64
import socket
from uuid import uuid4

import pytest

from aktenlauf.xoev_gateway.xauslaender import Unreadable, read, write
from aktenlauf.xoev_gateway.xauslaender.write_parts import DOCUMENT_MAX_BYTES


def unreadable(data: bytes, **limits: int) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        read(data, **limits)
    return caught.value


@pytest.fixture
def question(examples, product) -> str:
    return write(examples["130102"], product).decode()


@pytest.fixture
def listener():
    """A server that a parser which follows addresses would reach."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def port(listener: socket.socket) -> int:
    return listener.getsockname()[1]


def nobody_called(listener: socket.socket) -> bool:
    try:
        connection, _ = listener.accept()
    except BlockingIOError:
        return True
    connection.close()
    return False


LAUGHS = '<!DOCTYPE x [<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"   ",
        b"%PDF-1.7",
        b"<",
        b"<a><b></a>",
        b'{"type": "130102"}',
        b"\xff\xfe<\x00a\x00/\x00>\x00",
        "<a/>".encode("utf-16-le"),
        b"<a>\xe4</a>",
        b"<a>&undeclared;</a>",
        b"<a>\x01</a>",
        b"<a>" * 300 + b"</a>" * 300,
        b"<a x='1' x='2'/>",
    ],
)
def test_what_is_not_xml_is_unreadable(data):
    assert unreadable(data).where == "/"


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]>',
        LAUGHS + "]>",
        "<!DOCTYPE x>",
    ],
    ids=["external entity", "external subset", "parameter entity", "billion laughs", "harmless"],
)
def test_document_type_declarations_are_refused_and_nothing_is_fetched(question, doctype, listener):
    head, _, body = question.partition("\n")
    asking = f"{head}\n{doctype}{body}".replace("Nachweis", "&e;&a11;").replace(":9/", f":{port(listener)}/")
    assert unreadable(asking.encode()).what == "document type declarations are not accepted"
    assert nobody_called(listener)


def test_a_declaration_cannot_hide_behind_another_encoding():
    hidden = "<?xml version='1.0' encoding='utf-7'?>+ADwAIQ-DOCTYPE x+AD4APA-x/+AD4-"
    assert unreadable(hidden.encode()).where == "/"


def test_declared_encoding_is_ignored_in_favour_of_utf_8(examples, product, question):
    claimed = question.replace("encoding='UTF-8'", "encoding='ISO-8859-1'")
    assert claimed != question
    assert read(claimed.encode()) == examples["130102"]


def test_byte_order_mark_is_accepted(examples, question):
    assert read(question.encode("utf-8-sig")) == examples["130102"]


def test_schema_hints_inside_a_message_are_not_followed(examples, question, listener, schemas):
    instance = "http://www.w3.org/2001/XMLSchema-instance"
    hint = f'xmlns:i="{instance}" i:schemaLocation="urn:x http://127.0.0.1:{port(listener)}/x.xsd"'
    hinted = question.replace(" produkt=", f" {hint} produkt=", 1).encode()
    assert read(hinted) == examples["130102"]
    assert schemas.check(hinted) == []
    assert nobody_called(listener)


def test_messages_beyond_the_size_bound_are_not_parsed(question):
    data = question.encode()
    assert "at most" in unreadable(data, max_bytes=len(data) - 1).what
    assert read(data, max_bytes=len(data))


def test_files_too_large_for_one_text_are_unreadable(examples, product):
    data = write(examples["130104"], product)
    small = base64.b64encode(examples["130104"].attachment.content)
    assert small in data
    assert unreadable(data.replace(small, b"AAAA" * (DOCUMENT_MAX_BYTES // 3 + 1))).where == "/"


HEAD = "/OZG.RueckkanalFrage.130102/nachrichtenkopf.g2g"
IDENT = f"{HEAD}/identifikation.nachricht"
Q = "/OZG.RueckkanalFrage.130102"


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("OZG.RueckkanalFrage.130102", "OZG.Verpflichtungserklaerung.130201", "/"),
        ("xauslaender2611", "xauslaender2605", "/"),
        ('xmlns:xauslaender="http://www.osci.de/xauslaender2611"', 'xmlns:xauslaender="urn:x"', "/"),
        ('version="26.11"', 'version="26.05"', Q),
        ('standard="XAusländer"', 'standard="XMeld"', Q),
        ("<code>130102<", "<code>130104<", f"{IDENT}/nachrichtentyp"),
        ("<code>130102<", "<code>990102<", f"{IDENT}/nachrichtentyp"),
        ("nachrichtenUUID", "uuid", f"{IDENT}/nachrichtenUUID"),
        ("<nachrichtenUUID>", "<nachrichtenUUID>x", f"{IDENT}/nachrichtenUUID"),
        (".123+00:00", ".123", f"{IDENT}/erstellungszeitpunkt"),
        ("2026-11-03T", "2026-02-30T", f"{IDENT}/erstellungszeitpunkt"),
        ("<code>DVDV<", "<code>LDAP<", f"{HEAD}/leser/verzeichnisdienst"),
        ("anschrift.autor", "anschrift.leser2", f"{Q}/anschrift.autor"),
        ("ausloeserUUID", "ausloeser", f"{Q}/ausloeserUUID"),
        ("antragsidentifikation", "antrag", f"{Q}/antragsidentifikation"),
        ("xauslaender:frage", "xauslaender:antwort", f"{Q}/frage"),
        ("xauslaender:frage", "frage", f"{Q}/frage"),
        ("2026-11-30", "2026-11-31", f"{Q}/fristdatum"),
        ("2026-11-30", "30.11.2026", f"{Q}/fristdatum"),
        ("2026-11-30", "2026-W48-1", f"{Q}/fristdatum"),
        ("<code>1<", "<code>3<", f"{Q}/anlage/dokumententyp"),
        ("<xauslaender:dokument>", "<xauslaender:dokument>*", f"{Q}/anlage/dokument"),
    ],
)
def test_question_names_the_element_that_is_wrong(question, old, new, where):
    broken = question.replace(old, new)
    assert broken != question
    assert unreadable(broken.encode()).where == where


@pytest.mark.parametrize("kind", ["130102", "130103", "130104", "130105"])
def test_answer_without_trigger_is_unreadable(examples, product, kind):
    message = examples[kind]
    text = write(message, product).decode()
    element = f"<xauslaender:ausloeserUUID>{message.header.trigger}</xauslaender:ausloeserUUID>"
    assert element in text
    error = unreadable(text.replace(element, "").encode())
    assert error.where == f"/{message.element}/ausloeserUUID"


def test_second_question_in_one_message_is_unreadable(question):
    twice = question.replace("<xauslaender:frage>", "<xauslaender:frage>x</xauslaender:frage><xauslaender:frage>")
    assert unreadable(twice.encode()).what == "occurs more than once"


def test_status_04_does_not_exist(examples, product):
    text = write(examples["130104"], product).decode().replace("<code>05<", "<code>04<")
    assert unreadable(text.encode()).where == "/OZG.Statusmeldung.130104/status"


def test_file_delivered_apart_is_named_and_not_taken_for_an_empty_one(examples, product):
    text = write(examples["130103"], product).decode()
    start, end = text.index("<xauslaender:dokument>"), text.index("</xauslaender:dokumentOderReferenz>")
    apart = f"{text[:start]}<xauslaender:dokumentuuid>{uuid4()}</xauslaender:dokumentuuid>{text[end:]}"
    assert unreadable(apart.encode()).where.endswith("/unterlage/dokumentOderReferenz/dokumentuuid")


def test_errors_hold_no_content_of_the_message(question):
    for old, new in (("<xauslaender:frage>", "<xauslaender:frage>Geheim&"), ("2026-11-30", "Geheim")):
        assert "Geheim" not in str(unreadable(question.replace(old, new).encode()))

"""Mail by SMTP keeps the promises of the mailer, and goes nowhere in the clear unless that was asked for."""

import asyncio
import ssl
import traceback
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from aktenlauf.kit.adapters import smtp_mailer
from aktenlauf.kit.adapters.smtp_mailer import SmtpMailer
from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.mailer import Mail
from aktenlauf.kit.testing.mailer_suite import MAIL, Kept, MailerSuite

SENDER = "Amt <amt@example.org>"


class Mailbox:
    """A mail server's ear: what arrived, and what it answers instead."""

    def __init__(self) -> None:
        self.arrived: list[EmailMessage] = []
        self.recipient_answer = "250 OK"
        self.data_answer = "250 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        if self.data_answer.startswith("250"):
            stored = cast(bytes, envelope.content).replace(b"\r\n", b"\n")  # CRLF is for the way only (RFC 5321, 2.3.8)
            self.arrived.append(message_from_bytes(stored, policy=policy.default))  # type: ignore[arg-type]
        return self.data_answer


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def port(mailbox: Mailbox, unused_tcp_port: int) -> Iterator[int]:
    """A mail server that offers no encryption."""
    controller = Controller(mailbox, "127.0.0.1", unused_tcp_port)
    controller.start()
    yield unused_tcp_port
    controller.stop()


@pytest.fixture
def mailer(port: int) -> SmtpMailer:
    return SmtpMailer(f"smtp://127.0.0.1:{port}?starttls=no", SENDER)


class TestSmtpMailer(MailerSuite):
    @pytest.fixture
    def mailer(self, mailer: SmtpMailer) -> SmtpMailer:
        return mailer

    @pytest.fixture
    def kept(self, mailbox: Mailbox) -> Kept:
        return lambda: mailbox.arrived

    async def test_clearing_a_case_leaves_the_mails_of_others(self, mailer: SmtpMailer, kept: Kept) -> None:
        """No mail can be called back: clearing does nothing here, and above all sends nothing."""
        await mailer.send(MAIL, "case-1")
        await mailer.clear("case-1")
        assert len(kept()) == 1

    async def test_a_mail_says_that_a_machine_wrote_it_and_when(self, mailer: SmtpMailer, kept: Kept) -> None:
        await mailer.send(MAIL, "case-1")
        (mail,) = kept()
        assert (mail["From"], mail["Auto-Submitted"]) == (SENDER, "auto-generated")
        assert abs(mail["Date"].datetime - datetime.now(UTC)) < timedelta(minutes=1)
        assert mail["Message-ID"] == f"<{MAIL.id}@example.org>"


@pytest.mark.parametrize("answer", ["450 mailbox busy", "451 local error", "452 no space"])
async def test_what_the_server_cannot_do_now_is_tried_again(mailer: SmtpMailer, mailbox: Mailbox, answer: str) -> None:
    mailbox.recipient_answer = answer
    with pytest.raises(Unavailable):
        await mailer.send(MAIL, "case-1")
    mailbox.recipient_answer, mailbox.data_answer = "250 OK", answer
    with pytest.raises(Unavailable):
        await mailer.send(MAIL, "case-1")


@pytest.mark.parametrize("answer", ["550 no such user", "553 not so", "554 unwanted"])
async def test_what_the_server_will_never_do_is_not_tried_for_ever_and_names_nobody(
    mailer: SmtpMailer, mailbox: Mailbox, answer: str
) -> None:
    for field in ("data_answer", "recipient_answer"):
        setattr(mailbox, field, answer)
        with pytest.raises(ValueError, match="for good") as caught:
            await mailer.send(MAIL, "case-1")
        assert MAIL.to not in str(caught.value)


@pytest.mark.parametrize("spells", [True, False])
async def test_an_address_that_the_server_cannot_spell_is_not_tried_for_ever(
    mailbox: Mailbox, unused_tcp_port: int, spells: bool
) -> None:
    controller = Controller(mailbox, "127.0.0.1", unused_tcp_port, enable_SMTPUTF8=spells)
    await asyncio.to_thread(controller.start)
    sending = SmtpMailer(f"smtp://127.0.0.1:{unused_tcp_port}?starttls=no", SENDER).send(
        Mail("1", "tiên@example.org", "s", "t\n"), "case-1"
    )
    if spells:
        await sending
    else:
        with pytest.raises(ValueError, match="for good"):
            await sending
    assert len(mailbox.arrived) == spells
    await asyncio.to_thread(controller.stop)


async def test_a_server_that_is_away_is_unavailable(unused_tcp_port: int) -> None:
    with pytest.raises(Unavailable):
        await SmtpMailer(f"smtp://127.0.0.1:{unused_tcp_port}", SENDER).send(MAIL, "case-1")


async def test_a_server_that_says_nothing_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_mailer, "SECONDS_MAX", 0.2)
    listening = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port: int = listening.sockets[0].getsockname()[1]
    with pytest.raises(Unavailable):
        await SmtpMailer(f"smtp://127.0.0.1:{port}", SENDER).send(MAIL, "case-1")
    listening.close()


async def test_without_encryption_nothing_is_sent_unless_it_was_asked_for(port: int, mailbox: Mailbox) -> None:
    with pytest.raises(Unavailable):
        await SmtpMailer(f"smtp://127.0.0.1:{port}", SENDER).send(MAIL, "case-1")
    assert mailbox.arrived == []


@pytest.mark.parametrize(
    "url",
    ["", "localhost:25", "http://localhost", "smtp://", "smtp://user:password@localhost?starttls=no"],
)
def test_a_url_that_is_none_or_would_tell_the_password_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="mail server"):
        SmtpMailer(url, SENDER)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # aiosmtpd means STARTTLS; this is TLS from the first byte
class TestEncrypted:
    """A server with STARTTLS and login, and one that speaks TLS from the first byte."""

    @pytest.fixture
    def certificate(self, tmp_path: Path) -> Path:
        """A certificate for 127.0.0.1 that nobody trusts yet, with its key."""
        key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
        today = datetime.now(UTC)
        built = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(today - timedelta(days=1))
            .not_valid_after(today + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=True)
            .sign(key, SHA256())
        )
        path = tmp_path / "server.pem"
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(built.public_bytes(Encoding.PEM) + secret)
        return path

    @pytest.fixture
    def trusted(self, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    @pytest.fixture(params=["smtp", "smtps"])
    async def url(
        self, request: pytest.FixtureRequest, certificate: Path, mailbox: Mailbox, unused_tcp_port: int
    ) -> AsyncIterator[str]:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate)

        def may_send(_server: Any, _session: Any, _envelope: Any, _mechanism: Any, given: Any) -> AuthResult:
            return AuthResult(handled=False, success=given == LoginPassword(b"amt@example.org", b"p@ss:wort/1"))

        offers: dict[str, Any] = {
            "smtps": {"ssl_context": tls, "auth_require_tls": False},
            "smtp": {"tls_context": tls},
        }
        controller = Controller(
            mailbox,
            "127.0.0.1",
            unused_tcp_port,
            authenticator=may_send,
            auth_required=True,
            **offers[request.param],
        )
        await asyncio.to_thread(controller.start)
        yield f"{request.param}://amt%40example.org:{{password}}@127.0.0.1:{unused_tcp_port}"
        await asyncio.to_thread(controller.stop)

    @pytest.mark.usefixtures("trusted")
    async def test_a_mail_goes_encrypted_and_with_login(self, url: str, mailbox: Mailbox) -> None:
        await SmtpMailer(url.format(password="p%40ss%3Awort%2F1"), SENDER).send(MAIL, "case-1")
        assert [mail["To"] for mail in mailbox.arrived] == [MAIL.to]

    @pytest.mark.usefixtures("trusted")
    async def test_a_wrong_password_loses_no_mail(self, url: str, mailbox: Mailbox) -> None:
        with pytest.raises(Unavailable):
            await SmtpMailer(url.format(password="wrong"), SENDER).send(MAIL, "case-1")
        assert mailbox.arrived == []

    async def test_a_certificate_that_nobody_trusts_gets_no_mail(self, url: str, mailbox: Mailbox) -> None:
        with pytest.raises(Unavailable):
            await SmtpMailer(url.format(password="p%40ss%3Awort%2F1"), SENDER).send(MAIL, "case-1")
        assert mailbox.arrived == []


@pytest.mark.parametrize("url", ["smtp://user:geheim/nis@host:25", "smtps://user:geheim?nis@host", "smtp://u@h:geheim"])
def test_a_wrong_url_is_refused_without_a_word_of_the_password(url: str) -> None:
    with pytest.raises(ValueError, match="mail server") as caught:
        SmtpMailer(url, SENDER)
    assert "geheim" not in "".join(traceback.format_exception(caught.value))

"""What every adapter of `Mailer` promises. Inherit, and give the fixtures `mailer` and `kept`."""

from collections.abc import Callable
from email.message import EmailMessage

import pytest

from aktenlauf.kit.mailer import Mail, Mailer

Kept = Callable[[], list[EmailMessage]]
MAIL = Mail("0192f0c1", "tien@example.org", "Neue Nachricht für Sie", "Grüße aus dem Amt.\n")


class MailerSuite:
    """One test per promise of the port."""

    @pytest.fixture
    def mailer(self) -> Mailer:
        raise NotImplementedError("give the adapter under test")

    @pytest.fixture
    def kept(self) -> Kept:
        raise NotImplementedError("give a function that returns the mails that arrived or were kept")

    async def test_a_mail_arrives_as_it_was_written(self, mailer: Mailer, kept: Kept) -> None:
        await mailer.send(MAIL, "case-1")
        (mail,) = kept()
        assert (mail["To"], mail["Subject"]) == (MAIL.to, MAIL.subject)
        assert mail.get_content() == MAIL.text

    async def test_a_repeated_mail_is_the_same_mail(self, mailer: Mailer, kept: Kept) -> None:
        await mailer.send(MAIL, "case-1")
        await mailer.send(MAIL, "case-1")
        assert len({mail["Message-ID"] for mail in kept()}) == 1
        assert MAIL.id in kept()[0]["Message-ID"]

    async def test_a_line_break_cannot_smuggle_in_a_header(self, mailer: Mailer, kept: Kept) -> None:
        with pytest.raises(ValueError):
            await mailer.send(Mail("1", "a@example.org", "x\r\nBcc: b@example.org", "t"), "case-1")
        assert kept() == []

    async def test_clearing_a_case_leaves_the_mails_of_others(self, mailer: Mailer, kept: Kept) -> None:
        await mailer.send(MAIL, "case-1")
        await mailer.send(Mail("2", "other@example.org", "s", "t\n"), "case-2")
        await mailer.clear("case-1")
        assert "tien@example.org" not in {mail["To"] for mail in kept()}

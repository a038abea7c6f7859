"""Mail that tells a person to look into the mailbox. Never content, never a reason."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import localtime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. `id` makes it recognisable when it is sent again after a crash."""

    id: str
    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """Implementations MUST use `id` as Message-ID, so that a repeated mail is the same mail."""

    async def send(self, mail: Mail, case: str) -> None:
        """Hand over to the mail system. `case` lets an adapter that keeps copies clear them. Raises Unavailable.

        Raises ValueError if no repetition can help: a line break in a header, an address that nobody takes.
        """
        ...

    async def clear(self, case: str) -> None:
        """Remove copies of mails of this case, if this adapter keeps any."""
        ...


def letter(mail: Mail, sender: str) -> EmailMessage:
    """The mail as it is sent, its Message-ID made of `mail.id`. Raises ValueError for a line break in a header."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, mail.to, mail.subject
    message["Message-ID"] = f"<{mail.id}@{sender.rpartition('@')[2].rstrip('>')}>"
    message["Date"] = localtime()
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: so that no absence notice answers
    message.set_content(mail.text)
    return message

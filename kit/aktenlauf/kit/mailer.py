"""Mail that tells a person to look into the mailbox. Never content, never a reason."""

from dataclasses import dataclass
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
        """Hand over to the mail system. `case` lets an adapter that keeps copies clear them. Raises Unavailable."""
        ...

    async def clear(self, case: str) -> None:
        """Remove copies of mails of this case, if this adapter keeps any."""
        ...

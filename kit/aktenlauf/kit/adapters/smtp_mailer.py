"""Mailer that hands every mail to an SMTP server, encrypted on the way unless the operator says otherwise."""

import asyncio
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import aiosmtplib

from aktenlauf.kit.errors import Unavailable
from aktenlauf.kit.mailer import Mail, letter

SECONDS_MAX = 15.0
"""For one mail, connection and farewell included; a server that is away is `Unavailable` after this."""


class SmtpMailer:
    """See `aktenlauf.kit.mailer.Mailer`.

    `url`: `smtp://user:password@host:port` demands STARTTLS (port 587 if none is given), `smtps://...` speaks TLS from
    the first byte (465), `smtp://host:port?starttls=no` sends in the clear, for a relay on the same machine; a password
    is refused there. User and password are percent-encoded. Certificates are checked against the system's
    authorities, or those in the file that SSL_CERT_FILE names. Raises ValueError for any other URL.
    """

    def __init__(self, url: str, sender: str) -> None:
        self._server, self._sender = server_of(url), sender

    async def send(self, mail: Mail, case: str) -> None:
        """Raises Unavailable; ValueError where the server will never take this mail, so that it is not tried for ever.

        Neither names the address: what is parked is shown to operators.
        """
        message = letter(mail, self._sender)
        try:
            async with asyncio.timeout(SECONDS_MAX):
                await aiosmtplib.send(message, **self._server)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            if _for_good(error, mail):
                raise ValueError("the mail server refused this mail for good") from None
            raise Unavailable(f"mail server: {type(error).__name__}") from None

    async def clear(self, case: str) -> None:
        """Nothing to do: no copy is kept, and what was handed over is in the hands of the mail system."""


def server_of(url: str) -> dict[str, Any]:
    """The URL as arguments of aiosmtplib. Raises ValueError with what was expected, and nothing of the URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("a mail server is given as smtp://host:port or smtps://host:port")
    try:
        port = parts.port
    except ValueError:  # its message quotes what stands there: of a password with a slash, the beginning
        raise ValueError(
            "the port of a mail server is a number; in user and password, / ? # are percent-encoded"
        ) from None
    tls, starttls = parts.scheme == "smtps", _wants_starttls(parts)
    if parts.username and not (tls or starttls):
        raise ValueError("a password is not sent to a mail server in the clear")
    return {
        "hostname": parts.hostname,
        "port": port,
        "use_tls": tls,
        "start_tls": starttls,
        "username": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
        "timeout": SECONDS_MAX,
    }


def _wants_starttls(parts: SplitResult) -> bool:
    return parts.scheme == "smtp" and parse_qs(parts.query).get("starttls") != ["no"]


def _for_good(error: Exception, mail: Mail) -> bool:
    """Whether the answer is about this mail and final (source: RFC 5321, 4.2.1, 5yz).

    Refused passwords and senders are not: they are about our settings, and every mail would be lost to them.
    """
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(refused.code >= 500 for refused in error.recipients)
    if isinstance(error, aiosmtplib.SMTPDataError):
        return error.code >= 500
    return isinstance(error, aiosmtplib.SMTPNotSupported) and not mail.to.isascii()  # needs SMTPUTF8 (RFC 6531)

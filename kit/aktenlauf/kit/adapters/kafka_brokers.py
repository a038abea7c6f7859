"""The brokers of an installation: where they are, who we are there, and whom we believe that it is them."""

from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Any, Literal

Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the brokers, proven by password (SASL)."""

    user: str
    password: str = field(repr=False)
    mechanism: Mechanism


@dataclass(frozen=True, slots=True)
class Brokers:
    """`servers`: `host:port,...`. Without `account` nobody signs in, without `tls` nothing is encrypted on the way."""

    servers: str
    account: Account | None = None
    tls: SSLContext | None = None

    def client(self) -> dict[str, Any]:
        """What every client of aiokafka is made with."""
        arguments: dict[str, Any] = {"bootstrap_servers": self.servers, "security_protocol": self._protocol}
        if self.tls:
            arguments["ssl_context"] = self.tls
        if self.account:
            arguments["sasl_mechanism"] = self.account.mechanism
            arguments["sasl_plain_username"] = self.account.user
            arguments["sasl_plain_password"] = self.account.password
        return arguments

    @property
    def _protocol(self) -> str:
        transport = "SSL" if self.tls else "PLAINTEXT"
        return f"SASL_{transport}" if self.account else transport

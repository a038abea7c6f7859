"""The brokers of an installation: where they are, who we are there, and whom we believe that it is them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Any, Literal

from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
_SASL: Mapping[Mechanism, Callable[..., BaseSecurity]] = {
    "PLAIN": SASLPlaintext,
    "SCRAM-SHA-256": SASLScram256,
    "SCRAM-SHA-512": SASLScram512,
}


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

    def faststream(self) -> dict[str, Any]:
        """What a broker of FastStream is made with."""
        return {"bootstrap_servers": self.servers.split(","), "security": self._security()}

    @property
    def _protocol(self) -> str:
        transport = "SSL" if self.tls else "PLAINTEXT"
        return f"SASL_{transport}" if self.account else transport

    def _security(self) -> BaseSecurity | None:
        if self.account:
            made = _SASL[self.account.mechanism]
            return made(username=self.account.user, password=self.account.password, ssl_context=self.tls)
        return BaseSecurity(self.tls) if self.tls else None

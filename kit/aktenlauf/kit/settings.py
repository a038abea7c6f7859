"""Settings of a process: from the environment (`AKTENLAUF_...`) or a file, checked at start.

A wrong one is named with what was expected; the program does not start with a guess.
"""

from base64 import b64decode
from datetime import datetime
from os import environ
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from limits import parse
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an operator can set. Every field is described in docs/operations.md (a test says so)."""

    model_config = SettingsConfigDict(
        env_prefix="AKTENLAUF_",
        env_file=".env",
        extra="ignore",
        frozen=True,
        secrets_dir=environ.get("AKTENLAUF_SECRETS_DIR"),
    )

    data: Path = Path("var")
    """Folder of all data."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    """TCP port of `aktenlauf run`."""
    host: str = "127.0.0.1"
    """Address that `aktenlauf run` listens on."""
    base_url: str = ""
    """Public address, for sign-in and links; empty: http://localhost:PORT."""
    now: datetime | None = None
    """Start of a shifted clock, for demonstrations (with time zone)."""
    contact: str = ""
    """Whom people turn to when the portal does not work, such as a phone number with hours; empty: nobody is named."""
    demo: bool = True
    """Demonstration: invented users and cases, the demo sign-in, the page /vorfuehrung."""
    demo_cases: Annotated[int, Field(ge=0, le=200)] = 40
    """Cases that a demonstration makes on an empty data folder."""
    upload_bytes_max: Annotated[int, Field(ge=1)] = 20_000_000
    """Largest file that may be uploaded."""
    files_per_case_max: Annotated[int, Field(ge=1)] = 100
    """Most files that one case may hold."""
    workers: Annotated[int, Field(ge=1, le=32)] = 2
    """Processes that open foreign files and make page images."""
    rate_sign_in: str = "30/minute"
    """Sign-ins from one address, as `count/span`."""
    rate_upload: str = "120/minute"
    """Uploads by one session, as `count/span`."""
    log: Literal["auto", "text", "json"] = "auto"
    """Form of the log lines; `auto`: text from `aktenlauf run`, JSON from `aktenlauf serve`."""
    mongo: SecretStr = SecretStr("")
    """URL of the MongoDB with logs, views, work and drafts, a database for each service; empty: files."""
    mongo_keyring: SecretStr = SecretStr("")
    """URL of the MongoDB with the keyring, which should be one of its own; empty: as `mongo`."""
    mongo_sessions: SecretStr = SecretStr("")
    """URL of the MongoDB with the sessions; empty: as `mongo`."""
    mongo_prefix: Annotated[str, Field(pattern=r"^[a-z0-9_-]{0,32}$")] = "aktenlauf-"
    """What the names of our databases begin with."""
    kek: SecretStr = SecretStr("")
    """Key-encryption key, 32 bytes in base64, then older ones that still wrap keys, separated by commas; empty: made
    in the data folder."""
    kafka: str = ""
    """Bootstrap servers of Kafka, `host:port,...`; empty: the services of one process hear each other."""
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """How Kafka is spoken to: SSL encrypts, SASL signs in."""
    kafka_sasl: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """How the password is proven. PLAIN sends it as it is."""
    kafka_user: str = ""
    """Whom we sign in as."""
    kafka_password: SecretStr = SecretStr("")
    """Its password."""
    kafka_ca_file: str = ""
    """PEM file with the authorities that vouch for the brokers; empty: the machine's."""
    kafka_cert_file: str = ""
    """PEM file with our own certificate, where brokers ask for one."""
    kafka_key_file: str = ""
    """PEM file with its key, without a password; empty: it is in the same file."""
    kafka_prefix: Annotated[str, Field(pattern=r"^[a-z0-9._-]{0,64}$")] = "aktenlauf."
    """What the names of our topics begin with."""
    s3: str = ""
    """URL of the bucket for blobs, `https://host/bucket`; empty: a folder."""
    s3_access_key: str = ""
    """Access key for the bucket."""
    s3_secret_key: SecretStr = SecretStr("")
    """Its secret."""
    clamd: str = ""
    """Address of a ClamAV daemon, `host:port`; empty: structure checks only."""
    smtp: SecretStr = SecretStr("")
    """URL of the mail server, `smtp://user:password@host:port` or `smtps://`; empty: files in the data folder."""
    mail_from: str = "nicht-antworten@aktenlauf.invalid"
    """Sender of our mails."""
    otlp: str = ""
    """URL of an OpenTelemetry collector that takes traces by HTTP; empty: none are made."""
    trace_share: Annotated[float, Field(ge=0, le=1)] = 1.0
    """Share of requests that are traced."""
    replica: str = ""
    """Name of this process among the replicas of its service, the same after a restart; empty: machine and port."""
    office_url: str = ""
    """Public address of the office side, where it has a host of its own; empty: as `base_url`."""
    oidc_applicants_issuer: str = ""
    """Issuer of the OpenID provider where applicants sign in; empty: the demonstration's own provider."""
    oidc_applicants_client_id: str = ""
    """What we are called there."""
    oidc_applicants_client_secret: SecretStr = SecretStr("")
    """Our secret there; empty: a public client, PKCE alone."""
    oidc_office_issuer: str = ""
    """Issuer of the OpenID provider where staff sign in, another one than the applicants'."""
    oidc_office_client_id: str = ""
    """What we are called there."""
    oidc_office_client_secret: SecretStr = SecretStr("")
    """Our secret there; empty: a public client, PKCE alone."""
    oidc_office_roles_claim: Annotated[str, Field(min_length=1)] = "roles"
    """Claim with the roles of staff; dots lead into objects (`realm_access.roles`)."""
    oidc_office_office_claim: Annotated[str, Field(min_length=1)] = "office"
    """Claim with the key of the office that somebody works for."""
    oidc_audience: Annotated[str, Field(min_length=1)] = "aktenlauf-api"
    """Audience that an access token for our JSON interfaces must name, of both providers."""
    xoev_schema_dir: Annotated[Path | None, Field(validation_alias="XOEV_SCHEMA_DIR")] = None
    """Folder with the official XÖV schemas; unset: messages are marked as not checked."""

    @field_validator("rate_sign_in", "rate_upload")
    @classmethod
    def _rate(cls, value: str) -> str:
        parse(value)  # raises ValueError
        return value

    @field_validator("clamd")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not _is_address(value):
            raise ValueError("needs host:port, for example clamd:3310")
        return value

    @field_validator("kafka")
    @classmethod
    def _addresses(cls, value: str) -> str:
        if value and not all(map(_is_address, value.split(","))):
            raise ValueError("needs host:port,..., for example kafka-1:9092,kafka-2:9092")
        return value

    @field_validator("oidc_applicants_issuer", "oidc_office_issuer")
    @classmethod
    def _issuer(cls, value: str) -> str:
        if value and not _is_web(value):
            raise ValueError("needs the provider's issuer, for example https://sso.example.org/realms/amt")
        return value

    @field_validator("base_url", "office_url", "otlp")
    @classmethod
    def _web(cls, value: str) -> str:
        if value and not _is_web(value):
            raise ValueError("needs scheme and host, for example https://antrag.example.org")
        return value

    # What an adapter takes, the adapter knows: it is loaded where it is named, as it will be used there.

    @field_validator("mongo", "mongo_keyring", "mongo_sessions")
    @classmethod
    def _database(cls, value: SecretStr) -> SecretStr:
        if url := value.get_secret_value():
            from aktenlauf.kit.adapters.mongo import check_url

            check_url(url)
        return value

    @field_validator("smtp")
    @classmethod
    def _mail_server(cls, value: SecretStr) -> SecretStr:
        if url := value.get_secret_value():
            from aktenlauf.kit.adapters.smtp_mailer import server_of

            server_of(url)
        return value

    @field_validator("s3")
    @classmethod
    def _bucket(cls, value: str) -> str:
        if value:
            from aktenlauf.kit.adapters.s3_blobs import place_of

            place_of(value)
        return value

    @field_validator("kek")
    @classmethod
    def _keks(cls, value: SecretStr) -> SecretStr:
        for kek in filter(None, value.get_secret_value().split(",")):
            if len(_base64(kek)) != 32:
                raise ValueError("needs 32 bytes in base64, for example from `openssl rand -base64 32`")
        return value

    @field_validator("now")
    @classmethod
    def _aware(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("needs a time zone, for example 2026-11-22T09:00:00+01:00")
        return value

    @property
    def keks(self) -> list[bytes]:
        """The key-encryption keys, the one in use first; none where the data folder has it."""
        return [_base64(kek) for kek in self.kek.get_secret_value().split(",") if kek]

    @property
    def public_url(self) -> str:
        """`base_url`, or where `aktenlauf run` is reached on this machine."""
        return (self.base_url or f"http://localhost:{self.port}").rstrip("/")


class WrongSetting(Exception):
    """A sentence for the operator: which setting, what it was, what was expected."""


def load_settings() -> Settings:
    """The settings of this process. Raises WrongSetting."""
    try:
        return Settings()
    except ValidationError as error:
        raise WrongSetting(
            "; ".join(_sentence(e["loc"], e["msg"].removeprefix("Value error, "), e["input"]) for e in error.errors())
        ) from None


def _sentence(place: tuple[int | str, ...], message: str, value: object) -> str:
    field = Settings.model_fields.get(str(place[0]))
    secret = (field and field.annotation is SecretStr) or "@" in str(value)  # before an @ in a URL stands a password
    shown = "" if secret else f" (it is {value!r})"
    return f"{_name(place)}: {message}{shown}"


def _is_address(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return (
        bool(host) and not any(map(str.isspace, text)) and port.isdecimal() and port.isascii() and 0 < int(port) < 65536
    )


def _is_web(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not parts.query
    except ValueError:  # no number as port; its message quotes the password before the host
        return False


def _base64(text: str) -> bytes:
    """Raises ValueError for anything else."""
    return b64decode(text.strip(), validate=True)


def _name(place: tuple[int | str, ...]) -> str:
    name = str(place[0])
    return name if name.isupper() else f"AKTENLAUF_{name.upper()}"

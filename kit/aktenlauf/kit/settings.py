"""Settings of a process: from the environment (`AKTENLAUF_...`) or a file, checked at start.

A wrong one is named with what was expected; the program does not start with a guess.
"""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from limits import parse
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an operator can set. Every field is described in docs/operations.md (a test says so)."""

    model_config = SettingsConfigDict(env_prefix="AKTENLAUF_", env_file=".env", extra="ignore", frozen=True)

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
    log: Literal["text", "json"] = "text"
    """Form of the log lines."""
    xoev_schema_dir: Annotated[Path | None, Field(validation_alias="XOEV_SCHEMA_DIR")] = None
    """Folder with the official XÖV schemas; unset: messages are marked as not checked."""

    @field_validator("rate_sign_in", "rate_upload")
    @classmethod
    def _rate(cls, value: str) -> str:
        parse(value)  # raises ValueError
        return value

    @field_validator("now")
    @classmethod
    def _aware(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("needs a time zone, for example 2026-11-22T09:00:00+01:00")
        return value

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
        lines = [f"{_name(e['loc'])}: {e['msg']} (it is {e['input']!r})" for e in error.errors(include_url=False)]
        raise WrongSetting("; ".join(lines)) from None


def _name(place: tuple[int | str, ...]) -> str:
    name = str(place[0])
    return name if name.isupper() else f"AKTENLAUF_{name.upper()}"

"""Code lists of XAusländer: values and German labels as data, with the version that we send.

A list that the schema enumerates has one version for each edition of XAusländer; the others are versioned by
their own publishers, so that a message from outside may use values that we do not know yet.
"""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from io import StringIO

_DATA = files(__package__) / "data"


@dataclass(frozen=True, slots=True)
class CodeList:
    """One code list. `enumerated`: the schema itself fixes values and version."""

    urn: str
    version: str
    checked: date
    enumerated: bool
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Nationality:
    """A row of the DESTATIS list: `ended` for former states, `iso2` only for existing ones."""

    code: str
    iso2: str | None
    name: str
    adjective: str
    ended: date | None


class Reason(StrEnum):
    """grundDesAntrags, what is applied for."""

    FIRST_ISSUE = "01"
    EXTENSION = "02"
    CONDITIONS = "03"
    SETTLEMENT = "04"


class Purpose(StrEnum):
    """grundDesAufenthalts, reason of stay: sections 3 to 7 of chapter 2 AufenthG; § 16b is STUDY."""

    FAMILY = "01"
    STUDY = "02"
    EMPLOYMENT = "03"
    HUMANITARIAN = "04"
    OTHER = "05"


class StatusCode(StrEnum):
    """status of 130104; 06 and 07 belong to § 81a and are readable, but we never send them."""

    RECEIVED = "01"
    ANSWER_RECEIVED = "02"
    WITHDRAWAL_RECEIVED = "03"
    EXAMINED = "05"


MEDIA_TYPES: Mapping[str, str] = {"application/pdf": "1", "image/jpeg": "2"}  # -> document_format


@cache
def nationalities() -> Mapping[str, Nationality]:
    """All nationalities by DESTATIS code, 212 with former states and substitutes such as 997 stateless."""
    rows = csv.DictReader(StringIO((_DATA / "nationalities.csv").read_text("utf-8")))
    return {row["code"]: _nationality(row) for row in rows}


@cache
def nationality_by_iso2() -> Mapping[str, Nationality]:
    """The existing nationalities by ISO 3166-1 alpha-2."""
    return {nation.iso2: nation for nation in nationalities().values() if nation.iso2}


def _nationality(row: Mapping[str, str]) -> Nationality:
    ended = date.fromisoformat(row["ended"]) if row["ended"] else None
    return Nationality(row["code"], row["iso2"] or None, row["name"], row["adjective"], ended)


def _load() -> dict[str, CodeList]:
    lists = json.loads((_DATA / "codelists.json").read_text("utf-8"))
    return {key: _code_list(value) for key, value in lists.items()}


def _code_list(value: Mapping[str, object]) -> CodeList:
    entries = value.get("entries")
    labels = entries if isinstance(entries, dict) else {n.code: n.name for n in nationalities().values()}
    checked = date.fromisoformat(str(value["checked"]))
    return CodeList(str(value["urn"]), str(value["version"]), checked, bool(value["enumerated"]), labels)


LISTS: Mapping[str, CodeList] = _load()
MESSAGE_TYPE = LISTS["message_type"]
REASON = LISTS["reason"]
PURPOSE = LISTS["purpose"]
STATUS = LISTS["status"]
SEX = LISTS["sex"]
MARITAL_STATUS = LISTS["marital_status"]
DOCUMENT_FORMAT = LISTS["document_format"]
NATIONALITY = LISTS["nationality"]
CHANNEL = LISTS["channel"]
DIRECTORY = LISTS["directory"]

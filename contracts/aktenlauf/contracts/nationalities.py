"""States and nationalities as the German registers code them (DESTATIS Staatsangehörigkeit).

Source: urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:staatsangehoerigkeit, version 2024-08-01. Names in
other languages come from Unicode CLDR (Babel) by ISO 3166 code.
"""

import datetime as dt
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict

from aktenlauf.contracts.yaml_text import yaml_data

URN = "urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:staatsangehoerigkeit"
VERSION = "2024-08-01"
Kind = Literal["country", "nationality"]
_NO_STATE = frozenset({"997", "998"})  # stateless, not clarified


class Nationality(BaseModel):
    """One row of the code list: three digits, the state's German name, the German adjective."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    state: str
    nationality: str
    iso: str | None = None
    until: dt.date | None = None
    """The day a former state ended. It can still be where somebody was born."""
    english: str | None = None
    arabic: str | None = None

    def label(self, locale: str) -> str:
        """The name of the state in a language; German is the list's own, and the fallback."""
        if locale == "de":
            return f"{self.state} (bis {self.until.year})" if self.until else self.state
        return (self.arabic if locale == "ar" else self.english) or self._cldr_name(locale) or self.state

    def _cldr_name(self, locale: str) -> str | None:
        from babel import Locale

        return Locale.parse(locale).territories.get(self.iso) if self.iso else None


@cache
def nationalities() -> dict[str, Nationality]:
    """All entries by code."""
    text = files("aktenlauf.contracts").joinpath("catalogue_data/nationalities.yaml").read_text("utf-8")
    data = yaml_data(text)
    if (data["urn"], data["version"]) != (URN, VERSION):
        raise ValueError(f"nationalities.yaml is {data['urn']} {data['version']}, expected {URN} {VERSION}")
    return {entry.code: entry for entry in map(Nationality.model_validate, data["entries"])}


@cache
def codes(kind: Kind) -> frozenset[str]:
    """What may be chosen: a birthplace can lie in a former state, a nationality cannot; no state is no country."""
    entries = nationalities().values()
    if kind == "country":
        return frozenset(entry.code for entry in entries if entry.code not in _NO_STATE)
    return frozenset(entry.code for entry in entries if entry.until is None)


def choices(locale: str, kind: Kind) -> list[tuple[str, str]]:
    """(code, name) for a list to choose from, sorted by name."""
    named = ((code, nationalities()[code].label(locale)) for code in codes(kind))
    return sorted(named, key=lambda choice: _sort_key(choice[1]))


def _sort_key(name: str) -> str:
    # Ägypten belongs beside Algerien, not behind Zypern
    return "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)).casefold()

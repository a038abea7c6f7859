"""The register of immigration offices (Ausländerbehörden): who is competent where, and how to reach them.

Contract data (YAML under `offices_data`), the same for every service. The offices shipped are invented: their
postcodes and municipality keys (AGS) are not assigned to any place.
"""

from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from aktenlauf.contracts.yaml_text import yaml_data

Land = Literal[
    "BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL", "SN", "ST", "TH",
]  # fmt: skip
Mode = Literal["review", "fachverfahren", "both"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Address(_Frozen):
    """Where the office is."""

    street: str
    house_number: str = Field(pattern=r"^[0-9]{1,4}$")
    postcode: str = Field(pattern=r"^[0-9]{5}$")
    city: str


class Contact(_Frozen):
    """How people reach the office."""

    email: str
    phone: str
    website: str


class Opening(_Frozen):
    """Opening hours on a weekday, 1 = Monday; local time."""

    weekday: int = Field(ge=1, le=7)
    opens: str = Field(pattern=r"^[0-2][0-9]:[0-5][0-9]$")
    closes: str = Field(pattern=r"^[0-2][0-9]:[0-5][0-9]$")


class Place(_Frozen):
    """A group of counters (Schalter) of an office that takes appointments."""

    key: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    name: str
    room: str
    """Where to go in the building."""
    address: str
    """Street, house number, postcode, city on one line."""
    slot_minutes: int = Field(ge=5, le=240)
    people: int = Field(ge=1, le=200)
    """How many are served at a time."""
    hours: tuple[Opening, ...] = Field(min_length=1)
    """When it takes appointments; public holidays of the Land are left out by themselves."""


class Remedy(_Frozen):
    """The remedy that this office's notices name (Rechtsbehelf), settled by the office, §§ 68 to 74 VwGO."""

    kind: Literal["objection", "action"]
    court: str = ""
    court_address: str = ""
    """Both for an action (Klage) only."""


class Office(_Frozen):
    """One office. `land` selects the rules that differ by Land: public holidays, the day a notice counts as
    announced, remedies."""

    key: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    name: str
    authority: str
    """The body it belongs to: city or district."""
    land: Land
    ags: tuple[str, ...] = Field(min_length=1)
    """Municipality keys, eight digits (urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:ags)."""
    postcodes: tuple[str, ...] = Field(min_length=1)
    address: Address
    dvdv: str = Field(pattern=r"^azr:[0-9]{6}$")
    """Kennung in the directory of public services."""
    portal: str = Field(pattern=r"^alp:[0-9]{8}$")
    """Kennung of the portal that applies to it and receives its answers."""
    mode: Mode
    contact: Contact
    remedy: Remedy
    opening: tuple[Opening, ...] = Field(min_length=1)
    places: tuple[Place, ...] = Field(min_length=1)
    """Where appointments are held, the usual one first."""
    theme: str
    """Name of the style sheet with its colours."""
    test: bool = False
    """Kept for trial runs after a deployment."""

    def place(self, key: str) -> Place | None:
        """The counter group of this key, None if there is none."""
        return next((place for place in self.places if place.key == key), None)


@cache
def offices() -> dict[str, Office]:
    """All offices by key. Raises ValueError if two claim one place."""
    folder = files("aktenlauf.contracts").joinpath("offices_data")
    found = (entry for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    loaded = [Office.model_validate(yaml_data(file.read_text("utf-8"))) for file in found]
    register = {office.key: office for office in sorted(loaded, key=lambda office: office.key)}
    if len(register) != len(loaded):
        raise ValueError("two offices have the same key")
    _index("ags", register)
    _index("postcodes", register)
    return register


def by_postcode(postcode: str) -> Office | None:
    """The office competent for a postcode, None if none here is."""
    return _index("postcodes", offices()).get(postcode.strip())


def by_ags(ags: str) -> Office | None:
    """The office competent for a municipality, None if none here is."""
    return _index("ags", offices()).get(ags.strip())


def _index(places: Literal["ags", "postcodes"], register: dict[str, Office]) -> dict[str, Office]:
    index: dict[str, Office] = {}
    for office in register.values():
        for place in getattr(office, places):
            if place in index:
                raise ValueError(f"{place} belongs to {index[place].key} and to {office.key}")
            index[place] = office
    return index

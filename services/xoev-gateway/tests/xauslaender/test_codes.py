"""Our code lists are the official ones: values, labels, URNs and versions."""

import pytest
from lxml import etree

from aktenlauf.xoev_gateway.xauslaender import codes

XS = "{http://www.w3.org/2001/XMLSchema}"
ENUMERATED = {
    "message_type": "Code.Nachrichtentyp",
    "purpose": "Code.OZG.Aufenthaltsgrund",
    "status": "Code.OZG.Status",
    "marital_status": "Code.Familienstand",
    "document_format": "Code.Dokumentformat",
}
GENERICODE = {"sex": "code", "channel": "code", "nationality": "DESTATIS-Schluessel-Staatsangehoerigkeit"}
EXTRACTS = {"message_type"}


@pytest.mark.parametrize("key", ENUMERATED)
def test_enumerated_lists_are_those_of_the_schema__xauslaender_26_11(schema_folder, key):
    (path,) = schema_folder.rglob("xauslaender-codes.xsd")
    (kind,) = [t for t in etree.parse(path).getroot() if t.get("name") == ENUMERATED[key]]
    fixed = {a.get("name"): a.get("fixed") for a in kind.iter(f"{XS}attribute")}
    values = {e.get("value") for e in kind.iter(f"{XS}enumeration")}
    ours = codes.LISTS[key]
    assert ours.enumerated
    assert (ours.urn, ours.version) == (fixed["listURI"], fixed["listVersionID"])
    assert set(ours.labels) == {v for v in values if key not in EXTRACTS or v.startswith("1301")}


@pytest.mark.parametrize("key", GENERICODE)
def test_other_lists_are_those_of_their_publisher(schema_folder, key):
    ours = codes.LISTS[key]
    roots = [etree.parse(path).getroot() for path in schema_folder.rglob("codelists/*.xml")]
    (root,) = [r for r in roots if r.findtext("Identification/CanonicalUri") == ours.urn]
    rows = [{v.get("ColumnRef"): v.findtext("SimpleValue") for v in row} for row in root.iter("Row")]
    assert root.findtext("Identification/Version") == ours.version
    assert not ours.enumerated
    assert set(ours.labels) == {row[GENERICODE[key]] for row in rows}


@pytest.mark.parametrize(
    ("named", "listed"),
    [(codes.Reason, codes.REASON), (codes.Purpose, codes.PURPOSE), (codes.StatusCode, codes.STATUS)],
)
def test_named_codes_are_in_their_lists(named, listed):
    assert set(named) <= set(listed.labels)


def test_media_types_are_the_formats_of_the_standard():
    assert set(codes.MEDIA_TYPES.values()) == set(codes.DOCUMENT_FORMAT.labels)


def test_study_is_a_reason_of_stay_of_its_own__aufenthg_16b():
    assert codes.PURPOSE.labels[codes.Purpose.STUDY] == "Studium und Ausbildung"


def test_nationalities_have_codes_for_existing_states_by_iso():
    by_iso = codes.nationality_by_iso2()
    assert {iso: by_iso[iso].code for iso in ("DE", "BR", "RS", "GB")} == {
        "DE": "000",
        "BR": "327",
        "RS": "170",
        "GB": "168",
    }
    assert all(nation.ended is None for nation in by_iso.values())
    assert None not in by_iso
    assert len(codes.nationalities()) == 211

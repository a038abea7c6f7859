"""The verdict on a message: valid, what is wrong, or plainly that nobody checked."""

import shutil

import pytest

from aktenlauf.xoev_gateway.xauslaender import NOT_CHECKED, Schemas, SchemasUnusable, write


def test_without_schemas_nothing_is_taken_for_valid(message, product):
    verdict = Schemas.load(None).check(write(message, product))
    assert verdict is NOT_CHECKED
    assert verdict != []
    for misuse in (bool, len, list, lambda v: not v, lambda v: v or []):
        with pytest.raises(TypeError):
            misuse(verdict)


def test_faults_are_named_by_element_and_hold_no_values(examples, product, schemas):
    text = write(examples["130102"], product).decode()
    wrong = (
        text.replace("Bitte reichen", "Ж Geheim").replace("2026-11-30", "Geheim-Datum").replace("fristdatum", "frist")
    )
    faults = schemas.check(wrong.encode())
    assert any("frage" in fault for fault in faults)
    assert any("frist" in fault for fault in faults)
    assert "Geheim" not in " ".join(faults)


def test_what_cannot_be_parsed_is_a_fault(schemas):
    assert schemas.check(b"<!DOCTYPE x><x/>") == ["/: document type declarations are not accepted"]
    assert schemas.check(b"") != []


def test_a_valid_message_after_a_faulty_one_is_valid(examples, product, schemas):
    data = write(examples["130104"], product)
    assert schemas.check(data.replace(b"<code>05<", b"<code>04<")) != []
    assert schemas.check(data) == []


def test_schemas_are_found_wherever_they_lie_below_the_folder(examples, product, schema_folder, tmp_path):
    for number, path in enumerate(sorted(schema_folder.rglob("*.xsd"))):
        (tmp_path / f"{number}/deep").mkdir(parents=True)
        shutil.copy(path, tmp_path / f"{number}/deep")
    assert Schemas.load(tmp_path).check(write(examples["130101"], product)) == []


@pytest.mark.parametrize(
    "name",
    [
        "xauslaender-nachrichten-ozg.xsd",
        "xauslaender-baukasten.xsd",
        "xinneres-datum.xsd",
        "din-norm-91379-datatypes.xsd",
    ],
)
def test_a_missing_schema_file_is_named(schema_folder, tmp_path, name):
    for path in schema_folder.rglob("*.xsd"):
        if path.name != name:
            shutil.copy(path, tmp_path)
    with pytest.raises(SchemasUnusable, match=name):
        Schemas.load(tmp_path)


def test_two_editions_of_one_file_are_refused(schema_folder, tmp_path):
    (tmp_path / "other").mkdir()
    for path in schema_folder.rglob("xauslaender-*.xsd"):
        shutil.copy(path, tmp_path)
    other = tmp_path / "other/xauslaender-codes.xsd"
    other.write_bytes((tmp_path / "xauslaender-codes.xsd").read_bytes() + b"<!-- other -->")
    with pytest.raises(SchemasUnusable, match=r"xauslaender-codes\.xsd"):
        Schemas.load(tmp_path)


def test_an_empty_folder_is_an_error_and_not_unchecked(tmp_path):
    with pytest.raises(SchemasUnusable):
        Schemas.load(tmp_path)

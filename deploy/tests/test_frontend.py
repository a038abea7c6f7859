import json
import re
from pathlib import Path

import pytest

import aktenlauf.kit

ROOT = Path(__file__).resolve().parents[2]
VENDOR = Path(aktenlauf.kit.__file__).parent / "web/static/vendor"


@pytest.fixture(scope="module")
def lock() -> dict:
    return json.loads((ROOT / "package-lock.json").read_text("utf-8"))


def test_lock_names_a_hash_for_every_package_and_no_address(lock: dict) -> None:
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert [name for name, entry in packages.items() if not entry["integrity"].startswith("sha512-")] == []
    assert [name for name, entry in packages.items() if "resolved" in entry] == []


def test_versions_are_pinned_exactly() -> None:
    package = json.loads((ROOT / "package.json").read_text("utf-8"))
    versions = {**package["dependencies"], **package["devDependencies"]}
    assert [name for name, version in versions.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []


def test_every_file_that_a_stylesheet_names_is_there() -> None:
    sheets = list(VENDOR.rglob("*.css"))
    assert sheets, "run `make setup`"
    missing = [
        f"{sheet.name}: {name}"
        for sheet in sheets
        for name in re.findall(r"url\(['\"]?(?!data:)([^)'\"#]+)", sheet.read_text("utf-8"))
        if not (sheet.parent / name).exists()
    ]
    assert missing == []


def test_a_licence_lies_beside_whatever_is_served() -> None:
    folders = {path.parent for path in VENDOR.rglob("*") if path.suffix in {".js", ".css", ".woff2"}}
    assert folders, "run `make setup`"
    bare = [str(f) for f in folders if not [*f.glob("LICENSE*"), *f.parent.glob("LICENSE*")]]
    assert bare == []

"""Style sheets: tokens and logical properties only, so that dark mode and right-to-left come for free."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

from aktenlauf.kit.web.pages import KIT_FOLDER

STATIC = KIT_FOLDER / "static"
SHEETS = sorted((STATIC / "css").glob("*.css"))
KERN = STATIC / "vendor" / "kern" / "kern.min.css"
COLOUR = re.compile(r"#[0-9a-f]{3,8}\b(?=[^{}]*[;}])|\b(rgb|hsl|oklch)a?\(", re.IGNORECASE)
SIDE = re.compile(
    r"(?:[{;]\s*)((?:(?:margin|padding|border)-)?(?:left|right)(?:-[a-z]+)?\s*:|[a-z-]+\s*:[^;}]*\b(?:left|right)\b)"
)
KERN_SIDES_COUNT = 550
KERN_SIDES_DIGEST = "ab647ee9c70704cd"


def rules(path: Path) -> str:
    """The sheet without comments and without pictures in data: addresses."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    return re.sub(r"url\(\"data:.*?\"\)", "url()", text)


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_only_the_tokens_hold_colours(path: Path):
    found = COLOUR.findall(rules(path))
    assert bool(found) == (path.name == "tokens.css")


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_only_the_answers_to_kern_name_a_side(path: Path):
    found = SIDE.findall(rules(path))
    assert bool(found) == (path.name == "kern-rtl.css")


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_breakpoints_grow_with_the_text(path: Path):
    assert not re.search(r"@media[^{]*\dpx", rules(path))


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_nothing_comes_from_another_host(path: Path):
    for address in re.findall(r"url\(\"?([^)\"]*)", rules(path)):
        assert address == "" or address.startswith("/static/")


def test_kern_has_no_new_physical_side_that_right_to_left_would_miss():
    """kern-rtl.css answers exactly what this release of KERN writes with left and right: look again on a change."""
    if not KERN.exists():
        pytest.skip("KERN is not fetched: run `make setup`")
    sides = sorted(SIDE.findall(KERN.read_text()))
    digest = sha256("\n".join(sides).encode()).hexdigest()[:16]
    assert (len(sides), digest) == (KERN_SIDES_COUNT, KERN_SIDES_DIGEST)


@pytest.mark.parametrize("path", sorted((STATIC / "js").glob("*.js")), ids=lambda path: path.name)
def test_script_is_small_and_needs_no_unsafe_feature(path: Path):
    text = path.read_text()
    assert len(text.splitlines()) < 60
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|\beval\(|new Function|document\.write|\.style\b", text
    )

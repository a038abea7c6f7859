"""What no template of any part may contain: the CSP would block it, or the user would not notice."""

import re
from pathlib import Path

import pytest

from aktenlauf.kit.web.pages import KIT_FOLDER

ROOT = KIT_FOLDER.parents[3]
TEMPLATES = sorted(
    path
    for folder in (KIT_FOLDER / "templates", *ROOT.glob("services/*/aktenlauf/*/templates"))
    for path in folder.rglob("*.html")
)
FORBIDDEN = {
    "inline style (CSP style-src 'self')": r"\sstyle\s*=|<style\b",
    "inline script (CSP script-src 'self')": r"<script(?![^>]*\ssrc=)",
    "event attribute (CSP script-src 'self')": r"<[^>]*\son[a-z]+\s*=",
    "hx-on, needs eval": r"\shx-on[:\-]",
    "filtered hx-trigger, needs eval": r"hx-trigger\s*=\s*[\"'][^\"']*\[",
    "hx-vals with script, needs eval": r"hx-(vals|headers)\s*=\s*[\"']\s*(js|javascript):",
    "address of another host": r"(src|href|action)\s*=\s*[\"'](https?:)?//",
    "javascript: address": r"=\s*[\"']\s*javascript:",
    "switched-off escaping": r"\|\s*safe\b|autoescape false",
}


def findings(text: str) -> list[str]:
    """The rules of FORBIDDEN that a template's text breaks."""
    return [rule for rule, pattern in FORBIDDEN.items() if re.search(pattern, text, re.IGNORECASE)]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_template_holds_nothing_that_the_policy_blocks(path: Path):
    assert findings(path.read_text()) == []


@pytest.mark.parametrize(
    "text",
    [
        '<p style="color: red">',
        "<style>p {}</style>",
        "<script>go()</script>",
        '<button onclick="go()">',
        '<a hx-on:click="go()">',
        '<a hx-trigger="keyup[key==1]">',
        "<a hx-vals='js:{a: 1}'>",
        '<link href="//cdn.example/x.css">',
        '<a href="javascript:go()">',
        "{{ name | safe }}",
    ],
)
def test_the_linter_sees_each_kind_of_breach(text: str):
    assert findings(text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_form_that_posts_is_guarded_against_forgery(path: Path):
    if path.name.startswith("_sheet"):
        return
    for form in re.findall(r"<form\b[^>]*method=.post[^>]*>(.*?)</form>", path.read_text(), re.DOTALL):
        assert re.search(r"guard\(|name=.csrf.", form), form[:120]

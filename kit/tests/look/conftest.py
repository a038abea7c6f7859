"""Templates rendered as the shell renders them, but without an app around them."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aktenlauf.kit.ids import new_id
from aktenlauf.kit.web.i18n import LANGUAGES, Language, speak
from aktenlauf.kit.web.pages import KIT_FOLDER, Pages

Render = Callable[..., str]
NAV = {
    "public": [("/antrag", "Meine Anträge", 0), ("/postfach", "Postfach", 2), ("/hilfe", "Hilfe", 0)],
    "office": [("/amt", "Arbeitsvorrat", 0), ("/amt/freigaben", "Freigaben", 3)],
}


@pytest.fixture
def pages() -> Pages:
    """The kit's own templates; a service would come first."""
    return Pages(KIT_FOLDER)


@pytest.fixture
def render(pages: Pages) -> Render:
    """render(template, side=, locale=, signed_in=, **context) -> HTML"""

    def rendered(template: str, side: str = "public", locale: str = "de", signed_in: bool = True, **more: Any) -> str:
        language = next(known for known in LANGUAGES if known.code == locale)
        speak(language, pages.catalogue)
        return pages.render(template, {**_frame(side, language, signed_in), **more})

    return rendered


@pytest.fixture
def frame() -> dict[str, Any]:
    """What every template may rely on: a signed-in applicant, German."""
    return _frame("public", LANGUAGES[0], True)


@pytest.fixture
def macro(pages: Pages, tmp_path: Path) -> Render:
    """macro("f.text('a', 'Name')") -> HTML of that expression; f = forms, p = parts."""

    def called(expression: str, **more: Any) -> str:
        speak(LANGUAGES[0], pages.catalogue)
        head = "".join(
            f"{{% import 'macros/{file}.html' as {name} with context %}}"
            for name, file in (("f", "forms"), ("p", "parts"))
        )
        source = pages._environment.from_string(head + "{{ " + expression + " }}")
        return source.render({**_frame("public", LANGUAGES[0], True), **more}).strip()

    return called


def _frame(side: str, language: Language, signed_in: bool) -> dict[str, Any]:
    return {
        "locale": language.code,
        "dir": language.direction,
        "side": side,
        "request": None,
        "path": "/",
        "status": 200,
        "person": SimpleNamespace(name="Trần, Linh", roles=frozenset(), office=None) if signed_in else None,
        "office_name": "Stadt Beispielstadt",
        "office_kind": "Ausländerbehörde",
        "nav": [
            {"href": href, "label": label, "current": n == 0, "count": count}
            for n, (href, label, count) in enumerate(NAV[side])
        ],
        "languages": [
            {"code": lang.code, "name": lang.name, "href": f"?sprache={lang.code}", "current": lang is language}
            for lang in LANGUAGES
        ],
        "csrf": "token-of-this-page" if signed_in else "",
        "command_id": new_id(),
        "strip": "Vorführung: erfundene Daten, keine echte Behörde.",
        "session_ends": "2099-01-01T00:00:00+00:00" if signed_in else None,
        "sign_in_href": "/anmelden",
        "sign_out_href": "/abmelden",
    }

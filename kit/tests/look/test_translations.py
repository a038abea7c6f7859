"""Every text of the shell exists in every language, with its placeholders and all plural forms."""

import re
from collections.abc import Iterator
from gettext import c2py
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from aktenlauf.contracts.site import PREFIXES
from aktenlauf.kit.web.pages import KIT_FOLDER
from aktenlauf.kit.web.problem_texts import SIGN_IN_TEXTS, TEXTS, WRONG_LINK

ROOT = Path(__file__).parents[3]
LOCALES = KIT_FOLDER.parent / "locales"
PLURALS = {"en": 2, "ar": 6}


def used() -> Iterator[str]:
    """The msgids of templates, problem texts and menus; of plurals the singular."""
    for path in (KIT_FOLDER / "templates").rglob("*.html"):
        if path.name.startswith("_sheet"):
            continue
        with path.open("rb") as source:
            for _, _, message, _ in babel_extract(source, ("_", "ngettext"), (), {}):
                if message:
                    yield message if isinstance(message, str) else message[0]
    yield from (text for pair in (*TEXTS.values(), *SIGN_IN_TEXTS.values(), WRONG_LINK) for text in pair)
    yield from (prefix.nav for prefix in PREFIXES if prefix.nav)


def catalogue(locale: str) -> Catalog:
    """All texts of the shell in one."""
    texts = Catalog(locale=locale)
    for file in sorted([*LOCALES.glob(f"{locale}.po"), *LOCALES.glob(f"*.{locale}.po")]):
        with file.open("rb") as source:
            for message in read_po(source, locale=locale):
                if message.id:
                    texts[message.id] = message
    return texts


@pytest.mark.parametrize("locale", PLURALS)
def test_every_text_is_translated(locale: str):
    texts = catalogue(locale)
    missing = sorted({text for text in used() if not (found := texts.get(text)) or not found.string})
    assert missing == []


@pytest.mark.parametrize("locale", PLURALS)
def test_translations_keep_their_placeholders(locale: str):
    def holes(text: str) -> list[str]:
        return sorted(re.findall(r"\{\w+\}", text))

    for message in catalogue(locale):
        if not message.id:
            continue  # the header
        source = message.id if isinstance(message.id, str) else message.id[0]
        forms = (message.string,) if isinstance(message.string, str) else message.string
        assert all(holes(form) == holes(source) for form in forms), source


@pytest.mark.parametrize(("locale", "count"), PLURALS.items())
def test_plurals_have_all_forms_of_the_language(locale: str, count: int):
    texts = catalogue(locale)
    assert texts.num_plurals == count
    assert all(len(m.string) == count for m in texts if m.pluralizable)


def test_no_text_is_translated_in_two_files():
    for locale in PLURALS:
        files = sorted([*LOCALES.glob(f"{locale}.po"), *LOCALES.glob(f"*.{locale}.po")])
        seen: set[str] = set()
        for file in files:
            with file.open("rb") as source:
                ids = {str(message.id) for message in read_po(source, locale=locale) if message.id}
            assert not ids & seen, file.name
            seen |= ids


def files_of_all_parts() -> list[Path]:
    """Every translation in the project: whatever part, whatever page."""
    return sorted(file for folder in ("kit", "services", "deploy") for file in (ROOT / folder).glob("**/locales/*.po"))


def test_all_parts_count_plurals_alike():
    """The texts of a page are merged from several files; one formula then counts for all of them."""
    formulas: dict[str, set[str]] = {}
    for file in files_of_all_parts():
        with file.open("rb") as source:
            texts = read_po(source, locale=file.name.split(".")[-2])
        if any(message.pluralizable for message in texts):
            formulas.setdefault(str(texts.locale), set()).add(texts.plural_forms)
            bad = [m.id for m in texts if m.pluralizable and len(m.string) != texts.num_plurals]
            assert bad == [], file
    assert {locale: len(found) for locale, found in formulas.items()} == {"en": 1, "ar": 1}


def test_arabic_counts_in_the_order_of_gettext():
    """zero, one, two, few, many, other. source: Unicode CLDR, plural rules of ar, in the order gettext gives them."""
    with (LOCALES / "ar.po").open("rb") as source:
        forms = read_po(source, locale="ar").plural_expr
    chosen = [c2py(forms)(number) for number in (0, 1, 2, 3, 10, 11, 99, 100, 102, 103, 111)]
    assert chosen == [0, 1, 2, 3, 3, 4, 4, 5, 5, 3, 4]

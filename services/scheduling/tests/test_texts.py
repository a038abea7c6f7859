"""Every text of scheduling exists in every language, with its placeholders and all plural forms."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

import aktenlauf.scheduling
from aktenlauf.kit.web.pages import KIT_FOLDER
from aktenlauf.scheduling import words

FOLDER = Path(str(aktenlauf.scheduling.__file__)).parent
PLURALS = {"en": 2, "ar": 6}


def used() -> Iterator[str]:
    """The msgids of the applicants' templates and of the code; of plurals the singular."""
    yield from words.NEEDS.values()
    for path in (FOLDER / "templates").rglob("*.html"):
        with path.open("rb") as source:
            for _, _, message, _ in babel_extract(source, ("_", "ngettext"), (), {}):
                yield message if isinstance(message, str) else message[0]
    for path in FOLDER.rglob("*.py"):
        with path.open("rb") as source:
            yield from (str(message) for _, message, _, _ in extract("python", source, keywords={"_": None}))


def catalogue(folder: Path, locale: str) -> Catalog:
    with (folder / f"{locale}.po").open("rb") as source:
        return read_po(source, locale=locale)


@pytest.mark.parametrize("locale", PLURALS)
def test_every_text_is_translated_and_no_translation_is_left_over(locale: str) -> None:
    own = {
        m.id if isinstance(m.id, str) else m.id[0] for m in catalogue(FOLDER / "locales", locale) if m.id and m.string
    }
    kit = {str(m.id) for m in catalogue(KIT_FOLDER.parent / "locales", locale) if m.id}
    problems = {str(m.id) for m in catalogue(KIT_FOLDER.parent / "locales", f"problems.{locale}") if m.id}
    texts = set(used())
    assert sorted(texts - own - kit - problems) == []
    assert sorted(own - texts) == []


@pytest.mark.parametrize(("locale", "count"), PLURALS.items())
def test_translations_keep_their_placeholders_in_every_form(locale: str, count: int) -> None:
    for message in catalogue(FOLDER / "locales", locale):
        if not message.id:
            continue
        source = message.id if isinstance(message.id, str) else message.id[0]
        forms = (message.string,) if isinstance(message.string, str) else message.string
        assert len(forms) == (count if message.pluralizable else 1), source
        assert all(set(re.findall(r"\{\w+\}", f)) == set(re.findall(r"\{\w+\}", source)) for f in forms), source

"""Every text of the pages and messages after submission exists in every language, with its placeholders."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po

import aktenlauf.intake
from aktenlauf.intake import messages, receipt
from aktenlauf.intake.pages import words
from aktenlauf.intake.pages.mailbox import TOO_LONG
from aktenlauf.kit.web.pages import KIT_FOLDER

FOLDER = Path(str(aktenlauf.intake.__file__)).parent
TEMPLATES = (*("case", "case_erased", "withdraw", "looks", "mailbox", "thread", "message_gate", "message", "account"),)
MODULES = ("case", "mailbox", "letters", "next_step", "words")
PLURALS = {"en": 2, "ar": 6}
PLACEHOLDER = re.compile(r"{\w+}")


def extracted(path: Path, method: str, keywords: dict[str, tuple[int, ...] | None]) -> Iterator[str]:
    with path.open("rb") as source:
        for _, message, _, _ in extract(method, source, keywords=keywords):
            first = message if isinstance(message, str) else next(filter(None, message), None)
            if first:
                yield first


def used() -> set[str]:
    """The msgids; of plurals the singular."""
    found = {*words.STATUSES.values(), *words.STAGES, *words.SENTENCES.values(), words.IDLE, words.IDLE_BOOKED}
    found |= {title for title, _ in words.TIMELINE.values()} | {*words.ROLES.values(), *words.LOOKED_AT.values()}
    found |= {text for effect in words.EFFECTS.values() for text in effect[:2]} | {TOO_LONG}
    found |= {*messages.PURPOSES.values(), *messages.STATUSES.values(), messages.OTHER_STATUS, words.OTHER_ROLE}
    found |= {*receipt.NEXT, receipt.OPENING, receipt.NOTICE, *receipt.WORDS.values()}
    for name in TEMPLATES:
        found |= set(
            extracted(
                FOLDER / f"templates/pages/{name}.html", "jinja2.ext:babel_extract", {"_": None, "ngettext": (1, 2)}
            )
        )
    for name in MODULES:
        found |= set(extracted(FOLDER / f"pages/{name}.py", "python", {"_": None, "translate_plural": (1, 2)}))
    return found | set(extracted(FOLDER / "messages.py", "python", {"Said": (1,)}))


def catalogue(path: Path, locale: str) -> Catalog:
    with path.open("rb") as source:
        return read_po(source, locale=locale)


@pytest.mark.parametrize("locale", PLURALS)
def test_every_text_is_translated(locale: str) -> None:
    files = [*FOLDER.glob(f"locales/*.{locale}.po"), *KIT_FOLDER.parent.glob(f"locales/*{locale}.po")]
    translated = (message for file in files for message in catalogue(file, locale) if message.id and message.string)
    known = {message.id if isinstance(message.id, str) else message.id[0] for message in translated}
    assert sorted(used() - known) == []


@pytest.mark.parametrize(("locale", "count"), PLURALS.items())
def test_translations_keep_their_placeholders_and_plurals(locale: str, count: int) -> None:
    for message in catalogue(FOLDER / f"locales/case.{locale}.po", locale):
        if not message.id:
            continue
        if message.pluralizable:
            assert len(message.string) == count
            continue
        assert set(PLACEHOLDER.findall(message.string)) == set(PLACEHOLDER.findall(message.id)), message.id


@pytest.mark.parametrize("locale", PLURALS)
def test_no_translation_is_left_over(locale: str) -> None:
    ids = {m.id if isinstance(m.id, str) else m.id[0] for m in catalogue(FOLDER / f"locales/case.{locale}.po", locale)}
    assert sorted(ids - used() - {""}) == []

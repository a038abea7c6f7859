"""Every text of these pages exists in every language, with its placeholders and all plural forms."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

import aktenlauf.intake
from aktenlauf.intake.pages import finding, public
from aktenlauf.intake.pages.progress import STATES
from aktenlauf.intake.subjects import SUBJECTS
from aktenlauf.kit.web.pages import KIT_FOLDER

FOLDER = Path(str(aktenlauf.intake.__file__)).parent
TEMPLATES = [
    *("pages/question", "pages/mine", "pages/overview", "pages/delete_draft", "pages/check", "pages/receipt"),
    *("pages/service", "pages/start", "pages/help", "pages/imprint", "pages/privacy", "pages/accessibility"),
    *("pages/subject", "pages/finder", "partials/_offers"),
    *("partials/_control", "partials/_questions", "partials/_saved", "partials/_kept", "partials/_office"),
]
MODULES = ("check", "draft", "draft_request", "fields", "progress", "public", "question")
OWN = ("draft", "start")
PLURALS = {"en": 2, "ar": 6}


def used() -> Iterator[str]:
    """The msgids of templates and pages; of plurals the singular."""
    for name in TEMPLATES:
        with (FOLDER / "templates" / f"{name}.html").open("rb") as source:
            for _, _, message, _ in babel_extract(source, ("_", "ngettext"), (), {}):
                if message:
                    yield message if isinstance(message, str) else message[0]
    for name in MODULES:
        for node in ast.walk(ast.parse((FOLDER / "pages" / f"{name}.py").read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("translate", "translate_plural"):
                argument = node.args[0]
                chosen = (argument.body, argument.orelse) if isinstance(argument, ast.IfExp) else (argument,)
                yield from (str(text.value) for text in chosen if isinstance(text, ast.Constant))
    yield from (words for _, words in STATES.values())
    yield from public.WEEKDAYS
    for subject in SUBJECTS:
        yield from (subject.title, subject.examples, subject.instead)
    for question in finding.QUESTIONS:
        yield from (question.label, question.missing, *(label for _value, label in question.options))
    for title, text in finding.NOTES.values():
        yield from (title, text)


def catalogue(path: Path, locale: str) -> Catalog:
    with path.open("rb") as source:
        return read_po(source, locale=locale)


@pytest.mark.parametrize("locale", PLURALS)
def test_every_text_is_translated(locale):
    shell = KIT_FOLDER.parent / "locales"
    files = [
        *(FOLDER / f"locales/{part}.{locale}.po" for part in OWN),
        shell / f"{locale}.po",
        shell / f"problems.{locale}.po",
    ]
    messages = (message for file in files for message in catalogue(file, locale) if message.id and message.string)
    known = {message.id if isinstance(message.id, str) else message.id[0] for message in messages}
    assert sorted(set(used()) - known) == []


@pytest.mark.parametrize(("locale", "count"), PLURALS.items())
def test_translations_keep_their_placeholders_and_plurals(locale, count):
    for message in (message for part in OWN for message in catalogue(FOLDER / f"locales/{part}.{locale}.po", locale)):
        if not message.id:
            continue
        source = message.id if isinstance(message.id, str) else message.id[0]
        forms = (message.string,) if isinstance(message.string, str) else message.string
        assert not message.pluralizable or len(forms) == count
        assert all(sorted(re.findall(r"\{\w+\}", form)) == sorted(re.findall(r"\{\w+\}", source)) for form in forms), (
            source
        )

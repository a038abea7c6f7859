"""Every field error has words in every language, with the same parameters."""

import datetime as dt
import re
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.pofile import read_po

from aktenlauf.contracts.catalogue import catalogue
from aktenlauf.intake import form_texts
from aktenlauf.intake.values import Code, read

LOCALES = Path(form_texts.__file__).with_name("locales")


def translations(locale):
    with (LOCALES / f"forms.{locale}.po").open("rb") as file:
        return {message.id: message.string for message in read_po(file, locale=locale) if message.id}


def test_every_error_code_has_a_german_text():
    assert set(form_texts.MESSAGES) == set(get_args(Code))


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_every_text_is_translated_with_the_same_parameters(locale):
    texts = translations(locale)
    assert texts.keys() == {*form_texts.MESSAGES.values(), form_texts.NAME_LETTERS}
    for german, translated in texts.items():
        assert sorted(re.findall(r"{\w+}", german)) == sorted(re.findall(r"{\w+}", translated)), german


@pytest.mark.parametrize("locale", ["de", "en", "ar"])
def test_the_letter_is_named_in_the_message_and_braces_in_it_do_no_harm(locale):
    texts = translations(locale) if locale != "de" else {}
    field = catalogue().services["study_extension"].field("person.family_name")
    for letter in ("ح", "{"):
        _, errors = read(field, {"x": [letter]}, "x", dt.date(2026, 11, 22))
        assert letter in form_texts.error_text(errors[0], field, lambda message: texts.get(message, message))

"""The frames of both sides, the problem page and the sheet, with every macro once."""

import re
from itertools import pairwise

import pytest
from lxml import html

LANGUAGES = ("de", "en", "ar")


def parsed(source):
    return html.document_fromstring(source)


@pytest.mark.parametrize("side", ["public", "office"])
@pytest.mark.parametrize("locale", LANGUAGES)
def test_sheet_is_sound(render, side, locale):
    tree = parsed(render("_sheet.html", side=side, locale=locale))
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert len(tree.xpath("//h1")) == 1
    for wanted in ("aria-describedby", "aria-labelledby", "for"):
        for value in tree.xpath(f"//@{wanted}"):
            assert set(value.split()) <= set(ids), value
    levels = [int(h.tag[1]) for h in tree.xpath("//main//*[self::h1 or self::h2 or self::h3 or self::h4]")]
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_right_to_left_page_loads_its_own_sheets(render):
    arabic, german = (render("_sheet.html", locale=code) for code in ("ar", "de"))
    assert '<html lang="ar" dir="rtl">' in arabic
    assert "kern-rtl.css" in arabic and "noto-sans-arabic" in arabic
    assert "kern-rtl.css" not in german and "noto-sans-arabic" not in german


def test_language_switch_names_each_language_in_itself(render):
    tree = parsed(render("_sheet.html", locale="en"))
    shown = [(a.get("lang"), a.get("dir"), a.get("aria-current")) for a in tree.xpath("//a[@hreflang]")]
    assert shown == [("de", "ltr", None), ("en", "ltr", "true"), ("ar", "rtl", None)]


def test_legal_pages_are_one_click_away(render):
    for side in ("public", "office"):
        page = render("_sheet.html", side=side)
        assert all(f'href="{path}"' in page for path in ("/impressum", "/datenschutz", "/barrierefreiheit"))


def test_signing_out_is_a_guarded_post(render):
    for side in ("public", "office"):
        forms = parsed(render("_sheet.html", side=side)).xpath("//form[@action='/abmelden']")
        assert forms
        assert all(f.get("method") == "post" and f.xpath(".//input[@name='csrf']/@value")[0] for f in forms)


def test_visitor_sees_the_way_in_and_no_session_dialogue(render):
    page = render("_sheet.html", signed_in=False)
    assert 'href="/anmelden"' in page
    assert "data-session-ends" not in page and 'id="sitzung"' not in page and "/abmelden" not in page


def test_form_frame_offers_only_language_and_later(pages, frame):
    source = "{% extends 'base_form.html' %}{% block title %}Frage{% endblock %}"
    page = pages._environment.from_string(source).render({**frame, "later_href": "/antrag/1"})
    links = parsed(page).xpath("//header//a[not(@hreflang)]/@href")
    assert links == ["/", "/antrag/1"]


@pytest.mark.parametrize("side", ["public", "office"])
def test_problem_page_renders_without_person(render, side):
    page = render(
        "problem.html", side=side, signed_in=False, status=503, title="Nicht erreichbar", detail="Später noch einmal",
        actions=[], reference="01JD", contact="0800 000 00 00",
    )  # fmt: skip
    text = re.sub(r"\s+", " ", parsed(page).find(".//main").text_content())
    assert all(word in text for word in ("503", "Nicht erreichbar", "Später noch einmal", "01JD", "0800"))

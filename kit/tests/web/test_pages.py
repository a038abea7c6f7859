"""What every template may rely on."""

from html import unescape
from re import findall
from uuid import UUID

import jinja2
import pytest

from aktenlauf.kit.web.pages import Pages

from .conftest import PROBE, Installation


async def test_the_frame_of_an_applicants_page(installation: Installation) -> None:
    text = (await (await installation.signed_in("linh")).get("/hilfe")).text
    assert "de ltr public /hilfe 200 GET Vorführung" in text
    assert "Linh Trần Aktenlauf Ausländerbehörde 2026-11-23T08:30:00+00:00" in text
    assert '<a href="/antrag">Meine Anträge 0</a><a href="/postfach">Postfach 3</a>' in text
    assert '<a href="/hilfe" aria-current="page">Hilfe 0</a>' in text
    assert 'action="/abmelden"' in text
    assert "7. Dezember 2026|08.12.2026, 00:30|<bdi>علي</bdi>" in text


async def test_a_visitor_sees_only_what_needs_no_role(installation: Installation) -> None:
    text = (await installation.browser().get("/hilfe?a=1")).text
    assert findall('<a href="([^"]+)"(?: aria-current="page")?>[A-Z]', text) == ["/hilfe"]
    assert 'name="csrf" value=""' in text
    assert unescape(findall('id="in" href="([^"]+)"', text)[0]) == "/anmelden?zurueck=/hilfe%3Fa%3D1"


async def test_the_office_menu_follows_the_role(installation: Installation) -> None:
    async def menu(user: str) -> list[str]:
        text = (await (await installation.signed_in(user, "office")).get("/amt")).text
        assert "Stadt Beispiel Ausländerbehörde" in text
        return findall('<a href="(/amt[^"]*)"(?: aria-current="page")?>[A-Z]', text)

    assert await menu("vogt") == ["/amt", "/amt/termine"]
    assert await menu("brandt") == ["/amt", "/amt/freigaben", "/amt/termine"]


async def test_every_page_brings_a_fresh_command_id(installation: Installation) -> None:
    browser = installation.browser()
    pages = [(await browser.get("/hilfe")).text for _ in range(2)]
    first, second = (UUID(findall('name="command" value="([^"]+)"', text)[0]) for text in pages)
    assert first != second
    assert first.version == 7


async def test_a_page_varies_with_what_it_was_made_from(installation: Installation) -> None:
    vary = (await installation.browser().get("/hilfe")).headers["vary"]
    assert vary == "Cookie, Accept-Language, HX-Request, HX-Request-Type"


def test_content_is_escaped_and_a_forgotten_name_is_an_error(tmp_path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "x.html").write_text("{{ word | bdi }}{{ word }}", "utf-8")
    pages = Pages(tmp_path)
    assert pages.render("x.html", {"word": "<b>"}) == "<bdi>&lt;b&gt;</bdi>&lt;b&gt;"
    with pytest.raises(jinja2.UndefinedError):
        pages.render("x.html", {})


def test_a_service_may_replace_a_template_of_the_kit(tmp_path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "base.html").write_text("mine", "utf-8")
    assert Pages(tmp_path).render("base.html", {}) == "mine"
    assert "mine" not in Pages(PROBE)._environment.loader.get_source(Pages(PROBE)._environment, "base.html")[0]

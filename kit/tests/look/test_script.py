"""app.js in a real browser, under the policy of the pages; and the same pages without it."""

import mimetypes
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route, async_playwright

from aktenlauf.kit.testing.browser import find_browser
from aktenlauf.kit.web.pages import KIT_FOLDER
from aktenlauf.kit.web.security import page_csp

HOST = "https://aktenlauf.test"
STATIC = KIT_FOLDER / "static"
AXE = KIT_FOLDER.parents[3] / "node_modules" / "axe-core" / "axe.min.js"
REFUSED = "<main><p data-reason>Die Datei ist mit einem Passwort geschützt.</p></main>"

pytestmark = [
    pytest.mark.long,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(
        find_browser() is None or not (STATIC / "vendor").exists(),
        reason="NOT TESTED: pages in a browser. There is none, or the pages' packages lack: `make setup browser`",
    ),
]


class Site:
    """Answers the browser's requests: the sheet, static files, and uploads, which fail if named so."""

    def __init__(self, render) -> None:
        self.render = render
        self.context: dict[str, object] = {}
        self.uploads: list[bytes] = []

    async def answer(self, route: Route) -> None:
        parts = urlsplit(route.request.url)
        if parts.path.startswith("/static/"):
            await self._file(route, parts.path.removeprefix("/static/"))
        elif parts.path == "/upload":
            await self._upload(route)
        else:
            chosen = {key: value[0] for key, value in parse_qs(parts.query).items()}
            await self._page(route, self.render("_sheet.html", **{**chosen, **self.context}))

    async def _upload(self, route: Route) -> None:
        sent = route.request.post_data_buffer or b""
        self.uploads.append(sent)
        if b"kaputt.pdf" in sent:
            await self._page(route, REFUSED, 422)
        else:
            await self._page(route, self.render("_sheet.html").replace("Bescheinigung Ihrer", "ANGEKOMMEN:"))

    async def _page(self, route: Route, body: str, status: int = 200) -> None:
        headers = {"Content-Security-Policy": page_csp(frozenset())}
        await route.fulfill(status=status, body=body, content_type="text/html; charset=utf-8", headers=headers)

    async def _file(self, route: Route, name: str) -> None:
        found = [path for path in (STATIC / name, STATIC / "vendor" / name) if path.is_file()]
        if not found:
            await route.fulfill(status=404)
            return
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        await route.fulfill(body=found[0].read_bytes(), content_type=kind)


@pytest.fixture
def site(render) -> Site:
    return Site(render)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser():
    async with async_playwright() as playwright:
        sandbox = [] if os.geteuid() else ["--no-sandbox"]
        launched = await playwright.chromium.launch(executable_path=find_browser(), args=sandbox)
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="module")
async def open_page(site, browser):
    """open_page(address, **context options) -> page; `page.said` is what the console got."""
    contexts = []

    async def opened(address: str = "/", **options) -> Page:
        context = await browser.new_context(**options)
        contexts.append(context)
        await context.route("**/*", site.answer)
        page = await context.new_page()
        page.said = []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        await page.goto(HOST + address)
        if options.get("java_script_enabled", True):
            await page.wait_for_selector("html.js")
        return page

    yield opened
    for context in contexts:
        await context.close()


@pytest.mark.parametrize("address", ["/", "/?locale=ar", "/?side=office"])
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
async def test_sheet_is_accessible_and_fits(open_page, address, scheme, width):
    if not AXE.exists():
        pytest.skip("NOT TESTED: accessibility. axe-core is missing: `make setup`")
    page = await open_page(address, color_scheme=scheme, viewport={"width": width, "height": 900})
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.evaluate(AXE.read_text())
    found = await page.evaluate("axe.run(document, {preload: false})")
    assert len(found["passes"]) > 20
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found["violations"]] == []
    assert page.said == []


async def test_focus_goes_to_the_error_summary(open_page):
    page = await open_page()
    assert await page.evaluate("document.activeElement.id") == "fehler"
    await page.click("#fehler a >> nth=0")
    assert await page.evaluate("document.activeElement.id") == "passnr"


async def test_menu_closes_on_escape_and_gives_the_focus_back(open_page):
    page = await open_page()
    await page.click("details.al-menu summary")
    await page.keyboard.press("Escape")
    assert await page.locator("details.al-menu[open]").count() == 0
    assert await page.evaluate("document.activeElement.tagName") == "SUMMARY"


async def test_each_file_is_sent_alone_and_a_refused_one_says_why(open_page, site, tmp_path: Path):
    names = ["gut.pdf", "kaputt.pdf", "auch-gut.pdf"]
    for name in names:
        (tmp_path / name).write_bytes(b"%PDF-1.7")
    page = await open_page()
    await page.set_input_files("#kv-datei", [tmp_path / name for name in names])
    await page.get_by_text("ANGEKOMMEN").wait_for()
    row = page.locator("#kv [data-failed]")
    assert await row.locator("bdi").text_content() == "kaputt.pdf"
    assert "Passwort" in (await row.locator("small").text_content() or "")
    commands = [body.split(b'name="command_id"')[1].split(b"--")[0] for body in site.uploads]
    assert len(site.uploads) == len(set(commands)) == 3
    assert all(body.count(b"filename=") == 1 for body in site.uploads)


async def test_without_script_the_plain_upload_is_there(open_page):
    page = await open_page(java_script_enabled=False)
    assert await page.is_visible("#kv button.al-nojs")
    assert await page.is_visible("#kv-datei")
    assert not await page.is_visible(".al-pick--camera")


async def test_keys_press_visible_controls_but_never_inside_a_field(open_page):
    page = await open_page("/?side=office")
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("2")
    assert await page.locator("[name=v]:checked").get_attribute("value") == "no"
    await page.focus("#name")
    await page.keyboard.press("1")
    assert await page.locator("[name=v]:checked").get_attribute("value") == "no"


async def test_keys_can_be_switched_off__wcag_2_1_4(open_page):
    page = await open_page("/?side=office")
    await page.click(".al-top .al-menu summary")
    await page.click("[data-keys-switch]")
    await page.keyboard.press("2")
    assert await page.locator("[name=v]:checked").get_attribute("value") == "ok"


async def test_ending_session_warns_in_words_and_can_be_extended__wcag_2_2_1(open_page, site):
    site.context = {"session_ends": (datetime.now(UTC) + timedelta(seconds=200)).isoformat()}
    page = await open_page()
    assert "in 4 Minuten" in await page.inner_text("#sitzung")
    site.context = {}  # the next page is that of the extended session
    await page.click("[data-stay]")
    await page.wait_for_selector("#sitzung", state="hidden")


async def test_ended_session_says_so_and_leads_to_the_sign_in(open_page, site):
    site.context = {"session_ends": "2000-01-01T00:00:00+00:00"}
    page = await open_page()
    assert await page.get_attribute("#sitzung [data-again]", "href") == "/anmelden"
    assert await page.is_visible("#sitzung [data-again]")


async def test_leaving_typed_values_asks_first(open_page):
    page = await open_page()
    asked = []

    async def accept(dialog) -> None:
        asked.append(dialog.type)
        await dialog.accept()

    page.on("dialog", accept)
    await page.fill("#name", "Trần")
    await page.goto(HOST + "/?locale=en")
    assert asked == ["beforeunload"]

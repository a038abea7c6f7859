"""A person at a real browser: clicks, types, uploads, and is checked on every page for what a machine can check."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from aktenlauf.cli import visitor
from aktenlauf.contracts.catalogue import FormField

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = ROOT / ".build" / "pictures"
PHONE = {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 640}
"""WCAG 2.2, 1.4.10: a desktop at 400 percent."""
DESKTOP = {"width": 1440, "height": 900}
SERIOUS = {"serious", "critical"}
_POLICY = """document.addEventListener("securitypolicyviolation", (event) => console.error(
  "policy:", event.violatedDirective, event.blockedURI, event.sourceFile, event.lineNumber, event.sample))"""
_WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_AXE_RUN = "axe.run(document, {preload: false, iframes: false, resultTypes: ['violations']})"


class Person:
    """One browser context. `faults` collects what was wrong on any page: accessibility, console, policy, width."""

    def __init__(self, context: BrowserContext, page: Page, base_url: str, scripted: bool, looks: bool) -> None:
        self.context, self.page, self.base_url = context, page, base_url
        self.scripted, self._looks = scripted, looks
        self.faults: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: script failed: {error}"))

    @classmethod
    async def at(cls, browser: Browser, base_url: str, *, look: bool = True, **options: Any) -> "Person":
        """A new person; `options` go to the browser's context (viewport, colour scheme, JavaScript).

        `look=False`: `look` does nothing, for a run whose pages another looks at.
        """
        context = await browser.new_context(**{"viewport": DESKTOP, "locale": "de-DE", **options})
        page = await context.new_page()
        await page.add_init_script(_POLICY)
        page.set_default_timeout(10_000)
        return cls(context, page, base_url, options.get("java_script_enabled", True), look)

    def _said(self, message: Any) -> None:
        # A 4xx answer to a navigation is said by the browser itself and tested where it belongs.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.faults.append(f"{self.page.url}: console: {message.text}")

    async def open(self, path: str, expect_status: int = 200) -> None:
        """Go to a path of the installation."""
        answer = await self.page.goto(self.base_url + path)
        assert answer is not None and answer.status == expect_status, f"{path}: {answer and answer.status}"

    async def press(self, control: Locator) -> None:
        """Press what leads to another page, and wait for that page."""
        async with self.page.expect_event("load"):
            await control.click()

    async def sign_in(self, prefix: str, name: str) -> None:
        """Through the demo provider, by clicking the person."""
        await self.open(f"{prefix}/anmelden")
        await self.page.get_by_role("button", name=re.compile(name)).first.click()
        await self.page.wait_for_url(lambda url: "/demo-anmeldung" not in url)

    async def fill(self, answers: Mapping[str, Any], fields: Sequence[FormField]) -> None:
        """Fill in the form of a question page with answers {field id: value}."""
        content = (await self.page.content()).encode()
        seen = visitor.Page(self.page.url, 200, content, "text/html")
        for name, value in visitor.controls(seen, answers, fields).items():
            await self.fill_control(name, value)

    async def fill_control(self, name: str, value: Any) -> None:
        """Fill in one control by its name, whatever kind it is."""
        control = self.page.locator(f'[name="{name}"]')
        kind = await control.first.evaluate("e => e.type || e.tagName.toLowerCase()")
        if kind in ("radio", "checkbox"):
            for one in value if isinstance(value, list) else [value]:
                chosen = self.page.locator(f'[name="{name}"][value="{one}"]')
                if await chosen.count() and not await chosen.first.is_checked():
                    await chosen.first.check(force=True)
        elif kind == "select-one":
            await control.first.select_option(str(value))
        elif kind != "hidden" and await control.first.input_value() != str(value):
            await control.first.fill(str(value))

    async def attach(self, kind: str, name: str, content: bytes, media: str) -> None:
        """Upload one file for one kind of evidence, and see it in the list."""
        field = self.page.locator(f"#datei-{kind}")
        await field.set_input_files({"name": name, "mimeType": media, "buffer": content})
        if not self.scripted:
            await self.press(self.page.locator(f'button[name="hochladen"][value="{kind}"]'))
        await expect(self.page.locator(f"#d-{kind} .al-file__name a")).to_contain_text(name)

    async def look(self, name: str) -> None:
        """Take a picture, and note what axe finds serious and whether the page scrolls sideways."""
        if not self._looks:
            return
        PICTURES.mkdir(parents=True, exist_ok=True)
        width = (self.page.viewport_size or DESKTOP)["width"]
        await self.page.screenshot(path=PICTURES / f"{name}-{width}.jpg", full_page=True, quality=80)
        self.faults += [f"{name} ({width} px): {fault}" for fault in await self.found_by_axe()]
        if (wide := await self.page.evaluate(_WIDER)) > 0:
            self.faults.append(f"{name} ({width} px): scrolls sideways by {wide} px")
        if (primary := await self.page.locator("main .kern-btn--primary:visible").count()) > 1:
            self.faults.append(f"{name} ({width} px): {primary} primary buttons")

    async def found_by_axe(self) -> list[str]:
        """What axe-core finds serious on this page (WCAG 2.0 to 2.2, A and AA, and its own rules of practice)."""
        await self.page.evaluate(_axe())
        found = await self.page.evaluate(_AXE_RUN)
        return [
            f"axe {violation['id']}: {violation['help']} at {violation['nodes'][0]['target']}"
            for violation in found["violations"]
            if violation["impact"] in SERIOUS
        ]


def faults(*people: Person) -> str:
    """What all of them met, one a line; empty is what tests want."""
    return "\n".join(dict.fromkeys(fault for person in people for fault in person.faults))


@cache
def _axe() -> str:
    return AXE.read_text("utf-8")

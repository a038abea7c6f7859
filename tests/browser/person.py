"""A person at a real browser: clicks, types, uploads, and is checked on every page for what a machine can check."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page

from aktenlauf.cli import visitor
from aktenlauf.contracts.catalogue import FormField

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = ROOT / ".build" / "pictures"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
SERIOUS = {"serious", "critical"}


class Person:
    """One browser context. `faults` collects what was wrong on any page: accessibility, console, policy, width."""

    def __init__(self, context: BrowserContext, page: Page, base_url: str) -> None:
        self.context, self.page, self.base_url = context, page, base_url
        self.faults: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: script failed: {error}"))

    @classmethod
    async def at(cls, browser: Browser, base_url: str, **options: Any) -> "Person":
        """A new person; `options` go to the browser's context (viewport, colour scheme, JavaScript)."""
        context = await browser.new_context(**{"viewport": DESKTOP, "locale": "de-DE", **options})
        page = await context.new_page()
        await page.add_init_script("""document.addEventListener('securitypolicyviolation',e=>console.error('CSPV',e.violatedDirective,e.sourceFile,e.lineNumber,e.columnNumber,e.sample,e.target&&e.target.outerHTML&&e.target.outerHTML.slice(0,200)))""")
        page.set_default_timeout(10_000)
        return cls(context, page, base_url)

    def _said(self, message: Any) -> None:
        # A 4xx answer to a navigation is said by the browser itself and tested where it belongs.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.faults.append(f"{self.page.url}: console: {message.text}")

    async def open(self, path: str) -> None:
        """Go to a path of the installation."""
        await self.page.goto(self.base_url + path)

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
        elif kind != "hidden":
            await control.first.fill(str(value))

    async def look(self, name: str) -> None:
        """Take a picture, and note what axe finds serious and whether the page scrolls sideways."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        width = (self.page.viewport_size or DESKTOP)["width"]
        await self.page.screenshot(path=PICTURES / f"{name}-{width}.png", full_page=True)
        self.faults += [f"{name} ({width} px): {fault}" for fault in await self.found_by_axe()]
        wide = await self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            self.faults.append(f"{name} ({width} px): scrolls sideways by {wide} px")

    async def found_by_axe(self) -> list[str]:
        """What axe-core finds serious on this page (WCAG 2.0 to 2.2, A and AA)."""
        await self.page.evaluate(AXE.read_text("utf-8"))
        found = await self.page.evaluate("axe.run(document, {preload: false})")
        return [
            f"axe {violation['id']}: {violation['help']} at {violation['nodes'][0]['target']}"
            for violation in found["violations"]
            if violation["impact"] in SERIOUS
        ]

"""People with a plain HTTP client: what they are signed in as, and the CSRF token of their own session.

Unlike a `Visitor` it fills in no forms and follows no redirects, so that a test sends exactly what it wants to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from starlette.responses import Response

from aktenlauf.kit.identity import Person, Side
from aktenlauf.kit.web.cookies import SESSION_NAMES
from aktenlauf.kit.web.csrf import csrf_token

from .inside import Inside

FORM_HEADERS = {"Accept": "text/html", "Accept-Language": "de"}


@dataclass
class Browser:
    """`csrf`: a valid token of this session; empty for nobody."""

    client: httpx.AsyncClient
    csrf: str = ""

    async def get(self, path: str) -> httpx.Response:
        """GET as a browser does; below /api as a program does."""
        return await self.client.get(path, headers=_headers(path))

    async def post(
        self, path: str, fields: Mapping[str, Any], files: Mapping[str, Any] | None = None, token: str | None = None
    ) -> httpx.Response:
        """POST a form with the token, or JSON with its header. `token`: another one; "" for none."""
        csrf = self.csrf if token is None else token
        if path.startswith("/api/"):
            headers = {**_headers(path), **({"X-CSRF-Token": csrf} if csrf else {})}
            return await self.client.post(path, json=fields, headers=headers)
        data = {**({"csrf": csrf} if csrf else {}), **fields}
        return await self.client.post(path, data=data, files=files, headers=_headers(path))


def nobody(here: Inside) -> Browser:
    """A new browser."""
    transport = httpx.ASGITransport(app=here.installation.app, raise_app_exceptions=False)
    return Browser(httpx.AsyncClient(transport=transport, base_url=here.installation.settings.public_url, timeout=30))


async def demo_user(here: Inside, side: Side, user: str) -> Browser:
    """Somebody of the demonstration, through the sign-in."""
    browser = nobody(here)
    begun = await browser.client.get("/amt/anmelden" if side == "office" else "/anmelden", follow_redirects=True)
    await browser.client.post(begun.url, data={"user": user}, follow_redirects=True)
    return _with_token(here, browser, side)


async def somebody(here: Inside, side: Side, person: Person, ago: timedelta = timedelta(0)) -> Browser:
    """A session, begun some time ago, for a person whom no provider would describe like this."""
    shell, browser, carrier = here.installation.shell, nobody(here), Response()
    shell.cookies.set_session(carrier, side, await shell.sessions.create(side, person, shell.clock() - ago))
    name, _, value = carrier.headers["set-cookie"].partition(";")[0].partition("=")
    browser.client.cookies.set(name, value, domain="localhost.local")
    return _with_token(here, browser, side)


def swapped(here: Inside, other: Browser, side: Side) -> Browser:
    """The session cookie of the other side, sent under the name of this one."""
    browser = nobody(here)
    theirs = SESSION_NAMES["office" if side == "public" else "public"]
    browser.client.cookies.set(SESSION_NAMES[side], other.client.cookies[theirs], domain="localhost.local")
    return Browser(browser.client, other.csrf)


def _with_token(here: Inside, browser: Browser, side: Side) -> Browser:
    cookie = browser.client.cookies.get(SESSION_NAMES[side])
    if cookie is None:
        raise AssertionError(f"nobody is signed in on the {side} side")
    return Browser(browser.client, csrf_token(here.installation.shell.secret, cookie.partition(".")[0]))


def _headers(path: str) -> dict[str, str]:
    return {"Accept": "application/json"} if path.startswith("/api/") else FORM_HEADERS

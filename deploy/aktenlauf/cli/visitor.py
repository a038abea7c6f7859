"""A person with a browser that runs no script: opens pages, fills in forms, follows links.

The smoke run, the demonstration's cases and the benchmarks all go through the pages that people use, so what they
prove holds for people. Nothing here knows a service: what can be done is read from the page.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookiejar import Cookie, CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit
from urllib.request import Request

import httpx
import lxml.html
from lxml.html import FormElement, HtmlElement

from aktenlauf.contracts.catalogue import FormField

Upload = tuple[str, bytes, str]
"""File name, content, media type."""

REPEAT_SECONDS = 0.05
"""Pause before a request that got no answer is sent again."""
_DATE_PARTS = {"t": 2, "day": 2, "m": 1, "month": 1, "j": 0, "year": 0}


class VisitFailed(Exception):
    """A page did not answer as a person would need it; the message says which and how. `status` where it answered."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Page:
    """An answer as a person sees it."""

    url: str
    status: int
    content: bytes
    media_type: str
    _tree: HtmlElement | None = field(default=None, repr=False)

    @property
    def tree(self) -> HtmlElement:
        """The parsed page."""
        if self._tree is None:
            self._tree = lxml.html.document_fromstring(self.content)
        return self._tree

    @property
    def path(self) -> str:
        """Path of its address."""
        return urlsplit(self.url).path

    @property
    def text(self) -> str:
        """All visible words, white space folded."""
        return " ".join(self.tree.text_content().split())

    @property
    def heading(self) -> str:
        """Its first heading."""
        found = self.tree.xpath("//h1")
        return " ".join(found[0].text_content().split()) if found else ""

    def links(self, part: str) -> list[str]:
        """Paths of links that contain `part`, in order, each once."""
        hrefs = [str(href) for href in self.tree.xpath("//a/@href") if part in str(href)]
        return list(dict.fromkeys(urljoin(self.path, href) for href in hrefs))

    def form(self, action: str = "", button: str = "") -> FormElement:
        """The first form whose action ends with `action` and that has a control named `button`."""
        for form in self.tree.forms:
            target = urlsplit(urljoin(self.url, form.action or self.path)).path
            named = not button or form.xpath(f'.//*[@name="{button}"]')
            if form.method == "POST" and target.endswith(action) and named and "abmelden" not in target:
                return form
        raise VisitFailed(f"{self.path} ({self.heading}) has no form to {action or 'anywhere'} {button}")


class Visitor:
    """One person, one session.

    `patience_seconds`: how long a request that got no answer, or 503, is sent again, the very same, as an impatient
    person does whose installation is being restarted.
    """

    def __init__(
        self,
        base_url: str,
        transport: httpx.AsyncBaseTransport | None = None,
        headers: Mapping[str, str] | None = None,
        patience_seconds: float = 0,
    ) -> None:
        self._patience_seconds = patience_seconds
        self._client = httpx.AsyncClient(
            base_url=base_url,
            follow_redirects=True,
            timeout=30,
            transport=transport,
            cookies=_cookies(base_url),
            headers={"Accept": "text/html", "Accept-Language": "de", **(headers or {})},
        )

    async def close(self) -> None:
        """End without signing out."""
        await self._client.aclose()

    async def open(self, path: str, expect: int | None = 200) -> Page:
        """GET a page. Raises VisitFailed for another status than `expect`; None takes any."""
        return self._checked(await self._send("GET", path), expect)

    async def status(self, path: str) -> int:
        """The status that a GET is answered with."""
        return (await self._send("GET", path)).status_code

    async def submit(
        self,
        page: Page,
        values: Mapping[str, Any] | None = None,
        *,
        action: str = "",
        button: str = "",
        press: tuple[str, str] | None = None,
        files: Mapping[str, Sequence[Upload]] | None = None,
        expect: int = 200,
    ) -> Page:
        """Fill in a form of the page and send it. `press`: the button's name and value."""
        form = page.form(action, button)
        data = _filled(form, values or {})
        if press:
            data[press[0]] = [press[1]]
        target = urljoin(page.url, form.action or page.path)
        if files is None:
            return self._checked(await self._send("POST", target, data=data, headers=_origin(page.url)), expect)
        parts: list[Any] = [(name, (None, value)) for name, given in data.items() for value in given]
        parts += [(name, upload) for name, uploads in files.items() for upload in uploads]
        return self._checked(await self._send("POST", target, files=parts, headers=_origin(page.url)), expect)

    async def sign_in(self, side_prefix: str, user: str) -> Page:
        """Through the demo provider, wherever it is. `side_prefix` is "" for the public, "/amt" for the office."""
        page = await self.open(f"{side_prefix}/anmelden")
        if not page.tree.xpath("//*[@name='user']"):
            raise VisitFailed(
                f"people sign in at {page.url.partition('?')[0]}, not at the demo provider: tokens needed"
            )
        return await self.submit(page, press=("user", user))

    async def enter(self, side_prefix: str, token: str, expect: int = 204) -> None:
        """Have an access token of the side's provider exchanged for a session."""
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._checked(await self._send("POST", f"{side_prefix}/anmelden/token", headers=headers), expect)

    async def sign_out(self, side_prefix: str) -> None:
        """End the session here; where that leads on to the provider, nobody follows."""
        path = f"{side_prefix}/abmelden"
        page = await self.open(path)
        csrf = [str(value) for value in page.tree.xpath("//input[@name='csrf']/@value")]
        data, headers = {"csrf": csrf[:1]}, _origin(page.url)
        self._checked(await self._send("POST", path, data=data, headers=headers, follow_redirects=False), 303)
        if (await self.open(path)).tree.xpath("//input[@name='csrf']"):
            raise VisitFailed(f"{path}: still signed in")

    async def _send(self, method: str, target: str, **content: Any) -> httpx.Response:
        deadline = time.monotonic() + self._patience_seconds
        while True:
            last = time.monotonic() >= deadline
            try:
                response = await self._client.request(method, target, **content)
                if last or response.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                    return response
            except httpx.TransportError:
                if last:
                    raise
            await asyncio.sleep(REPEAT_SECONDS)

    def _checked(self, response: httpx.Response, expect: int | None) -> Page:
        media_type = response.headers.get("content-type", "").split(";")[0]
        page = Page(str(response.url), response.status_code, response.content, media_type)
        if expect is not None and response.status_code != expect:
            said = page.heading if media_type == "text/html" else response.text[:200]
            alert = page.tree.xpath("//*[contains(@class,'kern-error') or contains(@class,'kern-alert__body')]")
            detail = (
                "; ".join(" ".join(a.text_content().split()) for a in alert[:4]) if media_type == "text/html" else ""
            )
            where = f"{response.request.method} {response.url.path}"
            raise VisitFailed(
                f"{where}: {response.status_code} instead of {expect}: {said} {detail}", response.status_code
            )
        return page


class _OnThisMachine(DefaultCookiePolicy):
    """On localhost browsers give cookies marked as Secure back without TLS too, Keycloak's among them."""

    def set_ok(self, cookie: Cookie, request: Request) -> bool:
        cookie.secure = False
        return super().set_ok(cookie, request)


def _cookies(base_url: str) -> CookieJar:
    here = (urlsplit(base_url).hostname or "").rpartition(".")[2] == "localhost"
    return CookieJar(_OnThisMachine() if here else None)


def _origin(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    return {"Origin": f"{parts.scheme}://{parts.netloc}", "Referer": url}


def _filled(form: FormElement, values: Mapping[str, Any]) -> dict[str, list[str]]:
    """What a browser would send: the form's own values, overridden by `values`."""
    data: dict[str, list[str]] = {}
    for name, value in form.form_values():
        data.setdefault(name, []).append(value)
    for name, value in values.items():
        data[name] = [str(v) for v in value] if isinstance(value, list | tuple) else [str(value)]
    return data


def controls(page: Page, answers: Mapping[str, Any], fields: Sequence[FormField]) -> dict[str, Any]:
    """The controls of the page's form filled from answers {field id: JSON value}."""
    names = [str(name) for name in page.tree.xpath("//form//*[@name]/@name")]
    filled: dict[str, Any] = {}
    for wanted in fields:
        if (value := answers.get(wanted.id)) is None:
            continue
        for name in names:
            if name == wanted.id or name.startswith((f"{wanted.id}.", f"{wanted.id}-")):
                part = _part(name, wanted.id, value, wanted.type == "amount")
                if part is not None:
                    filled[name] = part
    return filled


def _part(name: str, id_: str, value: Any, cents: bool) -> Any:
    rest = name[len(id_) + 1 :]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not rest:
        return f"{value / 100:.2f}".replace(".", ",") if cents else value
    if isinstance(value, dict):
        return value.get(rest)
    if isinstance(value, list):
        number, _, member = rest.partition(".")
        index = int(number) - (0 if "0" in number[:1] else 1) if number.isdigit() else -1
        return _member(member, value[index]) if 0 <= index < len(value) else None
    parts = str(value).split("-")
    place = _DATE_PARTS.get(rest)
    return parts[place] if place is not None and place < len(parts) else ("" if place is not None else None)


def _member(member: str, item: Mapping[str, Any]) -> Any:
    for key, value in item.items():
        if member == key or member.startswith((f"{key}.", f"{key}-")):
            return _part(member, key, value, False)
    return None

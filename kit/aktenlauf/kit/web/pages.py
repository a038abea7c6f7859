"""Rendering: a template, and exactly what every template may rely on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, urlsplit

import jinja2
import jinja2.bccache
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from aktenlauf.contracts.site import PREFIXES, owner
from aktenlauf.kit.identity import Person, Side, same_origin_path
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.sessions import Session
from aktenlauf.kit.web.csrf import csrf_token
from aktenlauf.kit.web.i18n import (
    FILTERS,
    LANGUAGES,
    PARAMETER,
    Catalogue,
    Language,
    language_of,
    speak,
    translate,
    translate_plural,
)
from aktenlauf.kit.web.shell import Shell

KIT_FOLDER = Path(__file__).parent
_PREFIX_BY_SIDE: Mapping[Side, str] = {"public": "", "office": "/amt"}
_MENU_ENTRY: Mapping[str, str] = {"/nachweise": "/antrag", "/termin": "/antrag", "/amt/nachweise": "/amt"}
"""What is in no menu -> the entry that leads there."""


class _Compiled(jinja2.BytecodeCache):
    """Each template is compiled once in a process: compiling a page takes a quarter of a second, and the kit's
    templates are part of every service."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _Compiled()


class Pages:
    """The templates and texts of one service: its own folder first, the kit's second."""

    def __init__(self, folder: Path) -> None:
        own = [folder, KIT_FOLDER]
        self.catalogue = Catalogue([folder / "locales", KIT_FOLDER.parent / "locales"])
        self._environment = jinja2.Environment(
            loader=jinja2.ChoiceLoader([jinja2.FileSystemLoader(part / "templates") for part in own]),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            extensions=["jinja2.ext.i18n"],
            bytecode_cache=_COMPILED,
        )
        self._environment.filters.update(FILTERS)
        self._environment.globals.update(
            _=translate, gettext=translate, ngettext=translate_plural, csrf="", person=None
        )

    def render(self, template: str, context: Mapping[str, Any]) -> str:
        """Raises jinja2.TemplateError."""
        return self._environment.get_template(template).render(context)


def page(
    request: Request,
    template: str,
    status: int = 200,
    counts: Mapping[str, int] | None = None,
    authority: str | None = None,
    **context: Any,
) -> Response:
    """The page. `counts`: numbers beside navigation entries, by path. `authority`: key of the office whose case is
    shown. `context` goes to the template.

    Every template may rely on: _ ngettext locale dir side request path status person office_name office_kind nav
    languages csrf command_id strip strip_href contact session_ends sign_in_href sign_out_href, and the filters of
    `web.i18n`.
    """
    language = speak_for(request)
    frame = _frame(request, language, counts or {}, authority)
    html = _pages(request).render(template, {**frame, "status": status, **context})
    response = HTMLResponse(html, status)
    response.headers["Content-Language"] = language.code
    response.headers["Vary"] = "Cookie, Accept-Language, HX-Request, HX-Request-Type"
    return response


def speak_for(request: Request) -> Language:
    """Choose the language of this request; `translate` and the filters then speak it."""
    language = language_of(request, shell_of(request).cookies)
    speak(language, _pages(request).catalogue)
    return language


def shell_of(request: Request) -> Shell:
    """The shell of the app that answers this request."""
    return cast(Shell, request.app.state.shell)


def side_of(request: Request) -> Side:
    """The side whose frame a page at this path has: the office's below /amt, else the public's."""
    return "office" if owner(request.url.path).side == "office" else "public"


def session_of(request: Request) -> Session | None:
    """The session that the route's permission loaded, if any."""
    return cast(Session | None, getattr(request.state, "session", None))


def sign_in_href(request: Request, side: Side, back: str | None = None) -> str:
    """The sign-in of this side, with the way back to `back`, by default to this page."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    target = same_origin_path(back or here, f"{_PREFIX_BY_SIDE[side]}/")
    return f"{_PREFIX_BY_SIDE[side]}/anmelden?zurueck={quote(target)}"


def came_from(request: Request) -> str | None:
    """The path of the page that sent this request, if it is one of ours."""
    parts = urlsplit(request.headers.get("referer", ""))
    if parts.netloc != request.headers.get("host"):
        return None
    return same_origin_path(parts.path + (f"?{parts.query}" if parts.query else ""), "/")


def _pages(request: Request) -> Pages:
    return cast(Pages, request.app.state.pages)


def _frame(request: Request, language: Language, counts: Mapping[str, int], authority: str | None) -> dict[str, Any]:
    shell, side, session = shell_of(request), side_of(request), session_of(request)
    person = session.person if session is not None and session.side == side else None
    office = shell.office(authority or (person.office if person else None))
    return {
        "locale": language.code,
        "dir": language.direction,
        "side": side,
        "request": request,
        "path": request.url.path,
        "person": person,
        "office_name": office.name,
        "office_kind": office.kind,
        "nav": _nav(request, side, person, counts),
        "languages": _languages(request, language) if side == "public" else [],
        "csrf": _csrf(request, shell, side) if person else "",
        "command_id": new_id(),
        "strip": shell.settings.strip,
        "strip_href": shell.settings.strip_href,
        "contact": shell.settings.contact,
        "session_ends": session.ends.isoformat() if person and session else None,
        "sign_in_href": sign_in_href(request, side),
        "sign_out_href": f"{_PREFIX_BY_SIDE[side]}/abmelden",
    }


def _csrf(request: Request, shell: Shell, side: Side) -> str:
    token = shell.cookies.session_token(request, side)
    return csrf_token(shell.secret, token) if token else ""


def _nav(request: Request, side: Side, person: Person | None, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    path = owner(request.url.path).path
    here = _MENU_ENTRY.get(path, path)
    roles = person.roles if person else frozenset()
    return [
        {
            "href": entry.path,
            "label": entry.nav,
            "current": entry.path == here,
            "count": counts.get(entry.path, 0),
        }
        for entry in PREFIXES
        if entry.nav and entry.side == side and (not entry.roles or entry.roles & roles)
    ]


def _languages(request: Request, current: Language) -> list[dict[str, Any]]:
    url = request.url
    return [
        {
            "code": language.code,
            "name": language.name,
            "href": f"{url.path}?{url.include_query_params(**{PARAMETER: language.code}).query}",
            "current": language is current,
        }
        for language in LANGUAGES
    ]

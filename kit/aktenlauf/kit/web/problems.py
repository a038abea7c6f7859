"""Every error as an answer that helps: RFC 9457 problem details for machines, a page for people.

Renders without session or database. Never shows a traceback or repeats what was sent.
"""

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from jinja2 import TemplateError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from aktenlauf.contracts.errors import Code
from aktenlauf.contracts.site import owner
from aktenlauf.kit.errors import AktenlaufError, Refused
from aktenlauf.kit.identity import SignInFailed
from aktenlauf.kit.ids import new_id
from aktenlauf.kit.logs import logger
from aktenlauf.kit.web.csrf import SAFE_METHODS
from aktenlauf.kit.web.i18n import translate
from aktenlauf.kit.web.pages import came_from, page, sign_in_href, speak_for
from aktenlauf.kit.web.problem_texts import FIELD_INVALID, FIELD_MISSING, SIGN_IN_TEXTS, TEXTS, WRONG_LINK
from aktenlauf.kit.web.refusals import NotSignedIn

_log = logger(__name__)
_ERRORS_MAX = 50

_HTTP_CODES: Mapping[int, Code] = {
    400: Code.MALFORMED,
    401: Code.SIGN_IN,
    403: Code.FORBIDDEN,
    404: Code.NOT_FOUND,
    405: Code.METHOD,
    413: Code.TOO_LARGE,
    415: Code.MALFORMED,
    421: Code.MALFORMED,
    422: Code.INVALID,
    429: Code.TOO_MANY,
    503: Code.UNAVAILABLE,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One answer. `title` and `detail` are German msgids; `params` fill them after translation."""

    status: int
    code: Code
    title: str
    detail: str
    params: Mapping[str, Any] = field(default_factory=dict)
    errors: Sequence[Mapping[str, str]] = ()
    """Of a malformed request: {field, message}, a field's name as a dotted path; told to machines alone."""
    reference: str | None = None
    """Id under which the log knows more."""
    headers: Mapping[str, str] = field(default_factory=dict)
    actions: Sequence[Mapping[str, str]] = ()
    """Ways out: {href, label}."""


def problem(status: int, code: Code, **more: Any) -> Problem:
    """The problem with the text of its code."""
    title, detail = TEXTS[code]
    return Problem(status, code, title, detail, **more)


def respond(request: Request, found: Problem) -> Response:
    """The answer in the form and language that this client wants."""
    language = speak_for(request)
    if wants_json(request):
        response: Response = JSONResponse(_document(found), media_type="application/problem+json")
    else:
        response = _page(request, found)
    response.status_code = found.status
    response.headers.update(found.headers)
    response.headers["Content-Language"] = language.code
    return response


def wants_json(request: Request) -> bool:
    """Machines' paths, and whoever accepts JSON but no HTML."""
    if owner(request.url.path).side == "machine":
        return True
    accept = request.headers.get("accept", "")
    return "json" in accept and "text/html" not in accept


def install(app: FastAPI) -> None:
    """Let every error of this app be answered from here. What is unhandled, `security.Guard` hands over."""
    app.add_exception_handler(AktenlaufError, _on_ours)
    app.add_exception_handler(NotSignedIn, _on_not_signed_in)
    app.add_exception_handler(SignInFailed, _on_sign_in_failed)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)


def unhandled(request: Request, error: Exception) -> Response:
    """500 with an id. The log gets kind and place of the error, not its text: that may hold personal data."""
    reference = new_id()
    places = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)]
    _log.error("unhandled", reference=reference, error=type(error).__name__, at=places[-12:])
    return respond(request, problem(500, Code.INTERNAL, reference=reference))


def _document(found: Problem) -> dict[str, Any]:
    document = {
        "type": f"urn:aktenlauf:problem:{found.code}",
        "title": translate(found.title).format(**found.params),
        "status": found.status,
        "detail": translate(found.detail).format(**found.params),
        "code": found.code,
        "instance": f"urn:uuid:{found.reference}" if found.reference else None,
        "errors": [{**e, "message": translate(e["message"])} for e in found.errors] or None,
    }
    return {name: value for name, value in document.items() if value is not None}


def _page(request: Request, found: Problem) -> Response:
    title = translate(found.title).format(**found.params)
    detail = translate(found.detail).format(**found.params)
    shown: dict[str, Any] = {
        "title": title,
        "detail": detail,
        "actions": [{**a, "label": translate(a["label"])} for a in found.actions],
        "reference": found.reference,
    }
    try:
        return page(request, "problem.html", found.status, **shown)
    except TemplateError as error:
        _log.error("problem page does not render", error=type(error).__name__)
        return PlainTextResponse(f"{title}\n{detail}\n{found.reference or ''}")


async def _on_ours(request: Request, error: Exception) -> Response:
    if not isinstance(error, AktenlaufError) or (error.status >= 500 and error.status != 503):
        return unhandled(request, error)
    params = error.params if isinstance(error, Refused) else {}
    return respond(request, problem(error.status, error.code, params=params, headers=_retry_after(error)))


def _retry_after(error: Exception) -> dict[str, str]:
    seconds = getattr(error, "retry_after", None)
    return {"Retry-After": str(seconds)} if seconds is not None else {}


async def _on_not_signed_in(request: Request, error: Exception) -> Response:
    """A person is sent to the sign-in and comes back to where they were; a script gets the way told."""
    side = error.side if isinstance(error, NotSignedIn) else "public"
    back = came_from(request) if request.method not in SAFE_METHODS else None
    href = sign_in_href(request, side, back)
    if "hx-request" in request.headers:
        # a fragment cannot follow a redirect to the provider, htmx leaves the page by this header
        return respond(request, problem(401, Code.SIGN_IN, headers={"HX-Redirect": href}))
    if wants_json(request):
        return respond(request, problem(401, Code.SIGN_IN, headers={"WWW-Authenticate": _challenge(request)}))
    return RedirectResponse(href, 303)


def _challenge(request: Request) -> str:
    """source: RFC 6750 section 3."""
    wrong = ', error="invalid_token"' if "authorization" in request.headers else ""
    return f'Bearer realm="aktenlauf"{wrong}'


async def _on_sign_in_failed(request: Request, error: Exception) -> Response:
    code = error.code if isinstance(error, SignInFailed) else "provider"
    title, detail = SIGN_IN_TEXTS[code]
    down = code in ("provider", "unavailable")
    side = "office" if owner(request.url.path).side == "office" else "public"
    again = [{"href": "/amt/anmelden" if side == "office" else "/anmelden", "label": "Anmelden"}]
    response = respond(
        request,
        Problem(
            503 if down else 401,
            Code.UNAVAILABLE if down else Code.SIGN_IN,
            title,
            detail,
            actions=again,
            headers={"Retry-After": "60"} if down else {},
        ),
    )
    request.app.state.shell.cookies.clear_sign_in_state(response, side)
    return response


async def _on_invalid(request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    if any(entry["type"] == "json_invalid" for entry in found):
        return respond(request, problem(400, Code.MALFORMED))
    errors = [_field_error(entry) for entry in found[:_ERRORS_MAX]]
    if request.method in SAFE_METHODS and not wants_json(request):
        return respond(request, Problem(422, Code.INVALID, *WRONG_LINK))  # nothing was typed into a form
    return respond(request, problem(422, Code.INVALID, errors=errors))


def _field_error(entry: Mapping[str, Any]) -> dict[str, str]:
    path = [str(part) for part in entry["loc"]]
    name = ".".join(path[1:] or path)
    return {"field": name, "message": FIELD_MISSING if entry["type"] == "missing" else FIELD_INVALID}


async def _on_http(request: Request, error: Exception) -> Response:
    return from_http(request, error) if isinstance(error, HTTPException) else unhandled(request, error)


def from_http(request: Request, error: HTTPException) -> Response:
    """What the framework refuses: unknown path, wrong method, unreadable or too large body."""
    status, headers = error.status_code, dict(error.headers or {})
    code = _HTTP_CODES.get(status, Code.MALFORMED if status < 500 else Code.INTERNAL)
    return respond(request, problem(status, code, headers=headers))

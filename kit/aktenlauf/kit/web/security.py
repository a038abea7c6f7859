"""What every answer carries and every request must pass: headers, CSP, host name, origin.

Source of the policy: OWASP Secure Headers; CSP level 3. No inline script or style anywhere, nothing from elsewhere.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aktenlauf.contracts.errors import Code
from aktenlauf.contracts.site import owner
from aktenlauf.kit.web.csrf import SAFE_METHODS
from aktenlauf.kit.web.problem_texts import TEXTS, WRONG_HOST
from aktenlauf.kit.web.problems import Problem, from_http, problem, respond, unhandled
from aktenlauf.kit.web.shell import Shell

BY_ADDRESS = frozenset({"/livez", "/readyz", "/healthz", "/metrics"})
"""What orchestrators and Prometheus ask of a replica, whose name they do not know."""
UPLOADED_CONTENT_CSP = "default-src 'none'; sandbox; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
_TWO_YEARS_SECONDS = 63_072_000


def page_csp(issuer_origins: frozenset[str]) -> str:
    """The policy of our pages. A form may lead to the issuer: a session that ended redirects there."""
    form_action = " ".join(["'self'", *sorted(issuer_origins)])
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'; form-action {form_action}; base-uri 'none'; frame-ancestors 'none'"
    )


def as_uploaded_content(response: Response) -> Response:
    """Mark a response whose content came from outside: it runs no script, and opens in no page of ours."""
    response.headers["Content-Security-Policy"] = UPLOADED_CONTENT_CSP
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


class Guard:
    """Outermost ASGI middleware of an app.

    MUST answer 421 to a host name that is not the installation's (DNS rebinding, poisoned links), health checks and
    figures excepted: they are asked for by address. MUST answer 403 to an unsafe request from another origin. MUST
    put the security headers on every answer, also on that to an unhandled exception, which is a 500 page with an
    id. What an app sets itself (a sandboxing CSP, caching of static files) stays.
    """

    def __init__(self, app: ASGIApp, shell: Shell) -> None:
        self.app = app
        self._shell = shell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        started = False

        async def guarded_send(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._add_headers(scope["path"], MutableHeaders(scope=message))
            await send(message)

        found = self._refused(request)
        if found is not None:
            await respond(request, found)(scope, receive, guarded_send)
            return
        try:
            await self.app(scope, receive, guarded_send)
        except Exception as error:
            if started:
                raise  # half an answer is out: only the server can cut the connection
            await _answer(request, error)(scope, receive, guarded_send)

    def _refused(self, request: Request) -> Problem | None:
        if request.url.path not in BY_ADDRESS and not self._known_host(request.headers):
            return Problem(421, Code.MALFORMED, TEXTS[Code.MALFORMED][0], WRONG_HOST)
        if request.method not in SAFE_METHODS and not _same_origin(request.headers):
            return problem(403, Code.CSRF)
        return None

    def _known_host(self, headers: Headers) -> bool:
        try:
            return urlsplit(f"//{headers.get('host', '')}").hostname in self._shell.settings.hosts
        except ValueError:
            return False

    def _add_headers(self, path: str, headers: MutableHeaders) -> None:
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
        headers.setdefault("Content-Security-Policy", page_csp(self._issuers(path)))
        if self._shell.settings.secure:
            headers.setdefault("Strict-Transport-Security", f"max-age={_TWO_YEARS_SECONDS}")

    def _issuers(self, path: str) -> frozenset[str]:
        side = owner(path).side if path.startswith("/") else "kit"
        if side == "public" or side == "office":
            return self._shell.identity.form_targets(side)
        return frozenset()


def _answer(request: Request, error: Exception) -> Response:
    """A body that proves too large while another middleware reads it is no bug, but the framework's refusal."""
    if isinstance(error, HTTPException):
        return from_http(request, error)
    return unhandled(request, error)


def _same_origin(headers: Headers) -> bool:
    """Whether the browser says that a page of ours sent this. Machines say nothing and hold no cookie.

    source: Fetch Metadata; RFC 6454 for Origin. Only host and port are compared: behind a proxy we do not see
    the scheme that the browser used.
    """
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    return urlsplit(origin).netloc == headers.get("host") and origin != "null"

"""What the OpenAPI document of a service says about every operation: who may call it and how they prove it, and how a
change is repeated without being done twice. Read from the permissions in the routes, so that it cannot differ.

source: OpenAPI 3.1, security scheme objects.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from aktenlauf.kit.identity import Side
from aktenlauf.kit.web.access import Permission, permission_of
from aktenlauf.kit.web.bearer import HEADER as TOKEN_HEADER
from aktenlauf.kit.web.commands import KEY_HEADER
from aktenlauf.kit.web.cookies import Cookies
from aktenlauf.kit.web.csrf import HEADER as CSRF_HEADER
from aktenlauf.kit.web.csrf import SAFE_METHODS

_WHO: Mapping[Side, str] = {"public": "applicant", "office": "staff"}
_CSRF = "csrf"
_KEY = {
    "name": KEY_HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "format": "uuid"},
    "description": (
        "Id of the command, a UUID of any version but 5. The same id with the same content is answered as at the first "
        "time and changes nothing; "
        "with another content it is refused with 409. Without it a repeated request is another command."
    ),
}


def describe(app: FastAPI, cookies: Cookies) -> dict[str, Any]:
    """The OpenAPI document of this app."""
    document = FastAPI.openapi(app)
    used: set[str] = set()
    for operation, method, permission in _operations(app, document):
        if method not in SAFE_METHODS:
            operation.setdefault("parameters", []).append(_KEY)
        operation["security"] = _security(permission, method)
        used.update(name for way in operation["security"] for name in way)
    if used:
        schemes = {name: scheme for name, scheme in _schemes(cookies).items() if name in used}
        document.setdefault("components", {})["securitySchemes"] = schemes
    return document


def _operations(app: FastAPI, document: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], str, Permission | None]]:
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        for method in route.methods or ():
            operation = document["paths"].get(route.path, {}).get(method.lower())
            if operation is not None and dependant is not None:
                yield operation, method, permission_of(dependant)


def _security(permission: Permission | None, method: str) -> list[dict[str, list[str]]]:
    """Alternatives: a session, for a change with the proof that a page of ours asked for it; or a token; or nothing."""
    if permission is None:
        return []
    who = _WHO[permission.side or "public"]
    session: dict[str, list[str]] = {f"{who}Session": []}
    if method not in SAFE_METHODS:
        session[_CSRF] = []
    ways: list[dict[str, list[str]]] = [session, {f"{who}Token": []}]
    return [*ways, {}] if permission.optional else ways


def _schemes(cookies: Cookies) -> dict[str, dict[str, Any]]:
    sides: tuple[Side, ...] = ("public", "office")
    found: dict[str, dict[str, Any]] = {}
    for side in sides:
        who = _WHO[side]
        found[f"{who}Session"] = {
            "type": "apiKey",
            "in": "cookie",
            "name": cookies.session_name(side),
            "description": f"Session of a signed-in person ({who}).",
        }
        found[f"{who}Token"] = {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": f"For programs, in the header {TOKEN_HEADER}: access token (RFC 9068) of the provider where "
            f"people of this side ({who}) sign in, for the audience that the installation names.",
        }
    found[_CSRF] = {
        "type": "apiKey",
        "in": "header",
        "name": CSRF_HEADER,
        "description": "Of a page of the same session (field csrf). Not needed with a token.",
    }
    return found

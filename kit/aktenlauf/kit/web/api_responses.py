"""What an operation of an API may answer beside its result, for the OpenAPI document: one form for every error.

source: RFC 9457.
"""

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel


class ProblemDocument(BaseModel):
    """What `problems.respond` writes. `code` is what a program acts on; the words are for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str = ""
    """Present where the log knows more."""
    errors: list[dict[str, str]] = []
    """{field, message} of each field that is wrong."""


_STATUSES = (400, 401, 403, 404, 409, 410, 413, 421, 422, 429, 503)
_CONTENT = {"application/problem+json": {"schema": ProblemDocument.model_json_schema()}}

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": HTTPStatus(status).phrase, "content": _CONTENT} for status in _STATUSES
}
"""For `APIRouter(responses=...)`."""

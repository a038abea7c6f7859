"""Whatever a program sends to an API, it gets an answer that the OpenAPI document has announced, and never a 5xx.

A running installation, people who are signed in, cases of theirs; requests made by schemathesis from the documents,
the same at every run. Half of them do what the document asks for, half break it.
"""

import asyncio
import re
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.config import SchemathesisConfig

from aktenlauf.cli.installation import installed
from aktenlauf.cli.journey import Journey
from aktenlauf.cli.visitor import Visitor

from . import course
from .installed import Running, installation

pytestmark = pytest.mark.long

SIGNED_IN = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})
"""Everybody's own session goes with the requests: an invented token beside it would be all that is looked at."""
EXAMPLES = 15
"""Of each kind for each operation."""
CHECKED = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")
PEOPLE = {"applicant": ("", "pruefling"), "caseworker": ("/amt", "pruefung"), "approver": ("/amt", "freigabe")}
BY_APPROVER = ("/approval", "/return")
NEED_KNOWN_IDS = ("/reviews", "/evidence-requests", "/approval", "/choices")
"""Their bodies name a kind of evidence, a decision or a slot that nobody guesses: mostly refused."""


@dataclass
class Api:
    """The installation, the headers of everybody's session, an open case and one with an appointment."""

    running: Running
    headers: dict[str, dict[str, str]]
    cases: tuple[str, str]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with installation(tmp_path_factory.mktemp("fuzz") / "var", {"AKTENLAUF_RATE_SIGN_IN": "1000/minute"}) as running:
        cases = asyncio.run(_cases(running.url))
        yield Api(running, {name: _signed_in(running.url, *who) for name, who in PEOPLE.items()}, cases)


async def _cases(url: str) -> tuple[str, str]:
    visitors = [Visitor(url) for _ in PEOPLE]
    j = await course.signed_in(*visitors)
    await _taken(j)
    await j.propose()
    await j.decide_proposal()
    await j.choose_slot()
    booked = j.case
    await _taken(j)
    for visitor in visitors:
        await visitor.close()
    return j.case, booked


async def _taken(j: Journey) -> None:
    await course.fill_in(j, course.Words())
    await course.hand_in(j)
    await j.in_worklist()
    await j.take()


def _signed_in(url: str, prefix: str, user: str) -> dict[str, str]:
    with httpx.Client(base_url=url, follow_redirects=True, headers={"Accept": "text/html"}) as browser:
        page = browser.get(f"{prefix}/anmelden")
        page = browser.post(page.url, data={"user": user})
        (token,) = set(re.findall(r'name="csrf" value="([^"]+)"', page.text)[:1])
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)
    return {"Cookie": cookies, "X-CSRF-Token": token}


@pytest.mark.parametrize("kind", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["asked for", "broken"])
@pytest.mark.parametrize("service", installed())
def test_an_api_answers_as_its_document_says(api: Api, service: str, kind: GenerationMode) -> None:
    schema = schemathesis.openapi.from_url(f"{api.running.url}/api/{service}/v1/openapi.json", config=SIGNED_IN)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert operations, "the document describes nothing"
    assert [o.path for o in operations if not o.path.startswith(f"/api/{service}/v1/")] == [], "pages are no API"
    for operation in operations:
        # a path alone cannot be broken: any text is a case id
        with suppress(Unsatisfiable) if kind is GenerationMode.NEGATIVE else nullcontext():
            answered = _send_all(api, operation, operation.as_strategy(kind))
            if kind is GenerationMode.POSITIVE and not operation.path.endswith(NEED_KNOWN_IDS):
                assert 200 in answered, f"{operation.path} was never done"


def _send_all(api: Api, operation: Any, requests: Any) -> set[int]:
    """The statuses that came."""
    headers, answered = api.headers[_who(operation.path)], set[int]()
    real = [{"case": case} for case in api.cases] if "{case}" in operation.path else []

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(request=requests)
    def send(request: Any) -> None:
        made = request.path_parameters or {}
        for ids in ({}, *real):
            request.path_parameters = {**made, **ids}
            answer = request.call(headers=headers)
            request.validate_response(answer, checks=CHECKS.get_by_names(list(CHECKED)))
            answered.add(answer.status_code)

    send()
    return answered


def _who(path: str) -> str:
    if path.endswith(BY_APPROVER):
        return "approver"
    office = path.startswith(("/api/review/", "/api/xoev-gateway/", "/api/scheduling/v1/days/"))
    return "caseworker" if office or "/office/" in path else "applicant"


def test_what_was_sent_left_no_bug_in_the_log(api: Api) -> None:
    said = Path(f"{api.running.data}.log").read_text("utf-8")
    assert [line for line in said.splitlines() if "unhandled" in line or "Traceback" in line] == []

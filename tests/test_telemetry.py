"""Traces follow a case from the browser through the services, figures can be scraped, and neither names anybody."""

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from aktenlauf.cli.journey import Journey
from aktenlauf.kit.telemetry import case_in_traces

from .course import Words, fill_in, hand_in, signed_in
from .inside import inside
from .installed import installation
from .marks import mark

EXPORTER = InMemorySpanExporter()
WORD = mark("Spurname")


@pytest.fixture(scope="module", autouse=True)
def provider() -> Iterator[None]:
    """Set once in a process: OpenTelemetry takes no second one. Later tests of this process are traced to nowhere."""
    made = TracerProvider()
    made.add_span_processor(SimpleSpanProcessor(EXPORTER))
    trace.set_tracer_provider(made)
    yield
    made.shutdown()


@pytest.fixture
async def submitted(tmp_path: Path) -> AsyncIterator[Journey]:
    """A submitted application, with all that follows from it."""
    EXPORTER.clear()
    async with inside(tmp_path / "var") as here:
        answers = {"person.family_name": WORD}
        journey = await signed_in(here.visitor(), here.visitor(), here.visitor(), answers=answers)
        await fill_in(journey, Words())
        await hand_in(journey)
        await here.settled()
        yield journey


def _named(spans: Sequence[ReadableSpan], name: str) -> ReadableSpan:
    return next(span for span in spans if span.name == name)


def _trace(span: ReadableSpan) -> int:
    assert span.context is not None
    return span.context.trace_id


async def test_one_trace_leads_from_the_request_to_what_other_services_make_of_it(submitted: Journey) -> None:
    spans = EXPORTER.get_finished_spans()
    request = _named(spans, "POST /antrag/{case}/pruefen")
    trace_id = _trace(request)
    mine = {span.name for span in spans if _trace(span) == trace_id}
    assert {"Submit", "open-case", "OpenCase"} <= mine, mine
    assert request.parent is None
    assert _named(spans, "Submit").parent == request.context


async def test_a_case_is_found_in_traces_by_a_keyed_hash_and_by_nothing_else(submitted: Journey) -> None:
    spans = EXPORTER.get_finished_spans()
    of_case = [s for s in spans if (s.attributes or {}).get("aktenlauf.case") == case_in_traces(submitted.case)]
    assert len(of_case) > 5
    written = " ".join(span.to_json() for span in spans)
    for secret in (submitted.case, submitted.number, WORD, "pruefling"):
        assert secret not in written
    assert case_in_traces(submitted.case) in written


async def test_nothing_that_a_client_says_about_traces_is_believed(tmp_path: Path) -> None:
    EXPORTER.clear()
    claimed = "4bf92f3577b34da6a3ce929d0e0e4736"
    async with inside(tmp_path / "var") as here:
        transport = httpx.ASGITransport(app=here.installation.app)
        async with httpx.AsyncClient(transport=transport, base_url=here.installation.settings.public_url) as client:
            await client.get("/", headers={"traceparent": f"00-{claimed}-00f067aa0ba902b7-01"})
    assert EXPORTER.get_finished_spans()
    assert int(claimed, 16) not in {_trace(span) for span in EXPORTER.get_finished_spans()}


def test_figures_can_be_scraped_and_name_nobody(tmp_path: Path) -> None:
    with installation(tmp_path / "var") as running:
        for path in ("/", "/hilfe", "/gibt-es-nicht", "/antrag/0199aaaa-0000-7000-8000-000000000000"):
            httpx.get(running.url + path)
        text = httpx.get(f"{running.url}/metrics").text
    names = set(re.findall(r"^# TYPE (aktenlauf_\w+)", text, re.MULTILINE))
    assert {"aktenlauf_request_seconds", "aktenlauf_handler_lag", "aktenlauf_gaps"} <= names
    assert 'aktenlauf_request_seconds_count{method="GET",route="/hilfe",service="intake",status="2xx"} 1.0' in text
    assert re.search(r'aktenlauf_handler_lag\{handler="reactions",service="review"\} 0\.0', text)
    assert "0199aaaa" not in text

"""Traces and figures: what is measured, under which names, without personal data.

Code that is measured knows this module and OpenTelemetry's interface only; where figures and traces go is set up by
`kit.exporting`, once a process. Without it all of this does nothing.

A trace begins with a request and follows its consequences: an event carries the `traceparent` of the command that made
it, and what reacts to the event, in whatever service, goes on from there. A case is named in traces by a keyed hash.
"""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import metrics, trace
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

__all__ = [
    "APPEND_SECONDS",
    "BUS_ERRORS",
    "GAPS",
    "HANDLER_LAG",
    "HEARING_LAG",
    "LEASE_HELD",
    "LOOP_FAILED",
    "PARKED",
    "REQUEST_SECONDS",
    "RETRIES",
    "SpanKind",
    "case_in_traces",
    "name_cases_by",
    "step",
    "traceparent",
]

_SECONDS = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0]
_PROPAGATOR = TraceContextTextMapPropagator()
_tracer = trace.get_tracer("aktenlauf")
_meter = metrics.get_meter("aktenlauf")

APPEND_SECONDS = _meter.create_histogram(
    "aktenlauf_append", "s", "One append to the log", explicit_bucket_boundaries_advisory=_SECONDS
)
"""By service."""
REQUEST_SECONDS = _meter.create_histogram(
    "aktenlauf_request", "s", "One request to its last byte", explicit_bucket_boundaries_advisory=_SECONDS
)
"""By service, method, route (its template, never a path), status class."""
HANDLER_LAG = _meter.create_gauge("aktenlauf_handler_lag", "", "Records that a handler is behind the log's head")
"""By service and handler."""
HEARING_LAG = _meter.create_gauge("aktenlauf_hearing_lag", "", "Records of another service that were not heard yet")
"""By service and owner."""
PARKED = _meter.create_gauge("aktenlauf_parked", "", "Records that were put aside and wait for an operator or an event")
"""By service and handler."""
GAPS = _meter.create_gauge("aktenlauf_gaps", "", "Streams of which something was not heard")
"""By service."""
RETRIES = _meter.create_counter("aktenlauf_retries", "", "Attempts after one that found something unavailable")
"""By what was tried."""
BUS_ERRORS = _meter.create_counter("aktenlauf_bus_errors", "", "Records not accepted from the bus, and calls it failed")
"""By what happened."""
LOOP_FAILED = _meter.create_gauge("aktenlauf_loop_failed", "", "1 for a loop that stopped by an error")
"""By service and loop."""
LEASE_HELD = _meter.create_gauge("aktenlauf_lease_held", "", "1 while this replica follows the log")
"""By lease."""

_case_key = b""


def name_cases_by(key: bytes) -> None:
    """The installation's key, under which cases are named in its traces."""
    global _case_key
    _case_key = hmac.digest(key, b"traces", hashlib.sha256)


@contextmanager
def step(
    name: str, case: str | None = None, after: str | None = None, kind: SpanKind = SpanKind.INTERNAL
) -> Iterator[Span]:
    """One step of a trace. `after`: the traceparent of what it follows from, instead of what is under way here."""
    context = _PROPAGATOR.extract({"traceparent": after}) if after else None
    with _tracer.start_as_current_span(
        name,
        context,
        kind,
        record_exception=False,  # its message may quote what a person typed
        set_status_on_exception=False,
    ) as span:
        if case and span.is_recording():
            span.set_attribute("aktenlauf.case", case_in_traces(case))
        try:
            yield span
        except Exception as error:
            span.set_status(StatusCode.ERROR, type(error).__name__)
            raise


def case_in_traces(case: str) -> str:
    """The keyed hash that stands for a case: who has traces alone cannot say which case it is."""
    return hmac.digest(_case_key, case.encode(), hashlib.sha256).hex()[:16]


def traceparent() -> str | None:
    """The step under way, as an event carries it (W3C Trace Context); None outside of a trace."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent")

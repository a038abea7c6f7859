"""Logging: structured lines on standard error, without personal data.

What may stand in a line: names of events, handlers, settings; case ids only as the keyed hash of traces; positions,
counts, durations. Never content, names, file names, tokens.
"""

import logging
import sys
from contextlib import suppress
from typing import Any, cast

import structlog

_QUOTE_NOBODY = frozenset({"aiokafka"})
"""Libraries whose messages name hosts, topics and groups, and never content."""


def configure(*, json: bool = False, level: int = logging.INFO) -> None:
    """Set up logging for a process, once. `json`: one object a line, for machines."""
    renderer: Any = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            _name_the_exception,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Asked for at each line: whoever has replaced standard error meanwhile (a test, a supervisor) gets it.
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),  # a line in one piece
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [*(one for one in root.handlers if not isinstance(one, _Libraries)), _Libraries(logging.WARNING)]


def logger(name: str) -> Any:
    """The logger of a module."""
    return structlog.get_logger(part=name.removeprefix("aktenlauf."))


class _Libraries(logging.Handler):
    """What libraries log, in the form of our own lines. Most may quote what a person typed (asyncio shows the value of
    a failed task): of these only where they said it is told, and by which kind of error."""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(Exception):  # a line that cannot be written must not break who wrote it
            library = record.name.partition(".")[0]
            said = record.getMessage().strip() if library in _QUOTE_NOBODY else "a library reports something"
            place = f"{record.module}.{record.funcName}:{record.lineno}"
            error = record.exc_info[1] if record.exc_info else None
            level = min(record.levelno // 10 * 10, logging.CRITICAL)
            structlog.get_logger(part=record.name).log(level, said, place=place, error=error)


def _name_the_exception(_: Any, __: str, event: Any) -> Any:
    """Type and places of an exception instead of its message: messages can quote what a person typed."""
    error = event.pop("error", None)
    if isinstance(error, BaseException):
        event["error"] = describe(error)
    return event


def describe(error: BaseException) -> str:
    """The exception's type and the innermost places of ours that it passed, without its message; and of what caused it
    the type and the number, such as the code of a database's refusal."""
    places: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        module = cast(str, trace.tb_frame.f_globals.get("__name__", "?"))
        if module.startswith("aktenlauf."):
            places.append(f"{module.removeprefix('aktenlauf.')}.{code.co_name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return f"{type(error).__name__}{_caused(error.__cause__)} at {' > '.join(places[-3:]) or 'unknown place'}"


def _caused(cause: BaseException | None) -> str:
    if cause is None:
        return ""
    code = getattr(cause, "code", None) or getattr(cause, "errno", None)
    return f" by {type(cause).__name__}{f' {code}' if isinstance(code, int) else ''}"


configure()  # a line written before a process has chosen its form must not quote an exception's message either

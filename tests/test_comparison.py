"""The comparison of two runs sees every difference that counts, and no other."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from aktenlauf.kit.ids import new_id

from .comparison import Run, differences, named


def _event(case: str, kind: str, actor: str, **data: Any) -> dict[str, Any]:
    return {"id": new_id(), "type": kind, "subject": case, "actor": actor, "time": _time(), "data": data}


_seconds = 0


def _time() -> str:
    global _seconds
    _seconds += 1
    return f"2026-11-22T09:00:{_seconds % 60:02}.{_seconds:06}Z"


def _run() -> Run:
    """Two cases, each asked and answered; their documents."""
    run = Run()
    for name in ("Amira", "Linh"):
        case, question = new_id(), new_id()
        run.streams[f"review/case/{case}"] = [
            _event(case, "opened", "system:open", name=name),
            _event(case, "asked", "staff-1", question=question),
            _event(case, "closed", "staff-1"),
        ]
        run.streams[f"intake/application/{case}"] = [
            _event(case, "answered", "party-1", question=question),
            _event(case, "notified", "system:notify", question=question),
            _event(case, "receipt", "system:receipt"),
        ]
        run.documents.setdefault("review cases", {})[case] = {"name": name, "questions": {question: "open"}}
    return run


def _of(run: Run, prefix: str) -> list[Any]:
    return next(events for stream, events in run.streams.items() if stream.startswith(prefix))


def _swap(events: list[Any], one: int, other: int) -> None:
    events[one], events[other] = events[other], events[one]


def test_two_runs_of_the_same_are_the_same() -> None:
    assert differences(named(_run()), named(_run())) == ""


def test_what_does_not_follow_from_one_another_may_come_in_either_order() -> None:
    run = _run()
    _swap(_of(run, "intake"), 1, 2)
    assert differences(named(_run()), named(run)) == ""


def test_a_number_may_have_been_claimed_by_an_attempt_that_died_before_it_filed() -> None:
    runs = [_run(), _run()]
    for run, is_first_attempt in zip(runs, (True, False), strict=True):
        filed = _of(run, "intake")[0]
        claim = _event(filed["subject"], "claimed", "system:claim")
        run.streams["intake/claim/AL-7K3M-92QF-1"] = [claim if is_first_attempt else {**claim, "time": filed["time"]}]
    assert differences(*map(named, runs)) == ""


def _exchange_answers(run: Run) -> None:
    one, other = (events[0]["data"] for stream, events in run.streams.items() if stream.startswith("intake"))
    one["question"], other["question"] = other["question"], one["question"]


CHANGES: dict[str, Callable[[Run], Any]] = {
    "lost": lambda run: _of(run, "intake").pop(),
    "doubled": lambda run: _of(run, "intake").append(copy.deepcopy(_of(run, "intake")[1])),
    "doubled under another id": lambda run: _of(run, "intake").append({**_of(run, "intake")[1], "id": new_id()}),
    "another content": lambda run: _of(run, "review")[0]["data"].update(name="Amina"),
    "answers of two cases exchanged": _exchange_answers,
    "one person's acts in another order": lambda run: _swap(_of(run, "review"), 1, 2),
    "in another stream": lambda run: _of(run, "review").append(_of(run, "intake").pop()),
    "a document lost": lambda run: run.documents["review cases"].popitem(),
    "a document changed": lambda run: next(iter(run.documents["review cases"].values())).update(name="Amina"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_counts_is_told(change: str) -> None:
    run = _run()
    CHANGES[change](run)
    assert differences(named(_run()), named(run))

"""Whether the same happened in two runs.

Two runs of the same journeys share no id, key, time or number, and what does not follow from one another comes in
either order. So each of these is named by where it occurs: by all events and documents that mention it, each of them
named in the same way by what it mentions, a few times over. Two runs are the same if the same names result. Inside a
stream the order counts for what one person did after another.

Seals are opened first (`kit.testing.normal`).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson

from aktenlauf.kit.testing.normal import Normal

from .inside import Inside
from .reading import all_documents, all_records

ROUNDS = 6
"""How far a name looks: the events that mention it, the ids that they mention, and so on."""

_RANDOM = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # ids
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)"  # times
    r"|AL-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]"  # case numbers
    r"|AGE-SECRET-KEY-[0-9A-Z]+"
    r"|(?<![0-9a-f])[0-9a-f]{16,64}(?![0-9a-f])"  # digests, salts, pseudonyms
)
CLAIMS = "intake/claim/"
_CLOCK = re.compile(r"\d\d:\d\d(?= Uhr)")
"""Told to a person; no name, as two times may be the same minute in one run and not in the other."""
_UNLIKE = frozenset({"position", "size_bytes"})
"""Numbers that depend on timing: places in a log, sizes of papers that contain a time."""


@dataclass
class Run:
    """What one run left: events per stream in order, documents per view. Seals are opened."""

    streams: dict[str, list[Any]] = field(default_factory=dict)
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass
class Named:
    """A run as names: streams and documents, each with what is in them, however often."""

    streams: Counter[str]
    documents: Counter[str]
    in_order: Counter[str]
    """Per stream and person, what that person did, in order."""
    shown: dict[str, str]
    """Of each name, what it stands for, for reading."""
    bare: Counter[str] = field(default_factory=Counter)
    """Each event and document without what is random: where these differ, all that mentions them differs too."""


async def run_of(here: Inside) -> Run:
    """Each service's own streams and its documents, but nothing of who looked: waiting is looking again."""
    run = Run()
    for name, records in (await all_records(here)).items():
        normal = Normal(here[name].ports.sealing, keep_ids=True)
        for stored in records:
            owner, kind, _ = stored.stream.split("/", 2)
            if owner == name and kind != "access":
                run.streams.setdefault(stored.stream, []).append(await normal.value(orjson.loads(stored.record)))
    for view, documents in (await all_documents(here)).items():
        normal = Normal(here[view.split()[0]].ports.sealing, keep_ids=True)
        if view != "intake looks":
            told = {key: {k: v for k, v in document.items() if k != "looks"} for key, document in documents.items()}
            run.documents[view] = {key: await normal.value(document) for key, document in told.items()}
    return run


def named(run: Run) -> Named:
    """The run with every random thing named by its place in it."""
    things = [(f"{kind}", value) for kind, value in _things(run)]
    names: dict[str, str] = {}
    for _ in range(ROUNDS):
        met: dict[str, list[str]] = {}
        for kind, value in things:
            label = _hash(kind, _shape(value, names))
            for token, place in _tokens(value):
                met.setdefault(token, []).append(f"{label} {place}")
        names = {token: _hash(*sorted(places)) for token, places in met.items()}
    result = _result(run, names)
    result.bare.update(f"{kind} {orjson.dumps(_shape(value, {})).decode()}" for kind, value in things)
    return result


def _things(run: Run) -> Iterator[tuple[str, Any]]:
    for stream, events in run.streams.items():
        yield from (("event", _as_named(stream, event)) for event in events)
    for view, documents in run.documents.items():
        yield from ((view, [key, document]) for key, document in documents.items())


def _result(run: Run, names: Mapping[str, str]) -> Named:
    result = Named(Counter(), Counter(), Counter(), {})

    def name(kind: str, value: Any) -> str:
        shape = _shape(value, names)
        label = _hash(kind, shape)
        result.shown[label] = f"{kind} {orjson.dumps(shape).decode()}"
        return label

    for stream, events in run.streams.items():
        where = _shape(stream, names)
        labels = [(str(event.get("actor")), name(where, _as_named(stream, event))) for event in events]
        result.streams.update(label for _, label in labels)
        for actor in {actor for actor, _ in labels if not actor.startswith("system:")}:
            result.in_order[f"{where}: {[label for of, label in labels if of == actor]}"] += 1
    for view, documents in run.documents.items():
        result.documents.update(name(view, [key, document]) for key, document in documents.items())
    return result


def _as_named(stream: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without the time of a claim: a process that dies between claiming a number and filing the application leaves that
    of its attempt, and the number is claimed when the applicant tries again. Else it is that of the filing."""
    return {**event, "time": None} if stream.startswith(CLAIMS) else event


def differences(one: Named, other: Named, limit: int = 6) -> str:
    """What is in one and not in the other, readable; empty where they are the same."""
    found = [f"only in the first: {text}" for text in (one.bare - other.bare).elements()]
    found += [f"only in the second: {text}" for text in (other.bare - one.bare).elements()]
    if found:
        return "\n\n".join(found[: 4 * limit])
    for what in ("streams", "documents", "in_order"):
        mine, theirs = getattr(one, what), getattr(other, what)
        for title, labels in ((f"{what}: only in the first", mine - theirs), ("only in the second", theirs - mine)):
            found += [f"{title}: {_readable(one, other, label)}" for label in sorted(labels.elements())[:limit]]
    return "\n\n".join(found)


def _readable(one: Named, other: Named, label: str) -> str:
    return one.shown.get(label) or other.shown.get(label) or label


def _shape(value: Any, names: Mapping[str, str]) -> Any:
    """The value with what is random replaced by its name. Lists count as bags: order in them may be chance."""
    match value:
        case dict():
            shaped = {
                _shape(k, names): 0 if k in _UNLIKE else _shape(v, names) for k, v in value.items() if k != "version"
            }
            return dict(sorted(shaped.items()))
        case list():
            return sorted((_shape(item, names) for item in value), key=orjson.dumps)
        case str():
            return _CLOCK.sub("", _RANDOM.sub(lambda m: f"<{names.get(m[0], '')[:8]}>", value))
    return value


def _tokens(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every random thing in a value, and where in it."""
    match value:
        case dict():
            for key, inner in value.items():
                yield from _tokens(key, f"{place}.key")
                yield from _tokens(inner, f"{place}.{_RANDOM.sub('', str(key))}")
        case list():
            for inner in value:
                yield from _tokens(inner, f"{place}[]")
        case str():
            for number, found in enumerate(_RANDOM.findall(value)):
                yield found, f"{place}#{number}"


def _hash(*parts: Any) -> str:
    return sha256(orjson.dumps(parts)).hexdigest()[:24]

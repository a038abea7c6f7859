"""What is published about the event language: JSON Schemas, one AsyncAPI 3 document, examples.

All of it is generated from the models and checked in beside this package, so that a change shows in review and other
programs need no Python. Examples are whole records (envelope included); they are only ever added to.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_origin

import orjson
from pydantic import BaseModel, ValidationError

from aktenlauf.contracts.compatibility import breaking
from aktenlauf.contracts.envelope import Event, NotAnEnvelope, parse, registered
from aktenlauf.contracts.examples import example
from aktenlauf.contracts.sealed import Sealed

FOLDER = Path(__file__).parents[2]
SERVICES = ("intake", "documents", "review", "scheduling", "xoev-gateway")
PRIVATE_EVENTS = {
    "CaseNumberClaimed", "StaffIdentified", "CapacityOpened", "CapacityClosed", "SlotTaken", "SlotDenied",
    "SlotReleased", "SettingsChanged",
}  # fmt: skip
"""Events on private streams: in the schemas, since they are stored for decades, but on no topic."""


def events() -> Iterator[tuple[str, type[Event]]]:
    """(owner, model) of every event; `common` for those that each service emits."""
    for service in (*SERVICES, "common"):
        import_module(f"aktenlauf.contracts.{service.replace('-', '_')}")
    for (owner, _), model in sorted(registered().items(), key=lambda item: (item[0][0] or "common", item[0][1])):
        if model.__module__.startswith("aktenlauf.contracts."):
            yield owner or "common", model


def generated() -> dict[Path, bytes]:
    """Every generated file, by path below FOLDER."""
    files = {Path("schemas") / owner / f"{model.kind}.json": _json(_schema(owner, model)) for owner, model in events()}
    return {**files, Path("schemas/envelope.json"): _json(ENVELOPE), Path("asyncapi.json"): _json(asyncapi())}


def write(folder: Path = FOLDER) -> list[str]:
    """Write all generated files. Returns why it refuses, and then writes nothing: a published schema would break."""
    faults = incompatible(folder)
    if not faults:
        for path, content in generated().items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        _add_missing_examples(folder)
    return faults


def _add_missing_examples(folder: Path) -> None:
    for owner, model in events():
        place = folder / "examples" / owner / model.kind
        if not place.exists():
            place.mkdir(parents=True)
            (place / "0001.json").write_bytes(example(owner, model, model.__name__ in PRIVATE_EVENTS))


def check(folder: Path = FOLDER) -> list[str]:
    """Drift, breaking changes, and examples that today's code cannot read; empty when all is well."""
    drift = [
        f"{path}: differs from the models, run `make contracts`"
        for path, content in generated().items()
        if not (folder / path).exists() or (folder / path).read_bytes() != content
    ]
    return [*incompatible(folder), *drift, *check_examples(folder)]


def incompatible(folder: Path) -> list[str]:
    """Breaking changes of the models against the schemas in `folder`."""
    faults = []
    for path, content in generated().items():
        published = folder / path
        if path.parts[0] == "schemas" and path.name != "envelope.json" and published.exists():
            faults += [f"{path}: {f}" for f in breaking(orjson.loads(published.read_bytes()), orjson.loads(content))]
    known = set(generated())
    for published in sorted((folder / "schemas").rglob("*.json")):
        if published.relative_to(folder) not in known:
            faults.append(f"{published.relative_to(folder)}: the event is gone, but logs hold it")
    return faults


def check_examples(folder: Path) -> list[str]:
    """Every event has an example, and every example ever published is read by today's models without loss."""
    faults = []
    for owner, model in events():
        found = sorted((folder / "examples" / owner / model.kind).glob("*.json"))
        if not found:
            faults.append(f"examples/{owner}/{model.kind}: there is none")
        for file in found:
            faults += [f"{file.relative_to(folder)}: {fault}" for fault in _unread(file.read_bytes(), model)]
    return faults


def _unread(record: bytes, model: type[Event]) -> list[str]:
    try:
        parsed = parse(record.strip())
        event = model.model_validate(parsed.data)
    except (NotAnEnvelope, ValidationError) as error:
        return [str(error)]
    lost = set(parsed.data) - set(type(event).model_fields)
    return [f"field {name} is not read any more" for name in sorted(lost)]


def _schema(owner: str, model: type[Event]) -> dict[str, Any]:
    """The event's JSON Schema; `x-sealed` beside it is that of the content behind the seal."""
    source = "<service>" if owner == "common" else owner
    sealed = _sealed_model(model)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:aktenlauf:event:{owner}:{model.kind}",
        "x-cloudevents-type": model.type_from(source),
        **model.model_json_schema(),
        # references are paths from the root of the document, also inside
        **({"x-sealed": sealed.model_json_schema(ref_template="#/x-sealed/$defs/{model}")} if sealed else {}),
    }


def _sealed_model(model: type[Event]) -> type[BaseModel] | None:
    field = model.model_fields.get("sealed")
    if field is None:
        return None
    choices = (field.annotation, *get_args(field.annotation))
    inner: type[BaseModel] = next(get_args(choice)[0] for choice in choices if get_origin(choice) is Sealed)
    return inner


ENVELOPE: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:aktenlauf:envelope",
    "title": "Envelope",
    "description": "CloudEvents 1.0, structured JSON mode, with the extension attributes of Aktenlauf.",
    "type": "object",
    "required": ["specversion", "id", "source", "type", "time", "stream", "version", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "format": "uuid"},
        "source": {"enum": list(SERVICES)},
        "type": {"type": "string", "pattern": r"^de\.aktenlauf\.[a-z-]+\.[a-z-]+\.v[0-9]+$"},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "subject": {"type": "string", "description": "The case; absent on private streams."},
        "stream": {"type": "string", "description": "Owner first: intake/application/{case}."},
        "version": {"type": "integer", "minimum": 1},
        "office": {"type": "string", "description": "The authority at that time; absent before submission."},
        "causationid": {"type": "string", "description": "The command."},
        "correlationid": {"type": "string", "description": "The request's first command."},
        "actor": {"type": "string", "description": "Number within the case, a pseudonym, or system:name."},
        "traceparent": {"type": "string"},
        "data": {"type": "object"},
    },
}


def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3.0: one channel a service, its public events as messages; the key of each message is the case."""
    messages: dict[str, Any] = {}
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for service in SERVICES:
        names = {}
        for owner, model in events():
            if owner not in (service, "common") or model.__name__ in PRIVATE_EVENTS:
                continue
            name = f"{service}.{model.kind}"
            messages[name] = _message(service, owner, model)
            names[name] = {"$ref": f"#/components/messages/{name}"}
        channels[service] = {"address": service, "description": f"Public events of {service}.", "messages": names}
        operations[f"publish-{service}"] = {"action": "send", "channel": {"$ref": f"#/channels/{service}"}}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Aktenlauf events", "version": "1", "license": {"name": "EUPL-1.2"}},
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def _message(service: str, owner: str, model: type[Event]) -> dict[str, Any]:
    summary = (model.__doc__ or "").strip().splitlines()[0]
    return {
        "name": model.type_from(service),
        "summary": summary,
        "payload": {
            "allOf": [
                {"$ref": "schemas/envelope.json"},
                {"type": "object", "properties": {"data": {"$ref": f"schemas/{owner}/{model.kind}.json"}}},
            ]
        },
        "bindings": {"kafka": {"key": {"type": "string", "description": "The case."}}},
    }


def _json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n"

"""Describe report.json by a JSON Schema, made from the dataclasses that it is made of.

`python -m incident.story.schema` prints it; docs/reference/replay-report.schema.json keeps it.
"""

import dataclasses
import inspect
import json
import types
from collections.abc import Mapping, Sequence
from typing import Any, Union, get_args, get_origin, get_type_hints

from incident.story.document import Document

ID = "https://cat-clinic.example/schemas/replay-report.schema.json"
_SIMPLE = {str: "string", float: "number", int: "integer", bool: "boolean", types.NoneType: "null"}


def schema() -> dict[str, Any]:
    """Return the schema of report.json, JSON Schema 2020-12."""
    definitions: dict[str, Any] = {}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "Report of a replay",
        **_object(Document, definitions),
        "$defs": dict(sorted(definitions.items())),
    }


def _object(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    names = [field.name for field in dataclasses.fields(kind)]
    return {
        "description": " ".join((inspect.getdoc(kind) or "").split()),
        "type": "object",
        "properties": {name: _value(hints[name], definitions) for name in names},
        "required": names,
        "additionalProperties": False,
    }


def _value(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return {}
    if hint in _SIMPLE:
        return {"type": _SIMPLE[hint]}
    if origin in (Union, types.UnionType):
        return _either([_value(one, definitions) for one in inner])
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _value(inner[1], definitions)}
    if origin in (Sequence, list):
        return {"type": "array", "items": _value(inner[0], definitions)}
    if hint.__name__ not in definitions:
        definitions[hint.__name__] = {}
        definitions[hint.__name__] = _object(hint, definitions)
    return {"$ref": f"#/$defs/{hint.__name__}"}


def _either(values: list[dict[str, Any]]) -> dict[str, Any]:
    if all(list(one) == ["type"] for one in values):
        return {"type": [one["type"] for one in values]}
    return {"anyOf": values}


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))

"""Examples for the description of the API, made from the schemas, so that no operation is without one.

What a field says of itself (`examples`) comes first; then its kind, its limits and its name decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]
Schemas = Mapping[str, Schema]

DEEPEST: Final = 12
_ID: Final = "01a1f2c0-7d3e-7a10-8c55-3f2e9b7d6a41"
_FORMATS: Final[Mapping[str, str]] = {
    "uuid": _ID,
    "date-time": "2026-11-22T09:00:00Z",
    "date": "2026-11-22",
    "time": "09:00:00",
    "uri": "https://print.example.com/",
    "email": "li.lei@example.com",
    "binary": "(the bytes of a file)",
    "base64": "AAAA",
    "ipvanynetwork": "10.20.0.0/16",
    "password": "a long sentence of your own",
}
_PATTERNS: Final[Mapping[str, str]] = {
    "^[0-9a-f]{64}$": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "^[A-Z]{3}$": "CNY",
}
_NAMES: Final[Mapping[str, str]] = {
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "reason": "the paper was torn",
    "title": "供货合同",
    "name": "合同专用章",
    "code": "supplier",
    "serial": "7ZQ4-0HXR-9KMT-2C5W-8",
    "reference": "oa-2026-004711",
    "location": "second floor",
    "url": "https://oa.example.com/hooks/printing",
    "uri": "ipps://printer.example.com/ipp/print",
    "login": "li.lei",
    "number": "2026-0001",
    "key": "0a1b2c3d",
}


def example_of(schema: Schema, schemas: Schemas, *, name: str = "", whole: bool = True, depth: int = 0) -> Any:
    """A value that the schema allows.

    schemas: those that `$ref` names.   whole: also what may be left out, as answers have it.
    """
    said = _said(schema)
    if said is not None:
        return said[0]
    if "$ref" in schema:
        target = schemas[str(schema["$ref"]).rpartition("/")[2]]
        return example_of(target, schemas, name=name, whole=whole, depth=depth + 1)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            found = next((each for each in schema[choice] if each.get("type") != "null"), schema[choice][0])
            return example_of(found, schemas, name=name, whole=whole, depth=depth + 1)
    kind = schema.get("type")
    if kind == "object":
        return _object(schema, schemas, whole=whole, depth=depth)
    if kind == "array":
        return _array(schema, schemas, name=name, whole=whole, depth=depth)
    if kind == "string":
        return _text(schema, name)
    if kind in ("integer", "number"):
        return _number(schema)
    return {"boolean": False, "null": None}.get(str(kind), {})


def _said(schema: Schema) -> tuple[Any] | None:
    """What the schema itself gives as an example, if anything."""
    if "example" in schema:
        return (schema["example"],)
    for member in ("examples", "enum"):
        if schema.get(member):
            return (schema[member][0],)
    return (schema["const"],) if "const" in schema else None


def _object(schema: Schema, schemas: Schemas, *, whole: bool, depth: int) -> dict[str, Any]:
    if depth > DEEPEST:
        return {}
    required = set(schema.get("required", ()))
    made = {
        name: example_of(each, schemas, name=name, whole=whole, depth=depth + 1)
        for name, each in schema.get("properties", {}).items()
        if whole or name in required or _said(each) is not None
    }
    further = schema.get("additionalProperties")
    if not made and isinstance(further, Mapping):
        key = example_of(schema.get("propertyNames", {"const": "name"}), schemas, depth=depth + 1)
        return {key: example_of(further, schemas, whole=whole, depth=depth + 1)}
    return made


def _array(schema: Schema, schemas: Schemas, *, name: str, whole: bool, depth: int) -> list[Any]:
    if depth > DEEPEST:
        return []
    if "prefixItems" in schema:
        return [example_of(each, schemas, whole=whole, depth=depth + 1) for each in schema["prefixItems"]]
    one = example_of(schema.get("items", {}), schemas, name=name.removesuffix("s"), whole=whole, depth=depth + 1)
    return [one] * max(1, schema.get("minItems", 1))


def _text(schema: Schema, name: str) -> str:
    known = _FORMATS.get(schema.get("format", "")) or _PATTERNS.get(schema.get("pattern", ""))
    text = known or next((text for end, text in _NAMES.items() if name.endswith(end)), "text")
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength")
    return text.ljust(shortest, "x")[:longest]


def _number(schema: Schema) -> int | float:
    least = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1 if "exclusiveMinimum" in schema else 1)
    return min(least, schema.get("maximum", least)) if least else 1 if schema.get("maximum", 1) >= 1 else 0

"""The JSON Schema of a scenario file with the parameters of every known measure."""

from __future__ import annotations

from typing import Any

from lazaretto.measures.measure import Measure, known_measures
from lazaretto.scenario import json_schema
from lazaretto.words import TIERS

ENTRY = "MeasureEntry"
FIGURE = "NumberWithSource"


def scenario_schema() -> dict[str, Any]:
    """Return the JSON Schema of scenario files, measures included, for editors."""
    whole = json_schema()
    definitions: dict[str, Any] = whole.setdefault("$defs", {})
    own = definitions.pop(ENTRY)
    known = known_measures()
    for word, kind in known.items():
        definitions[kind.__name__] = _measure(word, kind, definitions)
    own["properties"]["measure"] |= {
        "pattern": ":",
        "description": "A measure of your own: file.py:Class, or package.module:Class.",
    }
    definitions["OwnMeasure"] = own
    choices = [*(kind.__name__ for kind in known.values()), "OwnMeasure"]
    definitions[ENTRY] = {"oneOf": [{"$ref": f"#/$defs/{name}"} for name in choices]}
    definitions[FIGURE] = _figure()
    return whole


def _measure(word: str, kind: type[Measure], definitions: dict[str, Any]) -> dict[str, Any]:
    schema = kind.model_json_schema(by_alias=True)
    for title, part in schema.pop("$defs", {}).items():
        properties = part.get("properties", {}).items()
        part["properties"] = {name: _as_written(name, what) for name, what in properties}
        definitions[title] = part
    named = {"const": word, "description": schema.get("description", word).split("\n")[0]}
    given = {name: _as_written(name, what) for name, what in schema["properties"].items()}
    schema["properties"] = {"measure": named} | given
    schema["required"] = ["measure", *schema.get("required", [])]
    return schema


def _as_written(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a parameter in the forms a file may have it in."""
    about = {key: schema[key] for key in ("description", "default") if schema.get(key) is not None}
    bare = {key: value for key, value in schema.items() if key not in ("title", *about)}
    choices = [choice for choice in bare.get("anyOf", []) if choice != {"type": "null"}]
    if len(choices) == 1:
        bare = choices[0]  # a key that is left out, not written as null
    unit = bare.pop("unit", None) or schema.get("unit")
    if name == "areas":
        return about | {"anyOf": [{"type": "string"}, {"type": "array", "minItems": 1,
                                                       "items": {"type": "string"}}]}  # fmt: skip
    if name == "tier":
        return about | {"enum": [*range(len(TIERS)), *TIERS]}
    if bare.get("type") in ("number", "integer"):
        counted = {} if unit is None else {"unit": unit}
        said = {"unit": {"const": unit}} if unit else {}
        figure = {"properties": {"value": bare} | said, "$ref": f"#/$defs/{FIGURE}"}
        return about | {"anyOf": [bare, figure]} | counted
    return about | bare


def _figure() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "description": "A number with where it is from.",
        "type": "object",
        "required": ["value"],
        "additionalProperties": False,
        "properties": {
            "value": {"type": "number"},
            "unit": text,
            "source": text,
            "status": {"enum": ["measured", "fitted", "assumed"]},
            "low": {"type": "number"},
            "high": {"type": "number"},
            "note": text,
        },
    }

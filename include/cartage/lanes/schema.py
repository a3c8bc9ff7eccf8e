"""The JSON schema of lanes.yaml, with which an editor completes and checks it.

It checks less than `cartage lanes check`: a schema cannot express rules between settings or between lanes.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from cartage.lanes.connectors import connector_names, settings_model, usable_connectors
from cartage.lanes.kinds import duration_text
from cartage.lanes.mistakes import model_at
from cartage.lanes.renamed import RENAMED_SETTINGS
from cartage.lanes.settings.lane import LANE_NAME, Lane


def json_schema() -> dict[str, Any]:
    """Return the schema of the whole file (JSON Schema, draft 2020-12), including the connectors' own settings."""
    lane = Lane.model_json_schema(schema_generator=_Generator)
    definitions: dict[str, Any] = lane.pop("$defs")
    _without_name(lane)
    lane["oneOf"] = [{"required": ["warehouse"]}, {"required": ["warehouses"]}]
    _with_connectors(definitions)
    _with_old_names(definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Cartage lanes",
        "type": "object",
        "required": ["lanes"],
        "additionalProperties": False,
        "properties": {
            "lanes": {
                "description": "The lanes by name; the name becomes part of the DAG ids.",
                "type": "object",
                "propertyNames": {"pattern": f"^{LANE_NAME.pattern}$"},
                "additionalProperties": {"$ref": "#/$defs/Lane"},
            }
        },
        "patternProperties": {"^x-": {"description": "Your own keys, for YAML anchors; not read."}},
        "$defs": {"Lane": lane, **definitions},
    }


def json_schema_text() -> str:
    """Return the schema as text, as it is kept beside lanes.yaml."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


class _Generator(GenerateJsonSchema):
    """Writes default durations as settings do. Pydantic would write ISO 8601, which settings reject."""

    def encode_default(self, dft: Any) -> Any:
        return duration_text(dft) if isinstance(dft, timedelta) else super().encode_default(dft)


def _without_name(lane: dict[str, Any]) -> None:
    """Remove the lane's name, which is the key above its settings and not a setting."""
    del lane["properties"]["name"]
    lane["required"].remove("name")


def _with_connectors(definitions: dict[str, Any]) -> None:
    """Allow the connectors' names only, and check `settings` with the model of the named connector."""
    conditions = [_connector_condition(connector, definitions) for connector in usable_connectors()]
    for name in ("WarehouseSettings", "NamedWarehouse"):
        definitions[name]["properties"]["connector"]["enum"] = connector_names()
        definitions[name]["allOf"] = conditions


def _with_old_names(definitions: dict[str, Any]) -> None:
    """Allow the old names of renamed settings, marked as deprecated."""
    for pattern, new in RENAMED_SETTINGS.items():
        section = model_at(Lane, tuple(0 if name == "[]" else name for name in pattern[:-1]))
        if section is None:
            raise LookupError(f"there is no section {pattern[:-1]}")
        properties = definitions[section.__name__]["properties"]
        properties[pattern[-1]] = {
            **properties[new],
            "deprecated": True,
            "description": f"Is now called {new}.",
        }


def _connector_condition(connector: str, definitions: dict[str, Any]) -> dict[str, Any]:
    model = settings_model(connector)
    template = f"#/$defs/{connector}.{{model}}"
    settings = model.model_json_schema(ref_template=template, schema_generator=_Generator)
    for name, definition in settings.pop("$defs", {}).items():
        definitions[f"{connector}.{name}"] = definition
    definitions[f"{connector}.{model.__name__}"] = settings
    then: dict[str, Any] = {"properties": {"settings": {"$ref": f"#/$defs/{connector}.{model.__name__}"}}}
    if settings.get("required"):
        then["required"] = ["settings"]
    return {"if": {"properties": {"connector": {"const": connector}}}, "then": then}

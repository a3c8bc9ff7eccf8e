"""The JSON schema of lanes.yaml, so that an editor completes and checks it while it is typed.

It says less than `cartage lanes check`: rules between settings and between lanes are beyond a schema.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from cartage.lanes.connectors import connector_names, settings_model
from cartage.lanes.settings.kinds import duration_text
from cartage.lanes.settings.lane import LANE_NAME, Lane


def json_schema() -> dict[str, Any]:
    """The schema of the whole file (JSON Schema, draft 2020-12), the connectors' own settings included."""
    lane = Lane.model_json_schema(schema_generator=_Generator)
    definitions: dict[str, Any] = lane.pop("$defs")
    _without_name(lane)
    _with_connectors(definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Cartage lanes",
        "type": "object",
        "required": ["lanes"],
        "additionalProperties": False,
        "properties": {
            "lanes": {
                "description": "The lanes by name; each becomes part of its DAG ids.",
                "type": "object",
                "propertyNames": {"pattern": f"^{LANE_NAME.pattern}$"},
                "additionalProperties": {"$ref": "#/$defs/Lane"},
            }
        },
        "patternProperties": {"^x-": {"description": "Your own, for YAML anchors; not read."}},
        "$defs": {"Lane": lane, **definitions},
    }


def json_schema_text() -> str:
    """The schema as it is kept beside lanes.yaml."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


class _Generator(GenerateJsonSchema):
    """Writes a default duration as settings do; pydantic would write ISO 8601, which settings refuse."""

    def encode_default(self, dft: Any) -> Any:
        return duration_text(dft) if isinstance(dft, timedelta) else super().encode_default(dft)


def _without_name(lane: dict[str, Any]) -> None:
    """The lane's name is the key that it stands under, not a setting."""
    del lane["properties"]["name"]
    lane["required"].remove("name")


def _with_connectors(definitions: dict[str, Any]) -> None:
    """Offer the connectors' names, and hold `settings` to the model of the connector that is named."""
    warehouse = definitions["WarehouseSettings"]
    warehouse["properties"]["connector"]["enum"] = connector_names()
    warehouse["allOf"] = [_held_to(connector, definitions) for connector in connector_names()]


def _held_to(connector: str, definitions: dict[str, Any]) -> dict[str, Any]:
    model = settings_model(connector)
    template = f"#/$defs/{connector}.{{model}}"
    settings = model.model_json_schema(ref_template=template, schema_generator=_Generator)
    for name, definition in settings.pop("$defs", {}).items():
        definitions[f"{connector}.{name}"] = definition
    definitions[f"{connector}.{model.__name__}"] = settings
    held: dict[str, Any] = {"properties": {"settings": {"$ref": f"#/$defs/{connector}.{model.__name__}"}}}
    if settings.get("required"):
        held["required"] = ["settings"]
    return {"if": {"properties": {"connector": {"const": connector}}}, "then": held}

"""The JSON schema of a profile, with which an editor completes and checks it.

It checks less than `cartage files profiles check`: a schema cannot express rules between settings, and what a profile
must say depends on what it extends.
"""

from __future__ import annotations

import json
from typing import Any

from cartage.warehouses.files.profiles.settings.profile import CsvProfile

_SECTIONS = ("orders", "confirmations", "acknowledgements", "inventory")


def profile_schema() -> dict[str, Any]:
    """Return the schema (JSON Schema, draft 2020-12)."""
    schema = CsvProfile.model_json_schema()
    definitions: dict[str, Any] = schema["$defs"]
    for section in [schema, *definitions.values()]:
        # A profile that extends another one may say any part of a section.
        section.pop("required", None)
    properties = schema["properties"]
    for name in _SECTIONS:
        reference = {"$ref": _reference(properties[name])}
        properties[name] = {
            "anyOf": [reference, {"type": "null"}],
            "description": properties[name]["description"],
        }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Cartage file profile",
        "anyOf": [{"required": ["extends"]}, {"required": ["orders"]}],
    }


def profile_schema_text() -> str:
    """Return the schema as text, as it is kept beside lanes.yaml."""
    return json.dumps(profile_schema(), indent=2, ensure_ascii=False) + "\n"


def _reference(section: dict[str, Any]) -> str:
    found: str = section["$ref"] if "$ref" in section else section["anyOf"][0]["$ref"]
    return found

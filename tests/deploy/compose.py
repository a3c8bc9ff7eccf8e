"""docker-compose.yaml as Docker would read it: variables interpolated, anchors merged.

It knows the part of the format that this project's file uses, and fails on a variable that it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
_VARIABLE = re.compile(r"\$(?:(?P<escaped>\$)|\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\})")


class MissingVariable(LookupError):
    """A variable that the file requires has no value. The message is the file's."""


def text() -> str:
    return (ROOT / "docker-compose.yaml").read_text()


def interpolate(value: str, variables: Mapping[str, str]) -> str:
    """`${NAME}`, `${NAME:-default}`, `${NAME:?message}` and `$$`, as the Compose specification defines them."""

    def replace(match: re.Match[str]) -> str:
        if match["escaped"]:
            return "$"
        found = variables.get(match["name"])
        if found:
            return found
        if match["kind"] == "-":
            return str(match["rest"])
        raise MissingVariable(f"{match['name']}: {match['rest']}")

    return _VARIABLE.sub(replace, value)


def services(variables: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return every service of all profiles, with `variables` filled in."""
    loaded = yaml.safe_load(text())
    filled: dict[str, dict[str, Any]] = _fill(loaded["services"], variables)
    return filled


def required_variables() -> set[str]:
    return {match["name"] for match in _VARIABLE.finditer(text()) if match["kind"] == "?"}


def variables_with_default() -> dict[str, str]:
    return {match["name"]: match["rest"] for match in _VARIABLE.finditer(text()) if match["kind"] == "-"}


def command(service: Mapping[str, Any]) -> list[str]:
    """Return what the container runs. The entrypoint of the Airflow image puts `airflow` before its subcommands."""
    given = service["command"]
    words: list[str] = given.split() if isinstance(given, str) else given
    return words if words[0] == "bash" else ["airflow", *words]


def health_command(service: Mapping[str, Any]) -> list[str]:
    kind, *words = service["healthcheck"]["test"]
    return words if kind == "CMD" else ["bash", "-c", *words]


def _fill(node: Any, variables: Mapping[str, str]) -> Any:
    match node:
        case str():
            return interpolate(node, variables)
        case dict():
            return {key: _fill(value, variables) for key, value in node.items()}
        case list():
            return [_fill(value, variables) for value in node]
        case _:
            return node

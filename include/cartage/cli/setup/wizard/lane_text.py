"""Add a lane to the text of a lanes file. Everything else in it stays, including comments."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

_HEAD = """\
# The lanes of this deployment: `cartage lanes check` finds mistakes, `cartage lanes manual` explains every setting.
# No secret belongs here: addresses and credentials are Airflow connections, which this file only names.
"""
# Text is quoted unless it has only these characters and is not a word with a meaning in YAML (`no`, `on`).
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/")
_WORDS = frozenset({"", "y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_WIDE = 4096  # never break a line


def with_lane(text: str, name: str, settings: Mapping[str, Any]) -> str:
    """Return the text with the lane at the end of `lanes`. An empty text becomes a new file."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = _WIDE
    yaml.indent(mapping=2, sequence=4, offset=2)
    data = yaml.load(text) if text.strip() else CommentedMap()
    if data.get("lanes") is None:
        data["lanes"] = CommentedMap()
    data["lanes"][name] = _block(settings)
    out = StringIO()
    yaml.dump(data, out)
    return out.getvalue() if text.strip() else f"{_HEAD}\n{out.getvalue()}"


def _block(value: Any) -> Any:
    if isinstance(value, Mapping):
        return CommentedMap({name: _block(item) for name, item in value.items()})
    if isinstance(value, list):
        return _list(value)
    return _scalar(value)


def _list(items: list[Any]) -> CommentedSeq:
    """Return a list. The title of an item, such as the name of a service's code, is a comment beside it."""
    lines = CommentedSeq([_line(item) for item in items])
    for place, line in enumerate(lines):
        if isinstance(line, CommentedMap) and (title := line.pop("title", "")):
            lines.yaml_add_eol_comment(" ".join(str(title).split()), place)
    return lines


def _line(value: Any) -> Any:
    """Return a list item in one line: `{store: "UPS Ground", carrier: UPS}`."""
    if not isinstance(value, Mapping):
        return _scalar(value)
    line = CommentedMap({name: _scalar(item) for name, item in value.items()})
    line.fa.set_flow_style()
    return line


def _scalar(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    plain = set(value) <= _PLAIN and value.casefold() not in _WORDS and value[:1].isalpha()
    return value if plain else DoubleQuotedScalarString(value)

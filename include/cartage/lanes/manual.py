"""The manual's tables of settings, written from the models, so that every setting is in the manual."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from enum import Enum
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from cartage.lanes.connectors import connector_names, settings_model
from cartage.lanes.kinds import duration_text
from cartage.lanes.settings.lane import Lane

BEGIN = "<!-- settings: written by `cartage lanes manual`; do not edit by hand -->"
END = "<!-- end of settings -->"


def settings_manual() -> str:
    """Return every setting with its default and description, as Markdown: a table per section and connector."""
    tables = list(_tables("", Lane, "A lane"))
    for connector in connector_names():
        tables += _tables("warehouse.settings", settings_model(connector), f"Connector {connector}")
    return "\n\n".join([BEGIN, *tables, END])


def with_settings(page: str) -> str:
    """Return a page of the manual with the tables between its markers replaced.

    Raises:
        ValueError: if the page does not have the markers.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page does not have the markers {BEGIN!r} and {END!r}")
    return before + settings_manual() + after


def _tables(path: str, model: type[BaseModel], title: str) -> Iterator[str]:
    rows, inner = [], []
    for name, field in model.model_fields.items():
        if model is Lane and name == "name":
            continue
        here = f"{path}.{name}" if path else name
        nested = _nested(field.annotation)
        rows.append(f"| `{here}` | {_default(field)} | {_cell(field.description or '')} |")
        if nested:
            inner.append((f"{here}[]" if get_origin(field.annotation) is tuple else here, nested))
    yield "\n".join([f"### {title}", "", "| setting | default | meaning |", "|---|---|---|", *rows])
    for here, nested in inner:
        yield from _tables(here, nested, f"`{here}`")


def _nested(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in {Union, UnionType, tuple}:
        return next((found for found in map(_nested, get_args(annotation)) if found), None)
    return None


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    if field.default is PydanticUndefined:
        return ""
    return _cell(_shown(field.default))


def _shown(value: object) -> str:
    match value:
        case None:
            return "none"
        case timedelta():
            return f"`{duration_text(value)}`"
        case Enum():
            return f"`{value.value}`"
        case tuple():
            return f"`[{', '.join(str(getattr(item, 'value', item)) for item in value)}]`"
        case "":
            return "empty"
    return f"`{value}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

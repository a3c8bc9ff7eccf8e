"""The manual's tables of settings, written from the models, so that every setting is in the manual."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta
from enum import Enum
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from cartage.lanes.connectors import settings_model, usable_connectors
from cartage.lanes.kinds import duration_text, settings_of
from cartage.lanes.settings.lane import Lane

BEGIN = "<!-- settings: written by `cartage lanes manual`; do not edit by hand -->"
END = "<!-- end of settings -->"


def settings_manual() -> str:
    """Return every setting with its default and description, as Markdown: a table per section and connector."""
    tables = list(_tables("", Lane, "A lane"))
    for connector in usable_connectors():
        tables += _tables("warehouse.settings", settings_model(connector), f"Connector {connector}")
    return "\n\n".join([BEGIN, *tables, END])


def with_settings(page: str) -> str:
    """Return a page of the manual with the tables between its markers replaced.

    Raises:
        ValueError: if the page does not have the markers.
    """
    return replace_between(page, BEGIN, END, settings_manual())


def replace_between(page: str, begin: str, end: str, text: str) -> str:
    """Return a page with the text, which has the two markers itself, in place of what it has from one to the other.

    Raises:
        ValueError: if the page does not have the markers.
    """
    before, found_begin, rest = page.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found_begin or not found_end:
        raise ValueError(f"the page does not have the markers {begin!r} and {end!r}")
    return before + text + after


def settings_table(title: str, model: type[BaseModel], path: str = "", skip: Collection[str] = ()) -> str:
    """Return the table of the settings of one section, whose names begin with the path; without those to skip."""
    rows = [
        f"| `{f'{path}.{name}' if path else name}` | {_default(field)} | {_cell(field.description or '')} |"
        for name, field in settings_of(model).items()
        if name not in skip
    ]
    return "\n".join([f"### {title}", "", "| setting | default | meaning |", "|---|---|---|", *rows])


def _tables(path: str, model: type[BaseModel], title: str) -> Iterator[str]:
    yield settings_table(title, model, path, {"name"} if model is Lane else ())
    for name, field in settings_of(model).items():
        here = f"{path}.{name}" if path else name
        if not (nested := _nested(field.annotation)):
            continue
        if get_origin(field.annotation) is dict:
            yield from _named_tables(f"{here}.NAME", nested)
        else:
            inner = f"{here}[]" if get_origin(field.annotation) is tuple else here
            yield from _tables(inner, nested, f"`{inner}`")


def _named_tables(path: str, model: type[BaseModel]) -> Iterator[str]:
    """Yield the tables of sections with names of their own: only what they have besides the section they extend.

    Lists that such a section has in common with its lane are not written a second time.
    """
    shared = _shared_settings(model)
    yield settings_table(f"`{path}`, besides the settings of `warehouse`", model, path, shared)
    for name, field in settings_of(model).items():
        nested = _nested(field.annotation)
        if name not in shared and nested and get_origin(field.annotation) is not tuple:
            yield settings_table(f"`{path}.{name}`", nested, f"{path}.{name}")


def _shared_settings(model: type[BaseModel]) -> Collection[str]:
    """Return the settings that a section has from the one it extends."""
    return [name for base in model.__bases__ if issubclass(base, BaseModel) for name in settings_of(base)]


def _nested(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in {Union, UnionType, tuple, dict}:
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

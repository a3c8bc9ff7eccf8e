"""Mistakes in lane settings: where, what is wrong, and the fix. Never shows the value of an unknown setting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path as FilePath
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cartage.lanes.kinds import settings_of

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake or warning. `lane` is None if it is the whole file's; `path` is like `lanes.demo.store.time_zone`.

    `column` is 0 where only the line is known. `file` is set where the lanes are a folder of files.
    """

    lane: str | None
    path: str
    line: int
    message: str
    fix: str
    column: int = 0
    file: FilePath | None = None

    def text(self, file: object) -> str:
        """Return `file:line: lane: path: message. fix`, on one line; after the line the column, if it is known."""
        place = f"{self.file or file}:{self.line}"
        parts = [
            f"{place}:{self.column}" if self.column else place,
            self.lane or "",
            self.path,
            f"{self.message.rstrip('.')}. {self.fix}",
        ]
        return " ".join(": ".join(part for part in parts if part).split())


@dataclass(frozen=True, slots=True)
class SettingFinding:
    """A mistake before its line is known: a path below the lane, what is wrong, and the fix."""

    path: Path
    message: str
    fix: str


def dotted(path: Path) -> str:
    """Return a path as `lanes.demo.ship_methods[2].store`; list items are counted from 1."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


_WORDS = {
    "dict_type": "must be a mapping: lines of 'name: value', indented further",
    "model_type": "must be a mapping: lines of 'name: value', indented further",
    "tuple_type": "must be a list: lines that begin with '- '",
    "list_type": "must be a list: lines that begin with '- '",
    "string_type": "must be text; put it in quotes",
    "missing": "is missing",
    "string_pattern_mismatch": "has characters that are not allowed here",
    "string_too_short": "is too short",
    "too_short": "must not be empty",
}


# What pydantic appends to a location if the key of a mapping is wrong, and not its value.
_KEY_MARK = "[key]"


def findings(error: ValidationError, model: type[BaseModel]) -> Iterator[SettingFinding]:
    """Yield what a failed validation found, in an operator's words; one finding for each path."""
    seen: set[Path] = set()
    for detail in error.errors(include_url=False):
        path = _real_path(model, detail["loc"])
        if path not in seen:
            seen.add(path)
            yield _finding(model, path, detail)


def _finding(model: type[BaseModel], path: Path, detail: ErrorDetails) -> SettingFinding:
    if detail["type"] == "extra_forbidden":
        return SettingFinding(
            path, "there is no such setting", _suggestion(str(path[-1]), known_settings(model, path[:-1]))
        )
    fix = str(detail.get("ctx", {}).get("fix", "")) or _description(model, path)
    return SettingFinding(path, _message(detail), fix)


def _message(detail: ErrorDetails) -> str:
    if detail["input"] is None and detail["type"] != "missing":
        return "is empty"
    plain = detail["msg"].removeprefix("Value error, ").replace("Input should be", "must be", 1)
    return _WORDS.get(detail["type"], plain)


def _suggestion(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"Did you mean {near[0]!r}?" if near else f"Known here: {', '.join(known)}."


def known_settings(model: type[BaseModel], path: Path) -> list[str]:
    """Return the names that are allowed under a path, without those that the loader sets itself."""
    found = model_at(model, path)
    return [name for name in settings_of(found) if found is not model or name != "name"] if found else []


def _description(model: type[BaseModel], path: Path) -> str:
    """Return the description of the setting that the path is in: an entry of a list has none of its own."""
    for length in range(len(path), 0, -1):
        parent = model_at(model, path[: length - 1])
        if parent and (field := settings_of(parent).get(str(path[length - 1]))):
            return field.description or ""
    return ""


def _real_path(model: type[BaseModel], loc: Path) -> Path:
    """Return the part of a pydantic location that is in the file: without union branches, validators and key marks."""
    path: Path = ()
    for part in loc:
        if part == _KEY_MARK:
            break
        here = model_at(model, path)
        if here is None and not (isinstance(part, int) or _is_mapping(model, path)):
            break
        path = (*path, part)
    return path


def model_at(model: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """Return the model of the settings under a path, or None if there is none."""
    annotation: Any = model
    for part in path:
        if isinstance(part, int):
            annotation = next(iter(get_args(annotation)), None)
            continue
        if get_origin(annotation) is dict:
            annotation = get_args(annotation)[1]
            continue
        current = _as_model(annotation)
        settings = settings_of(current) if current else {}
        if part not in settings:
            return None
        annotation = settings[part].annotation
    return _as_model(annotation)


def _is_mapping(model: type[BaseModel], path: Path) -> bool:
    parent = model_at(model, path[:-1]) if path else None
    field = settings_of(parent).get(str(path[-1])) if parent and path else None
    return bool(field) and get_origin(field.annotation if field else None) in {dict, Mapping}


def _as_model(annotation: Any) -> type[BaseModel] | None:
    if get_origin(annotation) in {Union, UnionType}:
        return next((found for found in map(_as_model, get_args(annotation)) if found), None)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return None

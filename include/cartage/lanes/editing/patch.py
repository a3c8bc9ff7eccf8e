"""Edit the mapping rules of one lane in its lanes file, as a patch that a person reviews and commits.

ruamel.yaml makes the edit, so comments, quotes, order and anchors survive; `keep_layout` keeps the layout of all other
lines. The result is read again: unless it has exactly the wanted rules, and nothing else changed, there is no patch.
"""

from __future__ import annotations

import difflib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.emitter import RoundTripEmitter
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString
from yaml.resolver import Resolver

from cartage.errors import SettingsError
from cartage.lanes.editing.layout import keep_layout
from cartage.lanes.loader import lane_file, load_text
from cartage.lanes.settings.mappings import ShipMethodRule, SkuSetting

Rows = Sequence[Mapping[str, Any]]

_BYTE_ORDER_MARK = "\ufeff"
_NEVER_FOLD = 1_000_000  # columns
_TEXT_TAG = "tag:yaml.org,2002:str"
# The loader reads YAML 1.1 and ruamel writes YAML 1.2: `off` and `12:30` are text to one of them only.
_LOADER_RULES: Any = Resolver()


def patch_text(path: Path, lane: str, sections: Mapping[str, Rows]) -> str:
    """Return a unified diff that gives the lane these rules; empty if it already has them.

    `sections` are `ship_methods` and `skus`; of one of several warehouses `warehouses.NAME.ship_methods` and so on.

    If the lanes are a folder, the diff is of the lane's file in it. Names in the diff are relative to the folder that
    `path` is in.

    Raises:
        SettingsError: if the file is written in a way that cannot be edited automatically, or no file has the lane.
    """
    file = lane_file(path, lane)
    old = file.read_bytes().decode()
    new = _edited_text(file, old, lane, sections)
    _check_result(file, old, new, lane, sections)
    return file_diff(path, file, old, new)


def file_diff(path: Path, file: Path, old: str, new: str) -> str:
    """Return a unified diff of a file; its name is relative to the folder that `path` is in."""
    name = file.relative_to(path.parent).as_posix()
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{name}", f"b/{name}"
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def yaml_line(row: Mapping[str, Any]) -> str:
    """Return a rule as one line of the lanes file, such as `{store: UPS Ground, carrier: UPS}`."""
    text: str = yaml.safe_dump(
        dict(row), default_flow_style=True, sort_keys=False, width=_NEVER_FOLD, allow_unicode=True
    )
    return text.strip()


def _edited_text(path: Path, text: str, lane: str, sections: Mapping[str, Rows]) -> str:
    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    new = text.removeprefix(mark)
    try:
        for section, rows in sections.items():
            new = _with_section(new, lane, section, rows)
    except (YAMLError, LookupError, TypeError) as error:
        raise _not_editable(path, lane, sections) from error
    return mark + new


def _with_section(text: str, lane: str, section: str, rows: Rows) -> str:
    """Edit one section. It is written with its own indentation, since sections of a file may differ in it."""
    plain = text.replace("\r\n", "\n")
    reader = YAML()
    reader.preserve_quotes = True
    document = reader.load(plain)
    settings = document["lanes"][lane]
    *places, section = section.split(".")
    for place in places:
        settings = settings[place]
    present = settings.get(section)
    block = isinstance(present, CommentedSeq) and not present.fa.flow_style() and len(present) > 0
    dash = present.lc.col - settings.lc.col if block else 2
    writer = yaml_writer(indent=document["lanes"].lc.col, dash=dash)
    before = dumped(writer, document)
    if block and rows:
        _edit_rules(present, rows)
    elif present is not None:
        settings[section] = _new_rules(rows)
    elif rows:
        settings.insert(0, section, _new_rules(rows))
    return keep_layout(text, before, dumped(writer, document))


def _edit_rules(present: CommentedSeq, rows: Rows) -> None:
    """Change each rule in its place, remove those that are no longer wanted, and append new ones."""
    wanted = {str(row["store"]): row for row in rows}
    for index in reversed(range(len(present))):
        if str(present[index]["store"]) not in wanted:
            del present[index]
    for rule in present:
        row = wanted.pop(str(rule["store"]))
        if _rule_model(row).model_validate(dict(rule)) != _rule_model(row).model_validate(row):
            _edit_rule(rule, row)
    present.extend(_new_value(row) for row in wanted.values())


def _edit_rule(rule: CommentedMap, row: Mapping[str, Any]) -> None:
    for name in [name for name in rule if name not in row]:
        del rule[name]
    for name, value in row.items():
        if rule.get(name) != value:
            rule[name] = _new_value(value)


def _rule_model(row: Mapping[str, Any]) -> type[ShipMethodRule | SkuSetting]:
    return ShipMethodRule if "carrier" in row else SkuSetting


def _new_rules(rows: Rows) -> CommentedSeq:
    rules = CommentedSeq(_new_value(row) for row in rows)
    if not rows:
        rules.fa.set_flow_style()
    return rules


def _new_value(value: Any) -> Any:
    """Return a value as ruamel writes it: rules on one line, and in quotes what the loader would read as no text."""
    match value:
        case Mapping():
            mapping = CommentedMap((name, _new_value(item)) for name, item in value.items())
            mapping.fa.set_flow_style()
            return mapping
        case list() | tuple():
            items = CommentedSeq(map(_new_value, value))
            items.fa.set_flow_style()
            return items
        case str() if _LOADER_RULES.resolve(yaml.ScalarNode, value, (True, False)) != _TEXT_TAG:
            return DoubleQuotedScalarString(value)
    return value


class _Emitter(RoundTripEmitter):
    """ruamel's emitter, without a fault of 0.19.1.

    Where a list begins with a comment, and a rule on one line has a comment behind it, the emitter joins the first two
    lines of the next rule that spans several: it still suppresses a line end that was due long before.
    """

    def expect_block_sequence_item(self, first: bool = False) -> None:
        if not first:
            self.no_newline = False
        super().expect_block_sequence_item(first)


def yaml_writer(*, indent: int, dash: int) -> YAML:
    """Return a writer of YAML that folds no line and keeps these indentations."""
    writer = YAML()
    writer.Emitter = _Emitter
    writer.width = _NEVER_FOLD
    writer.indent(mapping=indent, sequence=dash + 2, offset=dash)
    return writer


def dumped(writer: YAML, document: CommentedMap) -> str:
    """Return a document as text."""
    stream = io.StringIO()
    writer.dump(document, stream)
    return stream.getvalue()


def _check_result(path: Path, old: str, new: str, lane: str, sections: Mapping[str, Rows]) -> None:
    """Raise unless the new text has exactly the wanted rules and is otherwise the same."""
    before, after = load_text(path, old).lanes, load_text(path, new)
    expected = before[lane].model_dump() if lane in before else {}
    found = after.lanes[lane].model_dump() if lane in after.lanes else {}
    same = all(after.lanes.get(name) == other for name, other in before.items() if name != lane)
    for place, rows in sections.items():
        *places, section = place.split(".")
        wanted = {str(row["store"]): _rule_model(row).model_validate(row).model_dump() for row in rows}
        same = same and {rule["store"]: rule for rule in _below(found, places).pop(section, ())} == wanted
        _below(expected, places).pop(section, None)
    if not same or expected != found or len(after.lanes) != len(before):
        raise _not_editable(path, lane, sections)


def _below(settings: dict[str, Any], places: Sequence[str]) -> dict[str, Any]:
    """Return the settings at a place; none if the lane does not have it."""
    for place in places:
        settings = settings.get(place) or {}
    return settings


def _not_editable(path: Path, lane: str, sections: Mapping[str, Rows]) -> SettingsError:
    lines = [
        line
        for place, rows in sections.items()
        for line in (
            [f"  {place}:"] * ("." in place and bool(rows)) + [f"  - {yaml_line(row)}" for row in rows]
        )
    ]
    what = f"  {path} cannot be edited automatically. Write these rules into lane {lane} by hand:"
    return SettingsError("the patch", [what, *lines])

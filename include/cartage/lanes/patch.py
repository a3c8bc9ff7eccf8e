"""The lanes file with other mapping rules for one lane, as text: for a patch that a person reviews and commits.

Only the lines of the rules that change are touched, and the result is read again: unless it says exactly what was
wanted, and every other lane what it said before, there is no patch.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from cartage.errors import SettingsError
from cartage.lanes.loader import load_text
from cartage.lanes.settings.mappings import ShipMethodRule, SkuSetting

Rows = Sequence[Mapping[str, Any]]


def patch_text(path: Path, lane: str, sections: Mapping[str, Rows]) -> str:
    """A unified diff that gives the lane these `ship_methods` and `skus`, as raw settings; empty if it has them.

    Raises:
        SettingsError: if the file cannot be changed line by line.
    """
    old = path.read_text(encoding="utf-8-sig")
    new = old
    for section, rows in sections.items():
        new = _with_rules(new, lane, section, rows)
    _verify(path, old, new, lane, sections)
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{path.name}", f"b/{path.name}"
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def yaml_line(row: Mapping[str, Any]) -> str:
    """A rule as the lanes file has it: `{store: "UPS Ground", carrier: UPS}`."""
    text: str = yaml.safe_dump(
        dict(row), default_flow_style=True, sort_keys=False, width=2**20, allow_unicode=True
    )
    return text.strip()


def _with_rules(text: str, lane: str, section: str, rows: Rows) -> str:
    settings = _child(_child(yaml.compose(text, yaml.SafeLoader), "lanes"), lane)
    key = next((one for one, _ in settings.value if one.value == section), None)
    if key is None:
        return _with_section(text, settings, section, rows) if rows else text
    present = _child(settings, section)
    if not isinstance(present, yaml.SequenceNode) or present.flow_style or not present.value or not rows:
        return _replaced(text, key, present, rows)
    return _edited(text, present, rows)


def _child(node: Any, name: str) -> Any:
    for key, value in node.value:
        if key.value == name:
            return value
    raise SettingsError("the patch", [f"  the lanes file has no {name!r} where it should be."])


def _with_section(text: str, settings: Any, section: str, rows: Rows) -> str:
    first = settings.value[0][0].start_mark
    indent = " " * first.column
    lines = [f"{indent}{section}:\n", *(f"{indent}  - {yaml_line(row)}\n" for row in rows)]
    start = text.rindex("\n", 0, first.index) + 1
    return text[:start] + "".join(lines) + text[start:]


def _replaced(text: str, key: Any, present: Any, rows: Rows) -> str:
    """The whole list written anew: it was empty, becomes empty, or stands on one line."""
    indent = " " * (key.start_mark.column + 2)
    block = "".join(f"\n{indent}- {yaml_line(row)}" for row in rows) or " []"
    end = _end(present) if present.value else present.end_mark.index
    return text[: key.end_mark.index] + ":" + block + text[end:]


def _edited(text: str, present: Any, rows: Rows) -> str:
    """Each row in the place of the one for the same text; those without stand at the end."""
    wanted = {str(row["store"]): row for row in rows}
    indent = " " * (present.start_mark.column)
    last = present.value[-1]
    after = _line_end(text, _end(last))
    there = {_store(node) for node in present.value}
    added = [f"{indent}- {yaml_line(row)}\n" for store, row in wanted.items() if store not in there]
    glue = "" if text[after - 1 : after] == "\n" else "\n"
    text = text[:after] + (glue + "".join(added) if added else "") + text[after:]
    for node in reversed(present.value):
        row = wanted.get(_store(node))
        start, end = node.start_mark.index, _end(node)
        if row is None:
            text = text[: text.rindex("\n", 0, start) + 1] + text[_line_end(text, end) :]
        elif not _says(node, row):
            text = text[:start] + yaml_line(row) + text[end:]
    return text


def _says(node: Any, row: Mapping[str, Any]) -> bool:
    """Whether the rule that stands there is this one already, defaults written out or not."""
    raw = yaml.safe_load(yaml.serialize(node, Dumper=yaml.SafeDumper))
    model: type[ShipMethodRule | SkuSetting] = ShipMethodRule if "carrier" in row else SkuSetting
    return model.model_validate(raw) == model.model_validate(row)


def _store(node: Any) -> str:
    return next((value.value for key, value in node.value if key.value == "store"), "")


def _end(node: Any) -> int:
    """Where a node's own text ends: a block's end mark stands behind the comments that follow it."""
    if isinstance(node, yaml.ScalarNode) or getattr(node, "flow_style", None):
        return int(node.end_mark.index)
    leaves = [part for one in node.value for part in (one if isinstance(one, tuple) else (one,))]
    return _end(leaves[-1]) if leaves else int(node.end_mark.index)


def _line_end(text: str, index: int) -> int:
    found = text.find("\n", index)
    return len(text) if found < 0 else found + 1


def _verify(path: Path, old: str, new: str, lane: str, sections: Mapping[str, Rows]) -> None:
    before, after = load_text(path, old).lanes, load_text(path, new)
    wanted = before[lane].model_dump() if lane in before else {}
    found = after.lanes[lane].model_dump() if lane in after.lanes else {}
    same = all(after.lanes.get(name) == one for name, one in before.items() if name != lane)
    for section, rows in sections.items():
        stores = {str(row["store"]) for row in rows}
        same = same and {str(one["store"]) for one in found.get(section, ())} == stores
        wanted.pop(section, None)
        found.pop(section, None)
    if not same or wanted != found or len(after.lanes) != len(before):
        lines = [f"  - {yaml_line(row)}" for rows in sections.values() for row in rows]
        what = f"  {path} is written in a way that no patch fits. Write these rules into lane {lane} by hand:"
        raise SettingsError("the patch", [what, *lines])

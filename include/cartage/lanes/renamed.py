"""Renamed settings: an old name in the lanes file still works, and `cartage lanes check` reports the new one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cartage.lanes.document import Document, Path
from cartage.lanes.mistakes import SettingFinding

# The old path of a setting below its lane -> its new name in the same section. `[]` stands for each item of a list.
RENAMED_SETTINGS: Mapping[tuple[str, ...], str] = {
    ("alerts", "settle"): "resolve_after",
    ("checks", "duplicates", "then"): "action",
    ("checks", "po_box_after_all"): "po_box_allowed",
    ("holds", "[]", "until"): "hold_for",
    ("inventory", "breaker", "at_least"): "min_entries",
    ("limits", "drain"): "send_first",
    ("limits", "guard"): "status_freshness",
    ("post_back", "hold"): "wait_for_carrier",
    ("required_actions", "answered_by"): "decided_by",
    ("required_actions", "most"): "max_open",
}


def rename_settings(lane: str, document: Document) -> tuple[list[SettingFinding], list[SettingFinding]]:
    """Give the renamed settings of a lane their new names, in the document's data and lines.

    Returns:
        A warning for each old name, and a mistake for each setting that has both names.
    """
    root: Path = ("lanes", lane)
    warnings, mistakes = [], []
    for pattern, new in RENAMED_SETTINGS.items():
        old = pattern[-1]
        for path, section in _sections(document.data["lanes"][lane], pattern[:-1]):
            if old not in section:
                continue
            value = section.pop(old)
            if new in section:
                other = document.line_of((*root, *path, new))
                message = f"`{old}` is now called `{new}`, which is also set, in line {other}"
                mistakes.append(
                    SettingFinding((*path, old), message, "Keep one of them, under the new name.")
                )
                continue
            section[new] = value
            _copy_lines(document, (*root, *path, old), (*root, *path, new))
            message = f"`{old}` is now called `{new}`"
            warnings.append(SettingFinding((*path, old), message, f"Rename it to `{new}` in this line."))
    return warnings, mistakes


def _sections(data: Any, pattern: tuple[str, ...], path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield each mapping that a pattern leads to, with its path; nothing where the data has another shape."""
    if not pattern:
        if isinstance(data, dict):
            yield path, data
        return
    name, rest = pattern[0], pattern[1:]
    if name == "[]":
        for index, item in enumerate(data if isinstance(data, list) else []):
            yield from _sections(item, rest, (*path, index))
    elif isinstance(data, dict) and name in data:
        yield from _sections(data[name], rest, (*path, name))


def _copy_lines(document: Document, old: Path, new: Path) -> None:
    """Record the lines of the old path, and of what is below it, for the new path too."""
    below = {path: line for path, line in document.lines.items() if path[: len(old)] == old}
    document.lines.update({(*new, *path[len(old) :]): line for path, line in below.items()})

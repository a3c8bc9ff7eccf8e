"""Try other routing rules on a lane before they are in its file: what is wrong with them, and the patch of the file."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from textwrap import dedent, indent

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from cartage.errors import SettingsError
from cartage.lanes.document import Document, read_document
from cartage.lanes.editing.layout import keep_layout
from cartage.lanes.editing.patch import dumped, file_diff, yaml_writer
from cartage.lanes.loader import lane_file, load_text
from cartage.lanes.mistakes import SettingFinding, dotted
from cartage.lanes.settings.lane import Lane
from cartage.lanes.settings.several.routing import RoutingRule
from cartage.lanes.sources.places import is_folder
from cartage.lanes.validate import validate_lane

LONGEST_RULES = 100_000
"""Characters of rules that are tried at once."""

_WHAT = "the routing rules"
_NEVER_FOLD = 1_000_000  # columns
_BYTE_ORDER_MARK = "\ufeff"


def written_rules(path: Path, lane: Lane) -> str:
    """Return a lane's rules as its file has them, with their comments; else a rule on each line."""
    try:
        own = _block(lane_file(path, lane.name).read_text("utf-8-sig"), lane.name)
        if own and lane_with_rules(path, lane.name, own).routing == lane.routing:
            return own
    except (SettingsError, OSError, UnicodeDecodeError):
        pass  # They are shown as they are in force.
    return rules_text(lane.routing)


def _block(text: str, lane: str) -> str:
    """Return the lines below the key `routing` of a lane, without their indentation; empty if there are none."""
    document, lines = read_document(text), text.splitlines()
    at = ("lanes", lane, "routing")
    if at not in document.lines or (*at, 0) not in document.lines:
        return ""
    first, key = document.lines[(*at, 0)], document.lines[at]
    if first == key:
        return ""  # In the line of the key itself.
    indentation = document.columns[at] - 1
    end = next(
        (number for number, line in enumerate(lines[first:], first) if _is_outside(line, indentation)),
        len(lines),
    )
    # What stands before the next setting is about that one.
    while not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#"):
        end -= 1
    return dedent("\n".join(lines[key:end])).strip("\n") + "\n"


def _is_outside(line: str, indentation: int) -> bool:
    """Return whether a line belongs to what follows a list below a key with this indentation."""
    bare = line.lstrip()
    if not bare or bare.startswith("#"):
        return False
    depth = len(line) - len(bare)
    return depth < indentation or (depth == indentation and not bare.startswith("- "))


def rules_text(rules: Sequence[RoutingRule]) -> str:
    """Return rules as they are written in a lanes file, a rule on each line."""
    return "".join(
        "- "
        + yaml.safe_dump(
            _plain(rule.model_dump(exclude_defaults=True)),
            default_flow_style=True,
            sort_keys=False,
            width=_NEVER_FOLD,
            allow_unicode=True,
        )
        for rule in rules
    )


def _plain(value: object) -> object:
    """Return a value of a rule as a lanes file has it: numbers as numbers, words as texts, lists as lists."""
    match value:
        case dict():
            return {name: _plain(each) for name, each in value.items()}
        case tuple() | list():
            return [_plain(each) for each in value]
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case StrEnum():
            return value.value
    return value


def lane_with_rules(path: Path, lane: str, written: str) -> Lane:
    """Return the lane of a lanes file as it would be with other routing rules: the text of a list.

    Raises:
        SettingsError: with every mistake of the rules, by their lines in the text; or the file has no such lane.
    """
    rules = _read_rules(written)
    document = _document_of(lane_file(path, lane), lane)
    settings = document.data["lanes"][lane]
    settings["routing"] = rules.data or []
    at = ("lanes", lane, "routing")
    document.lines = {place: line for place, line in document.lines.items() if place[:3] != at}
    document.lines |= {(*at, *place): line for place, line in rules.lines.items()}
    found = validate_lane(lane, document)
    if found.lane is None:
        raise SettingsError(_WHAT, [_mistake_line(mistake, rules) for mistake in found.mistakes])
    return found.lane


def routing_patch(path: Path, lane: str, written: str) -> str:
    """Return a unified diff that gives the lane these routing rules; empty if it already has them.

    Raises:
        SettingsError: if the file is written in a way that cannot be edited automatically.
    """
    wanted = lane_with_rules(path, lane, written)
    file = lane_file(path, lane)
    old = file.read_bytes().decode()
    mark = _BYTE_ORDER_MARK if old.startswith(_BYTE_ORDER_MARK) else ""
    try:
        new = mark + _with_rules(old.removeprefix(mark), lane, written)
        folder = file if is_folder(path) else None
        after = load_text(path, new, file=folder)
    except (YAMLError, LookupError, TypeError, ValueError) as error:
        raise _not_editable(file, lane) from error
    before = load_text(path, old, file=folder)
    same = {name: other for name, other in after.lanes.items() if name != lane} == {
        name: other for name, other in before.lanes.items() if name != lane
    }
    if not same or after.lanes.get(lane) != wanted:
        raise _not_editable(file, lane)
    return file_diff(path, file, old, new)


def _read_rules(written: str) -> Document:
    """Return the text as a document of a list."""
    if len(written) > LONGEST_RULES:
        raise SettingsError(_WHAT, [f"  they have more than {LONGEST_RULES:,} characters."])
    rules = read_document(written)
    mistakes = [f"  line {fault.line}: {fault.message.rstrip('.')}. {fault.fix}" for fault in rules.faults]
    if not mistakes and rules.data is not None and not isinstance(rules.data, list):
        mistakes = ["  line 1: must be a list. Write a rule as '- {name: coast, ..., to: WAREHOUSE}'."]
    if mistakes:
        raise SettingsError(_WHAT, mistakes)
    return rules


def _document_of(file: Path, lane: str) -> Document:
    document = read_document(file.read_bytes().decode("utf-8-sig"))
    lanes = document.data.get("lanes") if isinstance(document.data, dict) else None
    if not isinstance(lanes, dict) or not isinstance(lanes.get(lane), dict):
        raise SettingsError(f"lane {lane!r}", [f"  {file} has no lane of this name that can be read."])
    return document


def _mistake_line(mistake: SettingFinding, rules: Document) -> str:
    """Return a mistake with its line in the text of the rules; what concerns other settings names them alone."""
    text = f"{dotted(mistake.path)}: {mistake.message.rstrip('.')}. {mistake.fix}"
    if mistake.path[:1] != ("routing",):
        return f"  {text}"
    return f"  line {rules.line_of(mistake.path[1:])}: {text}"


def _with_rules(text: str, lane: str, written: str) -> str:
    plain = text.replace("\r\n", "\n")
    reader = YAML()
    reader.preserve_quotes = True
    document = reader.load(plain)
    settings = document["lanes"][lane]
    present = settings.get("routing")
    block = present is not None and not present.fa.flow_style() and len(present) > 0
    dash = present.lc.col - settings.lc.col if block else 2
    # Comments keep the column in which they are written.
    indented = indent(written.replace("\r\n", "\n").rstrip(), " " * (settings.lc.col + dash))
    rules = reader.load(f"routing:\n{indented}\n")["routing"] or []
    writer = yaml_writer(indent=document["lanes"].lc.col, dash=dash)
    before = dumped(writer, document)
    if present is None and rules:
        settings.insert(len(settings), "routing", rules)
    elif present is not None:
        settings["routing"] = rules
    return keep_layout(text, before, dumped(writer, document))


def _not_editable(file: Path, lane: str) -> SettingsError:
    what = (
        f"  {file} cannot be edited automatically. Write these rules under `routing` of lane {lane} by hand."
    )
    return SettingsError("the patch", [what])

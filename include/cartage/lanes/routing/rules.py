"""What is wrong between routing rules and the rest of a lane, in its settings as they are written. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from cartage.lanes.mistakes import Path, SettingFinding
from cartage.lanes.routing.forms import named_warehouses

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane

LineOf = Callable[[Path], int]
_Rules = list[tuple[int, Mapping[str, Any]]]


def routing_mistakes(data: Mapping[str, Any], line_of: LineOf) -> Iterator[SettingFinding]:
    """Yield unknown warehouses, names that occur twice, rules that no line reaches, and stock that nobody reads."""
    written = data.get("routing")
    rules: _Rules = [
        (index, rule)
        for index, rule in enumerate(written if isinstance(written, list) else [])
        if isinstance(rule, dict)
    ]
    if known := [*named_warehouses(data)]:
        for index, rule in rules:
            yield from _unknown_warehouses(index, rule, known)
    yield from _repeated_names(data, rules, line_of)
    yield from _unreachable(rules, line_of)
    if data.get("inventory") is None:
        yield from _without_stock(rules)


def unused_warehouses(lane: Lane) -> Iterator[SettingFinding]:
    """Yield a warning for each warehouse that no rule of a valid lane sends anything to."""
    names = [*lane.warehouses]
    used = {name for rule in lane.routing for name in rule.warehouses} | set(names[:1])
    for name in names:
        if name not in used:
            yield SettingFinding(
                ("warehouses", name), "no routing rule sends anything to it", "Write a rule, or remove it."
            )


def _unknown_warehouses(index: int, rule: Mapping[str, Any], known: list[str]) -> Iterator[SettingFinding]:
    for path, name in _named_in(rule):
        if isinstance(name, str) and name and name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"This lane has: {', '.join(map(str, known))}."
            yield SettingFinding(("routing", index, *path), f"there is no warehouse {name!r}", hint)


def _named_in(rule: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    yield ("to",), rule.get("to")
    yield ("backorder_at",), rule.get("backorder_at")
    for path, names in (
        (("prefer",), rule.get("prefer")),
        (("when", "in_stock"), _when(rule).get("in_stock")),
    ):
        for place, name in enumerate(names if isinstance(names, list) else []):
            yield (*path, place), name


def _repeated_names(data: Mapping[str, Any], rules: _Rules, line_of: LineOf) -> Iterator[SettingFinding]:
    names = [str(rule["name"]) for _, rule in rules if isinstance(rule.get("name"), str)]
    counts = Counter(names)
    first: dict[str, int] = {}
    holds = data.get("holds")
    held_by = {
        hold.get("name") for hold in (holds if isinstance(holds, list) else []) if isinstance(hold, dict)
    }
    for index, rule in rules:
        name = rule.get("name")
        path: Path = ("routing", index, "name")
        if not isinstance(name, str):
            continue
        if counts[name] > 1 and name in first:
            message = f"the rule in line {first[name]} has this name too"
            yield SettingFinding(path, message, "Give each rule its own name.")
        elif rule.get("hold") and name in held_by:
            message = "a rule of `holds` has this name too, and a released order is held by neither"
            yield SettingFinding(path, message, "Give each rule its own name.")
        first.setdefault(name, line_of(path))


def _unreachable(rules: _Rules, line_of: LineOf) -> Iterator[SettingFinding]:
    """Yield the rules after one with the same conditions, or without any: it has taken every line they would take.

    A rule that holds takes nothing from an order that a person has released.
    """
    taken: list[tuple[Mapping[str, Any], int]] = []
    for index, rule in rules:
        conditions = _conditions(rule)
        earlier = next((line for other, line in taken if not other or other == conditions), None)
        if earlier is not None:
            message = f"no line reaches this rule: that in line {earlier} takes every line that it would take"
            yield SettingFinding(("routing", index), message, "Move it before that rule, or remove it.")
        elif not rule.get("hold"):
            taken.append((conditions, line_of(("routing", index))))


def _without_stock(rules: _Rules) -> Iterator[SettingFinding]:
    fix = "Write `inventory: {}` at the lane, so that its warehouses' stock is read."
    for index, rule in rules:
        for path, what in (
            (("prefer",), rule.get("prefer")),
            (("when", "in_stock"), _when(rule).get("in_stock")),
        ):
            if what:
                message = "looks at stock, and the lane has no `inventory`"
                yield SettingFinding(("routing", index, *path), message, fix)


def _when(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    when = rule.get("when")
    return when if isinstance(when, dict) else {}


def _conditions(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the conditions of a rule that are any."""
    return {
        name: value
        for name, value in _when(rule).items()
        if value not in (None, [], "") and not (isinstance(value, list) and "*" in value)
    }

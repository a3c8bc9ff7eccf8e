"""Checks across settings: a ship method or SKU that is mapped twice, and lanes on the same store or account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from cartage.lanes.account import stock_of
from cartage.lanes.connectors import shared_files
from cartage.lanes.mistakes import Path, SettingFinding
from cartage.lanes.routing.forms import warehouse_sections
from cartage.lanes.settings.lane import Lane
from cartage.lanes.settings.mappings import ShipMethodRule, TextMatch
from cartage.model.skus import folded
from cartage.model.texts import label

# Settings that belong to the store: lanes on the same store must have the same values.
_STORE_WIDE: tuple[tuple[tuple[str, ...], Callable[[Lane], object]], ...] = (
    (("store", "time_zone"), lambda lane: lane.store.time_zone),
    (("limits", "burst"), lambda lane: lane.limits.burst),
    (("limits", "calls_per_second"), lambda lane: lane.limits.calls_per_second),
)


def repeated_mappings(
    data: Mapping[str, Any], line_of: Callable[[tuple[str | int, ...]], int]
) -> Iterator[SettingFinding]:
    """Yield the ship methods and SKUs of a lane's raw data that have more than one rule; no rule wins by guess."""
    for path, section in [((), data), *warehouse_sections(data)]:
        yield from _repeated_rules(section, path, line_of, "ship_methods", "ship method", label)
        yield from _repeated_rules(section, path, line_of, "skus", "SKU", folded)


def _repeated_rules(
    data: Mapping[str, Any],
    place: Path,
    line_of: Callable[[tuple[str | int, ...]], int],
    section: str,
    what: str,
    key: Callable[[str], str],
) -> Iterator[SettingFinding]:
    rules = data.get(section)
    seen: dict[str, list[int]] = defaultdict(list)
    for index, rule in enumerate(rules if isinstance(rules, list) else []):
        if isinstance(rule, dict) and isinstance(rule.get("store"), str):
            seen[key(rule["store"])].append(index)
    for text, places in seen.items():
        if len(places) > 1:
            paths = [(*place, section, index, "store") for index in places]
            lines = " and ".join(str(line_of(path)) for path in paths)
            yield SettingFinding(
                paths[-1], f"the {what} {text!r} has two rules, in lines {lines}", "Keep one of them."
            )


def shadowed_methods(lane: Lane) -> Iterator[SettingFinding]:
    """Yield warnings about wildcards in ship methods, of the lane and its warehouses, that do not do what they seem to.

    A pattern that takes every text before others, and a wildcard in a text that is compared as it is.
    """
    sections: list[tuple[Path, Sequence[ShipMethodRule]]] = [((), lane.ship_methods)]
    sections += [(("warehouses", name), own.ship_methods) for name, own in lane.warehouses.items()]
    for place, rules in sections:
        yield from _shadowed((*place, "ship_methods"), rules)


def _shadowed(place: Path, rules: Sequence[ShipMethodRule]) -> Iterator[SettingFinding]:
    patterns = [index for index, rule in enumerate(rules) if rule.match is TextMatch.PATTERN]
    for index, rule in enumerate(rules):
        if index in patterns and not rule.store.strip().strip("*") and index != patterns[-1]:
            hidden = ", ".join(repr(rules[later].store) for later in patterns if later > index)
            message = f"takes every ship method, so these patterns after it are never tried: {hidden}"
            yield SettingFinding((*place, index, "store"), message, "Move it to the end.")
        if index not in patterns and "*" in rule.store:
            message = f"{rule.store!r} is compared as it is: * stands for itself"
            yield SettingFinding(
                (*place, index, "store"), message, "Write match: pattern if it is a wildcard."
            )


def lane_conflicts(lanes: Mapping[str, Lane]) -> Iterator[tuple[str, SettingFinding]]:
    """Yield the conflicts between lanes on the same store or account, for both, since either may be the wrong one."""
    for first, second in _pairs(lanes.values(), lambda lane: lane.store.connection):
        yield from _conflicts_with(first, second)
        yield from _conflicts_with(second, first)
    views = [view for lane in lanes.values() for view in lane.views()]
    for first, second in _pairs(views, lambda view: (view.warehouse.connector, view.warehouse.connection)):
        yield from _shared_files(first, second)
        yield from _shared_files(second, first)


def same_stock(lane: Lane) -> Iterator[SettingFinding]:
    """Yield the warehouses of a lane that keep the same stock as another of its own: it would count twice."""
    first: dict[tuple[object, ...], str] = {}
    for view in lane.views():
        other = first.setdefault(stock_of(view), view.warehouse_name)
        if other != view.warehouse_name:
            message = f"is the same stock as {other!r}: same connection, same settings"
            fix = "Give it its own connection or settings, or remove it."
            yield SettingFinding(("warehouses", view.warehouse_name), message, fix)


def _pairs(lanes: Iterable[Lane], key: Callable[[Lane], object]) -> Iterator[tuple[Lane, Lane]]:
    """Yield every two lanes with the same key; lanes of hundreds of merchants rarely have the same."""
    groups: dict[object, list[Lane]] = defaultdict(list)
    for lane in lanes:
        groups[key(lane)].append(lane)
    for group in groups.values():
        yield from combinations(group, 2)


def _shared_files(view: Lane, other: Lane) -> Iterator[tuple[str, SettingFinding]]:
    """Yield why two warehouses, of two lanes or of one, would take each other's files from the same account."""
    warehouse = view.warehouse
    place: Path = ("warehouses", view.warehouse_name) if view.warehouse_name else ("warehouse",)
    whose = f"lane {other.name!r}" if other.name != view.name else f"warehouse {other.warehouse_name!r}"
    for setting, message, fix in shared_files(
        warehouse.connector, warehouse.settings, other.warehouse.settings
    ):
        yield view.name, SettingFinding((*place, "settings", setting), f"{whose} {message}", fix)


def _conflicts_with(lane: Lane, other: Lane) -> Iterator[tuple[str, SettingFinding]]:
    shared = f"shares the store connection {lane.store.connection!r} with lane {other.name!r}"
    if lane.store.import_status == other.store.import_status:
        yield (
            lane.name,
            SettingFinding(
                ("store", "import_status"),
                f"{shared}, and both import status {lane.store.import_status}",
                "Give each lane its own import status: an order must belong to one lane.",
            ),
        )
    if lane.inventory and other.inventory:
        fix = "Remove inventory from one of them: two warehouses would overwrite each other's figures."
        yield lane.name, SettingFinding(("inventory",), f"{shared}, and both push stock to it", fix)
    for path, value in _STORE_WIDE:
        if value(lane) != value(other):
            message = f"{shared}, which has {value(other)} while this lane has {value(lane)}"
            yield lane.name, SettingFinding(path, message, "Both lanes must have the same value.")

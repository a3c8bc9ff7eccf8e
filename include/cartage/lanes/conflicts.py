"""Rules that no single setting shows: a ship method or SKU mapped twice, and lanes that share a store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Any

from cartage.lanes.mistakes import SettingFinding
from cartage.lanes.settings.lane import Lane
from cartage.model.skus import folded

# What belongs to the store and not to a lane: lanes that share one must say the same.
_STORE_WIDE: tuple[tuple[tuple[str, ...], Callable[[Lane], object]], ...] = (
    (("store", "time_zone"), lambda lane: lane.store.time_zone),
    (("limits", "burst"), lambda lane: lane.limits.burst),
    (("limits", "calls_per_second"), lambda lane: lane.limits.calls_per_second),
)


def repeated_mappings(
    data: Mapping[str, Any], line_of: Callable[[tuple[str | int, ...]], int]
) -> Iterator[SettingFinding]:
    """Ship methods and SKUs of a lane's raw data that have two rules: which should win is not for us to guess."""
    yield from _repeated(data, line_of, "ship_methods", "ship method", str)
    yield from _repeated(data, line_of, "skus", "SKU", folded)


def _repeated(
    data: Mapping[str, Any],
    line_of: Callable[[tuple[str | int, ...]], int],
    section: str,
    what: str,
    compared: Callable[[str], str],
) -> Iterator[SettingFinding]:
    rules = data.get(section)
    seen: dict[str, list[int]] = defaultdict(list)
    for index, rule in enumerate(rules if isinstance(rules, list) else []):
        if isinstance(rule, dict) and isinstance(rule.get("store"), str):
            seen[compared(rule["store"])].append(index)
    for text, places in seen.items():
        if len(places) > 1:
            paths = [(section, index, "store") for index in places]
            lines = " and ".join(str(line_of(path)) for path in paths)
            yield SettingFinding(
                paths[-1], f"the {what} {text!r} has two rules, in lines {lines}", "Keep one of them."
            )


def conflicts(lanes: Mapping[str, Lane]) -> Iterator[tuple[str, SettingFinding]]:
    """What lanes on one store may not do; said of both lanes, since either may be the wrong one."""
    for one, other in combinations(lanes.values(), 2):
        if one.store.connection == other.store.connection:
            yield from _of_two(one, other)
            yield from _of_two(other, one)


def _of_two(lane: Lane, other: Lane) -> Iterator[tuple[str, SettingFinding]]:
    shared = f"shares the store connection {lane.store.connection!r} with lane {other.name!r}"
    if lane.store.import_status == other.store.import_status:
        yield (
            lane.name,
            SettingFinding(
                ("store", "import_status"),
                f"{shared}, and both import status {lane.store.import_status}",
                "Give each lane an import status of its own: an order must belong to one lane.",
            ),
        )
    if lane.inventory and other.inventory:
        fix = "Leave inventory out of one of them: two warehouses would overwrite each other's figures."
        yield lane.name, SettingFinding(("inventory",), f"{shared}, and both push its stock", fix)
    for path, value in _STORE_WIDE:
        if value(lane) != value(other):
            message = f"{shared}, which says {value(other)} where this lane says {value(lane)}"
            yield lane.name, SettingFinding(path, message, "Both lanes must say the same of one store.")

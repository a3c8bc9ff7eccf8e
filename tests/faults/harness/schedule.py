"""Schedules: everything that goes wrong in a trial, drawn from a seed. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from cartage_sandbox.kernel.faults import Fault
from cartage_sandbox.kernel.rules import RuleValue
from tests.faults.harness.file_themes import FILE_THEMES
from tests.faults.harness.progress import Strike
from tests.faults.harness.themes import THEMES, Draft


@dataclass(frozen=True)
class Schedule:
    """A schedule. `calls` are faults as (store or warehouse, fault), armed before the first process starts.

    `form` is the form of the files, for a warehouse that takes files; empty for one with an API.
    """

    seed: int
    orders: int
    late_orders: int
    themes: tuple[str, ...]
    strikes: tuple[Strike, ...] = ()
    calls: tuple[tuple[str, Fault], ...] = ()
    store_rules: Mapping[str, RuleValue] = field(default_factory=dict)
    warehouse_rules: Mapping[str, RuleValue] = field(default_factory=dict)
    full_disk: bool = False
    forked: bool = True
    form: str = ""

    def lines(self) -> list[str]:
        """Return a description, for a person who replays the schedule."""
        lines = [
            f"seed {self.seed}: {self.orders} orders and {self.late_orders} later; {', '.join(self.themes)}"
        ]
        lines += [f"  files: {self.form}"] if self.form else []
        lines += [f"  {strike}" for strike in self.strikes]
        lines += [
            f"  {where}: {fault.name} {fault.route} nth {fault.nth} x{fault.times}"
            for where, fault in self.calls
        ]
        lines += [
            f"  rule {name} = {value}" for name, value in {**self.store_rules, **self.warehouse_rules}.items()
        ]
        return lines + (["  no room for logs"] if self.full_disk else [])


def draw(seed: int, *, smallest: int = 150, largest: int = 300) -> Schedule:
    """Return the schedule of a seed, with so many orders. Each theme comes first in turn, with one or two others."""
    rng = Random(seed)
    total = rng.randint(smallest, largest)
    late = rng.randint(total // 5, total // 2)
    names = list(THEMES)
    leading = names[seed % len(names)]
    joined = rng.sample([name for name in names if name != leading], rng.randint(1, 2))
    draft = Draft(total)
    for name in (leading, *joined):
        THEMES[name](rng, draft)
    return Schedule(
        seed=seed,
        orders=total - late,
        late_orders=late,
        themes=(leading, *joined),
        strikes=tuple(draft.strikes),
        calls=tuple(draft.calls),
        store_rules=_some(rng, _STORE_VARIANTS),
        warehouse_rules={**draft.warehouse_rules, **_with_room_for_tracking(_some(rng, _WAREHOUSE_VARIANTS))},
        full_disk=draft.full_disk,
        forked=seed % 40 != 0,
    )


def draw_files(seed: int, *, smallest: int = 30, largest: int = 60) -> Schedule:
    """Return the schedule of a seed for a lane whose warehouse takes files: CSV in one half, X12 in the other."""
    rng = Random(f"files {seed}")
    total = rng.randint(smallest, largest)
    late = rng.randint(total // 5, total // 2)
    names = list(FILE_THEMES)
    leading = names[seed % len(names)]
    joined = rng.sample([name for name in names if name != leading], rng.randint(1, 2))
    draft = Draft(total)
    for name in (leading, *joined):
        FILE_THEMES[name](rng, draft)
    return Schedule(
        seed=seed,
        orders=total - late,
        late_orders=late,
        themes=(leading, *joined),
        strikes=tuple(draft.strikes),
        calls=tuple(draft.calls),
        store_rules=_some(rng, _STORE_VARIANTS),
        warehouse_rules={**_some(rng, _FILE_VARIANTS), **draft.warehouse_rules},
        forked=seed % 40 != 0,
        form="x12" if (seed // len(names)) % 2 else "dsfx",
    )


# UNVERIFIED behaviour of store and warehouse, opposite to the default; each in about one of five schedules.
_STORE_VARIANTS: Mapping[str, RuleValue] = {
    "bulk_bad_item": "whole",
    "results_order": "shuffled",
    "result_status_type": "number",
    "results_omit_every": 7,
    "shipment_status_moves_order": "never",
    "throttle_retry_after": True,
    "lists_lag_seconds": 0.3,
}
_WAREHOUSE_VARIANTS: Mapping[str, RuleValue] = {
    "list_visibility_seconds": 0.5,
    "split_share": 0.1,
    "tracking_shown": "routing",
    "auto_ship_multi_share": 0.3,
}

_FILE_VARIANTS: Mapping[str, RuleValue] = {
    "picked_up": "removed",
    "pickup_seconds": 0.5,
    "response_seconds": 2.0,
    "acknowledges": "rejections",
    "auto_ship_partial_share": 0.3,
    "tracking_in": "MAN05",
    "rename_overwrites": True,
    "posix_rename": False,
}


def _with_room_for_tracking(rules: dict[str, RuleValue]) -> dict[str, RuleValue]:
    """Ship one package per order if the warehouse shows tracking in the routing, which has room for one number."""
    return {**rules, "auto_ship_multi_share": 0.0} if rules.get("tracking_shown") == "routing" else rules


def _some(rng: Random, variants: Mapping[str, RuleValue]) -> dict[str, RuleValue]:
    return {name: value for name, value in variants.items() if rng.random() < 0.2}

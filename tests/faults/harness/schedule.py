"""Schedules: everything that goes wrong in a trial, drawn from a seed. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

from cartage_sandbox.kernel.faults import Fault
from cartage_sandbox.kernel.rules import RuleValue
from tests.faults.harness.file_themes import FILE_THEMES
from tests.faults.harness.progress import Strike
from tests.faults.harness.themes import APIS, THEMES, Draft

FILES = "files"
CONNECTORS = (*APIS, FILES)
ALL = "all"
# How many orders a trial has, at least and at most, unless it says so. A request to one account takes longer than to
# another: ShipBob is asked for the products of an order, Amazon for every order by itself.
_SIZES = {"extensiv": (150, 300), "shipbob": (60, 120), "mcf": (60, 120), FILES: (30, 60)}

T = TypeVar("T")


@dataclass(frozen=True)
class Schedule:
    """A schedule. `calls` are faults as (store or warehouse, fault), armed before the first process starts.

    `form` is the form of the files, for a warehouse that takes files; empty for one with an API. `warehouse_settings`
    are settings of the connector besides those that name the account.
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
    connector: str = "extensiv"
    form: str = ""
    warehouse_settings: Mapping[str, Any] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """Return a description, for a person who replays the schedule."""
        lines = [
            f"seed {self.seed}: {self.orders} orders and {self.late_orders} later; {', '.join(self.themes)}",
            f"  warehouse: {self.connector}{f' ({self.form})' if self.form else ''}",
        ]
        lines += [f"  setting {name} = {value}" for name, value in self.warehouse_settings.items()]
        lines += [f"  {strike}" for strike in self.strikes]
        lines += [
            f"  {where}: {fault.name} {fault.route} nth {fault.nth} x{fault.times}"
            for where, fault in self.calls
        ]
        lines += [
            f"  rule {name} = {value}" for name, value in {**self.store_rules, **self.warehouse_rules}.items()
        ]
        return lines + (["  no room for logs"] if self.full_disk else [])


def draw(seed: int, *, connector: str = "extensiv", sizes: tuple[int, int] | None = None) -> Schedule:
    """Return the schedule of a seed, with so many orders, for a warehouse with an API.

    Each theme comes first in turn, with one or two others.
    """
    rng = Random(seed)
    total = rng.randint(*(sizes or _SIZES[connector]))
    late = rng.randint(total // 5, total // 2)
    names = list(THEMES)
    leading = names[seed % len(names)]
    joined = rng.sample([name for name in names if name != leading], rng.randint(1, 2))
    draft = Draft(total, APIS[connector])
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
        warehouse_rules={
            **_WITHOUT_THROTTLE[connector],
            **draft.warehouse_rules,
            **_with_room_for_tracking(_some(rng, _WAREHOUSE_VARIANTS[connector])),
        },
        full_disk=draft.full_disk,
        forked=seed % 40 != 0,
        connector=connector,
        warehouse_settings=_some(rng, _SETTINGS.get(connector, {})),
    )


def draw_files(seed: int, *, sizes: tuple[int, int] | None = None) -> Schedule:
    """Return the schedule of a seed for a lane whose warehouse takes files: CSV in one half, X12 in the other."""
    rng = Random(f"files {seed}")
    total = rng.randint(*(sizes or _SIZES[FILES]))
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
        connector=FILES,
        form="x12" if (seed // len(names)) % 2 else "dsfx",
    )


def draw_for(seed: int, *, warehouse: str = ALL) -> Schedule:
    """Return the schedule of a seed for a connector, or for each connector in turn: every theme meets every one."""
    turn = seed + seed // len(THEMES)
    connector = CONNECTORS[turn % len(CONNECTORS)] if warehouse == ALL else warehouse
    return draw_files(seed) if connector == FILES else draw(seed, connector=connector)


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
_WAREHOUSE_VARIANTS: Mapping[str, Mapping[str, RuleValue]] = {
    "extensiv": {
        "list_visibility_seconds": 0.5,
        "split_share": 0.1,
        "tracking_shown": "routing",
        "auto_ship_multi_share": 0.3,
    },
    "shipbob": {
        "list_visibility_seconds": 0.5,
        "duplicate_body": "other",
        "refusal_status": "400",
        "order_sort": "updated",
        "next_link": "cursor",
        "shipped_status": "LabeledCreated",
        "tracking_before_label": "null",
        "upload_counts_as_change": True,
    },
    "mcf": {
        "visible_after_seconds": 0.5,
        "repeated_id": "accepted",
        "repeated_id_text": "vague",
        "unknown_id_status": "400",
        "first_status": "New",
        "list_order": "descending",
        "expired_token_status": "401",
        "auto_ship_multi_share": 0.3,
    },
}
# The trials are about losses, not about the pace; how many calls an account has is tested by itself.
_WITHOUT_THROTTLE: Mapping[str, Mapping[str, RuleValue]] = {
    "extensiv": {},
    "shipbob": {"throttle": False},
    "mcf": {"throttle": False, "rate_header": False},
}
# What a merchant may say of a warehouse whose vendor does not.
_SETTINGS: Mapping[str, Mapping[str, Any]] = {"mcf": {"repeated_id": "refused"}}

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


def _some(rng: Random, variants: Mapping[str, T]) -> dict[str, T]:
    return {name: value for name, value in variants.items() if rng.random() < 0.2}

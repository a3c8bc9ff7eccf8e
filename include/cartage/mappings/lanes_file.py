"""Mapping rules that are kept in the lanes file: read them, and propose a change of the file. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from cartage.errors import SettingsError
from cartage.lanes.settings.mappings import TextMatch
from cartage.mappings.changes import MappingChange, MappingPlan, plan_mapping_change
from cartage.mappings.rules import Mappings, MethodRule, Part, Rule, SkuRule, rule_text
from cartage.model.orders import ShipMethod

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane
    from cartage.lanes.settings.mappings import ShipMethodRule, SkuSetting


def mappings_in_file(lane: Lane) -> Mappings:
    """Return the rules in the lanes file that count at the warehouse that the lane is seen from.

    The order of patterns is their place there.
    """
    return Mappings.of(_rules(lane.ship_methods, lane.skus))


def every_mapping_in_file(lane: Lane) -> Mappings:
    """Return all rules of a lane in the lanes file, each with the warehouse whose rule it is."""
    own = (
        _rules(warehouse.ship_methods, warehouse.skus, name) for name, warehouse in lane.warehouses.items()
    )
    return Mappings.of([*_rules(lane.ship_methods, lane.skus), *chain.from_iterable(own)])


def _rules(
    ship_methods: Iterable[ShipMethodRule], skus: Iterable[SkuSetting], warehouse: str = ""
) -> list[Rule]:
    methods = [
        MethodRule(
            entry.store,
            ShipMethod(entry.carrier, entry.service, entry.billing, entry.account, entry.scac),
            entry.match,
            place if entry.match is TextMatch.PATTERN else 0,
            warehouse=warehouse,
        )
        for place, entry in enumerate(ship_methods, 1)
    ]
    parts = (
        SkuRule(
            entry.store, tuple(Part(part.sku, part.quantity) for part in entry.parts), warehouse=warehouse
        )
        for entry in skus
    )
    return [*methods, *parts]


def propose_file_change(
    present: Mappings, change: MappingChange, now: datetime
) -> tuple[MappingPlan, Mappings]:
    """Return what the change does to the rules of a file, and the rules that the file would then have.

    A changed rule keeps its place; new rules come after the others.

    Raises:
        SettingsError: with every rule of the change that is not valid, or not possible in a file.
    """
    dated = [rule for rule in change.put if rule.valid_from or rule.valid_until]
    if dated:
        fix = "Rules in the lanes file apply as soon as it is deployed; leave the dates out."
        raise SettingsError("the mappings", [f"  {rule_text(rule)}: {fix}" for rule in dated])
    current: dict[int, Rule] = dict(enumerate(present.rules, 1))
    planned = plan_mapping_change(current, change, now)
    by_key = {rule.key: rule for rule in planned.adds}
    ends = set(planned.ends)
    kept = [rule for number, rule in current.items() if number not in ends or rule.key in by_key]
    after = [by_key.pop(rule.key, rule) for rule in kept]
    return planned, Mappings.of([*after, *by_key.values()])


def file_sections(rules: Mappings, warehouses: Iterable[str] = ()) -> dict[str, list[dict[str, Any]]]:
    """Return the rules as sections of the lanes file, without values that are defaults there.

    `ship_methods` and `skus` are the lane's, `warehouses.NAME.skus` those of one of its several `warehouses`.
    """
    sections: dict[str, list[dict[str, Any]]] = {}
    for name in dict.fromkeys(["", *warehouses]):
        place = f"warehouses.{name}." if name else ""
        methods = [rule for rule in rules.methods if rule.warehouse == name]
        sections[f"{place}ship_methods"] = list(_method_entries(methods))
        sections[f"{place}skus"] = [_sku_entry(rule) for rule in rules.skus if rule.warehouse == name]
    return sections


def _method_entries(rules: Iterable[MethodRule]) -> Iterable[dict[str, Any]]:
    for rule in rules:
        texts = {name: getattr(rule.method, name) for name in ShipMethod.__slots__}
        match = {} if rule.match is TextMatch.NORMALISED else {"match": rule.match.value}
        yield {"store": rule.store, **match, **{name: text for name, text in texts.items() if text}}


def _sku_entry(rule: SkuRule) -> dict[str, Any]:
    if len(rule.parts) > 1:
        return {"store": rule.store, "kit": [_part_entry(part) for part in rule.parts]}
    [part] = rule.parts
    return {"store": rule.store, **_part_entry(part)}


def _part_entry(part: Part) -> dict[str, Any]:
    return {"sku": part.sku} if part.quantity == 1 else {"sku": part.sku, "quantity": part.quantity}

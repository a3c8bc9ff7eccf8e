"""A change of rules that are kept in the lanes file: what the file would have to say. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from cartage.errors import SettingsError
from cartage.lanes.settings.mappings import TextMatch
from cartage.mappings.changes import MappingChange, MappingPlan, plan_mapping_change
from cartage.mappings.rules import Mappings, MethodRule, Rule, SkuRule, rule_text
from cartage.model.orders import ShipMethod


def propose_file_change(
    present: Mappings, change: MappingChange, now: datetime
) -> tuple[MappingPlan, Mappings]:
    """What the change does to the rules of a file, and the rules that it would hold; new ones stand behind the others.

    Raises:
        SettingsError: names every rule of the change that cannot be, or cannot be in a file.
    """
    dated = [rule for rule in change.put if rule.valid_from or rule.valid_until]
    if dated:
        fix = "Rules in the lanes file hold from the commit on; leave the dates out."
        raise SettingsError("the mappings", [f"  {rule_text(rule)}: {fix}" for rule in dated])
    standing: dict[int, Rule] = dict(enumerate(present.rules, 1))
    planned = plan_mapping_change(standing, change, now)
    by_key = {rule.key: rule for rule in planned.adds}
    ends = set(planned.ends)
    # A rule that changes keeps its place.
    left = [rule for number, rule in standing.items() if number not in ends or rule.key in by_key]
    after = [by_key.pop(rule.key, rule) for rule in left]
    return planned, Mappings.of([*after, *by_key.values()])


def file_sections(rules: Mappings) -> dict[str, list[dict[str, Any]]]:
    """The rules as `ship_methods` and `skus` of the lanes file, without what has a default there."""
    return {"ship_methods": list(_methods(rules.methods)), "skus": [_sku(rule) for rule in rules.skus]}


def _methods(rules: Iterable[MethodRule]) -> Iterable[dict[str, Any]]:
    for rule in rules:
        texts = {name: getattr(rule.method, name) for name in ShipMethod.__slots__}
        match = {} if rule.match is TextMatch.NORMALISED else {"match": rule.match.value}
        yield {"store": rule.store, **match, **{name: text for name, text in texts.items() if text}}


def _sku(rule: SkuRule) -> dict[str, Any]:
    if len(rule.parts) > 1:
        return {"store": rule.store, "kit": [_part(part.sku, part.quantity) for part in rule.parts]}
    [part] = rule.parts
    return {"store": rule.store, **_part(part.sku, part.quantity)}


def _part(sku: str, quantity: int) -> dict[str, Any]:
    return {"sku": sku} if quantity == 1 else {"sku": sku, "quantity": quantity}

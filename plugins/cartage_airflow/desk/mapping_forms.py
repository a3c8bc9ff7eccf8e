"""Turns a form's fields into a mapping rule, and a rule into lines for the lanes file. Pure."""

from __future__ import annotations

from typing import Any

import yaml

from cartage.errors import SettingsError
from cartage.errors.problems import ProblemKind
from cartage.lanes.settings.mappings import TextMatch
from cartage.mappings.rules import MethodRule, Part, Rule, SkuRule
from cartage.model.orders import ShipMethod

METHOD, SKU = "ship_method", "sku"
# Between carrier and service in the value of a choice; neither contains it.
SEPARATOR = "\x1f"

# Causes that a rule fixes, and the kind of that rule.
FIXED_BY = {ProblemKind.UNMAPPED_SHIP_METHOD: METHOD, ProblemKind.UNKNOWN_SKU: SKU}


def method_rule(
    store: str,
    method: str,
    *,
    match: TextMatch = TextMatch.NORMALISED,
    order: int = 0,
    warehouse: str = "",
) -> MethodRule:
    """Return the rule for a ship method.

    `method` is a choice of the form, or carrier and service as a person types them: `UPS / Ground`.

    Raises:
        SettingsError: if the store's text or the carrier is missing.
    """
    carrier, _, service = method.partition(SEPARATOR if SEPARATOR in method else "/")
    mistakes = []
    if not store.strip():
        mistakes.append("  the store's ship method is missing. Write it as orders show it.")
    if not carrier.strip():
        mistakes.append("  the carrier is missing. Choose one of the warehouse's, or type it: UPS / Ground.")
    if mistakes:
        raise SettingsError("the mapping", mistakes)
    return MethodRule(store, ShipMethod(carrier.strip(), service.strip()), match, order, warehouse=warehouse)


def sku_rule(store: str, sku: str, quantity: int, *, warehouse: str = "") -> SkuRule:
    """Return the rule for an alias or a pack.

    Raises:
        SettingsError: if one of the two SKUs is missing.
    """
    mistakes = [
        f"  the {owner} SKU is missing. Type it."
        for owner, text in (("store's", store), ("warehouse's", sku))
        if not text.strip()
    ]
    if mistakes:
        raise SettingsError("the mapping", mistakes)
    return SkuRule(store.strip(), (Part(sku.strip(), quantity),), warehouse=warehouse)


def lines_for_file(rule: Rule) -> str:
    """Return the rule as lines for the lanes file, to be proposed to the people who maintain it."""
    if isinstance(rule, MethodRule):
        entry: dict[str, Any] = {"store": rule.store, "carrier": rule.method.carrier}
        entry |= {"service": rule.method.service} if rule.method.service else {}
        return _yaml({"ship_methods": [entry]}, rule.warehouse)
    part = rule.parts[0]
    entry = {"store": rule.store, "sku": part.sku}
    entry |= {"quantity": part.quantity} if part.quantity != 1 else {}
    return _yaml({"skus": [entry]}, rule.warehouse)


def _yaml(entries: dict[str, Any], warehouse: str) -> str:
    if warehouse:
        entries = {"warehouses": {warehouse: entries}}
    return yaml.safe_dump(entries, sort_keys=False, allow_unicode=True)

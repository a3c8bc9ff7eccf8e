"""From a form's fields to a mapping rule, and from a rule to the lines that the lanes file would hold. Pure."""

from __future__ import annotations

from typing import Any

import yaml

from cartage.errors import SettingsError
from cartage.errors.problems import ProblemKind
from cartage.lanes.settings.mappings import TextMatch
from cartage.mappings.rules import MethodRule, Part, Rule, SkuRule
from cartage.model.orders import ShipMethod

METHOD, SKU = "ship_method", "sku"
# Between carrier and service in the value of a choice; neither has it.
SEPARATOR = "\x1f"

# Causes that a rule mends, and of which kind that rule is.
FIXED_BY = {ProblemKind.UNMAPPED_SHIP_METHOD: METHOD, ProblemKind.UNKNOWN_SKU: SKU}


def method_rule(
    store: str, method: str, *, match: TextMatch = TextMatch.NORMALISED, order: int = 0
) -> MethodRule:
    """The rule for a ship method; `method` is a choice, or carrier and service as a person writes them: `UPS / Ground`.

    Raises:
        SettingsError: if the store's text or the carrier is missing.
    """
    carrier, _, service = method.partition(SEPARATOR if SEPARATOR in method else "/")
    mistakes = []
    if not store.strip():
        mistakes.append("  the store's ship method is missing. Write it as orders show it.")
    if not carrier.strip():
        mistakes.append("  the carrier is missing. Choose one of the warehouse's, or write it: UPS / Ground.")
    if mistakes:
        raise SettingsError("the mapping", mistakes)
    return MethodRule(store, ShipMethod(carrier.strip(), service.strip()), match, order)


def sku_rule(store: str, sku: str, quantity: int) -> SkuRule:
    """The rule for an alias or a pack.

    Raises:
        SettingsError: if one of the two SKUs is missing.
    """
    mistakes = [
        f"  the {whose} SKU is missing. Write it."
        for whose, one in (("store's", store), ("warehouse's", sku))
        if not one.strip()
    ]
    if mistakes:
        raise SettingsError("the mapping", mistakes)
    return SkuRule(store.strip(), (Part(sku.strip(), quantity),))


def lines_for_file(rule: Rule) -> str:
    """What stands for the rule in the lanes file, to be proposed to whoever keeps it."""
    if isinstance(rule, MethodRule):
        found: dict[str, Any] = {"store": rule.store, "carrier": rule.method.carrier}
        found |= {"service": rule.method.service} if rule.method.service else {}
        return _yaml({"ship_methods": [found]})
    part = rule.parts[0]
    found = {"store": rule.store, "sku": part.sku}
    found |= {"quantity": part.quantity} if part.quantity != 1 else {}
    return _yaml({"skus": [found]})


def _yaml(found: dict[str, Any]) -> str:
    return yaml.safe_dump(found, sort_keys=False, allow_unicode=True)

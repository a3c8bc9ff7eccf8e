"""Settings of a lane as one of its warehouses sees them: its own, then those that the lane has for all. Pure."""

from __future__ import annotations

from cartage.lanes.settings.inventory import Inventory
from cartage.lanes.settings.mappings import ShipMethodRule, SkuSetting, TextMatch
from cartage.lanes.settings.reports import Reports
from cartage.lanes.settings.several.warehouses import NamedWarehouse
from cartage.model.skus import folded
from cartage.model.texts import label
from cartage.model.wildcards import as_compared, matches


def ship_methods_at(
    warehouse: NamedWarehouse, shared: tuple[ShipMethodRule, ...]
) -> tuple[ShipMethodRule, ...]:
    """Return the warehouse's rules, then the lane's for texts that the warehouse has no rule of its own for.

    A pattern of its own is one for all the lane's texts that it matches.
    """
    own = {_key(rule) for rule in warehouse.ship_methods}
    patterns = [rule.store for rule in warehouse.ship_methods if rule.match is TextMatch.PATTERN]
    return (
        *warehouse.ship_methods,
        *(rule for rule in shared if _key(rule) not in own and not _is_matched(rule, patterns)),
    )


def _key(rule: ShipMethodRule) -> tuple[bool, str]:
    is_pattern = rule.match is TextMatch.PATTERN
    return is_pattern, as_compared(rule.store) if is_pattern else label(rule.store)


def _is_matched(rule: ShipMethodRule, patterns: list[str]) -> bool:
    return rule.match is not TextMatch.PATTERN and any(matches(pattern, rule.store) for pattern in patterns)


def skus_at(warehouse: NamedWarehouse, shared: tuple[SkuSetting, ...]) -> tuple[SkuSetting, ...]:
    """Return the warehouse's SKUs, then the lane's that the warehouse has no rule of its own for."""
    own = {folded(setting.store) for setting in warehouse.skus}
    return (*warehouse.skus, *(setting for setting in shared if folded(setting.store) not in own))


def inventory_at(warehouse: NamedWarehouse, shared: Inventory) -> Inventory:
    """Return the lane's stock settings with the warehouse's own buffers first, and its maximum age if it has one."""
    own = warehouse.inventory
    return shared.model_copy(
        update={
            "buffers": (*own.buffers, *shared.buffers),
            "max_age": shared.max_age if own.max_age is None else own.max_age,
        }
    )


def reports_at(warehouse: NamedWarehouse, shared: Reports) -> Reports:
    """Return the lane's settings of reports with the warehouse's own promise, if it has one."""
    return shared.model_copy(update={"promise": warehouse.promise}) if warehouse.promise else shared

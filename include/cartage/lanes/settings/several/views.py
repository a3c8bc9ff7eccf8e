"""Settings of a lane as one of its warehouses sees them: its own, then those that the lane has for all. Pure."""

from __future__ import annotations

from cartage.lanes.settings.inventory import Inventory
from cartage.lanes.settings.mappings import ShipMethodRule, SkuSetting
from cartage.lanes.settings.several.warehouses import NamedWarehouse
from cartage.model.skus import folded
from cartage.model.texts import label


def ship_methods_at(
    warehouse: NamedWarehouse, shared: tuple[ShipMethodRule, ...]
) -> tuple[ShipMethodRule, ...]:
    """Return the warehouse's rules, then the lane's for texts that the warehouse has no rule of its own for."""
    own = {label(rule.store) for rule in warehouse.ship_methods}
    return (*warehouse.ship_methods, *(rule for rule in shared if label(rule.store) not in own))


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

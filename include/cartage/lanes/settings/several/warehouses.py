"""Settings of one of a lane's several warehouses: those of any warehouse, and what differs from the lane's own."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from cartage.lanes.kinds import PositiveDuration, Settings, setting_error
from cartage.lanes.settings.inventory import StockBuffer
from cartage.lanes.settings.mappings import ShipMethodRule, SkuSetting
from cartage.lanes.settings.reports import Promise
from cartage.lanes.settings.warehouse import WarehouseSettings

# Single underscores only: two of them separate a task's name from its warehouse's.
WAREHOUSE_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST_NAME = 20


class WarehouseStock(Settings):
    """The stock of one of several warehouses, where it differs from the lane's `inventory`."""

    buffers: tuple[StockBuffer, ...] = Field(
        default=(),
        description="Units of this warehouse that the store does not show; tried before those of `inventory.buffers`.",
    )
    max_age: PositiveDuration | None = Field(
        default=None,
        description="Maximum age of this warehouse's figures; none: `inventory.max_age`.",
    )


class NamedWarehouse(WarehouseSettings):
    """One of a lane's several warehouses."""

    ship_methods: tuple[ShipMethodRule, ...] = Field(
        default=(),
        description="Ship methods that have other names at this warehouse; they come before the lane's `ship_methods`.",
    )
    skus: tuple[SkuSetting, ...] = Field(
        default=(),
        description="SKUs that have other names or pack sizes at this warehouse; they come before the lane's `skus`.",
    )
    inventory: WarehouseStock = Field(
        default_factory=WarehouseStock,
        description="Where this warehouse's stock differs from the lane's `inventory`.",
    )
    promise: Promise | None = Field(
        default=None,
        description="By when this warehouse's orders ship, in its own working days, instead of `reports.promise`; "
        "none: as that says.",
    )


def _check_name(value: str) -> str:
    if len(value) > _LONGEST_NAME or not WAREHOUSE_NAME.fullmatch(value):
        raise setting_error(
            f"{value!r} cannot be the name of a warehouse",
            f"Use a-z, 0-9 and single underscores, a letter first, at most {_LONGEST_NAME} characters: it becomes part "
            "of task ids.",
        )
    return value


WarehouseName = Annotated[str, AfterValidator(_check_name)]

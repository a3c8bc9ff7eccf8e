"""Settings of a lane's store: its connection, its order statuses, and which of its orders and lines are shipped."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from cartage.lanes.kinds import (
    ConnectionId,
    Currency,
    PageAddress,
    Settings,
    StatusRef,
    TimeZone,
    setting_error,
)

# Statuses of orders that are done, or are not orders yet: 3dcart-api.md, section 5.
NEVER_READY = {
    2: "Processing",
    3: "Partial",
    4: "Shipped",
    5: "Cancel",
    7: "Not Completed (abandoned carts)",
}


class ShipOrSkip(StrEnum):
    """What to do with an order that may not be meant for the warehouse."""

    SHIP = "ship"
    SKIP = "skip"


class Bundles(StrEnum):
    """Which lines of a bundle are shipped; never both."""

    COMPONENTS = "components"
    PARENT = "parent"


class Exclude(Settings):
    """Lines that this lane's warehouse does not ship. 3dcart does not say what kind a product is."""

    skus: tuple[str, ...] = Field(
        default=(), description="SKUs, with * and ? as wildcards, in any letter case, e.g. GIFT-*."
    )
    weightless: bool = Field(
        default=False,
        description="Exclude lines without weight: digital goods, if every real product has a weight.",
    )
    store_warehouses: tuple[int, ...] = Field(
        default=(),
        description="3dcart warehouse ids (ItemWarehouseID) whose lines ship from elsewhere, e.g. a drop-shipper.",
    )


class StoreSettings(Settings):
    """The store of a lane."""

    connection: ConnectionId = Field(description="Airflow connection of type 3dcart.")
    time_zone: TimeZone = Field(
        description="The store's time zone (IANA name); 3dcart sends times without a zone."
    )
    import_status: StatusRef = Field(
        default=1,
        description="Status of the orders that are ready to ship: its id (1 is New) or label.",
    )
    processing_status: StatusRef = Field(
        default=2, description="Status of an order that the warehouse has accepted: id or label."
    )
    partial_status: StatusRef = Field(
        default=3, description="Status of an order of which a part has shipped: id or label."
    )
    shipped_status: StatusRef = Field(
        default=4, description="Status of an order that has shipped completely: id or label."
    )
    go_live: date = Field(
        description="First day (store's time) whose orders Cartage ships; orders placed earlier are skipped."
    )
    bundles: Bundles = Field(
        default=Bundles.COMPONENTS,
        description="Ship a bundle as its components (components) or as its own SKU (parent).",
    )
    exclude: Exclude = Field(
        default_factory=Exclude, description="Lines that are never sent to the warehouse."
    )
    zero_value: ShipOrSkip = Field(
        default=ShipOrSkip.SHIP, description="Orders with an amount of 0: ship or skip."
    )
    gift_certificate_only: ShipOrSkip = Field(
        default=ShipOrSkip.SHIP, description="Orders paid only with gift certificates: ship or skip."
    )
    currency: Currency = Field(
        default="",
        description="Currency of the store's amounts, such as USD: the desk shows it with them. 3dcart's orders do not "
        "name it. Empty: amounts are shown without.",
    )
    order_page: PageAddress | None = Field(
        default=None,
        description="Address of an order's page in the store's admin, for links at the desk, with {order_id} or "
        "{invoice} in place of the number; 3dcart documents none. None: no link.",
    )

    @field_validator("import_status")
    @classmethod
    def _can_be_ready(cls, value: int | str) -> int | str:
        if value in NEVER_READY:
            raise setting_error(
                f"{value} is {NEVER_READY[int(value)]}: such orders are not ready to ship", "1 is New."
            )
        return value

    @model_validator(mode="after")
    def _statuses_differ(self) -> Self:
        """An order moves from one of these to the next. Labels are compared later, once they are resolved."""
        seen: dict[int | str, str] = {}
        for name in ("import_status", "processing_status", "partial_status", "shipped_status"):
            value = getattr(self, name)
            key = value.casefold() if isinstance(value, str) else value
            if key in seen:
                raise setting_error(
                    f"{name} and {seen[key]} are both {value}", "Use four different statuses."
                )
            seen[key] = name
        return self

    def zone(self) -> ZoneInfo:
        """Return the store's time zone."""
        return ZoneInfo(self.time_zone)

    def live_since(self) -> datetime:
        """Return the instant at which the go-live day begins at the store."""
        return datetime.combine(self.go_live, time(), tzinfo=self.zone())

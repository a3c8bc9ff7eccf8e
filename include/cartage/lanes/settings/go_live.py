"""Settings for going live: how the old system named its orders, and how far preflight looks."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from cartage.lanes.kinds import Settings, setting_error


class Cutover(Settings):
    """How the system before Cartage named its orders at the warehouse; needed once, at the cutover."""

    old_reference: str = Field(
        default="{invoice}",
        description="The old system's reference for an order, made of {invoice}, {order_id} and {shipment_id}.",
    )

    @field_validator("old_reference")
    @classmethod
    def _names_an_order(cls, value: str) -> str:
        names = re.findall(r"\{(\w*)\}", value)
        unknown = sorted(set(names) - {"invoice", "order_id", "shipment_id"})
        if unknown or not {"invoice", "order_id"} & set(names):
            raise setting_error(
                f"{value!r} does not identify an order",
                "Use {invoice} or {order_id}, and {shipment_id} if needed.",
            )
        return value


class Preflight(Settings):
    """How far the daily preflight looks."""

    days: int = Field(
        default=30, ge=1, le=365, description="Days of past orders whose ship methods are checked."
    )
    write_check: bool = Field(
        default=True,
        description="Check that the store lets Cartage write, with an update that names no order.",
    )

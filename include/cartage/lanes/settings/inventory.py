"""Settings of a lane's stock: what the store shows, and how much may change without a person's approval."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from cartage.lanes.kinds import Cron, DurationOrNever, PositiveDuration, Settings, StatusRef


class StockBuffer(Settings):
    """Units that are not offered in the store."""

    skus: str = Field(
        min_length=1, description="The warehouse's SKU; * and ? are wildcards, in any letter case."
    )
    units: int = Field(ge=0, description="Units of each SKU that the store does not show.")


class StockBreaker(Settings):
    """How much one push may change before it is paused until a person approves it."""

    zero_share: float = Field(
        default=0.1,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Maximum share of the entries in stock that may go to 0, from 0 to 1.",
    )
    swing_share: float = Field(
        default=0.3,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Maximum share of all entries that may swing, from 0 to 1.",
    )
    swing: float = Field(
        default=0.5,
        gt=0,
        le=1,
        allow_inf_nan=False,
        description="A swing is a change by more than this share of the larger figure, and by at least swing_units.",
    )
    swing_units: int = Field(default=10, ge=1, description="Minimum change of a swing, in units.")
    min_entries: int = Field(
        default=5,
        ge=1,
        description="Fewer entries than this do not pause a push, unless they are all the entries.",
    )


class Inventory(Settings):
    """Stock from the warehouse to the store."""

    schedule: Cron = Field(default="*/15 * * * *", description="Cron of the inventory DAG.")
    open_statuses: tuple[StatusRef, ...] = Field(
        default=(6, 11, 13),
        description="Statuses (ids or labels), besides import_status, whose orders have sold stock that the warehouse "
        "does not know of yet: 6 is Hold, 11 Unpaid, 13 Review.",
    )
    open_within: DurationOrNever = Field(
        default="never",
        description="Ignore orders in these statuses that were placed longer ago, e.g. 90d; never: ignore none.",
    )
    share: int = Field(
        default=100,
        ge=1,
        le=100,
        description="Percentage of the available stock that this store shows, rounded down; for stores that "
        "share one stock.",
    )
    buffers: tuple[StockBuffer, ...] = Field(
        default=(),
        description="Units that the store does not show; the first buffer that matches a SKU counts.",
    )
    max_age: PositiveDuration = Field(
        default=timedelta(hours=1),
        description="Maximum age of the warehouse's figures; a push of older ones is paused.",
    )
    untracked_controls: tuple[int, ...] = Field(
        default=(0,),
        description="Values of a product's InventoryControl that mean that the store does not track its stock "
        "(UNVERIFIED: 3dcart documents none).",
    )
    breaker: StockBreaker = Field(
        default_factory=StockBreaker, description="How much may change in one push without a person's word."
    )

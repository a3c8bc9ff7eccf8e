"""Settings of a lane's stock: what the store is told, and how much may change without a person's word."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from cartage.lanes.settings.base import Settings
from cartage.lanes.settings.kinds import Cron, Pace, PositiveDuration, StatusRef


class StockBuffer(Settings):
    """Units that are kept back."""

    skus: str = Field(
        min_length=1, description="The warehouse's SKU, with * and ? as wildcards, in any letter case."
    )
    units: int = Field(ge=0, description="How many units of each are not shown in the store.")


class StockBreaker(Settings):
    """How much may change in one push without a person's word."""

    zero_share: float = Field(
        default=0.1,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Most of what is in stock in the store that may go to 0, as a share.",
    )
    swing_share: float = Field(
        default=0.3,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Most of all entries that may swing, as a share.",
    )
    swing: float = Field(
        default=0.5,
        gt=0,
        le=1,
        allow_inf_nan=False,
        description="What a swing is: a change by more than this share of the larger figure,",
    )
    swing_units: int = Field(default=10, ge=1, description="and by at least so many units.")
    at_least: int = Field(
        default=5, ge=1, description="Fewer entries stop nothing, unless they are all that there are."
    )


class Inventory(Settings):
    """Stock from the warehouse to the store."""

    schedule: Cron = Field(default="*/15 * * * *", description="Cron of the inventory DAG.")
    open_statuses: tuple[StatusRef, ...] = Field(
        default=(6, 11, 13),
        description="Statuses (ids or labels), besides import_status, whose orders have taken goods that the warehouse "
        "does not know of yet: 6 is Hold, 11 Unpaid, 13 Review.",
    )
    open_within: Pace = Field(
        default="never",
        description="Orders of these statuses placed longer ago are taken for dead, e.g. 90d; never: none is.",
    )
    share: int = Field(
        default=100,
        ge=1,
        le=100,
        description="Percent of what may be sold that this store shows, rounded down: for stores that share one stock.",
    )
    buffers: tuple[StockBuffer, ...] = Field(
        default=(), description="Units that are kept back; of several that fit a SKU, the first counts."
    )
    max_age: PositiveDuration = Field(
        default=timedelta(hours=1), description="Oldest answer of the warehouse that is believed."
    )
    untracked_controls: tuple[int, ...] = Field(
        default=(0,),
        description="Values of a product's InventoryControl that mean that the store does not keep its stock "
        "(UNVERIFIED: 3dcart documents none).",
    )
    breaker: StockBreaker = Field(
        default_factory=StockBreaker, description="How much may change in one push without a person's word."
    )

"""Settings of the 846, 944 and 947: stock and its movements."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from cartage.lanes.kinds import Settings

QuantityCode = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,2}$")]


class Snapshot(StrEnum):
    """What an 846 says about SKUs that it does not name."""

    FULL = "full"  # they have no stock
    CHANGE = "change"  # they keep what they have
    PURPOSE = "purpose"  # BIA-01 says which


class StockSettings(Settings):
    """The 846, Inventory Inquiry/Advice."""

    snapshot: Snapshot = Field(
        default=Snapshot.CHANGE,
        description="full: a SKU that a file does not name has no stock. change: it keeps its stock. purpose: BIA-01 "
        "says which.",
    )
    full_purposes: tuple[QuantityCode, ...] = Field(
        default=("00", "05"),
        description="BIA-01 of a full file, with snapshot purpose; all others are changes.",
    )
    available: tuple[QuantityCode, ...] = Field(
        default=("33",), description="QTY-01 of what can be sold. Others: 02, QA, 87."
    )
    on_hand: tuple[QuantityCode, ...] = Field(
        default=("17",), description="QTY-01 of what is on the shelf. Others: OH, 34, 1."
    )
    allocated: tuple[QuantityCode, ...] = Field(
        default=(), description="QTY-01 of what orders have taken, such as QC or 1."
    )
    on_hold: tuple[QuantityCode, ...] = Field(
        default=("QH",), description="QTY-01 of what cannot be sold: held, damaged, in quality control."
    )
    location: str = Field(
        default="",
        max_length=60,
        description="Count only this warehouse's part of each quantity, by its name in SCH-04; empty: all of it.",
    )

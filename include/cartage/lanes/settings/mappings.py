"""Settings of a lane's mappings: where they are kept, and the rules of ship methods and SKUs in the lanes file."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from cartage.lanes.settings.base import Settings
from cartage.lanes.settings.kinds import wrong


class MappingSource(StrEnum):
    """Where a lane's mappings are kept; never in both places."""

    FILES = "files"  # `ship_methods` and `skus` of the lanes file
    LEDGER = "ledger"  # in the ledger, changed by command or in the desk, with author and history


class TextMatch(StrEnum):
    """How the text of a ship method's rule is compared with an order's."""

    EXACT = "exact"  # letter for letter
    NORMALISED = "normalised"  # letter for letter, else by letters and digits alone
    PATTERN = "pattern"  # with * and ? as wildcards, after all others, in the rules' order


class ShipMethodRule(Settings):
    """One ship method of the store, and what it is called at the warehouse."""

    store: str = Field(min_length=1, description="The store's text, as orders show it.")
    match: TextMatch = Field(
        default=TextMatch.NORMALISED,
        description="exact; normalised: exactly, else by letters and digits alone; pattern: * and ? are wildcards, "
        "in any letter case, tried after all others in the order in which they stand.",
    )
    carrier: str = Field(min_length=1, description="The warehouse's carrier.")
    service: str = Field(default="", description="The carrier's service.")
    billing: str = Field(
        default="", description="Who pays the carrier, e.g. Prepaid; empty: the connector's default."
    )
    account: str = Field(default="", description="Carrier account to bill.")
    scac: str = Field(default="", description="The carrier's SCAC code, where the warehouse wants it.")


class SkuPart(Settings):
    """One item of the warehouse in a kit."""

    sku: str = Field(min_length=1, description="The warehouse's SKU.")
    quantity: int = Field(default=1, ge=1, description="How many of it go into one of the store's.")


class SkuSetting(Settings):
    """A SKU of the store that is another, several of one, or a kit at the warehouse."""

    store: str = Field(min_length=1, description="The store's SKU, in any letter case.")
    sku: str = Field(default="", description="The warehouse's SKU.")
    quantity: int = Field(
        default=1, ge=1, description="Pack size: how many of the warehouse's are one of the store's."
    )
    kit: tuple[SkuPart, ...] = Field(default=(), description="In place of sku: the items of a kit.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.sku.strip()) == bool(self.kit):
            raise wrong("names no item of the warehouse, or two ways", "Write either sku or kit.")
        if self.kit and self.quantity != 1:
            raise wrong("has a quantity beside its kit", "Write the quantity of each item in the kit.")
        return self

    @property
    def parts(self) -> tuple[SkuPart, ...]:
        """What one of the store's SKU is at the warehouse."""
        return self.kit or (SkuPart(sku=self.sku, quantity=self.quantity),)

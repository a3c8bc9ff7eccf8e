"""Settings of a lane's mappings: where they are kept, and the rules for ship methods and SKUs in the lanes file."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from cartage.lanes.kinds import Settings, setting_error


class MappingSource(StrEnum):
    """Where a lane's mappings are kept: in one of the two, never in both."""

    FILES = "files"  # `ship_methods` and `skus` of the lanes file
    LEDGER = "ledger"  # changed by command or at the desk, with author and history


class TextMatch(StrEnum):
    """How a rule's ship method is compared with an order's."""

    EXACT = "exact"  # character by character
    NORMALISED = "normalised"  # exactly, or else by letters and digits only
    PATTERN = "pattern"  # with * and ? as wildcards; tried last, in the order of the rules


class ShipMethodRule(Settings):
    """One ship method of the store, and its name at the warehouse."""

    store: str = Field(min_length=1, description="The store's text, as it appears in orders.")
    match: TextMatch = Field(
        default=TextMatch.NORMALISED,
        description="exact; normalised (exactly, or else by letters and digits only); pattern (* and ? are wildcards, "
        "in any letter case; tried after all others, in the order of the rules).",
    )
    carrier: str = Field(min_length=1, description="The warehouse's carrier.")
    service: str = Field(default="", description="The carrier's service.")
    billing: str = Field(
        default="", description="Who pays the carrier, e.g. Prepaid; empty: the connector's default."
    )
    account: str = Field(default="", description="Carrier account to bill.")
    scac: str = Field(default="", description="The carrier's SCAC code, if the warehouse needs it.")


class SkuPart(Settings):
    """One item of the warehouse in a kit."""

    sku: str = Field(min_length=1, description="The warehouse's SKU.")
    quantity: int = Field(default=1, ge=1, description="Units of it in one unit of the store's SKU.")


class SkuSetting(Settings):
    """A SKU of the store that has another name at the warehouse, is a pack of several there, or a kit."""

    store: str = Field(min_length=1, description="The store's SKU, in any letter case.")
    sku: str = Field(default="", description="The warehouse's SKU.")
    quantity: int = Field(
        default=1, ge=1, description="Pack size: units of the warehouse's SKU in one unit of the store's."
    )
    kit: tuple[SkuPart, ...] = Field(default=(), description="Instead of sku: the items of a kit.")

    @model_validator(mode="after")
    def _sku_or_kit(self) -> Self:
        if bool(self.sku.strip()) == bool(self.kit):
            raise setting_error("must have either sku or kit", "Write either sku or kit.")
        if self.kit and self.quantity != 1:
            raise setting_error(
                "has a kit and also a quantity", "Write the quantity at each item of the kit."
            )
        return self

    @property
    def parts(self) -> tuple[SkuPart, ...]:
        """The warehouse's items in one unit of the store's SKU."""
        return self.kit or (SkuPart(sku=self.sku, quantity=self.quantity),)

"""Settings of the 945: where the partner writes what."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from cartage.lanes.kinds import Settings
from cartage.warehouses.files.x12.places import Place
from cartage.warehouses.files.x12.settings.envelope import Code


class ShipmentKey(StrEnum):
    """By what a shipment is recognised when it comes again."""

    CONTENT = "content"
    SHIPMENT_ID = "shipment_id"


class ShipmentSettings(Settings):
    """The 945, Warehouse Shipping Advice."""

    reference_places: tuple[Place, ...] = Field(
        default=("W06-02",),
        min_length=1,
        description="Where our reference is, the first that is not empty: W06-02, W06-06 (the order number) or N9*CO.",
    )
    key: ShipmentKey = Field(
        default=ShipmentKey.CONTENT,
        description="What tells shipments of an order apart: content, or shipment_id where W06-04 is one id for each "
        "shipment (with some partners it is the order's).",
    )
    tracking_places: tuple[Place, ...] = Field(
        default=("MAN*CP", "MAN*CN", "N9*2I", "N9*CN"),
        description="Where tracking numbers are. Further ones: MAN*ZZ, MAN*GM (SSCC), N9*BM, W27-03, W06-04, W06-05.",
    )
    line_places: tuple[Place, ...] = Field(
        default=("N9*LI",), description="Where the store's line number is, under an item."
    )
    short_is_final: bool = Field(
        default=False,
        description="A shipment with less than was ordered closes the order: nothing more will ship.",
    )
    partial_codes: tuple[Code, ...] = Field(
        default=("CP", "BO", "BP"), description="W12-01 of a line of which more will ship."
    )
    cancel_codes: tuple[Code, ...] = Field(
        default=(), description="W06-01 of an order that the warehouse gives up; nothing of it ships."
    )
    ship_date_qualifiers: tuple[Code, ...] = Field(
        default=("11",), description="G62-01 of the ship date, if W06-03 is empty."
    )


UnitCode = Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$")]


class ItemSettings(Settings):
    """Items in the files that are read: which of their numbers is the SKU, and what their units are."""

    sku_qualifiers: tuple[UnitCode, ...] = Field(
        default=("SK", "VN", "VP", "VC", "IN", "BP", "MG"),
        min_length=1,
        description="Qualifiers of the SKU; if an item has several, the first of these. Others: UP, UK, UC, SN.",
    )
    units: tuple[UnitCode, ...] = Field(
        default=("EA", "PC", "UN"), description="Units that are one piece; an empty unit is one as well."
    )
    case_units: tuple[UnitCode, ...] = Field(
        default=("CA", "CS", "CT", "BX"),
        description="Units that are one case, with the pieces that packs says.",
    )
    packs: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default={}, description="Pieces in a case by SKU. Cases of any other SKU cannot be read."
    )

"""What an Amazon account needs: credentials in its connection, and settings in the lane. Makes no call.

All missing and wrong fields are reported at once, by their labels in Airflow's form.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from cartage.addresses import TerritoryForm
from cartage.lanes.kinds import Duration, Settings, setting_error
from cartage.warehouses.mcf.marketplaces import MARKETPLACES, Marketplace, find_marketplace

Speed = Literal["Standard", "Expedited", "Priority"]
# ScheduledDelivery, which exists in Japan alone, needs a delivery window that no store order has.
SPEEDS: tuple[Speed, ...] = ("Standard", "Expedited", "Priority")
# Documented lengths (the description of createFulfillmentOrder).
LONGEST_ID = 40
LONGEST_COMMENT = 750
LONGEST_LINE_COMMENT = 250


def _known_marketplace(value: str) -> str:
    if find_marketplace(value) is None:
        countries = ", ".join(each.country for each in MARKETPLACES)
        raise setting_error("is no marketplace", f"Write one of {countries}, or a marketplace id.")
    return value.strip().upper()


class AddressLimits(Settings):
    """The longest texts of an address, in characters. UNVERIFIED: the present API documents none."""

    name: int = Field(default=50, ge=1, description="Receiver's name, or company if there is no name.")
    line: int = Field(default=60, ge=1, description="A line of the address; the company takes one.")
    city: int = Field(default=50, ge=1, description="City.")
    state: int = Field(default=150, ge=1, description="State or region.")
    zip_code: int = Field(default=20, ge=1, description="Postal code.")
    phone: int = Field(default=20, ge=1, description="Telephone number.")


class PreviewAddress(Settings):
    """An address in the marketplace's country, for previews of delivery. Nothing is sent there."""

    line: str = Field(min_length=1, description="Street and number.")
    city: str = Field(default="", description="City.")
    state: str = Field(default="", description="State or region.")
    zip_code: str = Field(min_length=1, description="Postal code.")
    country: str = Field(min_length=2, max_length=2, description="Country, ISO 3166-1 alpha-2.")


class McfSettings(Settings):
    """A lane's `warehouse.settings` for the connector `mcf`."""

    marketplace: Annotated[str, AfterValidator(_known_marketplace)] = Field(
        description="Marketplace that orders are placed against: its country, such as US, or its id."
    )
    speed: Speed | None = Field(
        default=None,
        description="Delivery speed of orders whose ship method names none of Amazon's (Standard, Expedited, "
        "Priority); empty: such an order has a problem.",
    )
    comment: str = Field(
        default="Thank you for your order.",
        min_length=1,
        max_length=LONGEST_COMMENT,
        description="What recipients read on the packing slip if an order has no notes; the API requires a text.",
    )
    policy: Literal["FillOrKill", "FillAll", "FillAllAvailable"] = Field(
        default="FillOrKill",
        description="What Amazon does if a part of an order cannot be shipped: FillOrKill gives all of it up as far "
        "as it can, FillAll waits a day for stock, FillAllAvailable ships the rest at once.",
    )
    features: dict[str, Literal["Required", "NotRequired"]] = Field(
        default_factory=dict,
        description="Features of the fulfillment, such as BLANK_BOX or BLOCK_AMZL, with Required or NotRequired. "
        "Some cost extra.",
    )
    print_options: bool = Field(
        default=False,
        description="Print the options of a line that its SKU does not show, such as an engraving, on the packing "
        "slip. Nobody at Amazon acts on them; without it, such an order has a problem.",
    )
    poll_overlap: Duration = Field(
        default=timedelta(hours=1),
        description="How far before the last poll of shipments the next one starts.",
    )
    processing_span: Duration = Field(
        default=timedelta(days=3),
        description="How long an order in status Processing is read again in every poll: a shipment that leaves "
        "while another one is pending does not change the order's status, so the list does not show it.",
    )
    visibility_delay: Duration = Field(
        default=timedelta(seconds=60),
        description="How long after a submit Amazon may still not show the order (UNVERIFIED); 0s: not at all.",
    )
    repeated_id: Literal["unknown", "refused"] = Field(
        default="unknown",
        description="What a second order under an id gets. Amazon only documents that ids must be unique. With "
        "refused, an order whose response was lost is sent again once Amazon does not show it; with unknown, a person "
        "or warehouse.when_absent decides.",
    )
    catalogue: bool = Field(
        default=True,
        description="Take the SKUs of the FBA inventory for the catalogue. Without it, Amazon checks the SKUs of an "
        "order when it is sent (UNVERIFIED: whether the inventory lists SKUs that never had stock).",
    )
    sku_letter_case_counts: bool = Field(
        default=True,
        description="Whether letter case counts when Amazon is asked for named SKUs (UNVERIFIED). If so, those that "
        "it does not find are looked for in the whole list.",
    )
    territories: TerritoryForm = Field(
        default=TerritoryForm.STATE,
        description="How addresses in US territories such as Puerto Rico are written (UNVERIFIED): state "
        "(country US, state PR) or country (country PR).",
    )
    preview_address: PreviewAddress | None = Field(
        default=None,
        description="Where preflight asks Amazon to preview a delivery to; empty: an office of Amazon in the country.",
    )
    limits: AddressLimits = Field(
        default_factory=AddressLimits, description="Longest text per field of an address, in characters."
    )

    def place(self) -> Marketplace:
        """Return the marketplace."""
        found = find_marketplace(self.marketplace)
        if found is None:
            raise ValueError(f"no marketplace: {self.marketplace}")
        return found


SETTINGS = McfSettings
STOCK_SETTINGS = ("marketplace",)
ASKED_SETTINGS = ("speed", "comment")

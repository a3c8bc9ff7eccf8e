"""Settings of the 940: which elements carry what of an order."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from cartage.lanes.kinds import Settings, setting_error
from cartage.warehouses.files.x12.settings.envelope import Code, EnvelopeText
from cartage.warehouses.files.x12.syntax.limits import LIMITS

_TWO = r"^[A-Z0-9]{2}$"


class OrderValue(StrEnum):
    """A value of an order that a row of settings can name."""

    REFERENCE = "reference"
    DISPLAY_NUMBER = "display_number"
    BILLING_ACCOUNT = "billing_account"
    NONE = "none"

    @property
    def name_for_people(self) -> str:
        """What a problem calls it."""
        return _VALUE_NAMES[self]


_VALUE_NAMES = {
    OrderValue.REFERENCE: "reference",
    OrderValue.DISPLAY_NUMBER: "order number",
    OrderValue.BILLING_ACCOUNT: "carrier account that pays",
    OrderValue.NONE: "nothing",
}


class OrderDate(StrEnum):
    """A date that a row of settings can name."""

    ORDERED = "ordered"
    SENT = "sent"


class Routing(StrEnum):
    """What W66-05 says about carrier and service."""

    SERVICE = "service"
    CARRIER_AND_SERVICE = "carrier_and_service"
    NONE = "none"


class LongState(StrEnum):
    """Where a state or region goes that has no code of two characters."""

    LOCATION = "location"
    OMIT = "omit"
    REFUSE = "refuse"


class ReferenceRow(Settings):
    """An N9 row of each order."""

    qualifier: Code = Field(description="N9-01, such as CO, ZZ or 11.")
    value: OrderValue = Field(
        default=OrderValue.NONE,
        description="reference, display_number or billing_account; a row without its value is left out.",
    )
    text: EnvelopeText = Field(
        default="", max_length=30, description="A constant instead of a value of the order."
    )

    @model_validator(mode="after")
    def _either(self) -> ReferenceRow:
        if (self.value is OrderValue.NONE) == (not self.text):
            raise setting_error("has both value and text, or neither", "Set one of value and text.")
        return self


class DateRow(Settings):
    """A G62 row of each order."""

    qualifier: str = Field(pattern=_TWO, description="G62-01, such as 04, 10, 37 or 38.")
    value: OrderDate = Field(description="ordered (in the store) or sent (the file's first attempt).")


class PartyRow(Settings):
    """A further N1 row of each order, such as the depositor (DE) or the warehouse (WH)."""

    entity: str = Field(pattern=r"^[A-Z0-9]{2,3}$", description="N1-01, such as DE, WH or SF.")
    name: EnvelopeText = Field(default="", max_length=60, description="N1-02.")
    id_qualifier: str = Field(
        default="", pattern=r"^([A-Z0-9]{1,2})?$", description="N1-03, such as 9, 91 or ZZ."
    )
    id: EnvelopeText = Field(default="", max_length=80, description="N1-04.")

    @model_validator(mode="after")
    def _named(self) -> PartyRow:
        if bool(self.id_qualifier) != bool(self.id) or not (self.name or self.id):
            raise setting_error(
                "needs a name, or id_qualifier and id", "Set them as the partner's guide says."
            )
        return self


class OrderSettings(Settings):
    """The 940, Warehouse Shipping Order."""

    new_code: str = Field(default="N", pattern=r"^[A-Z0-9]$", description="W05-01 of a new order.")
    cancel_code: str = Field(
        default="",
        pattern=r"^[A-Z0-9]?$",
        description="W05-01 of a cancelled order, usually F; empty: the partner takes no cancels in files.",
    )
    po_number: OrderValue = Field(
        default=OrderValue.DISPLAY_NUMBER,
        description="W05-03: display_number (the store's order number), reference or none.",
    )
    parties: tuple[PartyRow, ...] = Field(
        default=(), description="Further N1 rows, before the ship-to address."
    )
    contact: bool = Field(default=True, description="Send telephone and e-mail address in a PER row.")
    contact_function: str = Field(default="CN", pattern=_TWO, description="PER-01.")
    long_state: LongState = Field(
        default=LongState.LOCATION,
        description="A state or region without a code of two characters: location (N4-05 and N4-06), omit, or refuse.",
    )
    references: tuple[ReferenceRow, ...] = Field(
        default=(), max_length=10, description="N9 rows of each order."
    )
    dates: tuple[DateRow, ...] = Field(default=(), max_length=10, description="G62 rows of each order.")
    note_code: str = Field(default="GEN", pattern=r"^[A-Z0-9]{3}$", description="NTE-01 of the notes.")
    note_rows: int = Field(
        default=1, ge=0, le=50, description="Most NTE rows, each with 80 characters; 0: no notes are sent."
    )
    carrier_row: bool = Field(default=True, description="Send the W66 row.")
    payment_codes: dict[str, Annotated[str, Field(pattern=_TWO)]] = Field(
        default={"Prepaid": "PP", "Collect": "CC", "Third party": "TP"},
        description="W66-01 by the billing of the ship method, in any letter case.",
    )
    payment_default: str = Field(
        default="PP", pattern=_TWO, description="W66-01 if the ship method does not say who pays."
    )
    transport: str = Field(
        default="U",
        pattern=r"^[A-Z0-9]{1,2}$",
        description="W66-02: U is a parcel carrier, M a motor carrier (UNVERIFIED per partner).",
    )
    routing: Routing = Field(
        default=Routing.CARRIER_AND_SERVICE, description="W66-05: service, carrier_and_service or none."
    )
    unit: str = Field(default="EA", pattern=_TWO, description="W01-02, the unit of quantities.")
    sku_qualifier: str = Field(default="SK", pattern=_TWO, description="W01-04, the qualifier of the SKU.")
    store_sku_qualifier: str = Field(
        default="",
        pattern=r"^([A-Z0-9]{2})?$",
        description="W01-06, the qualifier of the store's own SKU; empty: not sent.",
    )
    descriptions: bool = Field(default=True, description="Send each item's description in a G69 row.")
    line_note_rows: int = Field(
        default=0,
        ge=0,
        le=50,
        description="Most NTE rows under an item, each with 80 characters, for options that its SKU does not show, "
        "such as an engraving; with 0, such an order is blocked.",
    )
    line_qualifier: str = Field(
        default="",
        pattern=r"^([A-Z0-9]{2,3})?$",
        description="N9-01 of the store's line number under each item, such as LI; empty: not sent.",
    )
    limits: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default={},
        description="Longest texts that the partner takes where X12 allows more, such as N3-01: 35.",
    )

    @model_validator(mode="after")
    def _known_limits(self) -> OrderSettings:
        unknown = sorted(set(self.limits) - set(LIMITS))
        if unknown:
            raise setting_error(
                f"limits names no element that is written: {', '.join(unknown)}",
                f"Known: {', '.join(LIMITS)}.",
            )
        return self

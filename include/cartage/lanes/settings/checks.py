"""Settings of a lane's further checks, and its rules that hold orders until a person has looked at them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from cartage.lanes.kinds import PositiveDuration, Settings, setting_error


def _country(value: str) -> str:
    code = value.strip().upper()
    if len(code) != 2 or not code.isalpha():
        raise setting_error(
            f"{value!r} is not a country", "Write its two-letter code (ISO 3166-1), such as US or CA."
        )
    return code


Country = Annotated[str, AfterValidator(_country)]

# Services of private carriers that hand over to the postal service.
_BY_THE_POST = (
    "*SurePost*",
    "*Ground Saver*",
    "*Mail Innovations*",
    "*SmartPost*",
    "*Ground Economy*",
    "*eCommerce*",
)


class OnDuplicate(StrEnum):
    """What to do with a possible duplicate: an order like another one of the same customer."""

    IGNORE = "ignore"
    WARN = "warn"  # ship it, and say so in the log and the order's timeline
    HOLD = "hold"  # hold it until a person has looked at it


class Duplicates(Settings):
    """Possible duplicates: orders of the same customer with the same lines and address, placed close together."""

    action: OnDuplicate = Field(
        default=OnDuplicate.WARN,
        description="What to do: ignore, warn (in the log and the timeline), or hold.",
    )
    within: PositiveDuration = Field(
        default=timedelta(minutes=15), description="Maximum time between the two orders."
    )
    hold_for: PositiveDuration = Field(
        default=timedelta(days=3),
        description="How long the order is held, unless a person releases it earlier.",
    )
    owner: str = Field(default="", description="Who should look at it.")


class Checks(Settings):
    """Checks of each order besides mappings, SKUs and the warehouse's own rules."""

    countries: tuple[Country, ...] = Field(
        default=(), description="Countries that the lane ships to, e.g. [US, CA]; empty: all."
    )
    no_po_box: tuple[str, ...] = Field(
        default=("UPS*", "FedEx*", "DHL*"),
        description="Carrier services that do not deliver to PO boxes; * and ? are wildcards.",
    )
    po_box_allowed: tuple[str, ...] = Field(
        default=_BY_THE_POST,
        description="Services matched by no_po_box that do deliver to PO boxes, through the postal service.",
    )
    no_military: tuple[str, ...] = Field(
        default=("UPS*", "United Parcel*", "FedEx*", "Federal Express*", "DHL*", "OnTrac*", "LaserShip*"),
        description="Carrier services that do not deliver to military post offices (APO, FPO, DPO); "
        "* and ? are wildcards.",
    )
    military_allowed: tuple[str, ...] = Field(
        default=_BY_THE_POST,
        description="Services matched by no_military that do deliver there, through the postal service.",
    )
    duplicates: Duplicates = Field(default_factory=Duplicates, description="Possible duplicates.")


class HoldRule(Settings):
    """A rule that holds orders until a person has looked at them. An order must meet all its conditions."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9_\-]{1,40}$",
        description="Short name. A released order is never held again by the rule of the same name.",
    )
    reason: str = Field(min_length=1, description="Why the order is held, for the person who looks at it.")
    owner: str = Field(default="", description="Who should look at it.")
    hold_for: PositiveDuration | None = Field(
        default=None,
        description="How long the order is held, unless a person releases it earlier; absent: 7d.",
    )
    grace: PositiveDuration | None = Field(
        default=None, description="Instead of hold_for: hold the order until this long after it was placed."
    )
    value_over: Decimal | None = Field(
        default=None, ge=0, description="Condition: the order's amount is higher."
    )
    countries: tuple[Country, ...] = Field(
        default=(), description="Condition: the order ships to one of these countries."
    )
    ship_methods: tuple[str, ...] = Field(
        default=(), description="Condition: the store's ship method is one of these; * and ? are wildcards."
    )
    words: tuple[str, ...] = Field(
        default=(), description="Condition: a comment contains one of these, in any letter case."
    )
    first_order: bool = Field(
        default=False, description="Condition: the ledger has no earlier order with the same e-mail address."
    )

    @model_validator(mode="after")
    def _has_an_end_and_a_condition(self) -> Self:
        if self.hold_for and self.grace:
            raise setting_error("has both hold_for and grace", "Write one of the two.")
        conditions = (
            self.value_over is not None,
            self.countries,
            self.ship_methods,
            self.words,
            self.first_order,
        )
        if not any(conditions) and not self.grace:
            raise setting_error("would hold every order", "Write a condition, such as value_over, or grace.")
        return self

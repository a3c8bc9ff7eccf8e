"""Settings of what else an order is checked for, and of the orders that wait for somebody to look at them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from cartage.lanes.settings.base import Settings
from cartage.lanes.settings.kinds import PositiveDuration, wrong


def _country(value: str) -> str:
    code = value.strip().upper()
    if len(code) != 2 or not code.isalpha():
        raise wrong(f"{value!r} is no country", "Write its two letters (ISO 3166-1), such as US or CA.")
    return code


Country = Annotated[str, AfterValidator(_country)]


class OnDuplicate(StrEnum):
    """What is done with an order that looks like another one of the same customer."""

    IGNORE = "ignore"
    WARN = "warn"  # it ships; the log and the order's timeline say so
    HOLD = "hold"  # it waits for somebody to look at it


class Duplicates(Settings):
    """The same customer, lines and address within minutes."""

    then: OnDuplicate = Field(default=OnDuplicate.WARN, description="ignore, warn, or hold.")
    within: PositiveDuration = Field(
        default=timedelta(minutes=15), description="How close together the two were placed."
    )
    hold_for: PositiveDuration = Field(
        default=timedelta(days=3), description="How long it is held, unless somebody releases it."
    )
    owner: str = Field(default="", description="Who is to look at it.")


class Checks(Settings):
    """What an order is checked for besides mappings, SKUs and what the warehouse itself demands."""

    countries: tuple[Country, ...] = Field(
        default=(), description="Countries that the lane ships to, e.g. [US, CA]; empty: all."
    )
    no_po_box: tuple[str, ...] = Field(
        default=("UPS*", "FedEx*", "DHL*"),
        description="Carriers with their services that take no PO box; * and ? are wildcards.",
    )
    po_box_after_all: tuple[str, ...] = Field(
        default=(
            "*SurePost*",
            "*Ground Saver*",
            "*Mail Innovations*",
            "*SmartPost*",
            "*Ground Economy*",
            "*eCommerce*",
        ),
        description="Those among them that do, since the post delivers.",
    )
    duplicates: Duplicates = Field(
        default_factory=Duplicates, description="Orders that look like another one of the same customer."
    )


class HoldRule(Settings):
    """Orders that wait for somebody to look at them; all conditions that are written must be met."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9_\-]{1,40}$",
        description="Short name; an order that was released is not held by this name again.",
    )
    reason: str = Field(min_length=1, description="Why, for whoever looks at it.")
    owner: str = Field(default="", description="Who is to look at it.")
    until: PositiveDuration | None = Field(
        default=None,
        description="How long it is held, unless somebody releases it; 7d if nothing is written.",
    )
    grace: PositiveDuration | None = Field(
        default=None, description="In place of until: held until so long after it was placed."
    )
    value_over: Decimal | None = Field(default=None, ge=0, description="The order's amount is higher.")
    countries: tuple[Country, ...] = Field(default=(), description="It goes to one of these countries.")
    ship_methods: tuple[str, ...] = Field(
        default=(), description="The store's ship method is one of these; * and ? are wildcards."
    )
    words: tuple[str, ...] = Field(
        default=(), description="One of these stands in a comment, in any letter case."
    )
    first_order: bool = Field(
        default=False, description="The ledger knows no earlier order of the same e-mail address."
    )

    @model_validator(mode="after")
    def _has_an_end_and_a_condition(self) -> Self:
        if self.until and self.grace:
            raise wrong("has both until and grace", "Write one of the two.")
        conditions = (
            self.value_over is not None,
            self.countries,
            self.ship_methods,
            self.words,
            self.first_order,
        )
        if not any(conditions) and not self.grace:
            raise wrong("would hold every order", "Write a condition, such as value_over, or grace.")
        return self

"""Settings of routing rules: which warehouse ships which lines. The first rule that a line meets decides it."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Self

from pydantic import Field, field_validator, model_validator

from cartage.lanes.kinds import Settings, setting_error
from cartage.lanes.settings.checks import Country
from cartage.lanes.settings.several.postal_codes import PostalCodes


class SplitPolicy(StrEnum):
    """Whether the lines of a rule may go to several of its warehouses."""

    NEVER = "never"  # one warehouse has all of them, or none gets any
    WHEN_NEEDED = (
        "when_needed"  # one warehouse if one has all; otherwise as few as can be, which together have all
    )
    BY_LINE = "by_line"  # each line to the first warehouse that has all of it, whatever becomes of the others


class TakenLines(StrEnum):
    """Which lines of an order a rule decides."""

    MATCHING = "matching"
    ALL = "all"


class RoutingConditions(Settings):
    """What a line and its order must meet, all of it. In a list one entry is enough."""

    skus: tuple[str, ...] = Field(
        default=(), description="The line's SKU in the store; * and ? are wildcards, in any letter case."
    )
    store_warehouses: tuple[int, ...] = Field(
        default=(), description="The store's warehouse id of the line (3dcart's ItemWarehouseID)."
    )
    countries: tuple[Country, ...] = Field(default=(), description="Country of the ship-to address, e.g. US.")
    states: tuple[str, ...] = Field(
        default=(), description="State or province of the ship-to address, as its code, e.g. CA."
    )
    postal_codes: tuple[PostalCodes, ...] = Field(
        default=(),
        description="Postal code of the ship-to address: its beginning, such as 90 or SW1, or a range of beginnings "
        "with both ends, such as 900-961. Write them in quotes.",
    )
    ship_methods: tuple[str, ...] = Field(
        default=(), description="The store's ship method; * and ? are wildcards, in any letter case."
    )
    amount_from: Decimal | None = Field(
        default=None, ge=0, description="The whole order's amount is this or more."
    )
    amount_below: Decimal | None = Field(default=None, gt=0, description="The whole order's amount is less.")
    weight_from: Decimal | None = Field(
        default=None,
        ge=0,
        description="The weight of all lines to this address is this or more, in the store's unit.",
    )
    weight_below: Decimal | None = Field(
        default=None,
        gt=0,
        description="The weight of all lines to this address is less. A line of unknown weight meets no condition on "
        "weight.",
    )
    first_order: bool | None = Field(
        default=None,
        description="true: the ledger has no earlier order with the same e-mail address; false: it has one.",
    )
    in_stock: tuple[str, ...] = Field(
        default=(), description="One of these warehouses has all the lines that the rule would take."
    )

    @model_validator(mode="after")
    def _no_empty_range(self) -> Self:
        for name, first, below in (
            ("amount", self.amount_from, self.amount_below),
            ("weight", self.weight_from, self.weight_below),
        ):
            if first is not None and below is not None and first >= below:
                raise setting_error(
                    f"{name}_from {first} to {name}_below {below} is an empty range",
                    f"{name}_below must be larger than {name}_from.",
                )
        return self

    @property
    def by_line(self) -> bool:
        """Whether two lines of an order can differ in it."""
        return bool(self.skus or self.store_warehouses)


class RoutingRule(Settings):
    """A rule that decides the lines which meet its conditions and which no earlier rule has decided."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9_\-]{1,40}$", description="Short name, for the order's timeline and the reports."
    )
    when: RoutingConditions = Field(
        default_factory=RoutingConditions, description="Conditions; without them the rule takes every line."
    )
    lines: TakenLines = Field(
        default=TakenLines.MATCHING,
        description="matching (the lines that meet the conditions) or all (one is enough, and the rule takes all lines "
        "to the same address that are not decided yet).",
    )
    to: str = Field(default="", description="The warehouse that ships the lines, whatever its stock.")
    prefer: tuple[str, ...] = Field(
        default=(), description="Warehouses by preference: the first that has the lines in stock ships them."
    )
    split: SplitPolicy = Field(
        default=SplitPolicy.NEVER,
        description="With prefer: never (one warehouse has all the lines, or the order waits), when_needed (if none "
        "has all, as few as can be, which together have all), or by_line (each line from the first warehouse that has "
        "all of it; lines that none has wait, and the others go).",
    )
    split_bundles: bool = Field(
        default=False,
        description="The components of one bundle may go different ways. Without it a rule that takes one takes all, "
        "and one warehouse ships them.",
    )
    backorder_at: str = Field(
        default="",
        description="With prefer: the warehouse that gets what no warehouse has, as a backorder. Empty: the order "
        "waits, and people are alerted.",
    )
    hold: str = Field(
        default="", description="Hold the order until a person has looked at it; the text says why."
    )
    nobody: bool = Field(
        default=False, description="No warehouse of this lane ships the lines: somebody else does."
    )

    @field_validator("prefer")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if twice := next((name for name in value if value.count(name) > 1), None):
            raise setting_error(f"has {twice!r} twice", "Name each warehouse once.")
        return value

    @model_validator(mode="after")
    def _one_destination(self) -> Self:
        given = [name for name in ("to", "prefer", "hold", "nobody") if getattr(self, name)]
        if len(given) != 1:
            what = f"has {' and '.join(given)}" if given else "does not say where the lines go"
            raise setting_error(what, "Write one of to, prefer, hold, and nobody: true.")
        if not self.prefer:
            further = [name for name in ("split", "backorder_at") if self._changes(name)]
            if further:
                raise setting_error(
                    f"has {further[0]} without prefer", "It belongs to prefer; remove it, or write prefer."
                )
        return self

    def _changes(self, name: str) -> bool:
        return bool(getattr(self, name) != type(self).model_fields[name].default)

    @property
    def warehouses(self) -> tuple[str, ...]:
        """The warehouses that the rule may send lines to."""
        extra = (self.backorder_at,) if self.backorder_at and self.backorder_at not in self.prefer else ()
        return (self.to,) if self.to else (*self.prefer, *extra)

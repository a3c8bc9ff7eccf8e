"""A profile: how the files of one warehouse look, in both directions."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from cartage.lanes.kinds import Settings, setting_error
from cartage.warehouses.files.profiles.settings.inbound import (
    AcknowledgementFiles,
    ConfirmationFiles,
    InventoryFiles,
)
from cartage.warehouses.files.profiles.settings.orders import OrderFiles
from cartage.warehouses.files.profiles.settings.sources import CONSTANTS

PROFILE_NAME = r"^[a-z][a-z0-9_-]{0,49}$"


class CsvProfile(Settings):
    """How the files of one warehouse look."""

    extends: Annotated[str, StringConstraints(pattern=PROFILE_NAME)] | None = Field(
        default=None,
        description="Name of a profile whose settings this one takes over. A setting here replaces that one; a list "
        "replaces the whole list, and null takes a section away.",
    )
    description: str = Field(default="", description="What the profile is for, for people.")
    constants: dict[str, str] = Field(
        default_factory=dict,
        description="Texts that columns use as the field constants.NAME, such as the number of your company at the "
        "warehouse.",
    )
    orders: OrderFiles = Field(description="How orders are written.")
    confirmations: ConfirmationFiles | None = Field(
        default=None, description="How shipment confirmations are read; none: the warehouse sends none."
    )
    acknowledgements: AcknowledgementFiles | None = Field(
        default=None, description="How acknowledgements of orders are read; none: the warehouse sends none."
    )
    inventory: InventoryFiles | None = Field(
        default=None, description="How inventory is read; none: the warehouse sends none."
    )

    @model_validator(mode="after")
    def _check_constants(self) -> Self:
        orders = self.orders
        for column in (*orders.columns, *orders.item_columns, *orders.footer):
            for field in column.fields:
                if field.startswith(CONSTANTS) and field.removeprefix(CONSTANTS) not in self.constants:
                    fix = "Add it to constants, at the top of the profile."
                    raise setting_error(f"a column uses {field}, which is not set", fix)
        for name, text in self.constants.items():
            if char := orders.unwritable_character(text):
                fix = "Change the text, or the settings encoding or quoting of orders."
                raise setting_error(f"constants.{name} has {char!r}, which cannot be written", fix)
        return self

    @model_validator(mode="after")
    def _check_patterns(self) -> Self:
        """Refuse one pattern for two kinds of files: the name of a file says what it is about."""
        seen: dict[str, str] = {}
        for section in ("confirmations", "acknowledgements", "inventory"):
            files: ConfirmationFiles | AcknowledgementFiles | InventoryFiles | None = getattr(self, section)
            for pattern in files.files if files else ():
                other = seen.setdefault(pattern.casefold(), section)
                if other != section:
                    fix = "Give each kind of file a pattern of its own."
                    raise setting_error(f"{pattern!r} is the pattern of {other} and of {section}", fix)
        return self

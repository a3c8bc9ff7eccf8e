"""A lane's `warehouse.settings` for the connector `files`: the format of the files, and where they are exchanged."""

from __future__ import annotations

import json
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from cartage.lanes.kinds import Duration, setting_error
from cartage.plurals import counted
from cartage.warehouses.files.profiles.library import load_profile
from cartage.warehouses.files.transport.settings import Archiving, FolderPath, TransferSettings
from cartage.warehouses.files.x12.settings import X12Settings

if TYPE_CHECKING:
    from cartage.warehouses.files.formats import FileFormat


class FormatName(StrEnum):
    """What the files are."""

    CSV = "csv"
    X12 = "x12"


class KnownSkus(StrEnum):
    """By what a SKU is judged before an order is sent."""

    ANY = "any"
    INVENTORY = "inventory"


def _usable_profile(name: str) -> str:
    """Refuse a profile that does not exist or has mistakes; `cartage files profiles check` lists them all."""
    if not name:
        return name
    found = load_profile(name)
    if found.mistakes:
        first = found.mistakes[0]
        if found.path is not None and not found.path.exists():
            raise setting_error(f"there is no profile {name!r}", first.fix)
        raise setting_error(
            f"the profile {name!r} has {counted(len(found.mistakes), 'mistake')}, "
            f"first: {first.text(found.path or name)}",
            f"List them with `cartage files profiles check {name}`.",
        )
    return name


def _folders(value: object) -> object:
    """Read `/out` as one folder, and `/out, /inventory` as two."""
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


def _section(value: object) -> object:
    """Read a section without any setting: `x12:` alone."""
    return {} if value is None else value


class FilesSettings(TransferSettings):
    """A lane's `warehouse.settings` for the connector `files`."""

    format: FormatName = Field(description="csv, with a profile; or x12.")
    profile: Annotated[str, AfterValidator(_usable_profile)] = Field(
        default="",
        description="Profile of CSV files: dsfx, plain, or one of your own (profiles/NAME.yaml beside lanes.yaml).",
    )
    x12: Annotated[X12Settings | None, BeforeValidator(_section)] = Field(
        default=None, description="What the partner's X12 is like; needed with format: x12."
    )
    read_from: Annotated[tuple[FolderPath, ...], BeforeValidator(_folders)] = Field(
        default=(), description="Folders in which the warehouse leaves its files: /out, or a list."
    )
    replies_to: FolderPath = Field(
        default="",
        description="Folder for files that acknowledge the warehouse's (X12 997); empty: orders_to.",
    )
    taken_orders: FolderPath = Field(
        default="",
        description="Folder into which the warehouse moves order files that it has taken. Files there prove that an "
        "order arrived; empty: there is none that we can see.",
    )
    rejected_suffix: str = Field(
        default="_rejected",
        max_length=50,
        description="End of the name that the warehouse gives to an order file that it cannot read, in orders_to; "
        "empty: it gives none.",
    )
    evidence_files: int = Field(
        default=500,
        ge=0,
        le=100_000,
        description="How many of the latest order files in orders_to and taken_orders are looked at for an order.",
    )
    known_skus: KnownSkus = Field(
        default=KnownSkus.ANY,
        description="inventory: the SKUs of the latest full inventory file, and of later ones, are those that the "
        "warehouse knows; an order with another one is blocked. any: SKUs are not checked.",
    )
    visibility_delay: Duration = Field(
        default=timedelta(hours=24),
        description="How long the warehouse may take to say anything about an order that it has.",
    )

    @property
    def replies_folder(self) -> str:
        """The folder for acknowledgements."""
        return self.replies_to or self.orders_to

    def open_format(self) -> FileFormat:
        """Return the format of the files.

        Raises:
            SettingsError: if the profile has mistakes by now.
        """
        if self.x12 is not None:
            from cartage.warehouses.files.x12.format import X12Format

            return X12Format(self.x12)
        from cartage.warehouses.files.profiles.csv_format import CsvFormat
        from cartage.warehouses.files.profiles.library import open_profile

        return CsvFormat(open_profile(self.profile))

    def profile_text(self) -> str:
        """Return all settings of the profile, with those that it takes over, as one text.

        Raises:
            SettingsError: if the profile has mistakes by now.
        """
        from cartage.warehouses.files.profiles.library import profile_settings

        return json.dumps(profile_settings(self.profile), sort_keys=True, default=str)

    @model_validator(mode="after")
    def _check_format(self) -> Self:
        if self.format is FormatName.CSV and not self.profile:
            raise setting_error("names no profile", "Write for example 'profile: dsfx'.")
        if self.format is FormatName.X12 and self.x12 is None:
            raise setting_error(
                "has no section x12", "Write the partners' ids: 'x12: {us: ..., partner: ...}'."
            )
        unused = "x12" if self.format is FormatName.CSV and self.x12 else ""
        unused = unused or ("profile" if self.format is FormatName.X12 and self.profile else "")
        if unused:
            raise setting_error(
                f"has {unused}, which format {self.format} does not use",
                f"Remove {unused}, or change format.",
            )
        return self

    @model_validator(mode="after")
    def _check_folders(self) -> Self:
        for name in ("replies_to", "taken_orders"):
            folder = getattr(self, name)
            if folder and folder in self.read_from:
                raise setting_error(
                    f"has the folder {folder} in {name} and in read_from", "Name another folder."
                )
        if self.taken_orders and self.taken_orders == self.orders_to:
            raise setting_error(
                "has the same folder in taken_orders and orders_to", "Leave taken_orders out."
            )
        if self.known_skus is KnownSkus.INVENTORY and self.after_reading is not Archiving.ARCHIVE:
            raise setting_error(
                "knows SKUs by inventory files, and deletes those files",
                "Write after_reading: archive, with archive_to; or known_skus: any.",
            )
        return self


SETTINGS = FilesSettings
# Whose goods they are is the account's: its folders are the owner's alone.
STOCK_SETTINGS = ("folder", "read_from")
ASKED_SETTINGS = ("read_from", "archive_to", "publish", "known_skus")

"""The parts of a profile that say how confirmations, acknowledgements and inventory are read."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Self

from pydantic import Field, model_validator

from cartage.lanes.kinds import Settings, setting_error
from cartage.warehouses.files.profiles.settings.kinds import (
    FilePattern,
    Words,
    check_readable_time,
    check_time_format,
)
from cartage.warehouses.files.profiles.settings.tables import InboundFiles, ReadColumn


class ZeroShipped(StrEnum):
    """What a shipped quantity of 0 means."""

    NOT_SHIPPED = "not_shipped"
    UNREADABLE = "unreadable"


class ZeroStock(StrEnum):
    """What a stock of 0 means."""

    NONE_LEFT = "none_left"
    NOT_REPORTED = "not_reported"


class RepeatedSku(StrEnum):
    """What several rows of one SKU mean."""

    ADD = "add"
    LAST = "last"
    UNREADABLE = "unreadable"


class RowStatus(StrEnum):
    """What a row of a confirmation says about its order."""

    SHIPPED = "shipped"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    IGNORED = "ignored"


class ConfirmationColumns(Settings):
    """The columns of a confirmation. What a file does not have is left out."""

    reference: ReadColumn = Field(description="Cartage's reference of the order.")
    remote_id: ReadColumn | None = Field(default=None, description="The warehouse's number of the order.")
    status: ReadColumn | None = Field(default=None, description="What the row says: see statuses.")
    reason: ReadColumn | None = Field(default=None, description="Why the warehouse does not ship.")
    sku: ReadColumn | None = Field(default=None, description="The warehouse's SKU.")
    quantity: ReadColumn | None = Field(default=None, description="The quantity that shipped.")
    line_id: ReadColumn | None = Field(
        default=None, description="The store's id of the line, if the order's file had it (line.id)."
    )
    shipment_id: ReadColumn | None = Field(
        default=None, description="The warehouse's number of the shipment."
    )
    carton: ReadColumn | None = Field(default=None, description="Number of the carton in the shipment.")
    tracking: ReadColumn | None = Field(
        default=None, description="The tracking number, or several: see tracking_separators."
    )
    carrier: ReadColumn | None = Field(default=None, description="The carrier, or its code: see carriers.")
    service: ReadColumn | None = Field(default=None, description="The service, or its code: see services.")
    shipped_at: ReadColumn | None = Field(
        default=None, description="When it shipped; a date, or date and time."
    )
    complete: ReadColumn | None = Field(
        default=None, description="Whether nothing more of the order will ship: see complete_values."
    )


_STATUSES: Mapping[str, RowStatus] = MappingProxyType(
    {
        "shipped": RowStatus.SHIPPED,
        "accepted": RowStatus.ACCEPTED,
        "rejected": RowStatus.REJECTED,
        "cancelled": RowStatus.CANCELLED,
        "canceled": RowStatus.CANCELLED,
    }
)


class ConfirmationFiles(InboundFiles):
    """How shipment confirmations are read."""

    columns: ConfirmationColumns = Field(description="Which column has what.")
    statuses: dict[str, RowStatus] = Field(
        default_factory=lambda: dict(_STATUSES),
        description="What the values of the column status mean, in any letter case: shipped, accepted, rejected, "
        "cancelled or ignored. Without the column, every row has shipped.",
    )
    tracking_separators: str = Field(
        default="|,;", max_length=20, description="Characters between several tracking numbers in one value."
    )
    carriers: dict[str, str] = Field(
        default_factory=dict,
        description="The warehouse's carrier codes and the carriers' names: {UPSN: UPS}.",
    )
    services: dict[str, str] = Field(
        default_factory=dict,
        description="The warehouse's service codes and the services' names: {G: Ground}.",
    )
    complete_values: Words = Field(
        default=("y", "yes", "true", "1", "complete"),
        description="Values of the column complete that mean yes, in any letter case; every other one means no.",
    )
    short_is_final: bool = Field(
        default=False,
        description="Without a column complete: what a confirmation does not have will not ship. "
        "false: more may follow.",
    )
    zero_quantity: ZeroShipped = Field(
        default=ZeroShipped.NOT_SHIPPED,
        description="A quantity of 0: not_shipped (nothing of the line shipped), or unreadable.",
    )


class AcknowledgementColumns(Settings):
    """The columns of an acknowledgement."""

    reference: ReadColumn = Field(description="Cartage's reference of the order.")
    remote_id: ReadColumn | None = Field(default=None, description="The warehouse's number of the order.")
    status: ReadColumn | None = Field(
        default=None, description="Whether it was accepted: see accepted and rejected."
    )
    reason: ReadColumn | None = Field(default=None, description="Why it was rejected.")


class WithoutStatus(StrEnum):
    """What an acknowledgement without a status says."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class AcknowledgementFiles(InboundFiles):
    """How acknowledgements are read: which orders the warehouse accepted, and which it rejected."""

    columns: AcknowledgementColumns = Field(description="Which column has what.")
    accepted: Words = Field(
        default=("accepted", "ok", "a", "received"),
        description="Values of the column status that mean accepted, in any letter case.",
    )
    rejected: Words = Field(
        default=("rejected", "error", "r"),
        description="Values of the column status that mean rejected, in any letter case.",
    )
    without_status: WithoutStatus = Field(
        default=WithoutStatus.ACCEPTED,
        description="What every row means if there is no column status: accepted or rejected.",
    )

    @model_validator(mode="after")
    def _check_values(self) -> Self:
        both = {value.casefold() for value in self.accepted} & {value.casefold() for value in self.rejected}
        if both:
            raise setting_error(
                f"{min(both)!r} means accepted and rejected", "Keep it in one of the two lists."
            )
        return self


class InventoryColumns(Settings):
    """The columns of an inventory."""

    sku: ReadColumn = Field(description="The warehouse's SKU.")
    available: ReadColumn | None = Field(
        default=None, description="What can be sold; none: on_hand less allocated and on_hold."
    )
    on_hand: ReadColumn | None = Field(
        default=None, description="What is there; none: the same as available."
    )
    allocated: ReadColumn | None = Field(default=None, description="What is reserved for orders.")
    on_hold: ReadColumn | None = Field(default=None, description="What cannot be sold.")
    as_of: ReadColumn | None = Field(default=None, description="When the row's stock was counted.")


class InventoryContent(StrEnum):
    """What an inventory file has."""

    FULL = "full"
    DELTA = "delta"


class InventoryFiles(InboundFiles):
    """How inventory is read."""

    columns: InventoryColumns = Field(description="Which column has what.")
    content: InventoryContent = Field(
        default=InventoryContent.FULL,
        description="full (a SKU that the file does not have has no stock), or delta (it keeps its last level).",
    )
    zero: ZeroStock = Field(
        default=ZeroStock.NONE_LEFT,
        description="A stock of 0: none_left, or not_reported (the row is left out).",
    )
    repeated_sku: RepeatedSku = Field(
        default=RepeatedSku.ADD,
        description="Several rows of one SKU: add (one for each location), last (the last one counts), or unreadable.",
    )
    may_be_empty: bool = Field(
        default=False,
        description="A file without any row is taken for an empty warehouse; false: into quarantine.",
    )
    name_time: FilePattern | None = Field(
        default=None,
        description="Where a file's name has the time of its stock, with wildcards: 'inv_*_%y%m%d%H%M%S.csv'. A file "
        "that is older than the last one is not taken in.",
    )

    @model_validator(mode="after")
    def _check_stock(self) -> Self:
        if self.columns.available is None and self.columns.on_hand is None:
            raise setting_error("columns has neither available nor on_hand", "Add one of the two columns.")
        if self.name_time is not None:
            check_readable_time(check_time_format(self.name_time))
        return self

"""Settings of a lane's post-back: how shipments are reported to the store."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from cartage.lanes.kinds import PositiveDuration, Settings


class FurtherPackages(StrEnum):
    """Where an order's packages beyond the first are reported in the store."""

    FIELD = "field"  # in the tracking field of the first, separated by commas
    SHIPMENTS = "shipments"  # each in a shipment of its own, created in the store
    COMMENTS = "comments"  # appended to the order's internal comments


class PostBack(Settings):
    """How shipments are reported to the store."""

    further_packages: FurtherPackages = Field(
        default=FurtherPackages.FIELD,
        description="Where tracking numbers beyond an order's first go: field (the same tracking field, up to 100 "
        "characters), shipments (a new shipment in the store for each), comments (the order's internal comments).",
    )
    wait_for_carrier: PositiveDuration | None = Field(
        default=None,
        description="Report a package only when the carrier has it, or this long after it shipped, so that a label "
        "voided before leaves no trace. Absent: report it at once.",
    )
    corrections: bool = Field(
        default=False,
        description="Whether an address or a ship method that a person corrects here before sending is also written to "
        "the order in the store, by mark_processing. 3dcart does not document that a write to a shipment may change "
        "its address: Cartage reads it back, and the order's timeline says whether the store has it.",
    )

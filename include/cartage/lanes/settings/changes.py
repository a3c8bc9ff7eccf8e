"""Settings of a lane's change policies: what happens when the store changes an order after it was sent."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from cartage.lanes.kinds import Settings


class OnCancel(StrEnum):
    """What to do when the store cancels or holds an order that the warehouse has."""

    CANCEL = "cancel"  # at the warehouse; if that is no longer possible, ask a person
    ASK = "ask"


class OnEdit(StrEnum):
    """What to do when the store changes an order that the warehouse has."""

    RESEND = (
        "resend"  # cancel at the warehouse and send the new version; if it cannot be cancelled, ask a person
    )
    ASK = "ask"


class Changes(Settings):
    """What happens when the store changes an order that the warehouse has."""

    cancelled: OnCancel = Field(
        default=OnCancel.CANCEL,
        description="The order was cancelled: cancel it at the warehouse if still possible, or ask a person.",
    )
    held: OnCancel = Field(
        default=OnCancel.ASK,
        description="The order was put on hold: cancel it at the warehouse if still possible, or ask a person.",
    )
    edited: OnEdit = Field(
        default=OnEdit.ASK,
        description="Its address or lines were changed: resend (cancel at the warehouse and send the new version), or "
        "ask a person.",
    )

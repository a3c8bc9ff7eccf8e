"""Settings of a lane's warehouse: its connector and connection, and what an order tells it."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

from pydantic import Field

from cartage.lanes.connectors import Connector
from cartage.lanes.kinds import ConnectionId, DurationOrNever, PageAddress, PositiveDuration, Settings

# A warehouse that responds to files does so within minutes, or in a nightly batch.
USUAL_RESPONSE = timedelta(days=1)


class WhenAbsent(StrEnum):
    """What to do with an order that may have been sent, if sending it a second time might ship it twice."""

    ASK = "ask"
    SEND = "send"


class OrderText(StrEnum):
    """A text of the order that the warehouse can receive."""

    CUSTOMER_COMMENTS = "customer_comments"
    INTERNAL_COMMENTS = "internal_comments"
    EXTERNAL_COMMENTS = "external_comments"
    CHECKOUT_QUESTIONS = "checkout_questions"
    GIFT_MESSAGE = "gift_message"
    PO_NUMBER = "po_number"


class OptionText(StrEnum):
    """What happens to an option of a line, such as an engraving, that the SKU does not show."""

    NOTES = "notes"
    BLOCK = "block"


class WarehouseSettings(Settings):
    """The warehouse of a lane."""

    connector: Connector = Field(description="Name of the connector, e.g. extensiv.")
    connection: ConnectionId = Field(
        description="Airflow connection of the connector's type; with a mounted folder (connector files), the name of "
        "the account."
    )
    settings: dict[str, Any] = Field(default_factory=dict, description="The connector's own settings.")
    texts: tuple[OrderText, ...] = Field(
        default=(OrderText.CUSTOMER_COMMENTS,),
        description="Texts of the order that the warehouse receives as notes: customer_comments, internal_comments, "
        "external_comments, checkout_questions, gift_message, po_number.",
    )
    gift_question: str = Field(
        default="*gift message*",
        description="Title of the checkout question with the gift message; * and ? are wildcards.",
    )
    po_question: str = Field(
        default="*PO*number*",
        description="Title of the checkout question with the purchase order number; * and ? are wildcards.",
    )
    option_text: OptionText = Field(
        default=OptionText.NOTES,
        description="An option of a line that the SKU does not show, such as an engraving: notes (the warehouse "
        "receives it as notes of the line) or block (the order waits).",
    )
    options_in_sku: bool | tuple[str, ...] = Field(
        default=(),
        description="Options that the SKU shows, so that they need no note: their names, with * and ? as wildcards, "
        "e.g. [Color, Size]; or true for all options.",
    )
    catalogue_age: PositiveDuration = Field(
        default=timedelta(hours=6), description="Maximum age of the cached list of the warehouse's items."
    )
    when_absent: WhenAbsent = Field(
        default=WhenAbsent.ASK,
        description="An order that may have been sent but is not found at the warehouse, if the warehouse would accept "
        "it twice: ask a person, or send it.",
    )
    confirm_within: DurationOrNever = Field(
        default="never",
        description="How long the warehouse may take to acknowledge or ship an order that was sent in a file, before "
        "people are alerted, e.g. 1d; or never.",
    )
    respond_within: DurationOrNever | None = Field(
        default=None,
        description="How long the warehouse may take to respond to a file with orders (X12 997), before people are "
        "alerted; or never. None: 1d at a warehouse that responds to files.",
    )
    order_page: PageAddress | None = Field(
        default=None,
        description="Address of an order's page in the warehouse's own system, for links at the desk, with {remote_id} "
        "or {reference} in place of the number. None: no link.",
    )

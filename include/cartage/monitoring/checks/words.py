"""What alerts about orders say: what is so, what it means for orders, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """`what` follows the number of orders in the title; `{lane}` in `mend` stands for the lane's name."""

    what: str
    meaning: str
    fix: str


LATE: Mapping[str, Words] = {
    "not_imported": Words(
        "may not have been imported",
        "Orders of that time may be missing here, and then do not ship. They are still in the store.",
        "See `cartage coverage --lane {lane}`: it names the gap and the backfill that fills it. If runs fail, "
        "their own alert says why.",
    ),
    "not_acknowledged": Words(
        "wait to be sent to the warehouse for longer than the lane allows",
        "Nothing blocks them, and the warehouse does not have them. They go out once a transfer works.",
        "See whether transfer_to_warehouse of orders__{lane} runs and succeeds; its log counts what it sent and "
        "names what kept it.",
    ),
    "not_shipped": Words(
        "are at the warehouse, and not shipped, for longer than the lane allows",
        "The warehouse has them and reported no shipment. Their customers wait.",
        "Ask the warehouse about the examples. If it did ship, see whether poll_tracking of shipments__{lane} "
        "succeeds.",
    ),
    "not_posted_back": Words(
        "are further than the store was told, for longer than the lane allows",
        "They ship, but the store does not say so: customers get no notice and no tracking number.",
        "See the logs of mark_processing of orders__{lane} and update_order_status of shipments__{lane}: they say "
        "what the store refused.",
    ),
    "unknown": Words(
        "were sent with an outcome that is still not known",
        "Each may or may not be at the warehouse. None is sent again before that is settled.",
        "See the log of transfer_to_warehouse of orders__{lane}. If it cannot ask the warehouse, mend that; else "
        "look the references up at the warehouse.",
    ),
}

STUCK: Mapping[str, Words] = {
    "conflict": Words(
        "are in conflict: ledger and outside disagree",
        "They are neither sent nor changed until somebody looks. All others go on.",
        "`cartage orders payload --lane {lane} REFERENCE` shows the reason and what was sent; compare with the "
        "warehouse.",
    ),
    "rejected": Words(
        "were rejected by the warehouse",
        "They do not ship as they are. All others go on.",
        "`cartage orders payload --lane {lane} REFERENCE` shows the warehouse's reason. Correct or cancel the order "
        "in 3dcart: it is then read anew.",
    ),
}

EXCEPTIONS: Mapping[str, str] = {
    "cancelled_after_transfer": "orders were cancelled in the store after the warehouse got them",
    "held_after_transfer": "orders were put on hold in the store after the warehouse got them",
    "edited_after_transfer": "orders were changed in the store after the warehouse got them",
    "put_back": "orders were put back to the import status after the warehouse got them",
    "sent_or_not": "orders may have been sent, and the warehouse does not show them",
    "differs_at_warehouse": "orders are at the warehouse with other content than was to be sent",
    "cancelled_at_warehouse": "orders whose outcome nobody saw were found cancelled at the warehouse",
    "cancelled_by_warehouse": "orders were cancelled by the warehouse after it had accepted them",
    "shipped_differently": "orders shipped short, over, or with another SKU",
    "label_voided": "labels were voided after the store was told their numbers, and nothing came in their place",
}

"""The texts of alerts about orders: what is wrong, what it means for orders, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cartage.plurals import counted
from cartage.task_names import AT_WAREHOUSE, task_name


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one alert. `what` follows the number of orders in the title; `{lane}` in `fix` is the lane.

    `alone` is what follows a single order, if its verb differs.
    """

    what: str
    meaning: str
    fix: str
    alone: str = ""

    def title(self, orders: int) -> str:
        """Return the title for so many orders."""
        what = self.alone if orders == 1 and self.alone else self.what
        return f"{counted(orders, 'order')} {what}"

    def at(self, warehouse: str) -> Words:
        """Return the texts about one of a lane's several warehouses; these if it has no name."""
        if not warehouse:
            return self
        named = {
            name: getattr(self, name).replace("the warehouse", f"the warehouse {warehouse}")
            for name in ("what", "meaning", "alone")
        }
        fix = self.fix
        for stage in AT_WAREHOUSE:
            fix = fix.replace(stage, task_name(stage, warehouse))
        return replace(self, **named, fix=fix)


LATE: Mapping[str, Words] = {
    "not_imported": Words(
        "may not have been imported",
        "Orders of that time may be missing here, and would not ship. They are still in the store.",
        "Run `cartage coverage --lane {lane}`: it shows the gap and the backfill that fills it. If runs fail, "
        "their own alert says why.",
    ),
    "not_acknowledged": Words(
        "have waited to be sent to the warehouse for longer than the lane allows",
        "Nothing blocks them, but the warehouse does not have them. They are sent once a transfer succeeds.",
        "Check that transfer_to_warehouse of orders__{lane} runs and succeeds; its log counts what it sent and "
        "says what stopped it.",
        alone="has waited to be sent to the warehouse for longer than the lane allows",
    ),
    "not_shipped": Words(
        "have been at the warehouse without shipping for longer than the lane allows",
        "The warehouse has them and has reported no shipment. Their customers are waiting.",
        "Ask the warehouse about the examples. If they did ship, check that poll_tracking of shipments__{lane} "
        "succeeds.",
        alone="has been at the warehouse without shipping for longer than the lane allows",
    ),
    "not_posted_back": Words(
        "have progress that was not posted to the store for longer than the lane allows",
        "They ship, but the store does not show it: customers get no notice and no tracking number.",
        "Read the logs of mark_processing of orders__{lane} and update_order_status of shipments__{lane}: they say "
        "what the store refused.",
        alone="has progress that was not posted to the store for longer than the lane allows",
    ),
    "unknown": Words(
        "were sent to the warehouse, but the outcome is still unknown",
        "Each may or may not be at the warehouse. None is sent again before its outcome is settled.",
        "Read the log of settle_outcomes of orders__{lane}. If it cannot ask the warehouse, fix that; otherwise "
        "look up the references at the warehouse.",
        alone="was sent to the warehouse, but the outcome is still unknown",
    ),
}

STUCK: Mapping[str, Words] = {
    "conflict": Words(
        "are in conflict: the ledger and the warehouse or store disagree",
        "They are neither sent nor changed until a person acts. All others continue.",
        "`cartage orders payload --lane {lane} REFERENCE` shows the reason and what was sent; compare it with "
        "the warehouse.",
        alone="is in conflict: the ledger and the warehouse or store disagree",
    ),
    "rejected": Words(
        "were rejected by the warehouse",
        "They do not ship as they are. All others continue.",
        "`cartage orders payload --lane {lane} REFERENCE` shows the warehouse's reason. Correct or cancel the order "
        "in 3dcart; it is then re-imported.",
        alone="was rejected by the warehouse",
    ),
}

EXCEPTIONS: Mapping[str, str] = {
    "cancelled_after_transfer": "orders were cancelled in the store after the warehouse got them",
    "held_after_transfer": "orders were put on hold in the store after the warehouse got them",
    "edited_after_transfer": "orders were changed in the store after the warehouse got them",
    "put_back": "orders were set back to the import status after the warehouse got them",
    "sent_or_not": "orders may have been sent, but the warehouse does not show them",
    "differs_at_warehouse": "orders are at the warehouse with different content",
    "cancelled_at_warehouse": "orders whose outcome was unknown were found cancelled at the warehouse",
    "cancelled_by_warehouse": "orders were cancelled by the warehouse after it had accepted them",
    "rejected_by_warehouse": "orders were rejected by the warehouse after it had got them",
    "shipped_differently": "orders shipped short, over, or with another SKU",
    "label_voided": "labels were voided after their numbers were posted to the store, and no new label followed",
}

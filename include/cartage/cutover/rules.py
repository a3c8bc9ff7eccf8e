"""The cutover from the system before Cartage: which of its orders it keeps, which are adopted, which are ours. Pure.

A suggestion is never a decision: the owner makes those, in the file that `cutover_file` reads and writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cartage.model.orders import SalesOrder, ShipGroup


class CutoverDecision(StrEnum):
    """What becomes of an order of the time before Cartage."""

    KEEP = "keep"  # the old system keeps it: never imported
    ADOPT = "adopt"  # at the warehouse under its existing number: its tracking is posted by us
    TAKE = "take"  # ours like any other: the next import takes it in


@dataclass(frozen=True, slots=True)
class AtWarehouse:
    """What the warehouse has under the old system's reference, split parts taken together.

    `reference` is as it is spelt there. `shipped_ids` are the numbers of the parts that have shipped, the first of
    them no earlier than `shipped_since`.
    """

    remote_id: str
    reference: str
    state: str  # open, shipped, cancelled
    etag: str = ""
    shipped_ids: frozenset[str] = frozenset()
    shipped_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class CutoverCandidate:
    """One ship group of an order of the store, and what the warehouse has of it under the old reference."""

    order: SalesOrder
    group: ShipGroup
    old_reference: str
    there: AtWarehouse | None
    shared: bool = False  # another ship group has the same old reference

    @property
    def key(self) -> tuple[int, int]:
        """OrderID and ShipmentID."""
        return self.order.order_id, self.group.shipment_id

    @property
    def present(self) -> bool:
        """Whether the warehouse has it, and has not cancelled it."""
        return self.there is not None and self.there.state != "cancelled"


@dataclass(frozen=True, slots=True)
class CutoverSuggestion:
    """What suggests itself, and why, in words for the owner."""

    decision: CutoverDecision
    why: str


def old_reference(template: str, order: SalesOrder, shipment_id: int) -> str:
    """The old system's reference for a ship group; empty where the order lacks a part of it."""
    parts = {"invoice": order.invoice, "order_id": str(order.order_id), "shipment_id": str(shipment_id)}
    if any(f"{{{name}}}" in template and not value for name, value in parts.items()):
        return ""
    return template.format(**parts)


def suggest_decision(listed: CutoverCandidate) -> CutoverSuggestion:
    """Adopt what the warehouse has, keep what cannot be told apart, take what it does not have."""
    if not listed.old_reference:
        return CutoverSuggestion(CutoverDecision.KEEP, "it has no invoice number to ask the warehouse for")
    if listed.there is None:
        return CutoverSuggestion(CutoverDecision.TAKE, "the warehouse does not have it")
    if not listed.present:
        return CutoverSuggestion(CutoverDecision.KEEP, "it was cancelled at the warehouse")
    if listed.shared:
        return CutoverSuggestion(
            CutoverDecision.KEEP, "the warehouse has one order for several of the store's"
        )
    return CutoverSuggestion(CutoverDecision.ADOPT, f"the warehouse has it ({listed.there.state})")


def objection(listed: CutoverCandidate, decision: CutoverDecision) -> str:
    """Why a decision cannot be carried out on what is there now, with the mend; empty if it can."""
    name = f"the warehouse has it as {listed.old_reference}"
    if decision is CutoverDecision.TAKE and listed.present:
        return f"{name}: taking it would ship it twice. Write keep or adopt."
    if decision is not CutoverDecision.ADOPT:
        return ""
    if not listed.present:
        return f"the warehouse has no order {listed.old_reference or 'of this number'}. Write keep or take."
    if listed.shared:
        return f"{name}, one order for several of the store's: it cannot be adopted. Write keep."
    return ""

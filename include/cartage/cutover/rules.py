"""Which orders the old system keeps at the cutover, which are adopted, and which Cartage imports. Pure.

The rules only suggest. The owner decides, in the file that `cutover.file` writes and reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cartage.errors.problems import shortened
from cartage.model.orders import SalesOrder, ShipGroup

# Characters of an old reference that a text for people shows.
_SHOWN = 100


class CutoverDecision(StrEnum):
    """What happens to an open order at the cutover."""

    KEEP = "keep"  # the old system keeps it: never imported
    ADOPT = "adopt"  # at the warehouse under its existing number: Cartage posts its tracking
    IMPORT = "import"  # imported by the next run, like any other order


@dataclass(frozen=True, slots=True)
class AtWarehouse:
    """What the warehouse has under the old system's reference, with the parts of a split order together.

    `reference` is spelt as at the warehouse. `shipped_ids` are the numbers of the shipped parts; none of them was
    shipped before `shipped_since`.
    """

    remote_id: str
    reference: str
    state: str  # open, shipped, cancelled
    etag: str = ""
    shipped_ids: frozenset[str] = frozenset()
    shipped_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class CutoverCandidate:
    """A ship group of a store's order, and what the warehouse has of it under the old reference."""

    order: SalesOrder
    group: ShipGroup
    old_reference: str
    there: AtWarehouse | None
    shared: bool = False  # another ship group has the same old reference
    asked: bool = True  # False: the warehouse cannot be asked for this reference
    absence_proves: bool = True  # False: the warehouse takes files, and does not show all that it has

    @property
    def key(self) -> tuple[int, int]:
        """OrderID and ShipmentID."""
        return self.order.order_id, self.group.shipment_id

    @property
    def shown_reference(self) -> str:
        """The old reference as texts for people have it."""
        return shortened(self.old_reference, _SHOWN)

    @property
    def may_be_there(self) -> bool:
        """Whether the warehouse may have it although it does not show it: only the old system knows."""
        return self.there is None and not self.absence_proves and bool(self.old_reference)

    @property
    def adopted_from(self) -> AtWarehouse | None:
        """What is adopted: what the warehouse shows, or by the owner's word what it was sent."""
        if self.may_be_there:
            return AtWarehouse(self.old_reference, self.old_reference, "open")
        return self.there

    @property
    def present(self) -> bool:
        """Whether the warehouse has it and has not cancelled it."""
        return self.there is not None and self.there.state != "cancelled"


@dataclass(frozen=True, slots=True)
class CutoverSuggestion:
    """The suggested decision, and the reason for the owner."""

    decision: CutoverDecision
    why: str


def old_reference(template: str, order: SalesOrder, shipment_id: int) -> str:
    """Return the old system's reference for a ship group; empty if the order lacks a part of it."""
    parts = {"invoice": order.invoice, "order_id": str(order.order_id), "shipment_id": str(shipment_id)}
    if any(f"{{{name}}}" in template and not value for name, value in parts.items()):
        return ""
    return template.format(**parts)


def suggest_decision(listed: CutoverCandidate) -> CutoverSuggestion:  # noqa: PLR0911 - one return a case
    """Suggest to adopt what the warehouse has, to keep what is ambiguous, and to import what it does not have."""
    if not listed.old_reference:
        return CutoverSuggestion(CutoverDecision.KEEP, "it has no invoice number to ask the warehouse for")
    if not listed.asked:
        return CutoverSuggestion(CutoverDecision.KEEP, "the warehouse cannot be asked for its number")
    if listed.may_be_there:
        why = "its folders do not show it, which proves nothing: write adopt if the old system has sent it, else import"
        return CutoverSuggestion(CutoverDecision.KEEP, why)
    if listed.there is None:
        return CutoverSuggestion(CutoverDecision.IMPORT, "the warehouse does not have it")
    if not listed.present:
        return CutoverSuggestion(CutoverDecision.KEEP, "it was cancelled at the warehouse")
    if listed.shared:
        return CutoverSuggestion(
            CutoverDecision.KEEP, "the warehouse has one order for several of the store's"
        )
    return CutoverSuggestion(CutoverDecision.ADOPT, f"the warehouse has it ({listed.there.state})")


def objection(listed: CutoverCandidate, decision: CutoverDecision) -> str:
    """Return why a decision cannot be carried out now, with the fix; empty if it can."""
    name = f"the warehouse has it as {listed.shown_reference}"
    if decision is CutoverDecision.IMPORT and listed.present:
        return f"{name}: importing it would ship it twice. Write keep or adopt."
    if decision is CutoverDecision.IMPORT and not listed.asked:
        return "the warehouse cannot be asked for its number: importing it may ship it twice. Write keep."
    if decision is not CutoverDecision.ADOPT:
        return ""
    if not listed.present and not listed.may_be_there:
        return (
            f"the warehouse has no order {listed.shown_reference or 'of this number'}. Write keep or import."
        )
    if listed.shared:
        return f"{name}, one order for several of the store's: it cannot be adopted. Write keep."
    return ""

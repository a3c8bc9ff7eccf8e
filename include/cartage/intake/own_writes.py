"""The store's copies of orders without what Cartage itself wrote there: that is never a change by a person.

Posting tracking sets a shipment's ship method; further packages get shipments of their own, or lines in the internal
comments. What compares or resends an order must not see any of it. A correction that a person made here, and that was
written to the store, is there already in the ledger's orders: it leaves the copy as it was, unless the store changed
something else too. Then the store's copy counts, with the correction in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cartage.intake.repo.own_writes import OwnWrites, own_writes_of
from cartage.model.orders import SalesOrder, ShipGroup
from cartage.model.tracking_numbers import number_identity, split_numbers
from cartage.runtime.context import StageContext
from cartage.storefront import content_hash
from cartage.storefront.corrections import undo_correction
from cartage.storefront.wire.bodies import method_name
from cartage.storefront.wire.text import html_to_text


def without_own_writes(context: StageContext, orders: Sequence[SalesOrder]) -> list[SalesOrder]:
    """Return orders that the store listed as they are without what Cartage wrote to them."""
    if not orders:
        return []
    store_id, order_ids = context.store_row.id, [order.order_id for order in orders]
    with context.ledger.begin() as connection:
        own = own_writes_of(connection, store_id, order_ids)
    return [
        removed_own_writes(order, own[order.order_id]) if order.order_id in own else order for order in orders
    ]


def removed_own_writes(order: SalesOrder, own: OwnWrites) -> SalesOrder:
    """Return the order with the ship methods that it was sent with, without our shipments and our comments. Pure."""
    removed = replace(
        order,
        internal_comments=_without_lines(order.internal_comments, own),
        groups=tuple(_with_sent_method(group, own) for group in order.groups if not _is_created(group, own)),
    )
    before = _without_corrections(removed, own)
    return before if own.corrections and content_hash(before) == own.copy_hash else removed


def _without_corrections(order: SalesOrder, own: OwnWrites) -> SalesOrder:
    groups = (
        undo_correction(group, *own.corrections[group.shipment_id])
        if group.shipment_id in own.corrections
        else group
        for group in order.groups
    )
    return replace(order, groups=tuple(groups))


def _with_sent_method(group: ShipGroup, own: OwnWrites) -> ShipGroup:
    sent, posted = own.ship_methods.get(group.shipment_id, ("", frozenset[str]()))
    ours = {_folded(name) for name in posted}
    return replace(group, ship_method=sent) if _folded(group.ship_method) in ours else group


def _folded(ship_method: str) -> str:
    return method_name(ship_method).casefold()


def _is_created(group: ShipGroup, own: OwnWrites) -> bool:
    """Return whether we created the shipment; one to which a person has moved lines is the person's."""
    if group.lines:
        return False
    ours = {number_identity(number) for number in own.numbers}
    named = {number_identity(number) for number in split_numbers(group.tracking)}
    return group.shipment_id in own.created or bool(ours & named)


def _without_lines(comments: str, own: OwnWrites) -> str:
    ours = {html_to_text(line) for line in own.comment_lines}
    lines = comments.splitlines()
    kept = [line for line in lines if line.strip() not in ours]
    return comments if len(kept) == len(lines) else "\n".join(kept).strip()

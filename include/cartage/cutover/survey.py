"""The survey for the cutover: orders that may still be the old system's, and what the warehouse has of them.

Reads only, in lists: pages of the store's orders, and the warehouse's orders by many references at once.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cartage.cutover import repo as cutover_repo
from cartage.cutover.repo import CutoverOrder
from cartage.cutover.rules import AtWarehouse, CutoverCandidate, old_reference
from cartage.intake.lane_intake import intake_rules_of
from cartage.intake.rules import apply_intake_rules
from cartage.model.orders import SalesOrder, ShipGroup
from cartage.runtime.context import StageContext
from cartage.storefront import OrderQuery, Unreadable, translate_order
from cartage.warehouses.contract import RemoteOrder, RemoteState, is_family

log = logging.getLogger(__name__)

_TELL_EVERY = 200


@dataclass(frozen=True, slots=True)
class CutoverSurvey:
    """What is there now: the ship groups to decide about, and what the ledger has of their orders already.

    `read` has every order that was in one of the listed statuses, by OrderID, whether it is listed or not.
    """

    listed: tuple[CutoverCandidate, ...]
    read: Mapping[int, SalesOrder]
    known: Mapping[int, CutoverOrder]


def survey_cutover(context: StageContext, statuses: Iterable[int] = ()) -> CutoverSurvey:
    """Read the import status and these others of the store's own ids; of the others only what the warehouse has counts.

    Left out are orders that were decided already, that Cartage sent, or that belong to another lane.

    Raises:
        RemoteError: if store or warehouse cannot be read.
    """
    first = context.statuses.import_status
    read: dict[int, SalesOrder] = {}
    for status in dict.fromkeys((first, *statuses)):
        read |= _read(context, status)
    with context.ledger.begin() as connection:
        known = cutover_repo.cutover_orders(connection, context.store_row.id, read.keys())
    undecided = [order for order in read.values() if not _settled(context, known.get(order.order_id))]
    listed = _listed(context, undecided)
    return CutoverSurvey(
        tuple(one for one in listed if one.order.status_id == first or one.present), read, known
    )


def _read(context: StageContext, status: int) -> dict[int, SalesOrder]:
    zone = context.lane.store.zone()
    found: dict[int, SalesOrder] = {}
    for page in context.store.list_orders(OrderQuery(zone=zone, status=status)):
        for entry in page.entries:
            order = translate_order(entry, zone)
            if isinstance(order, Unreadable):
                log.warning("lane %s: left out: %s", context.lane.name, order.what)
            elif order.status_id == status:
                found[order.order_id] = order
        log.info(
            "lane %s: %d orders read in the status %s",
            context.lane.name,
            len(found),
            context.statuses.name(status),
        )
    return found


def _settled(context: StageContext, known: CutoverOrder | None) -> bool:
    return known is not None and (known.left or known.sent or known.lane != context.lane.name)


def _listed(context: StageContext, orders: Sequence[SalesOrder]) -> list[CutoverCandidate]:
    template = context.lane.cutover.old_reference
    groups = [(order, group) for order in orders for group in _shipping(context, order)]
    references = [old_reference(template, order, group.shipment_id) for order, group in groups]
    there = _ask(context, references)
    times = Counter(references)
    return [
        CutoverCandidate(order, group, reference, there.get(reference), shared=times[reference] > 1)
        for (order, group), reference in zip(groups, references, strict=True)
    ]


def _shipping(context: StageContext, order: SalesOrder) -> Iterator[ShipGroup]:
    """The ship groups that would go to the warehouse, with the lines that would; whenever the order was placed."""
    intake = apply_intake_rules(order, intake_rules_of(context.lane, cut_over=True))
    return (group for group, skip in intake.groups if not skip)


def _ask(context: StageContext, references: Sequence[str]) -> dict[str, AtWarehouse]:
    """What the warehouse has under each reference, with progress: a connector may need a call for each."""
    wanted = list(dict.fromkeys(reference for reference in references if reference))
    there: dict[str, AtWarehouse] = {}
    for asked, (reference, found) in enumerate(context.warehouse.find_many(wanted), 1):
        family = [one for one in found if is_family(one.reference, reference)]
        if family:
            there[reference] = _at_warehouse(reference, family)
        if asked % _TELL_EVERY == 0 or asked == len(wanted):
            log.info("lane %s: the warehouse was asked for %d of %d", context.lane.name, asked, len(wanted))
    return there


def _at_warehouse(reference: str, family: Sequence[RemoteOrder]) -> AtWarehouse:
    """One order, of which the warehouse may have made several parts: open while any is, cancelled if all are."""
    states = {one.state for one in family}
    live = [one for one in family if one.state is not RemoteState.CANCELLED] or list(family)
    main = min(live, key=lambda one: (len(one.reference), one.reference))
    state = next(
        one for one in (RemoteState.OPEN, RemoteState.SHIPPED, RemoteState.CANCELLED) if one in states
    )
    return AtWarehouse(
        remote_id=main.remote_id,
        reference=main.reference[: len(reference)],
        state=state.value,
        etag=main.etag,
        shipped_since=min(
            (one.modified_at for one in family if one.state is RemoteState.SHIPPED and one.modified_at),
            default=None,
        ),
        shipped_ids=frozenset(one.remote_id for one in family if one.state is RemoteState.SHIPPED),
    )

"""Survey for the cutover: find orders that may be the old system's, and what the warehouse has of them. Reads only.

It reads in lists: pages of the store's orders, and the warehouse's orders by many references at once.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cartage.cutover.repo import CutoverOrder, cutover_orders
from cartage.cutover.rules import AtWarehouse, CutoverCandidate, old_reference
from cartage.errors import SettingsError
from cartage.intake.lane_intake import intake_rules_of
from cartage.intake.rules import apply_intake_rules
from cartage.model.orders import SalesOrder, ShipGroup
from cartage.runtime.context import StageContext
from cartage.storefront import OrderQuery, Unreadable, translate_order
from cartage.warehouses.contract import Reconcile, RemoteOrder, RemoteState
from cartage.warehouses.references import is_family

log = logging.getLogger(__name__)

_LOG_EVERY = 200


@dataclass(frozen=True, slots=True)
class CutoverSurvey:
    """The ship groups to decide about, and what the ledger already has of their orders.

    `read` has every order with one of the surveyed statuses, by OrderID, also those that are not listed.
    """

    listed: tuple[CutoverCandidate, ...]
    read: Mapping[int, SalesOrder]
    known: Mapping[int, CutoverOrder]


_ONE_WAREHOUSE = (
    "  it has several warehouses. Take over from the old system while the lane has only the `warehouse` that ships "
    "today, then write that one and the others under `warehouses`: its orders go on under its name."
)


def survey_cutover(context: StageContext, statuses: Iterable[int] = ()) -> CutoverSurvey:
    """Survey the import status and these other statuses (ids of the store).

    Orders in other statuses are listed only if the warehouse has them, or if it takes files and may have them. Orders
    that were decided already, that Cartage sent, or that belong to another lane are left out.

    Raises:
        RemoteError: if store or warehouse cannot be read.
        SettingsError: if the lane has several warehouses.
    """
    if context.lane.warehouses:
        raise SettingsError(f"lane {context.lane.name!r}", [_ONE_WAREHOUSE])
    first = context.statuses.import_status
    read: dict[int, SalesOrder] = {}
    for status in dict.fromkeys((first, *statuses)):
        read |= _read(context, status)
    store = context.store_row
    with context.ledger.begin() as connection:
        known = cutover_orders(connection, store.id, read.keys())
    undecided = [order for order in read.values() if not _settled(context, known.get(order.order_id))]
    listed = _listed(context, undecided)
    return CutoverSurvey(
        tuple(
            candidate
            for candidate in listed
            if candidate.order.status_id == first or candidate.present or candidate.may_be_there
        ),
        read,
        known,
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
    return known is not None and (known.left_to_old_system or known.sent or known.lane != context.lane.name)


def _listed(context: StageContext, orders: Sequence[SalesOrder]) -> list[CutoverCandidate]:
    template = context.lane.cutover.old_reference
    groups = [(order, group) for order in orders for group in _shipping(context, order)]
    references = [old_reference(template, order, group.shipment_id) for order, group in groups]
    there, asked = _ask(context, references)
    absence_proves = context.warehouse.capabilities.reconcile is not Reconcile.EVIDENCE
    uses = Counter(references)
    return [
        CutoverCandidate(
            order,
            group,
            reference,
            there.get(reference),
            uses[reference] > 1,
            not reference or reference in asked,
            absence_proves,
        )
        for (order, group), reference in zip(groups, references, strict=True)
    ]


def _shipping(context: StageContext, order: SalesOrder) -> Iterator[ShipGroup]:
    """Yield the ship groups that would be sent, with the lines that would be; the order's date does not count."""
    decided = apply_intake_rules(order, intake_rules_of(context.lane, cut_over=True))
    return (group for group, skip in decided.groups if not skip)


def _ask(context: StageContext, references: Sequence[str]) -> tuple[dict[str, AtWarehouse], set[str]]:
    """Return what the warehouse has under each reference, and for which it could be asked.

    Log progress, since a connector may need a call for each.
    """
    wanted = list(dict.fromkeys(reference for reference in references if reference))
    there: dict[str, AtWarehouse] = {}
    asked: set[str] = set()
    for reference, found in context.warehouse.find_many(wanted):
        asked.add(reference)
        family = [remote for remote in found if is_family(remote.reference, reference)]
        if family:
            there[reference] = _at_warehouse(reference, family)
        if len(asked) % _LOG_EVERY == 0 or len(asked) == len(wanted):
            log.info(
                "lane %s: the warehouse was asked for %d of %d", context.lane.name, len(asked), len(wanted)
            )
    return there, asked


def _at_warehouse(reference: str, family: Sequence[RemoteOrder]) -> AtWarehouse:
    """Return the state of an order that may be split: open if any part is open, cancelled if all are."""
    states = {part.state for part in family}
    live = [part for part in family if part.state is not RemoteState.CANCELLED] or list(family)
    main = min(live, key=lambda part: (len(part.reference), part.reference))
    state = next(
        known for known in (RemoteState.OPEN, RemoteState.SHIPPED, RemoteState.CANCELLED) if known in states
    )
    return AtWarehouse(
        remote_id=main.remote_id,
        reference=main.reference[: len(reference)],
        state=state.value,
        etag=main.etag,
        shipped_since=min(
            (part.modified_at for part in family if part.state is RemoteState.SHIPPED and part.modified_at),
            default=None,
        ),
        shipped_ids=frozenset(part.remote_id for part in family if part.state is RemoteState.SHIPPED),
    )

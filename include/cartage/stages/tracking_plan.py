"""What is to be written to the store for each shipped order: decided from ledger and store together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from cartage.ledger.states import State
from cartage.orders.statuses import PARTIAL, SHIPPED, StatusMap
from cartage.orders.tracking import tracking_text
from cartage.stages.store_reads import StoreOrder


@dataclass(frozen=True, slots=True)
class GroupWrite:
    """One write of a ship group's tracking.

    `status_id` is the store's own; None where the order's status must not move with the write.
    """

    fulfillment_order_id: int
    shipment_id: int
    tracking: str
    package_ids: tuple[int, ...]
    unfit_ids: tuple[int, ...]
    carrier_method: str
    shipped_at: datetime | None
    status_id: int | None
    there_already: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What one sales order needs: writes, the status that it is to reach, or the status of a person that stands.

    `target` is PARTIAL or SHIPPED, as the ledger keeps it; `person_status` is the store's own id.
    """

    id: int
    order_id: int
    writes: tuple[GroupWrite, ...]
    target: int | None
    person_status: int | None


def plan_orders(
    rows: Iterable[Row[Any]],
    groups: Iterable[Row[Any]],
    store: Mapping[int, StoreOrder],
    statuses: StatusMap,
) -> list[Plan]:
    """Plan each claimed order from its live fulfillment orders and from what the store says now."""
    by_order: dict[int, list[Row[Any]]] = {}
    for group in groups:
        by_order.setdefault(group.sales_order_id, []).append(group)
    return [_plan(row, by_order.get(row.id, []), store.get(row.order_id), statuses) for row in rows]


def _plan(row: Row[Any], groups: Sequence[Row[Any]], store: StoreOrder | None, statuses: StatusMap) -> Plan:
    if store is None:
        return Plan(row.id, row.order_id, (), None, 0)
    person = store.status_id if statuses.set_by_person(store.status_id) else None
    wanted = wanted_status([group.state for group in groups])
    wanted_id = statuses.of(wanted)
    # An order that a person put back waits for an answer: it is given its tracking, and no status.
    put_back = row.put_back and store.status_id == statuses.import_status
    moves = statuses.may_move(store.status_id, wanted_id) and not put_back
    # A store that says so already was told by a write whose answer was lost, or by a person: no more to be written.
    target = wanted if moves or store.status_id == wanted_id else None
    # A shipment's status may move the whole order's: with several ship groups it is only sent with the last.
    with_write = wanted_id if moves and (len(groups) == 1 or wanted == SHIPPED) else None
    writes = tuple(write for group in groups if (write := _write(group, store, with_write)) is not None)
    return Plan(row.id, row.order_id, writes, target, person)


def wanted_status(states: Sequence[str]) -> int:
    """Shipped when every live fulfillment order is, else Partial."""
    return SHIPPED if all(state == State.SHIPPED for state in states) else PARTIAL


def _write(group: Row[Any], store: StoreOrder, status: int | None) -> GroupWrite | None:
    packages = group.packages
    text = tracking_text([package["tracking"] for package in packages])
    # Packages without a number have nothing to be written; they count as told with the order's status.
    named = [packages[one]["id"] for one in text.named]
    nameless = [package["id"] for package in packages if not package["tracking"]]
    unposted = {package["id"] for package in packages if not package["posted"]}
    if not unposted & {*named, *nameless}:
        return None
    first = packages[text.named[0]] if text.named else packages[0]
    stamps = [package["shipped_at"] for package in packages if package["shipped_at"]]
    return GroupWrite(
        fulfillment_order_id=group.id,
        shipment_id=group.shipment_id,
        tracking=text.text,
        package_ids=(*named, *nameless),
        unfit_ids=tuple(package["id"] for package in packages if package["id"] not in {*named, *nameless}),
        carrier_method=" - ".join(part for part in (first["carrier"], first["service"]) if part),
        shipped_at=datetime.fromisoformat(max(stamps)) if stamps else None,
        status_id=status,
        there_already=store.tracking.get(group.shipment_id, "") == text.text,
    )

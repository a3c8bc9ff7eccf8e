"""Look again at what two extracts disagree about: both sides are read once more, order by order.

An extract takes minutes, and an order that changed meanwhile differs only by when it was read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from cartage.model.differences.kinds import STORE
from cartage.model.orders import SalesOrder
from cartage.reconciliation.compare import Judged, compare_with_store, compare_with_warehouse
from cartage.reconciliation.extracts import Extracts
from cartage.reconciliation.judging import FoundDifference, Rules, order_id_of
from cartage.reconciliation.light_rows import LedgerRow, StoreRow, WarehouseRow
from cartage.reconciliation.repo.orders import known_references, orders_by_id
from cartage.reconciliation.spool import table_of
from cartage.runtime.context import StageContext
from cartage.storefront import translate_order

T = TypeVar("T")

_GROUP = 100


@dataclass(frozen=True, slots=True)
class Suspect:
    """An order to look at again on one side. `reference` is one that the warehouse has and the ledger may not."""

    side: str
    order_id: int
    reference: str = ""


@dataclass
class SecondLook:
    """What is there at the second look; of orders `in_flight` nothing can be said yet."""

    found: list[FoundDifference] = field(default_factory=list)
    in_flight: set[int] = field(default_factory=set)


def suspect_of(found: FoundDifference) -> Suspect | None:
    """Return the order that a difference is about; None if it is about none."""
    if found.order_id is None:
        return None
    return Suspect(
        found.side, found.order_id, "" if found.fulfillment_order_id or found.side == STORE else found.key
    )


def look_again(
    context: StageContext, extracts: Extracts, rules: Rules, suspects: Collection[Suspect]
) -> SecondLook:
    """Read these orders again on the ledger's side and on the side that differed, and compare.

    Raises:
        RemoteError: if store or warehouse cannot be read.
    """
    result = SecondLook()
    at_store = sorted({suspect.order_id for suspect in suspects if suspect.side == STORE})
    for group in _groups(at_store):
        read = _read_store(context, extracts, group)
        ledger, elsewhere = _read_ledger(context, extracts, group)
        store = [row for row in extracts.store_rows(read.orders) if row.order_id not in elsewhere]
        own = [row for row in ledger if row.order_id not in read.unreadable]
        judged = compare_with_store(table_of(store, StoreRow), table_of(own, LedgerRow), rules)
        _add(result, judged, ledger)
    at_warehouse: dict[int, set[str]] = {}
    for suspect in suspects:
        if suspect.side != STORE:
            at_warehouse.setdefault(suspect.order_id, set()).update({suspect.reference} - {""})
    for group in _groups(sorted(at_warehouse)):
        ledger, _ = _read_ledger(context, extracts, group)
        references = {row.reference for row in ledger}.union(*(at_warehouse[order_id] for order_id in group))
        asked, there = _read_warehouse(context, extracts, references)
        own = [row for row in ledger if row.reference in asked]
        judged = compare_with_warehouse(table_of(own, LedgerRow), table_of(there, WarehouseRow), rules)
        _add(result, judged, ledger)
    result.found = without_known_references(context, result.found)
    return result


def without_known_references(
    context: StageContext, found: Iterable[FoundDifference]
) -> list[FoundDifference]:
    """Return the differences without those about references that the ledger has: of another time, lane or moment."""
    differences = list(found)
    references = {each.key.casefold() for each in differences if _is_unknown(each)}
    known: set[str] = set()
    for group in _groups(sorted(references)):
        with context.ledger.begin() as connection:
            known |= known_references(connection, group)
    return [each for each in differences if not (_is_unknown(each) and each.key.casefold() in known)]


def _is_unknown(found: FoundDifference) -> bool:
    return found.side != STORE and found.fulfillment_order_id is None


def _add(result: SecondLook, judged: Judged, ledger: Sequence[LedgerRow]) -> None:
    orders = {row.ref: row.order_id for row in ledger}
    result.found += judged.found
    for key in judged.in_flight:
        order_id = key if isinstance(key, int) else orders.get(key) or order_id_of(key)
        result.in_flight |= {order_id} if order_id is not None else set()


@dataclass(frozen=True, slots=True)
class _ReadOrders:
    orders: list[SalesOrder]
    unreadable: set[int]


def _read_store(context: StageContext, extracts: Extracts, order_ids: Sequence[int]) -> _ReadOrders:
    """Read orders by their ids: only that proves that one is gone."""
    read = _ReadOrders([], set())
    for order_id in order_ids:
        extracts.go_on()
        entry = context.store.get_order(order_id)
        order = translate_order(entry, context.lane.store.zone()) if entry is not None else None
        if isinstance(order, SalesOrder):
            read.orders.append(order)
        elif order is not None:
            read.unreadable.add(order_id)
    return read


def _read_ledger(
    context: StageContext, extracts: Extracts, order_ids: Sequence[int]
) -> tuple[list[LedgerRow], set[int]]:
    """Return what the lane has of these orders, and which of them another lane has."""
    store = context.store_row
    with context.ledger.begin() as connection:
        rows = orders_by_id(connection, store.id, order_ids, hold=context.lane.post_back.wait_for_carrier)
    own = [row for row in rows if row.lane == context.lane.name]
    return extracts.ledger_rows(own), {row.order_id for row in rows if row.lane != context.lane.name}


def _read_warehouse(
    context: StageContext, extracts: Extracts, references: Collection[str]
) -> tuple[set[str], list[WarehouseRow]]:
    """Search for references; return those for which every warehouse could be asked, and what they have."""
    asked_of_all = set(references)
    found: dict[tuple[str, str], WarehouseRow] = {}
    for place in context.every_warehouse():
        asked: set[str] = set()
        for reference, orders in place.warehouse.find_many(sorted(references)):
            extracts.go_on()
            asked.add(reference)
            rows = extracts.warehouse_rows(orders, place.warehouse_name)
            found |= {(place.warehouse_name, row.remote_id): row for row in rows}
        asked_of_all &= asked
    return asked_of_all, list(found.values())


def _groups(values: Sequence[T]) -> Iterator[Sequence[T]]:
    return (values[start : start + _GROUP] for start in range(0, len(values), _GROUP))

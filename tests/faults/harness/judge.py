"""The judge of a trial: reads the store, the warehouse and the ledger's tables, never the engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cartage_sandbox.generate import EXPECTED, Expected
from tests.faults.harness.sides import Side

_SHIPPED = 4
_FINAL = {"shipped", "skipped", "blocked"}
_STATES = "SELECT state, count(*) FROM fulfillment_order WHERE superseded_at IS NULL GROUP BY 1"
_LEFT_OPEN = {
    "transfers without an outcome": "SELECT count(*) FROM transfer WHERE outcome IS NULL",
    "post-backs without an outcome": "SELECT count(*) FROM post_back WHERE outcome IS NULL",
    "packages that were not posted": (
        "SELECT count(*) FROM package p JOIN shipment s ON s.id = p.shipment_id"
        " WHERE p.posted_at IS NULL AND p.unfit_at IS NULL AND NOT s.voided"
    ),
    "shipments without an order": "SELECT count(*) FROM shipment WHERE fulfillment_order_id IS NULL",
    "orders whose posted status is not verified": (
        "SELECT count(*) FROM sales_order WHERE posted_at > coalesce(verified_at, '-infinity')"
    ),
    "open exceptions": "SELECT count(*) FROM exception WHERE closed_at IS NULL",
    "blocked orders without an open cause": (
        "SELECT count(*) FROM fulfillment_order f WHERE f.state = 'blocked'"
        " AND NOT EXISTS (SELECT FROM cause c WHERE c.id = ANY(f.cause_ids) AND c.closed_at IS NULL)"
    ),
}
_SETTLED = "SELECT count(*) FROM transfer WHERE outcome IN ('found', 'absent')"


@dataclass(frozen=True)
class Evidence:
    """What the judge may read: the sandboxes, the OrderIDs of each kind, and the ledger by SQL."""

    side: Side
    kinds: Mapping[str, list[int]]
    rows: Callable[[str], list[tuple[Any, ...]]]

    def expected(self, what: Expected) -> set[int]:
        """Return the OrderIDs that end in this way, if nobody fixes anything."""
        return {order_id for kind, ids in self.kinds.items() if EXPECTED[kind] is what for order_id in ids}


@dataclass(frozen=True)
class Verdict:
    """The verdict. `problems` is empty if every promise was kept."""

    orders: int
    sent: int
    settled: int
    packages: int
    problems: tuple[str, ...]


def judge(seen: Evidence) -> Verdict:
    """Compare store, warehouse and ledger with the orders that were placed."""
    store = seen.side.shop.store
    accepted = seen.side.journal.count_by_key(seen.side.created)
    truth = {
        order_id: store.order(order_id)
        for order_id in seen.expected(Expected.SHIPS) | seen.expected(Expected.SKIPPED)
    }
    sent = seen.side.sent()
    problems = [
        *(f"{name} was created {times} times" for name, times in accepted.items() if times != 1),
        *_missing_or_foreign(seen, truth, sent),
        *_store_differs(seen, truth, sent),
        *_went_back(seen),
        *_touched(seen, sent),
        *_ledger_differs(seen),
        *seen.side.broken(seen.rows),
    ]
    return Verdict(
        orders=sum(map(len, seen.kinds.values())),
        sent=len(accepted),
        settled=seen.rows(_SETTLED)[0][0],
        packages=sum(len(codes) for codes in sent.values()),
        problems=tuple(problems),
    )


def _groups(order: Mapping[str, Any]) -> set[int]:
    """Return the ShipmentIDs that have lines."""
    return {line["ItemShipmentID"] for line in order["OrderItemList"]}


def _missing_or_foreign(
    seen: Evidence, truth: Mapping[int, Any], sent: Mapping[tuple[int, int], Any]
) -> Iterator[str]:
    wanted = {
        (order_id, group) for order_id in seen.expected(Expected.SHIPS) for group in _groups(truth[order_id])
    }
    for key in sorted(wanted - sent.keys()):
        yield f"{key} never reached the warehouse: {_state(seen, key)}"
    for key in sorted(sent.keys() - wanted):
        yield f"{key} is at the warehouse, but should not be"


def _store_differs(
    seen: Evidence, truth: Mapping[int, Any], sent: Mapping[tuple[int, int], Counter[str]]
) -> Iterator[str]:
    for order_id in sorted(seen.expected(Expected.SHIPS)):
        order = truth[order_id]
        if order["OrderStatusID"] != _SHIPPED:
            yield f"order {order_id} has status {order['OrderStatusID']} in the store, not Shipped"
        for shipment in order["ShipmentList"]:
            shown = Counter(shipment["ShipmentTrackingCode"].replace(",", " ").split())
            codes = sent.get((order_id, shipment["ShipmentID"]), Counter())
            if shown != codes:
                where = f"order {order_id}, shipment {shipment['ShipmentID']}"
                yield f"{where}: the store shows {dict(shown)}, not {dict(codes)}"


def _went_back(seen: Evidence) -> Iterator[str]:
    """Yield statuses that went backwards, and tracking texts that were written more than once."""
    for entry in seen.side.shop.store.journal.entries("order.status"):
        before, after = entry["detail"]["from"], entry["detail"]["to"]
        if after < before:
            yield f"order {entry['key']} went from status {before} to {after}"
    for order_id, written in seen.side.shop.store.state.effects.summary().items():
        for shipment, codes in written["tracking"].items():
            for code, times in codes.items():
                if times != 1:
                    yield f"order {order_id}, shipment {shipment}: {code!r} was written {times} times"


def _touched(seen: Evidence, sent: Mapping[tuple[int, int], Any]) -> Iterator[str]:
    written = seen.side.shop.store.state.effects.summary()
    at_warehouse = {order_id for order_id, _ in sent}
    for order_id in sorted(seen.expected(Expected.SKIPPED) | seen.expected(Expected.BLOCKED)):
        if order_id in at_warehouse or str(order_id) in written:
            yield f"order {order_id} must not ship, but was touched"


def _ledger_differs(seen: Evidence) -> Iterator[str]:
    states = dict(seen.rows(_STATES))
    for state, number in states.items():
        if state not in _FINAL:
            yield f"{number} orders ended as {state}"
    unreadable = len(seen.kinds.get("no_object", ()))
    blocked = len(seen.expected(Expected.BLOCKED)) - unreadable
    if states.get("blocked", 0) != blocked:
        yield f"{states.get('blocked', 0)} orders are blocked, not {blocked}"
    if unreadable and not seen.rows("SELECT 1 FROM unreadable_order"):
        yield f"{unreadable} entries that are not orders left no trace"
    for what, query in _LEFT_OPEN.items():
        number = seen.rows(query)[0][0]
        if number:
            yield f"{number} {what}"


def _state(seen: Evidence, key: tuple[int, int]) -> str:
    rows = seen.rows(
        f"SELECT state, reason FROM fulfillment_order WHERE order_id = {key[0]} AND shipment_id = {key[1]}"
    )
    return str(rows[0]) if rows else "not in the ledger"

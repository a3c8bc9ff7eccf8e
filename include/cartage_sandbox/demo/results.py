"""Check the demo's result in the store and the warehouse themselves, never in Cartage alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

from cartage_sandbox.demo.coasts import AtWarehouse, CoastsShop, astray, at_warehouses, divided
from cartage_sandbox.demo.plan import Seeded
from cartage_sandbox.demo.scenes import ASKING, Ending
from cartage_sandbox.stack.storefront import Storefront

_SHIPPED = 4


@dataclass(frozen=True)
class DemoResult:
    """The numbers of the final table, and every fault that was found. Without faults the demo succeeded."""

    seeded: int
    imported: int
    transferred: int
    shipped_orders: int
    packages: int
    posted_back: int
    untouched: int
    blocked: int
    causes: tuple[tuple[str, int, str], ...]
    duplicates: int
    faults: tuple[str, ...]
    endings: tuple[Ending, ...] = ()
    exceptions: int = 0
    held: int = 0
    at: tuple[AtWarehouse, ...] = ()
    divided: int = 0


@dataclass(frozen=True)
class LaneResult:
    """The result of one of the demo's lanes: its name, and the system of its warehouse."""

    lane: str
    warehouse: str
    result: DemoResult


def check_orders(
    shop: Storefront, seeded: Seeded, status: Mapping[str, Any], endings: Sequence[Ending] = ()
) -> DemoResult:
    """Compare store, warehouse and ledger with what was seeded, and with how the scenes should end."""
    references = shop.references()
    written = shop.store.state.effects.summary()
    sent = _packages_by_order(shop)
    store_orders = {order_id: shop.store.order(order_id) for order_id in seeded.ships | seeded.untouched}
    shown = {order_id: _tracking(store_orders[order_id]) for order_id in seeded.sent}
    states = status["fulfillment_orders"]
    causes = tuple((cause["message"], cause["orders"], cause["fix"]) for cause in status["causes"])
    duplicates = sum(times - 1 for times in references.values()) + _repeated(written)
    faults = [
        *_not_shipped(seeded, store_orders),
        *_wrong_tracking(seeded, shown, sent),
        *_touched(seeded, store_orders, written, sent),
        *_not_held(seeded, sent, written, states),
        *_not_asked(seeded, int(status["exceptions"])),
        *_wrongly_blocked(seeded, sent, written, states, causes),
        *(astray(shop) if isinstance(shop, CoastsShop) else ()),
        *(ending.fault for ending in endings if ending.fault),
    ]
    if duplicates:
        faults.append(
            f"{duplicates} duplicate(s): {[name for name, times in references.items() if times > 1]}"
        )
    return DemoResult(
        seeded=seeded.total,
        imported=sum(states.values()),
        transferred=len(references),
        shipped_orders=sum(store_orders[ship]["OrderStatusID"] == _SHIPPED for ship in seeded.sent),
        packages=sum(len(codes) for codes in sent.values()),
        posted_back=sum(len(codes) for codes in shown.values()),
        untouched=len(seeded.untouched),
        blocked=int(status["blocked"]),
        causes=causes,
        duplicates=duplicates,
        faults=tuple(faults),
        endings=tuple(endings),
        exceptions=int(status["exceptions"]),
        held=int(states.get("held", 0)),
        at=at_warehouses(shop) if isinstance(shop, CoastsShop) else (),
        divided=divided(shop) if isinstance(shop, CoastsShop) else 0,
    )


def expected_exceptions(seeded: Seeded) -> int:
    """Return how many orders need a decision in the end."""
    return sum(scene in seeded.scenes for scene in ASKING)


def _packages_by_order(shop: Storefront) -> dict[int, Counter[tuple[int, str]]]:
    """Return OrderID -> the (ShipmentID, tracking number) pairs of the warehouse, by its references."""
    packages: dict[int, Counter[tuple[int, str]]] = {}
    for reference, numbers in shop.packages():
        _, order_id, shipment_id = reference.split("_")
        # Letters after the ShipmentID name a part of the order.
        codes = Counter((int(shipment_id.rstrip(ascii_uppercase)), number) for number in numbers)
        packages.setdefault(int(order_id), Counter()).update(codes)
    return packages


def _tracking(order: Mapping[str, Any]) -> Counter[tuple[int, str]]:
    """Return the (ShipmentID, tracking number) pairs that the store shows."""
    return Counter(
        (shipment["ShipmentID"], code)
        for shipment in order["ShipmentList"]
        for code in shipment["ShipmentTrackingCode"].replace(",", " ").split()
    )


def _repeated(written: Mapping[str, Any]) -> int:
    """Return how often a tracking text was written to a shipment that already had it."""
    return sum(
        times - 1
        for order in written.values()
        for codes in order["tracking"].values()
        for times in codes.values()
    )


def _not_shipped(seeded: Seeded, orders: Mapping[int, Mapping[str, Any]]) -> Iterator[str]:
    for order_id in sorted(seeded.shipped):
        status = orders[order_id]["OrderStatusID"]
        if status != _SHIPPED:
            yield f"order {order_id} should be Shipped, but has status {status}"


def _wrong_tracking(
    seeded: Seeded,
    shown: Mapping[int, Counter[tuple[int, str]]],
    sent: Mapping[int, Counter[tuple[int, str]]],
) -> Iterator[str]:
    for order_id in sorted(seeded.sent):
        if shown[order_id] != sent.get(order_id, Counter()):
            yield f"order {order_id}: the store shows {dict(shown[order_id])}, the warehouse sent {sent.get(order_id)}"


def _touched(
    seeded: Seeded,
    orders: Mapping[int, Mapping[str, Any]],
    written: Mapping[str, Any],
    sent: Mapping[int, Counter[tuple[int, str]]],
) -> Iterator[str]:
    for order_id in sorted(seeded.untouched):
        if order_id in sent or str(order_id) in written:
            yield f"order {order_id} (status {orders[order_id]['OrderStatusID']}) must not ship, but was changed"


def _not_held(
    seeded: Seeded,
    sent: Mapping[int, Counter[tuple[int, str]]],
    written: Mapping[str, Any],
    states: Mapping[str, int],
) -> Iterator[str]:
    for order_id in sorted(seeded.held):
        if order_id in sent or str(order_id) in written:
            yield f"order {order_id} should be held, but was sent or written"
    if states.get("held", 0) != len(seeded.held):
        yield f"{len(seeded.held)} orders should be held, but {states.get('held', 0)} are"


def _not_asked(seeded: Seeded, exceptions: int) -> Iterator[str]:
    wanted = expected_exceptions(seeded)
    if exceptions != wanted:
        yield f"{wanted} orders should need a decision, but {exceptions} do"


def _wrongly_blocked(
    seeded: Seeded,
    sent: Mapping[int, Counter[tuple[int, str]]],
    written: Mapping[str, Any],
    states: Mapping[str, int],
    causes: tuple[tuple[str, int, str], ...],
) -> Iterator[str]:
    wanted = {order_id for ids in seeded.blocked.values() for order_id in ids}
    for order_id in sorted(wanted):
        if order_id in sent or str(order_id) in written:
            yield f"order {order_id} should be blocked, but was sent or written"
    unreadable = len(seeded.blocked.get("no_object", []))
    if states.get("blocked", 0) != len(wanted) - unreadable:
        yield f"{len(wanted) - unreadable} orders should be blocked, but {states.get('blocked', 0)} are"
    if wanted and not causes:
        yield "orders are blocked, but no cause is named"

"""Amazon's side: reserving, planning, picking, shipping, and what goes wrong meanwhile.

None of this is reachable through the emulated API; tests and demos use the control API.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from cartage_sandbox.mcf.data.model import (
    CANCELLABLE,
    LIVE,
    Content,
    Order,
    Parcel,
    Shipment,
    ShipmentStatus,
    Status,
)
from cartage_sandbox.mcf.data.state import SellerState
from cartage_sandbox.mcf.operations.packing import packed

_CENTERS = ("PHX7", "ABE8", "LEX1")
_EXPECTED_TO_TAKE = timedelta(days=1)


class Floor:
    """What happens to orders in the fulfillment centers. All methods take the state's lock."""

    def __init__(self, state: SellerState) -> None:
        self._state = state

    def settle(self) -> None:
        """Do what is due by the clock: accepted cancels, and automatic shipping."""
        state = self._state
        delay = state.rules.number("auto_ship_seconds")
        with state.lock:
            now = state.now()
            for order in list(state.orders.values()):
                if order.status not in CANCELLABLE:
                    continue
                if order.cancel_due is not None and order.cancel_due <= now:
                    self._cancel(order)
                elif delay > 0 and order.received_at + timedelta(seconds=delay) <= now:
                    two = state.rng.random() < state.rules.number("auto_ship_multi_share")
                    self.ship([order], packages=2 if two else 1)

    def reserve(self, order: Order) -> None:
        """Reserve an order's units; what there is not enough of is unfulfillable."""
        with self._state.lock:
            for line in order.lines:
                goods = self._state.goods[line.sku]
                line.unfulfillable = max(0, line.wanted - goods.fulfillable)
                goods.fulfillable -= line.wanted
                goods.reserved += line.wanted
            if not any(line.wanted for line in order.lines):
                self._move(order, Status.UNFULFILLABLE)

    def invalidate(self, order: Order) -> None:
        """Find an accepted order invalid: nothing of it will ship."""
        with self._state.lock:
            self._move(order, Status.INVALID)

    def plan(self, orders: Iterable[Order]) -> None:
        """Give open orders to the network's planning."""
        with self._state.lock:
            for order in orders:
                if order.status in CANCELLABLE:
                    self._move(order, Status.PLANNING)

    def pick(self, order: Order, quantities: Mapping[str, int] | None = None) -> Shipment:
        """Begin to pick a shipment: all that is outstanding, or some of it by SKU. Raises ValueError for nothing."""
        with self._state.lock:
            left = [
                (line, min(quantity, (quantities or {}).get(line.sku, 0 if quantities else quantity)))
                for line, quantity in order.outstanding()
            ]
            contents = [Content(line, quantity) for line, quantity in left if quantity]
            if order.status not in LIVE or not contents:
                raise ValueError(f"nothing of order {order.seller_id} is left to pick")
            shipment = self._begun(contents)
            order.shipments.append(shipment)
            if order.status is not Status.PROCESSING:
                self._move(order, Status.PROCESSING)
            return shipment

    def ship(
        self, orders: Iterable[Order], *, packages: int = 1, carrier: str | None = None, pick: bool = True
    ) -> list[Order]:
        """Ship what is pending of open orders and, with `pick`, all that is outstanding. Return those orders."""
        with self._state.lock:
            opened = [order for order in orders if order.status in LIVE]
            for order in opened:
                if pick and order.outstanding():
                    self.pick(order)
                for shipment in order.shipments:
                    if shipment.status is ShipmentStatus.PENDING:
                        self._leave(shipment, packages, carrier or "UPS")
                self._journal("order.shipped", order, tracking_numbers=_numbers(order))
                self._finish(order)
            return opened

    def abandon(self, order: Order) -> None:
        """Let fulfillment centers cancel the pending shipments; each is replaced at once."""
        with self._state.lock:
            for shipment in list(order.shipments):
                if shipment.status is ShipmentStatus.PENDING:
                    shipment.status = ShipmentStatus.CANCELLED_BY_FULFILLER
                    order.shipments.append(
                        self._begun([Content(each.line, each.quantity) for each in shipment.contents])
                    )
            self._journal("order.shipment_replaced", order)

    def lose(self, order: Order, quantities: Mapping[str, int]) -> None:
        """Find units of an open order missing or damaged: they are unfulfillable. Raises KeyError for another SKU."""
        with self._state.lock:
            for sku, quantity in quantities.items():
                line = next((each for each, _ in order.outstanding() if each.sku == sku), None)
                if line is None:
                    raise KeyError(sku)
                lost = min(quantity, line.wanted - order.allotted(line))
                line.unfulfillable += lost
                self._state.goods[sku].reserved -= lost
            self._journal("order.units_lost", order, quantities=dict(quantities))
            self._finish(order)

    def cancel(self, orders: Iterable[Order]) -> None:
        """Cancel orders as the seller does in Seller Central, whatever they are doing."""
        with self._state.lock:
            for order in orders:
                self._cancel(order)

    def reopen(self, order: Order) -> None:
        """Take back a shipment that was reported as left. No documentation says that Amazon does this."""
        with self._state.lock:
            for shipment in order.shipments:
                if shipment.status is ShipmentStatus.SHIPPED:
                    shipment.status, shipment.parcels = ShipmentStatus.PENDING, []
                    for content in shipment.contents:
                        content.package = None
                        self._state.goods[content.line.sku].reserved += content.quantity
            self._move(order, Status.PROCESSING)

    def correct(self, orders: Iterable[Order], new: str | None = None) -> None:
        """Give the first package of each order another tracking number."""
        with self._state.lock:
            for order in orders:
                parcel = next(parcel for shipment in order.shipments for parcel in shipment.parcels)
                parcel.tracking = new or self._tracking(parcel.carrier)
                self._move(order, order.status)

    def _begun(self, contents: list[Content]) -> Shipment:
        state = self._state
        number = state.next_number()
        expected = state.now() + _EXPECTED_TO_TAKE
        return Shipment(f"D{number}", state.rng.choice(_CENTERS), ShipmentStatus.PENDING, expected, contents)

    def _leave(self, shipment: Shipment, packages: int, carrier: str) -> None:
        shipment.contents = packed(shipment.contents, packages)
        shipment.status, shipment.at = ShipmentStatus.SHIPPED, self._state.now()
        for content in shipment.contents:
            self._state.goods[content.line.sku].reserved -= content.quantity
        numbers = sorted({content.package for content in shipment.contents if content.package is not None})
        shipment.parcels = [Parcel(number, carrier, self._tracking(carrier)) for number in numbers]

    def _finish(self, order: Order) -> None:
        """Complete an order of which nothing is pending or outstanding; otherwise its status stays, as documented."""
        pending = any(shipment.status is ShipmentStatus.PENDING for shipment in order.shipments)
        if pending or order.outstanding():
            if not self._state.rules.flag("partial_changes_no_status"):
                self._move(order, order.status)
            return
        if not any(shipment.status is ShipmentStatus.SHIPPED for shipment in order.shipments):
            self._move(order, Status.UNFULFILLABLE)
            return
        partial = any(line.wanted < line.quantity for line in order.lines)
        self._move(order, Status.COMPLETE_PARTIALLED if partial else Status.COMPLETE)

    def _cancel(self, order: Order) -> None:
        if order.status not in LIVE:
            return
        for shipment in order.shipments:
            if shipment.status is ShipmentStatus.PENDING:
                shipment.status = ShipmentStatus.CANCELLED_BY_SELLER
        for line, quantity in order.outstanding():
            line.cancelled += quantity
            goods = self._state.goods[line.sku]
            goods.reserved -= quantity
            goods.fulfillable += quantity
        order.cancel_due = None
        left = any(shipment.status is ShipmentStatus.SHIPPED for shipment in order.shipments)
        self._move(order, Status.COMPLETE_PARTIALLED if left else Status.CANCELLED)

    def _move(self, order: Order, status: Status) -> None:
        self._state.set_status(order, status)
        self._journal("order.status", order, status=status.value)

    def _tracking(self, carrier: str) -> str:
        number = self._state.next_number()
        return (
            f"1Z{self._state.rng.getrandbits(32):08X}{number:08d}"
            if carrier == "UPS"
            else f"TBA{number:012d}"
        )

    def _journal(self, effect: str, order: Order, **detail: object) -> None:
        self._state.journal.record_effect(effect, order.seller_id, detail)


def _numbers(order: Order) -> Sequence[str]:
    return [parcel.tracking for shipment in order.shipments for parcel in shipment.parcels]

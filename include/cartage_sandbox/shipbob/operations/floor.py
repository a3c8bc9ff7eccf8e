"""What happens in ShipBob's fulfillment centres: shipping, splitting, exceptions, voids.

None of this is reachable through the emulated API; tests and demos use the control API.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from cartage_sandbox.carriers import tracking_number
from cartage_sandbox.shipbob.data.model import OPEN, SHIPPED, Detail, Line, Order, Shipment, Status
from cartage_sandbox.shipbob.data.state import ShipBobState
from cartage_sandbox.shipbob.operations.desk import OrderDesk
from cartage_sandbox.shipbob.operations.stock import Stock

_CARRIER = "UPS"


class Floor:
    """What people at ShipBob do to orders. All methods take the state's lock."""

    def __init__(self, state: ShipBobState, stock: Stock, desk: OrderDesk) -> None:
        self._state, self._stock, self._desk = state, stock, desk

    def settle(self) -> None:
        """Do what is due by the clock: stock that arrived, and automatic shipping."""
        with self._state.lock:
            for shipment in self._stock.arrive():
                self._touch(shipment)
            delay = self._state.rules.number("auto_ship_seconds")
            if delay <= 0:
                return
            limit = self._state.now() - timedelta(seconds=delay)
            self.ship([order for order in self._state.orders.values() if order.created_at <= limit])

    def ship(self, orders: Iterable[Order], *, packages: int = 1, carrier: str = _CARRIER) -> list[Order]:
        """Ship what is being processed of these orders, each shipment in so many packages. Return what shipped."""
        with self._state.lock:
            shipped = []
            for order in orders:
                ready = [each for each in order.shipments if each.status is Status.PROCESSING]
                for shipment in [part for each in ready for part in self._divided(each, packages)]:
                    self._ship(shipment, carrier)
                shipped += [order] if ready else []
            return shipped

    def hand_over(self, orders: Iterable[Order]) -> list[Order]:
        """Hand labelled shipments over to the carrier: they are completed."""
        return self._each(orders, {Status.LABELED_CREATED}, self._complete)

    def split(self, order: Order, parts: int = 2) -> list[Shipment]:
        """Divide the open shipment of an order: another fulfillment centre ships the rest."""
        with self._state.lock:
            shipment = next(each for each in order.shipments if each.status in OPEN)
            return self._divided(shipment, parts)

    def void(self, orders: Iterable[Order]) -> list[Order]:
        """Void the labels of shipped shipments: they are processed again, without a number."""
        return self._each(orders, SHIPPED, self._void)

    def correct(self, orders: Iterable[Order]) -> list[Order]:
        """Give shipped shipments other tracking numbers."""
        return self._each(orders, SHIPPED, self._renumber)

    def trouble(self, orders: Iterable[Order], status: Status, details: Sequence[Detail] = ()) -> list[Order]:
        """Give the open shipments of orders another status that is open, or sweep them out."""

        def change(shipment: Shipment) -> None:
            shipment.status, shipment.details = status, list(details)

        return self._each(orders, OPEN, change)

    def cancel(self, orders: Iterable[Order]) -> list[Order]:
        """Cancel the open shipments of orders, as ShipBob itself."""
        return self._each(orders, OPEN, self._desk.cancel_shipment)

    def _each(
        self, orders: Iterable[Order], statuses: Iterable[Status], act: Callable[[Shipment], None]
    ) -> list[Order]:
        """Do something to the shipments with these statuses. Return the orders that it changed."""
        with self._state.lock:
            changed = []
            for order in orders:
                chosen = [shipment for shipment in order.shipments if shipment.status in set(statuses)]
                for shipment in chosen:
                    act(shipment)
                    self._touch(shipment)
                changed += [order] if chosen else []
            return changed

    def _ship(self, shipment: Shipment, carrier: str) -> None:
        self._stock.leave(shipment)
        shipment.carrier, shipment.uploaded = carrier, False
        self._renumber(shipment)
        shipment.shipped_at = self._state.now()
        shipment.status = Status(self._state.rules.text("shipped_status"))
        if shipment.status is Status.COMPLETED:
            self._complete(shipment)
        self._touch(shipment)
        detail = {"shipment_id": shipment.id, "tracking": shipment.tracking_number}
        self._state.journal.record_effect("order.shipped", shipment.order.reference, detail)

    def _complete(self, shipment: Shipment) -> None:
        shipment.status, shipment.fulfilled_at = Status.COMPLETED, self._state.now()

    def _renumber(self, shipment: Shipment) -> None:
        state = self._state
        shipment.tracking_number = tracking_number(shipment.carrier or _CARRIER, state.rng, state.next_id())
        shipment.tracking_updated_at = state.now()

    def _void(self, shipment: Shipment) -> None:
        shipment.status, shipment.tracking_number, shipment.shipped_at = Status.PROCESSING, None, None
        shipment.fulfilled_at, shipment.uploaded = None, False
        self._stock.come_back(shipment)

    def _divided(self, shipment: Shipment, parts: int) -> list[Shipment]:
        """Deal the units of an open shipment over so many, of which it stays the first. Return those with units."""
        units = [line for line, quantity in shipment.contents for _ in range(quantity)]
        parts = min(parts, len(units))
        if parts < 2:
            return [shipment]
        self._stock.release(shipment)
        now = self._state.now()
        further = [
            Shipment(self._state.next_order_id(), shipment.order, [], now, now) for _ in range(parts - 1)
        ]
        divided = [shipment, *further]
        for number, part in enumerate(divided):
            part.contents = _counted(units[number::parts])
            self._stock.commit(part)
            self._touch(part)
        shipment.order.shipments += further
        return divided

    def _touch(self, shipment: Shipment) -> None:
        now: datetime = self._state.now()
        shipment.updated_at = shipment.order.updated_at = now


def _counted(units: Iterable[Line]) -> list[tuple[Line, int]]:
    counts: dict[Line, int] = {}
    for line in units:
        counts[line] = counts.get(line, 0) + 1
    return list(counts.items())

"""Four orders that the demo's warehouse does not simply ship, and how each of them ended.

One is split and only a part ships. One ships in two packages. One ships, and its label is voided after tracking was
posted. The buyer of one moves after the warehouse has the order. The result is read from the store and the warehouse,
never from Cartage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cartage_sandbox.demo.plan import CHANGED, PARTIAL, TWO_PACKAGES, VOID
from cartage_sandbox.extensiv.data.model import Order, Status
from cartage_sandbox.stack.shop import Shop

_PROCESSING = 2
_NAMES = {_PROCESSING: "Processing", 3: "Partial", 4: "Shipped"}
_STATUSES = {PARTIAL: 3, TWO_PACKAGES: 4, VOID: 4, CHANGED: _PROCESSING}
# Of the scenes, those of which a person has to hear: each opens an exception.
ASKING = (VOID, CHANGED)
_NEW_ADDRESS = "7 New Street"


@dataclass(frozen=True)
class Ending:
    """How an order of a scene ended: what the warehouse did, what the store shows, and what is wrong."""

    scene: str
    order_id: int
    happened: str
    shown: str
    fault: str = ""


@dataclass
class Scenes:
    """Plays the scenes. Each call of `act` does what is due. `orders` maps scene -> OrderID."""

    shop: Shop
    orders: Mapping[str, int]
    _voided: list[str] = field(default_factory=list)

    def act(self) -> None:
        """Do the next step of each scene."""
        for scene, order_id in self.orders.items():
            parts = self._parts(order_id)
            opened = [part for part in parts if part.status is Status.OPEN]
            if scene == CHANGED:
                self._move(order_id, opened)
            elif parts and scene != VOID and len(opened) == len(parts) == 1:
                self._ship(scene, opened[0])
            elif scene == VOID and not self._voided and self._numbers(order_id):
                self._voided += [package.tracking_number for part in parts for package in part.packages]
                self.shop.warehouse.floor.void(parts, reopen=True)

    def done(self) -> bool:
        """Return whether every scene has ended correctly."""
        return not any(ending.fault for ending in self.endings())

    def endings(self) -> Iterator[Ending]:
        """Yield how each scene ended, or its current state."""
        for scene, order_id in self.orders.items():
            status = self._order(order_id)["OrderStatusID"]
            sent = [package.tracking_number for part in self._parts(order_id) for package in part.packages]
            shown = self._numbers(order_id)
            right = (
                status == _STATUSES[scene]
                and sorted(shown) == sorted(sent)
                and self._played(scene, order_id, sent)
            )
            numbers = ", ".join(shown) or "no number"
            fault = f"{scene}: order {order_id} has status {status} and {numbers}; the warehouse sent {sent}"
            yield Ending(
                scene,
                order_id,
                self._happened(scene),
                f"{_NAMES.get(status, status)}, {numbers}",
                "" if right else fault,
            )

    def _move(self, order_id: int, parts: list[Order]) -> None:
        """Keep the order from being shipped, and once the store shows it as Processing, change its address there."""
        self.shop.warehouse.floor.set_aside(parts)
        order = self._order(order_id)
        if parts and order["OrderStatusID"] == _PROCESSING and not self._has_moved(order):
            moved = [{**shipment, "ShipmentAddress": _NEW_ADDRESS} for shipment in order["ShipmentList"]]
            self.shop.store.edit(order_id, ShipmentList=moved)

    @staticmethod
    def _has_moved(order: Mapping[str, Any]) -> bool:
        return any(shipment["ShipmentAddress"] == _NEW_ADDRESS for shipment in order["ShipmentList"])

    def _ship(self, scene: str, order: Order) -> None:
        floor = self.shop.warehouse.floor
        floor.set_aside([order])
        if scene == TWO_PACKAGES:
            floor.ship([order], packages=2)
        elif parts := floor.split(order):
            floor.set_aside(parts)
            floor.ship(parts[:1])

    def _played(self, scene: str, order_id: int, sent: list[str]) -> bool:
        if scene == CHANGED:
            return self._has_moved(self._order(order_id))
        return bool(self._voided) if scene == VOID else len(sent) == (2 if scene == TWO_PACKAGES else 1)

    def _happened(self, scene: str) -> str:
        return {
            PARTIAL: "the warehouse split it and shipped one of two parts",
            TWO_PACKAGES: "it shipped in two packages",
            CHANGED: "the buyer moved after the warehouse had the order",
            VOID: f"it shipped, and {', '.join(self._voided) or 'its label'} was voided after it was posted",
        }[scene]

    def _parts(self, order_id: int) -> list[Order]:
        with self.shop.warehouse.state.lock:
            return [
                order
                for order in self.shop.warehouse.state.book
                if order.accepted_as.split("_")[1] == str(order_id)
            ]

    def _numbers(self, order_id: int) -> list[str]:
        shipments = self._order(order_id)["ShipmentList"]
        return [
            code
            for shipment in shipments
            for code in shipment["ShipmentTrackingCode"].replace(",", " ").split()
        ]

    def _order(self, order_id: int) -> dict[str, Any]:
        order: dict[str, Any] = self.shop.store.order(order_id)
        return order

"""Commit stock to shipments: what lacks stock is an exception until stock arrives, and comes right by itself."""

from __future__ import annotations

from cartage_sandbox.shipbob.data.model import Detail, Shipment, Status
from cartage_sandbox.shipbob.data.state import ShipBobState


class Stock:
    """The stock of the account. The caller holds the state's lock."""

    def __init__(self, state: ShipBobState) -> None:
        self._state = state
        self._waiting: list[Shipment] = []

    def commit(self, shipment: Shipment) -> None:
        """Commit the stock of a shipment, or make it an exception that waits for stock."""
        needs = shipment.needs()
        short = [item for item, units in needs.items() if item.free < units]
        if short:
            named = self._state.rules.flag("stock_exception_named")
            shipment.status = Status.EXCEPTION
            shipment.details = [
                Detail("OutOfStock", f"Not enough of {item.name}", item.inventory_id)
                for item in short
                if named
            ]
            for item, units in needs.items():
                item.lacking += units
            self._waiting.append(shipment)
            return
        for item, units in needs.items():
            item.committed += units
        shipment.committed = True

    def release(self, shipment: Shipment) -> None:
        """Give back what a shipment holds or waits for."""
        for item, units in shipment.needs().items():
            if shipment.committed:
                item.committed -= units
            elif shipment in self._waiting:
                item.lacking -= units
        if shipment in self._waiting:
            self._waiting.remove(shipment)
        shipment.committed = False

    def leave(self, shipment: Shipment) -> None:
        """Take what a shipment holds from stock: it has shipped."""
        self.release(shipment)
        for item, units in shipment.needs().items():
            item.on_hand = max(0, item.on_hand - units)

    def come_back(self, shipment: Shipment) -> None:
        """Put back what a shipment held that is no longer shipped, and commit it again."""
        for item, units in shipment.needs().items():
            item.on_hand += units
        self.commit(shipment)

    def arrive(self) -> list[Shipment]:
        """Commit stock to the shipments that wait for it. Return those that no longer wait."""
        ready = []
        for shipment in list(self._waiting):
            needs = shipment.needs()
            if all(item.free >= units for item, units in needs.items()):
                self.release(shipment)
                shipment.status, shipment.details = Status.PROCESSING, []
                self.commit(shipment)
                ready.append(shipment)
        return ready

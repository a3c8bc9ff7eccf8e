"""Acme's connector. It can look at its account, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar

from acme_wms import AcmeSettings
from cartage.connections import Connection
from cartage.errors import NotSupported
from cartage.errors.problems import Problem
from cartage.model.orders import FulfillmentRequest, ShipMethod
from cartage.warehouses.checks import WarehouseCheck
from cartage.warehouses.contract import (
    CancelOutcome,
    Capabilities,
    DuplicatePolicy,
    ItemPage,
    Reconcile,
    RemoteOrder,
    ShipmentPage,
    SubmitResult,
    Warehouse,
)
from cartage.warehouses.listed import CatalogueItem, StockLevel

_NOTHING = timedelta(0)


class AcmeWarehouse(Warehouse):
    """An account at Acme."""

    name: ClassVar[str] = "acme"
    title: ClassVar[str] = "Acme"

    def __init__(self, connection: Connection, settings: AcmeSettings) -> None:
        self._customer = connection.login
        self._depot = settings.depot

    @property
    def capabilities(self) -> Capabilities:
        """Return what this connector can do: nothing yet."""
        return Capabilities(
            duplicate_policy=DuplicatePolicy.REJECTS,
            reconcile=Reconcile.STRONG,
            reference_max_length=22,
            cancel=False,
            inventory=False,
            catalogue=False,
            carriers=False,
            splits=False,
            visibility_delay=_NOTHING,
            poll_overlap=_NOTHING,
            longest_request=timedelta(seconds=10),
        )

    def check(self) -> WarehouseCheck:
        """Return whether there is a customer number."""
        return WarehouseCheck(bool(self._customer), f"customer {self._customer} at depot {self._depot}")

    def validate(self, request: FulfillmentRequest) -> list[Problem]:
        """Accept everything."""
        return []

    def payload(self, request: FulfillmentRequest) -> dict[str, Any]:
        """Return the reference alone."""
        return {"reference": request.reference}

    def submit(self, request: FulfillmentRequest) -> SubmitResult:
        """Refuse: Acme takes no orders yet."""
        raise NotSupported("Acme takes no orders yet")

    def find(self, reference: str) -> list[RemoteOrder]:
        """Return nothing: there are no orders."""
        return []

    def get(self, remote_id: str) -> RemoteOrder:
        """Refuse: there are no orders."""
        raise NotSupported("Acme has no orders")

    def poll_shipments(self, cursor: str) -> Iterator[ShipmentPage]:
        """Yield nothing."""
        yield from ()

    def cursor_at(self, moment: datetime) -> str:
        """Return the moment."""
        return moment.isoformat()

    def cancel(self, remote_id: str, reason: str) -> CancelOutcome:
        """Refuse."""
        raise NotSupported("Acme cancels nothing")

    def inventory(self, skus: Collection[str] | None = None) -> Iterator[ItemPage[StockLevel]]:
        """Refuse."""
        raise NotSupported("Acme tells no stock")

    def items(self, skus: Collection[str] | None = None) -> Iterator[ItemPage[CatalogueItem]]:
        """Refuse."""
        raise NotSupported("Acme has no list of items")

    def ship_methods(self) -> ItemPage[ShipMethod]:
        """Refuse."""
        raise NotSupported("Acme has no list of carriers")

    def close(self) -> None:
        """There is no connection."""

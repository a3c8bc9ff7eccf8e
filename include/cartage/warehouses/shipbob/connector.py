"""ShipBob as a `Warehouse`: connects client and translation.

An order is sent once, after every SKU of it was found in the catalogue. If the outcome was not seen, `find` shows
whether it arrived.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

from cartage.errors import (
    CartageError,
    NotFound,
)
from cartage.errors.problems import Problem
from cartage.http import HttpResponse
from cartage.model.orders import FulfillmentRequest, ShipMethod
from cartage.warehouses.checks import Inspected, WarehouseCheck
from cartage.warehouses.contract import (
    CancelOutcome,
    Capabilities,
    DuplicatePolicy,
    ItemPage,
    Reconcile,
    RemoteOrder,
    RemoteState,
    ShipmentPage,
    StockPage,
    SubmitResult,
    Warehouse,
)
from cartage.warehouses.listed import CatalogueItem, ListedPart, StockLevel
from cartage.warehouses.shipbob import inspection, translate, validation, wire
from cartage.warehouses.shipbob.client import ShipBobClient
from cartage.warehouses.shipbob.contents import product_names
from cartage.warehouses.shipbob.lists import Lists
from cartage.warehouses.shipbob.orders import FOUND, OPEN, PATH, SHIPPED, Orders
from cartage.warehouses.shipbob.polling import Polling
from cartage.warehouses.shipbob.products import Products
from cartage.warehouses.shipbob.settings import ShipBobSettings
from cartage.warehouses.shipbob.submitting import Submitting

log = logging.getLogger(__name__)


class ShipBobWarehouse(Warehouse):
    """The orders of one channel, and the stock of one ShipBob account."""

    name: ClassVar[str] = "shipbob"
    title: ClassVar[str] = "ShipBob"

    def __init__(self, client: ShipBobClient, settings: ShipBobSettings) -> None:
        self._client = client
        self._settings = settings
        self._orders = Orders(client, settings)
        self._products = Products(client, settings)
        self._lists = Lists(client, settings, self._products)
        self._submitting = Submitting(client, settings, self._orders, self._products)
        self._polling = Polling(client, settings, self._orders, self._products)

    @property
    def capabilities(self) -> Capabilities:
        """Return what this connector can do, with the delays from the lane's settings.

        An order that ShipBob ships in several parts stays one order with one reference, so nothing is split.
        """
        return Capabilities(
            duplicate_policy=DuplicatePolicy.REJECTS,
            reconcile=Reconcile.EVENTUAL,
            reference_max_length=validation.REFERENCE_LENGTH,
            cancel=True,
            inventory=True,
            catalogue=True,
            carriers=True,
            splits=False,
            visibility_delay=self._settings.visibility_delay,
            poll_overlap=self._settings.poll_overlap,
            longest_request=timedelta(seconds=self._client.longest_write),
            listed=frozenset(ListedPart),
        )

    def check(self) -> WarehouseCheck:
        """Read the channels, and one page of items."""
        try:
            known = {channel.id: channel.name for channel in inspection.channels(self._client)}
            items = len(next(self._products.pages()).rows)
        except CartageError as failure:
            return WarehouseCheck(ok=False, text=str(failure))
        channel = str(self._settings.channel_id)
        if channel not in known:
            offered = ", ".join(f"{number} ({name})" for number, name in known.items()) or "none"
            text = f"The token has no channel {channel}; it has {offered}. Check channel_id."
            return WarehouseCheck(ok=False, text=text)
        return WarehouseCheck(
            ok=True, text=f"Signed in. Channel {channel} is {known[channel]!r}; {items} products read."
        )

    def inspect(self) -> Sequence[Inspected]:
        """Look up the token, the channel with its rights, the catalogue and the location of the lane's settings."""
        return tuple(inspection.inspect(self._client, self._settings, self._products, self._lists))

    def validate(self, request: FulfillmentRequest) -> list[Problem]:
        """Return missing parts, texts that are too long, and what ShipBob has no field for."""
        return validation.request_problems(request, self._settings)

    def payload(self, request: FulfillmentRequest) -> dict[str, Any]:
        """Return the body of POST /order."""
        return translate.order_body(request, self._settings)

    def submit(self, request: FulfillmentRequest) -> SubmitResult:
        """Check every SKU, then send one order, once (connectors.md section 2.2)."""
        return self._submitting.submit(request)

    def find(self, reference: str) -> list[RemoteOrder]:
        """Return every order of the channel with this reference, in any state: one call."""
        return self._orders.find(reference)

    def find_many(self, references: Collection[str]) -> Iterator[tuple[str, list[RemoteOrder]]]:
        """Yield the result of `find` for each reference, up to fifty references a call."""
        return self._orders.find_many(references)

    def get(self, remote_id: str) -> RemoteOrder:
        """Return an order with its packages."""
        row = self._orders.get(remote_id)
        self._orders.require(row, (*FOUND, *SHIPPED))
        names = product_names(row.value, translate.shipped_of(row.value))
        return self._orders.remote(row, self._products.compositions(names))

    def list_orders(self, since: datetime) -> Iterator[ItemPage[RemoteOrder]]:
        """Yield the orders changed since then, 250 a call; a list of several pages is read until nothing is new."""
        return self._orders.listed(since)

    def poll_shipments(self, cursor: str) -> Iterator[ShipmentPage]:
        """Yield the orders changed since the cursor: what has shipped as shipments, the others beside them."""
        return self._polling.pages(cursor)

    def glance(self, cursor: str) -> str:
        """Return which orders have shipped or were cancelled since the cursor: one call for the first of them."""
        return self._polling.glance(cursor)

    def read_shipments(self, remote_ids: Collection[str]) -> Iterator[ShipmentPage]:
        """Yield these orders as a poll would, up to fifty a call."""
        return self._polling.read(remote_ids)

    def acknowledge(self, page: ShipmentPage | StockPage) -> None:
        """Mark the page's shipments at ShipBob as synced, those alone that are not."""
        if isinstance(page, ShipmentPage):
            self._polling.mark_synced(page)

    def cursor_at(self, moment: datetime) -> str:
        """Return the cursor with which a poll begins at `moment`, less the overlap."""
        return moment.astimezone(UTC).isoformat()

    def cancel(self, remote_id: str, reason: str) -> CancelOutcome:
        """Cancel an order that has not shipped (connectors.md section 2.3). ShipBob takes no reason.

        If only some of its shipments could be cancelled, the others ship: that is too late.
        """
        path = f"{PATH}/{quote(remote_id, safe='')}:cancel"
        started = self._client.started()
        try:
            if outcome := self._cancelled_before(remote_id):
                return outcome
            response = self._client.write(path, started=started, channel=self._settings.channel_id)
        except NotFound:
            return CancelOutcome.NOT_FOUND
        if response.status >= 300:
            return self._after_refused_cancel(remote_id, response, f"POST {path}")
        result = self._client.parsed(response, wire.Cancellation, f"POST {path}", safe=False)
        kept = [each for each in result.canceled_shipment_results if each.is_success is False]
        if result.status.casefold() == "success" and not kept:
            return CancelOutcome.CANCELLED
        reasons = "; ".join(dict.fromkeys(f"{each.shipment_id}: {each.reason}".rstrip(": ") for each in kept))
        log.warning(
            "ShipBob order %s: cancelled in part or not at all: %s", remote_id, reasons or result.status
        )
        return self._cancelled_before(remote_id) or CancelOutcome.TOO_LATE

    def inventory(self, skus: Collection[str] | None = None) -> Iterator[ItemPage[StockLevel]]:
        """Yield the stock of all SKUs, or of the given SKUs; pages follow the last read."""
        return self._lists.inventory(skus)

    def items(self, skus: Collection[str] | None = None) -> Iterator[ItemPage[CatalogueItem]]:
        """Yield the catalogue, or the items with the given SKUs, as ShipBob spells them."""
        return self._lists.items(skus)

    def ship_methods(self) -> ItemPage[ShipMethod]:
        """Return the merchant's active shipping methods."""
        return self._lists.ship_methods()

    def close(self) -> None:
        """Release connections."""
        self._client.close()

    # Cancelling

    def _cancelled_before(self, remote_id: str) -> CancelOutcome | None:
        """Return the outcome that the order's state stands for; None if it is open. Raises NotFound."""
        row = self._orders.get(remote_id)
        self._orders.require(row, OPEN)
        state = translate.state_of(row.value)
        if state is RemoteState.OPEN:
            return None
        return CancelOutcome.CANCELLED if state is RemoteState.CANCELLED else CancelOutcome.TOO_LATE

    def _after_refused_cancel(self, remote_id: str, response: HttpResponse, operation: str) -> CancelOutcome:
        """Return what a refused cancel means: it changed nothing, so the order is what it is now."""
        if response.status != 422:
            raise self._client.refusal(response, operation, safe=False)
        log.warning(
            "ShipBob order %s: %s", remote_id, self._client.refusal(response, operation, safe=False).what
        )
        return self._cancelled_before(remote_id) or CancelOutcome.TOO_LATE

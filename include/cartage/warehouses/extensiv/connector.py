"""Extensiv 3PL Warehouse Manager (3PL Central) as a `Warehouse`: connects client and translation.

An order is sent once. If the outcome was not seen, `find` shows whether it arrived.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, ClassVar

from cartage.errors import (
    CartageError,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    ReferenceConflict,
    Refused,
    RemoteError,
    StaleVersion,
)
from cartage.errors.problems import Problem
from cartage.http import HttpResponse
from cartage.model.orders import FulfillmentRequest, ShipMethod
from cartage.warehouses.contract import (
    CancelOutcome,
    Capabilities,
    CatalogueItem,
    DuplicatePolicy,
    Inspected,
    ItemPage,
    Reconcile,
    RemoteOrder,
    RemoteState,
    ShipmentPage,
    StockLevel,
    SubmitOutcome,
    SubmitResult,
    Warehouse,
    WarehouseCheck,
    base_reference,
    content_differences,
)
from cartage.warehouses.extensiv import changes, faults, inspection, rql, translate, validation, wire
from cartage.warehouses.extensiv.client import REMOTE, ExtensivClient
from cartage.warehouses.extensiv.orders import Orders
from cartage.warehouses.extensiv.settings import ExtensivSettings

_SUBMIT = "POST /orders"
# The largest pages that the API gives (warehouse-apis.md section 2, "Tracking").
_STOCK_PAGE = 500
_ITEMS_PAGE = 100
_CANCEL_TRIES = 3


class ExtensivWarehouse(Warehouse):
    """One customer's orders and stock in one Extensiv account."""

    name: ClassVar[str] = "extensiv"
    title: ClassVar[str] = "Extensiv 3PL Warehouse Manager"

    def __init__(self, client: ExtensivClient, settings: ExtensivSettings) -> None:
        self._client = client
        self._settings = settings
        self._zone = settings.zone()
        self._orders = Orders(client, settings)
        self._items_path = f"/customers/{settings.customer_id}/items"

    @property
    def capabilities(self) -> Capabilities:
        """Return what this connector can do, with the delays from the lane's settings."""
        return Capabilities(
            duplicate_policy=DuplicatePolicy.REJECTS,
            reconcile=Reconcile.EVENTUAL,
            reference_max_length=self._settings.limits.reference,
            cancel=True,
            inventory=True,
            catalogue=True,
            carriers=True,
            splits=True,
            visibility_delay=self._settings.visibility_delay,
            poll_overlap=self._settings.poll_overlap,
            longest_request=timedelta(seconds=self._client.longest_write),
        )

    def check(self) -> WarehouseCheck:
        """Sign in, and read one item and one order of the customer."""
        customer = self._settings.customer_id
        try:
            _, items = self._client.page(self._items_path, wire.Item, number=1, size=1, params={})
            orders = self._orders.count()
        except NotFound:
            return WarehouseCheck(
                ok=False, text=f"The account has no customer {customer}. Check customer_id."
            )
        except CartageError as failure:
            return WarehouseCheck(ok=False, text=str(failure))
        return WarehouseCheck(
            ok=True, text=f"Signed in. Customer {customer} has {items} items and {orders} orders."
        )

    def inspect(self) -> Sequence[Inspected]:
        """Look up the account, the customer and the facility of the lane's settings."""
        return tuple(inspection.inspect(self._client, self._settings, self._items_path))

    def validate(self, request: FulfillmentRequest) -> list[Problem]:
        """Return missing parts and texts that are too long."""
        return validation.request_problems(request, self._settings)

    def payload(self, request: FulfillmentRequest) -> dict[str, Any]:
        """Return the body of POST /orders."""
        return translate.order_body(request, self._settings)

    def submit(self, request: FulfillmentRequest) -> SubmitResult:
        """Send one order, once (warehouse-apis.md section 2, "Create" and "Duplicates")."""
        response = self._client.write("POST", "/orders", self.payload(request))
        try:
            return replace(self._submitted(request, response), response=response.raw)
        except RemoteError as failure:
            failure.response = response.raw
            raise

    def find(self, reference: str) -> list[RemoteOrder]:
        """Return every order of the customer with this reference and its split children, in any state: one call."""
        return self._orders.find(reference)

    def find_many(self, references: Collection[str]) -> Iterator[tuple[str, list[RemoteOrder]]]:
        """Yield the result of `find` for each reference, about twenty references a call."""
        return self._orders.find_many(references)

    def get(self, remote_id: str) -> RemoteOrder:
        """Return an order with its packages and its ETag."""
        return self._orders.get(remote_id)

    def poll_shipments(self, cursor: str) -> Iterator[ShipmentPage]:
        """Yield the orders changed since the cursor: closed orders as shipments, the others beside them.

        The cursor is the last time stamp that was read, naive as in the API. The overlap is subtracted here.
        """
        high = datetime.fromisoformat(cursor) if cursor else None
        for orders in self._orders.changed(high, self._settings.poll_overlap):
            high = max(filter(None, (high, orders[-1].read_only.last_modified_date)))
            yield self._shipment_page(orders, high.isoformat())

    def cursor_at(self, moment: datetime) -> str:
        """Return the cursor with which a poll begins at `moment`, less the overlap."""
        return changes.stamp_of(moment, self._zone)

    def cancel(self, remote_id: str, reason: str) -> CancelOutcome:
        """Cancel an order that has not shipped. If it changed meanwhile, read it again and retry."""
        for _ in range(_CANCEL_TRIES - 1):
            try:
                return self._cancel_once(remote_id, reason)
            except StaleVersion:
                continue
        return self._cancel_once(remote_id, reason)

    def inventory(self, skus: Collection[str] | None = None) -> Iterator[ItemPage[StockLevel]]:
        """Yield the stock in the lane's facility. The rows of a SKU are added up, so pages follow the last read.

        All levels are as old as the oldest response behind them.
        """
        levels: dict[str, StockLevel] = {}
        made: list[datetime] = []
        own = rql.equal("customeridentifier.id", self._settings.customer_id)
        for query in _queries("itemidentifier.sku", skus, own):
            for page, made_at in self._client.dated_pages(
                "/inventory/stocksummaries", wire.StockSummary, size=_STOCK_PAGE, params={"rql": query}
            ):
                made += [made_at] if made_at else []
                for row in filter(self._in_facility, page):
                    sku = row.item_identifier.sku
                    levels[sku] = translate.stock_level(row, levels.get(sku))
        as_of = min(made, default=None)
        found = iter(levels.values())
        while levels_of_page := tuple(replace(level, as_of=as_of) for level in islice(found, _STOCK_PAGE)):
            yield ItemPage(levels_of_page)

    def items(self, skus: Collection[str] | None = None) -> Iterator[ItemPage[CatalogueItem]]:
        """Yield the customer's catalogue, or its items with the given SKUs, as the warehouse spells them."""
        for query in _queries("sku", skus):
            params = {"rql": query} if query else {}
            for page in self._client.pages(self._items_path, wire.Item, size=_ITEMS_PAGE, params=params):
                yield ItemPage(tuple(translate.catalogue_item(item) for item in page))

    def ship_methods(self) -> Sequence[ShipMethod]:
        """Return the carriers and services of the 3PL."""
        pages = self._client.pages("/properties/carriers", wire.CarrierEntry, size=_ITEMS_PAGE, params={})
        return [method for page in pages for carrier in page for method in translate.ship_methods(carrier)]

    def close(self) -> None:
        """Release connections."""
        self._client.close()

    def _submitted(self, request: FulfillmentRequest, response: HttpResponse) -> SubmitResult:
        if response.status >= 300:
            return self._refused(request, response)
        created = self._client.parsed(response, wire.Created, _SUBMIT, safe=False)
        return SubmitResult(
            SubmitOutcome.CREATED, created.read_only.order_id, response.headers.get("ETag", "")
        )

    def _refused(self, request: FulfillmentRequest, response: HttpResponse) -> SubmitResult:
        named = faults.parse_refusal(response.text)
        if faults.is_duplicate(named):
            return self._settle_duplicate(request, named, response)
        if response.status == 403 and faults.is_permission(named):
            raise self._client.refusal(response, _SUBMIT, safe=False)
        if unknown := faults.unknown_party(named):
            fix = "Check customer_id and facility_id in the lane's warehouse settings."
            what = f"the account has no such {unknown}"
            raise PermissionDenied(REMOTE, _SUBMIT, what, fix=fix, status=response.status)
        raise _refusal(request, named, response)

    def _settle_duplicate(
        self, request: FulfillmentRequest, named: list[faults.ExtensivFault], response: HttpResponse
    ) -> SubmitResult:
        """Settle a `Duplicate` with a search: its body does not say which order it means."""
        try:
            found = self.find(request.reference)
        except RemoteError as failure:
            raise _unknown(f"the search for that order failed: {failure.what}") from failure
        if not found and not faults.is_about_reference(named):
            raise _refusal(request, named, response)
        if not found:
            raise _unknown("its search does not show that order yet")
        live = [order for order in found if order.state is not RemoteState.CANCELLED]
        differences = content_differences(request, live) if live else ["it is cancelled there"]
        if differences:
            what = f"the warehouse has an order under this reference that differs: {'; '.join(differences)}"
            fix = "Compare the two orders and decide."
            raise ReferenceConflict(REMOTE, _SUBMIT, what, fix=fix, status=response.status)
        same = next((order for order in live if order.reference == request.reference), live[0])
        return SubmitResult(SubmitOutcome.ALREADY_EXISTS, same.remote_id, same.etag)

    def _cancel_once(self, remote_id: str, reason: str) -> CancelOutcome:
        path = f"/orders/{remote_id}/canceler"
        try:
            order = self.get(remote_id)
            if order.state is not RemoteState.OPEN:
                cancelled = order.state is RemoteState.CANCELLED
                return CancelOutcome.CANCELLED if cancelled else CancelOutcome.TOO_LATE
            response = self._client.write("POST", path, {"reason": reason}, {"If-Match": order.etag})
        except NotFound:
            return CancelOutcome.NOT_FOUND
        if response.status < 300:
            return CancelOutcome.CANCELLED
        outcome = faults.cancel_outcome(faults.parse_refusal(response.text))
        if outcome is None:
            raise self._client.refusal(response, f"POST {path}", safe=False)
        return outcome

    def _shipment_page(self, orders: list[wire.Order], cursor: str) -> ShipmentPage:
        states = [(order, self._orders.state(order)) for order in orders]
        closed = [order for order, state in states if state is RemoteState.SHIPPED]
        outstanding = self._orders.outstanding({order.reference_num for order in closed})
        return ShipmentPage(
            items=tuple(
                translate.shipment(
                    order, self._zone, final=base_reference(order.reference_num) not in outstanding
                )
                for order in closed
            ),
            cursor=cursor,
            cancelled=tuple(
                self._orders.remote(order) for order, state in states if state is RemoteState.CANCELLED
            ),
            unshipped=tuple(
                order.read_only.order_id for order, state in states if state is not RemoteState.SHIPPED
            ),
        )

    def _in_facility(self, row: wire.StockSummary) -> bool:
        return row.facility_id in {"", str(self._settings.facility_id)}


def _queries(name: str, skus: Collection[str] | None, condition: str = "") -> Iterator[str]:
    """Yield one query for everything, or one per group of SKUs."""
    if skus is None:
        yield condition
    else:
        for chunk in rql.chunks(sorted(set(skus))):
            yield rql.every(rql.any_of(name, chunk), condition)


def _refusal(
    request: FulfillmentRequest, named: list[faults.ExtensivFault], response: HttpResponse
) -> Refused:
    found = faults.refusal_problems(
        named or [faults.ExtensivFault(kind=f"HTTP {response.status}", code="")], request
    )
    what = "; ".join(problem.message for problem in found)
    return Refused(REMOTE, _SUBMIT, what, problems=found, status=response.status)


def _unknown(what: str) -> OutcomeUnknown:
    return OutcomeUnknown(REMOTE, _SUBMIT, f"the warehouse says that it has this reference, but {what}")

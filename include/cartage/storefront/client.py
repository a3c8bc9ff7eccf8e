"""The client of one 3dcart store: one method per endpoint, returning plain values. Decides nothing about orders."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cartage.errors import AuthFailed, NotFound, OutcomeUnknown, PermissionDenied, Refused, RemoteError
from cartage.http import HttpSession, Timeouts
from cartage.model.orders import Address
from cartage.pace import CallBudget, LocalBudget
from cartage.storefront import catalogue
from cartage.storefront.catalogue import OrderStatus, Product, SkuInfo, StoreInfo
from cartage.storefront.corrections import correction_body
from cartage.storefront.query import OrderQuery
from cartage.storefront.results import (
    OrderPage,
    StoreCheck,
    WriteOutcome,
    WriteResult,
    outcomes,
    same_outcome,
    write_outcome,
)
from cartage.storefront.session import Before, PastTheEnd, StoreSession, headers_for
from cartage.storefront.settings import StoreCredentials
from cartage.storefront.stock import StockWrites
from cartage.storefront.wire import orders as wire
from cartage.storefront.wire.bodies import OrderWrite, ShipmentWrite, bulk_body, ship_to_fields
from cartage.storefront.wire.orders import WireOrder
from cartage.storefront.wire.pages import IdOf, ListPage, ListStuck, pages
from cartage.storefront.wire.responses import Result

log = logging.getLogger(__name__)

# 3dcart-api.md, section 3.3: a leaky bucket of 50 calls that leaks 2 calls a second.
_BURST, _PER_SECOND = 50, 2.0

# 3dcart-api.md, section 3.1. The limit of a bulk write of orders is not documented; for products it is 100.
ORDERS_PAGE, PRODUCTS_PAGE, OTHERS_PAGE, BULK = 300, 200, 500, 100


class StoreClient:
    """The client of one store. Threads may share it. Building it makes no call.

    Every method raises a `RemoteError` from `cartage.errors.table` for a failure of the system, such as
    `AuthFailed`; its message says which credential to check and where. A failure that concerns a single order is
    in the results instead.
    """

    def __init__(self, session: StoreSession, zone: ZoneInfo) -> None:
        self._session = session
        self._zone = zone
        self.stock = StockWrites(session)

    def list_orders(self, query: OrderQuery, *, after_id: int = 0, offset: int = 1) -> Iterator[OrderPage]:
        """Yield the matching orders by ascending OrderID, 300 a page. Each page is fetched on demand.

        Memory does not grow with the list, and no order is lost or repeated while others come and go. To resume
        a list, pass the `last_id` and `offset` of the last page that was processed as `after_id` and `offset`:
        unless rows left the list meanwhile, only one row is read again.
        """
        parameters = query.parameters()
        for page in self._pages("/Orders", parameters, ORDERS_PAGE, wire.order_id_of, after_id, offset):
            entries = tuple(map(wire.allowed_fields, page.rows))
            yield OrderPage(entries, page.last_id, page.offset, page.last)

    def count_orders(self, query: OrderQuery) -> int:
        """Return how many orders match now."""
        try:
            value = self._session.read("/Orders", {**query.parameters(), "countonly": "1"})
        except NotFound:
            return 0
        count = wire.whole(catalogue.mapping(value).get("TotalCount"))
        if count is None:
            raise self._session.malformed("GET /Orders", "no TotalCount")
        return count

    def get_order(self, order_id: int) -> WireOrder | None:
        """Return one order, or None if the store says 404: only that proves that it has no order with this id."""
        try:
            value = self._session.read(f"/Orders/{order_id}")
        except NotFound:
            return None
        entries = value if isinstance(value, list) else [value]
        found = (wire.allowed_fields(entry) for entry in entries if wire.order_id_of(entry) == order_id)
        return next(found, wire.NotAnOrder("a response without this order"))

    def update_statuses(
        self, statuses: Mapping[int, int], *, before: Before | None = None, chunk: int = BULK
    ) -> dict[int, WriteResult]:
        """Set the status of many orders, at most `chunk` (100) a call. Every order gets its own outcome.

        A call that is refused as a whole is halved until the faulty orders are alone. Orders that a response does
        not name are unknown, and so are all orders of a lost response. `before` runs just before each call leaves,
        and may raise to stop it.

        A failure of the system (`AuthFailed`, `NotSent`, ...) is raised, and the outcomes of earlier chunks are
        then lost. To keep every outcome, pass at most `chunk` orders at a time.
        """
        items = list(statuses.items())
        results: dict[int, WriteResult] = {}
        for start in range(0, len(items), chunk):
            bodies = {order: {"OrderStatusID": status} for order, status in items[start : start + chunk]}
            results |= self._update_chunk(bodies, before)
        log.info(
            "%d statuses sent: %s",
            len(results),
            ", ".join(
                f"{sum(result.outcome is kind for result in results.values())} {kind}"
                for kind in WriteOutcome
            ),
        )
        return results

    def update_tracking(
        self, orders: Mapping[int, OrderWrite], *, before: Before | None = None
    ) -> dict[int, WriteResult]:
        """Write tracking, and the status where given, of at most 100 orders in one call.

        Whether a store writes the shipments in a bulk write of orders is not documented (3dcart-api.md, section
        12, UNVERIFIED). WRITTEN says that the order was updated; only reading it back shows that its tracking was.
        """
        return self._update_chunk({order: orders[order].body(self._zone) for order in orders}, before)

    def update_comments(self, order_id: int, comments: str, *, before: Before | None = None) -> WriteResult:
        """Replace an order's internal comments (section 6.1: the store never appends)."""
        return self._update_chunk({order_id: {"InternalComments": comments}}, before)[order_id]

    def update_shipment(
        self, order_id: int, written: ShipmentWrite, *, before: Before | None = None
    ) -> WriteResult:
        """Set the given fields of one shipment. `before` runs just before the call leaves, and may raise to stop it."""
        path = f"/Orders/{order_id}/Shipments/{written.shipment_id}"
        return self._single_write(
            order_id, lambda: self._session.write(path, written.body(self._zone), before=before)
        )[0]

    def correct_shipment(
        self, order_id: int, shipment_id: int, fields: Mapping[str, str], *, before: Before | None = None
    ) -> WriteResult:
        """Set corrected fields of one shipment's address, and its ship method, by their names in the model.

        Whether a store takes them is not documented: WRITTEN says that it responded so, and reading back shows it.
        """
        path = f"/Orders/{order_id}/Shipments/{shipment_id}"
        body = correction_body(fields)
        return self._single_write(order_id, lambda: self._session.write(path, body, before=before))[0]

    def add_shipment(
        self, order_id: int, written: ShipmentWrite, ship_to: Address, *, before: Before | None = None
    ) -> tuple[WriteResult, int | None]:
        """Add a shipment without lines to an order. Return its ShipmentID too, if the store names it.

        Sent once. After an unknown outcome, read the order to see whether the shipment is there.
        """
        body = {**ship_to_fields(ship_to), **written.body(self._zone)}
        result, named = self._single_write(
            order_id, lambda: self._session.create(f"/Orders/{order_id}/Shipments", body, before=before)
        )
        return result, wire.whole(named.value) if result.ok and named is not None else None

    def order_statuses(self) -> tuple[OrderStatus, ...]:
        """Return the store's order statuses, with the merchant's labels."""
        rows = self._rows(
            "/OrderStatus", OTHERS_PAGE, lambda row: wire.whole(_fields(row).get("OrderStatusID"))
        )
        return tuple(found for row in rows if (found := catalogue.order_status(_fields(row))))

    def sku_info(self, *, sku: str = "") -> Iterator[tuple[SkuInfo, ...]]:
        """Yield the SKU and stock of all products, or of one product, page by page. Options are in `products`."""
        filters = {"sku": sku} if sku else {}
        for page in self._pages("/Products/skuinfo", filters, PRODUCTS_PAGE, catalogue.catalog_id_of):
            yield tuple(found for row in page.rows if (found := catalogue.sku_info(_fields(row))))

    def products(self) -> Iterator[tuple[Product, ...]]:
        """Yield the products with their option SKUs, page by page. Large: about 13 kB a product."""
        for page in self._pages("/Products", {}, PRODUCTS_PAGE, catalogue.catalog_id_of):
            yield tuple(found for row in page.rows if (found := catalogue.product(_fields(row))))

    def store_settings(self) -> StoreInfo:
        """Return the store's name, time zone and currency."""
        return catalogue.store_info(self._session.read("/StoreSettings"))

    def count_products(self) -> int:
        """Return how many products the store has."""
        value = self._session.read("/Products/skuinfo", {"countonly": "1"})
        return wire.whole(catalogue.mapping(value).get("TotalCount")) or 0

    def try_write(self, path: str) -> bool | None:
        """Return whether these credentials may write to `path`. Send an empty update, which changes nothing.

        False if it was refused for missing permission (section 2: 401, also for scopes). True if it was accepted.
        None if it was refused for its content: the store may check that before permissions (UNVERIFIED).
        """
        try:
            self._session.write(path, [])
        except (AuthFailed, PermissionDenied):
            return False
        except (Refused, NotFound, OutcomeUnknown):
            return None
        return True

    @property
    def clock_ahead(self) -> timedelta | None:
        """Return how far the API's clock was ahead of ours at its last response, to a second; None if not known."""
        return self._session.clock_ahead

    def check(self) -> StoreCheck:
        """Try the credentials with two reads. Never raises for a remote failure."""
        try:
            statuses = self.order_statuses()
            new = self.count_orders(OrderQuery(self._zone, status=1))
        except RemoteError as failure:
            return StoreCheck(False, str(failure))
        return StoreCheck(True, f"The store responds: {len(statuses)} order statuses, {new} orders in New.")

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def _single_write(
        self, order_id: int, write: Callable[[], Sequence[Result]]
    ) -> tuple[WriteResult, Result | None]:
        """Return the outcome of a write to a single shipment, and the result object that says so."""
        try:
            results = write()
        except OutcomeUnknown as lost:
            return WriteResult(order_id, WriteOutcome.UNKNOWN, lost.status or 0, lost.what), None
        except (Refused, NotFound) as refusal:
            return WriteResult(order_id, WriteOutcome.REFUSED, refusal.status or 0, refusal.what), None
        # What `Key` and `Value` name here is not documented, so every result is taken to be about this shipment.
        found = [(write_outcome(order_id, result), result) for result in results]
        silent = WriteResult(order_id, WriteOutcome.UNKNOWN, message="the store's response says nothing")
        failed = (pair for pair in found if not pair[0].ok)
        return next(failed, found[0] if found else (silent, None))

    def _update_chunk(
        self, bodies: Mapping[int, Mapping[str, Any]], before: Before | None
    ) -> dict[int, WriteResult]:
        try:
            return outcomes(bodies, self._session.write("/Orders", bulk_body(bodies), before=before))
        except OutcomeUnknown as lost:
            return same_outcome(bodies, WriteOutcome.UNKNOWN, lost.status or 0, lost.what)
        except (Refused, NotFound) as refusal:
            if refusal.status == 415:
                raise
            if len(bodies) == 1:
                return same_outcome(bodies, WriteOutcome.REFUSED, refusal.status or 0, refusal.what)
            log.warning("%s The %d orders are sent again in two halves.", refusal, len(bodies))
        items = list(bodies.items())
        half = len(items) // 2
        return self._update_chunk(dict(items[:half]), before) | self._update_chunk(dict(items[half:]), before)

    def _pages(
        self,
        path: str,
        filters: Mapping[str, str],
        limit: int,
        id_of: IdOf,
        after_id: int = 0,
        offset: int = 1,
    ) -> Iterator[ListPage]:
        def fetch(start: int, rows: int) -> Sequence[Any]:
            return self._fetch(path, {**filters, "limit": rows, "offset": start})

        try:
            yield from pages(fetch, id_of, limit=limit, after_id=after_id, offset=offset)
        except ListStuck as stuck:
            raise self._session.malformed(f"GET {path}", str(stuck)) from stuck

    def _rows(self, path: str, limit: int, id_of: IdOf) -> Iterator[Any]:
        for page in self._pages(path, {}, limit, id_of):
            yield from page.rows

    def _fetch(self, path: str, parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Return a page's rows; none if the store says 404 or that the offset is past the end (section 3.2)."""
        try:
            value = self._session.read(path, parameters)
        except (NotFound, PastTheEnd):
            return []
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._session.malformed(f"GET {path}", "no list")
        return value


def open_store(
    credentials: StoreCredentials,
    *,
    zone: ZoneInfo,
    timeouts: Timeouts | None = None,
    budget: CallBudget | None = None,
    pool_size: int = 10,
) -> StoreClient:
    """Build the client of a store, without a call. Without a `budget`, the rate limit covers this process only."""
    http = HttpSession(
        credentials.base_url,
        remote=credentials.remote,
        kind="store",
        headers=headers_for(credentials),
        timeouts=timeouts,
        network=credentials.network,
        pool_size=pool_size,
    )
    return StoreClient(StoreSession(http, credentials, budget or LocalBudget(_BURST, _PER_SECOND)), zone)


def _fields(row: object) -> Mapping[str, Any]:
    return catalogue.mapping(row)

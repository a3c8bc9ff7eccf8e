"""The client of one 3dcart store: one method per endpoint, plain values out. Decides nothing about orders."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cartage.errors import AuthFailed, NotFound, OutcomeUnknown, PermissionDenied, Refused, RemoteError
from cartage.http import HttpSession, Timeouts
from cartage.model.orders import Address
from cartage.storefront import catalogue
from cartage.storefront.catalogue import OrderStatus, Product, SkuInfo, StoreInfo
from cartage.storefront.limits import CallBudget, LocalBudget
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
from cartage.storefront.wire.bodies import OrderWrite, ShipmentWrite, keyed, receiver
from cartage.storefront.wire.orders import WireOrder
from cartage.storefront.wire.pages import IdOf, ListPage, ListStuck, pages
from cartage.storefront.wire.responses import Result

log = logging.getLogger(__name__)

# 3dcart-api.md, section 3.1. The most orders of a bulk write are not documented; for products it is 100.
ORDERS_PAGE, PRODUCTS_PAGE, OTHERS_PAGE, BULK = 300, 200, 500, 100


class StoreClient:
    """One store. May be shared by threads; calls nothing until used.

    Every method raises `RemoteError` as `cartage.errors.table` names it: a failure of the system, such as
    `AuthFailed`, whose message says which credential to check and where. What concerns one order alone is
    in the results instead.
    """

    def __init__(self, session: StoreSession, zone: ZoneInfo) -> None:
        self._session = session
        self._zone = zone
        self.stock = StockWrites(session)

    def list_orders(self, query: OrderQuery, *, after_id: int = 0, offset: int = 1) -> Iterator[OrderPage]:
        """Yield the matching orders by ascending OrderID, 300 a page, each page fetched when it is asked for.

        Memory does not grow with the list, and no order is lost or repeated while others come and go. A
        list that broke off goes on with `after_id` and `offset`, the `last_id` and `offset` of the last page that
        was dealt with: what was read before is not read again but for one row, where nothing left meanwhile.
        """
        parameters = query.parameters()
        for page in self._pages("/Orders", parameters, ORDERS_PAGE, wire.order_id_of, after_id, offset):
            entries = tuple(map(wire.let_in, page.rows))
            yield OrderPage(entries, page.last_id, page.offset, page.last)

    def count_orders(self, query: OrderQuery) -> int:
        """How many orders match now."""
        try:
            value = self._session.read("/Orders", {**query.parameters(), "countonly": "1"})
        except NotFound:
            return 0
        count = wire.whole(catalogue.mapping(value).get("TotalCount"))
        if count is None:
            raise self._session.malformed("GET /Orders", "no TotalCount")
        return count

    def get_order(self, order_id: int) -> WireOrder | None:
        """One order, or None if there is none of this id."""
        try:
            value = self._session.read(f"/Orders/{order_id}")
        except NotFound:
            return None
        entries = value if isinstance(value, list) else [value]
        return next((wire.let_in(entry) for entry in entries if wire.order_id_of(entry) == order_id), None)

    def update_statuses(
        self, statuses: Mapping[int, int], *, before: Before | None = None, chunk: int = BULK
    ) -> dict[int, WriteResult]:
        """Set the status of many orders, at most `chunk` (100) a call; every order gets its own outcome.

        A call that is refused as a whole is halved until the orders at fault are alone. Orders that an answer
        does not name, and those of an answer that was lost, are unknown. `before` runs just before each call
        leaves, and may raise to stop it.

        A failure of the system (`AuthFailed`, `NotSent`, ...) is raised, and leaves what earlier chunks were
        told unreported: whoever has to keep every outcome gives at most `chunk` orders at a time.
        """
        items = list(statuses.items())
        results: dict[int, WriteResult] = {}
        for start in range(0, len(items), chunk):
            bodies = {one: {"OrderStatusID": status} for one, status in items[start : start + chunk]}
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
        """Write tracking, and a status where one is given, of at most 100 orders in one call.

        Whether a store carries out shipments inside a bulk write of orders is not documented (3dcart-api.md section
        12, UNVERIFIED): WRITTEN says that the order was updated; only a reading says that its tracking was.
        """
        return self._update_chunk({order: orders[order].body(self._zone) for order in orders}, before)

    def update_comments(self, order_id: int, comments: str, *, before: Before | None = None) -> WriteResult:
        """Replace an order's internal comments (section 6.1: the store appends nothing by itself)."""
        return self._update_chunk({order_id: {"InternalComments": comments}}, before)[order_id]

    def update_shipment(
        self, order_id: int, written: ShipmentWrite, *, before: Before | None = None
    ) -> WriteResult:
        """Set what is given of one shipment. `before` runs just before the call leaves, and may raise to stop it."""
        path = f"/Orders/{order_id}/Shipments/{written.shipment_id}"
        return self._one_write(
            order_id, lambda: self._session.write(path, written.body(self._zone), before=before)
        )[0]

    def add_shipment(
        self, order_id: int, written: ShipmentWrite, ship_to: Address, *, before: Before | None = None
    ) -> tuple[WriteResult, int | None]:
        """Give an order a further shipment, without lines; returns its ShipmentID if the store names it.

        Sent once: after an outcome that is unknown, a reading tells whether it is there.
        """
        body = {**receiver(ship_to), **written.body(self._zone)}
        result, told = self._one_write(
            order_id, lambda: self._session.create(f"/Orders/{order_id}/Shipments", body, before=before)
        )
        return result, wire.whole(told.value) if result.ok and told is not None else None

    def order_statuses(self) -> tuple[OrderStatus, ...]:
        """The store's order statuses, with the merchant's labels."""
        rows = self._rows(
            "/OrderStatus", OTHERS_PAGE, lambda row: wire.whole(_fields(row).get("OrderStatusID"))
        )
        return tuple(found for row in rows if (found := catalogue.order_status(_fields(row))))

    def sku_info(self, *, sku: str = "") -> Iterator[tuple[SkuInfo, ...]]:
        """Yield SKU and stock of the products, or of one, page by page. Options are in `products`."""
        filters = {"sku": sku} if sku else {}
        for page in self._pages("/Products/skuinfo", filters, PRODUCTS_PAGE, catalogue.catalog_id_of):
            yield tuple(found for row in page.rows if (found := catalogue.sku_info(_fields(row))))

    def products(self) -> Iterator[tuple[Product, ...]]:
        """Yield the products with their option SKUs, page by page. Heavy: about 13 kB a product."""
        for page in self._pages("/Products", {}, PRODUCTS_PAGE, catalogue.catalog_id_of):
            yield tuple(found for row in page.rows if (found := catalogue.product(_fields(row))))

    def store_settings(self) -> StoreInfo:
        """What the store says of itself: name, time zone, currency."""
        return catalogue.store_info(self._session.read("/StoreSettings"))

    def count_products(self) -> int:
        """How many products the store has."""
        value = self._session.read("/Products/skuinfo", {"countonly": "1"})
        return wire.whole(catalogue.mapping(value).get("TotalCount")) or 0

    def try_write(self, path: str) -> bool | None:
        """Whether the store lets these credentials write there: an update that names nothing, so changes nothing.

        False if it was refused for a lack of rights (section 2: 401, said of scopes too). True if it was
        taken. None if it was refused for its content, which tells nothing where rights are looked at later
        (UNVERIFIED in which order the store does).
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
        """By how much the clock of the API ran ahead of ours at its last answer, to a second; None if untold."""
        return self._session.clock_ahead

    def check(self) -> StoreCheck:
        """Try the credentials with two reads; never raises for a remote failure."""
        try:
            statuses = self.order_statuses()
            new = self.count_orders(OrderQuery(self._zone, status=1))
        except RemoteError as failure:
            return StoreCheck(False, str(failure))
        return StoreCheck(True, f"The store answers: {len(statuses)} order statuses, {new} orders in New.")

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def _one_write(
        self, order_id: int, write: Callable[[], Sequence[Result]]
    ) -> tuple[WriteResult, Result | None]:
        """The outcome of a write of one thing, and the result that told it."""
        try:
            results = write()
        except OutcomeUnknown as lost:
            return WriteResult(order_id, WriteOutcome.UNKNOWN, lost.status or 0, lost.what), None
        except (Refused, NotFound) as refusal:
            return WriteResult(order_id, WriteOutcome.REFUSED, refusal.status or 0, refusal.what), None
        # What `Key` and `Value` name here is not documented: whatever is told, is told of this shipment.
        told = [(write_outcome(order_id, result), result) for result in results]
        unsaid = WriteResult(order_id, WriteOutcome.UNKNOWN, message="the store's answer says nothing")
        return next((one for one in told if not one[0].ok), told[0] if told else (unsaid, None))

    def _update_chunk(
        self, bodies: Mapping[int, Mapping[str, Any]], before: Before | None
    ) -> dict[int, WriteResult]:
        try:
            return outcomes(bodies, self._session.write("/Orders", keyed(bodies), before=before))
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
        """A page's rows; none where the store says 404 or that the offset exceeds the list (section 3.2)."""
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
    """Build the client of a store; makes no call. Without a `budget`, this process alone keeps the pace."""
    http = HttpSession(
        credentials.base_url,
        remote=credentials.remote,
        kind="store",
        headers=headers_for(credentials),
        timeouts=timeouts,
        pool_size=pool_size,
    )
    return StoreClient(StoreSession(http, credentials, budget or LocalBudget()), zone)


def _fields(row: object) -> Mapping[str, Any]:
    return catalogue.mapping(row)

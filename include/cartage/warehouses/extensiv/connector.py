"""Extensiv 3PL Warehouse Manager (3PL Central) as a `Warehouse`: connects client and translation.

An order is sent once. If the outcome was not seen, `find` shows whether it arrived.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

from cartage.errors import (
    CartageError,
    MalformedResponse,
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
from cartage.warehouses.api.rows import unreadable_row
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
    SubmitOutcome,
    SubmitResult,
    Warehouse,
)
from cartage.warehouses.differences import content_differences
from cartage.warehouses.extensiv import changes, faults, inspection, translate, validation, wire
from cartage.warehouses.extensiv.client import REMOTE, ExtensivClient
from cartage.warehouses.extensiv.lists import Lists
from cartage.warehouses.extensiv.orders import NEEDED, Orders
from cartage.warehouses.extensiv.settings import ExtensivSettings
from cartage.warehouses.extensiv.wire.stamps import naive_in, parse_stamp
from cartage.warehouses.listed import CatalogueItem, ListedPart, StockLevel
from cartage.warehouses.references import base_reference
from cartage.warehouses.unreadable import RowKind, UnreadableRow

log = logging.getLogger(__name__)

_SUBMIT = "POST /orders"
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
        self._lists = Lists(client, settings)

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
            listed=frozenset(ListedPart),
        )

    def check(self) -> WarehouseCheck:
        """Sign in, and read one item and one order of the customer."""
        customer = self._settings.customer_id
        try:
            items = self._client.page(self._lists.items_path, wire.Item, number=1, size=1, params={}).total
            orders = self._orders.count()
        except NotFound:
            return WarehouseCheck(
                ok=False, text=f"The account has no customer {customer}. Check customer_id."
            )
        except CartageError as failure:
            return WarehouseCheck(ok=False, text=str(failure))
        return WarehouseCheck(
            ok=True,
            text=f"Signed in. Customer {customer} has {_many(items)} items and {_many(orders)} orders.",
        )

    def inspect(self) -> Sequence[Inspected]:
        """Look up the account, the customer and the facility of the lane's settings."""
        return tuple(inspection.inspect(self._client, self._settings, self._lists.items_path))

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

    def list_orders(self, since: datetime) -> Iterator[ItemPage[RemoteOrder]]:
        """Yield the orders changed since then, a thousand a call."""
        return self._orders.listed(since)

    def poll_shipments(self, cursor: str) -> Iterator[ShipmentPage]:
        """Yield the orders changed since the cursor: closed orders as shipments, the others beside them.

        The cursor is the last time stamp that was read, naive as in the API. The overlap is subtracted here.
        """
        high = _cursor_stamp(cursor, self._zone)
        for orders in self._orders.changed(high, self._settings.poll_overlap):
            stamps = [order.stamp for order in orders if order.stamp]
            high = max([*stamps, *([high] if high else [])], default=None)
            rows = [order.row for order in orders if self._orders.is_own(order.row)]
            if len(rows) < len(orders):
                log.warning("Extensiv lists %d orders of other customers; left out", len(orders) - len(rows))
            yield self._shipment_page(rows, high.isoformat() if high else cursor)

    def glance(self, cursor: str) -> str:
        """Return how many orders were closed since the cursor, and the first of them: one call."""
        return self._orders.closed_since(_cursor_stamp(cursor, self._zone))

    def read_shipments(self, remote_ids: Collection[str]) -> Iterator[ShipmentPage]:
        """Yield these orders as a poll would: a call for each, and one for all open split children."""
        rows: list[wire.ReadRow[wire.Order]] = []
        unread: list[UnreadableRow] = []
        for remote_id in remote_ids:
            try:
                row, _ = self._orders.read(remote_id)
            except NotFound:
                continue
            except (Refused, MalformedResponse) as failure:
                unread.append(UnreadableRow(RowKind.ORDER, failure.what, remote_id, "", remote_id))
            else:
                rows += [row] if self._orders.is_own(row) else []
        if rows or unread:
            page = self._shipment_page(rows, "")
            yield replace(page, unreadable=(*page.unreadable, *unread))

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
        """Yield the stock of all SKUs in the lane's facility, or of the given SKUs; pages follow the last read."""
        return self._lists.inventory(skus)

    def items(self, skus: Collection[str] | None = None) -> Iterator[ItemPage[CatalogueItem]]:
        """Yield the customer's catalogue, or its items with the given SKUs, as the warehouse spells them."""
        return self._lists.items(skus)

    def ship_methods(self) -> ItemPage[ShipMethod]:
        """Return the carriers and services of the 3PL, services by their codes: one call."""
        return self._lists.ship_methods()

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
        path = f"/orders/{quote(remote_id, safe='')}/canceler"
        try:
            state, etag = self._orders.state_and_etag(remote_id)
            if state is not RemoteState.OPEN:
                cancelled = state is RemoteState.CANCELLED
                return CancelOutcome.CANCELLED if cancelled else CancelOutcome.TOO_LATE
            response = self._client.write("POST", path, {"reason": reason}, {"If-Match": etag})
        except NotFound:
            return CancelOutcome.NOT_FOUND
        if response.status < 300:
            return CancelOutcome.CANCELLED
        outcome = faults.cancel_outcome(faults.parse_refusal(response.text))
        if outcome is None:
            raise self._client.refusal(response, f"POST {path}", safe=False)
        return outcome

    def _shipment_page(self, rows: Sequence[wire.ReadRow[wire.Order]], cursor: str) -> ShipmentPage:
        """Sort orders by their state. Of each state, other parts of the row must be readable."""
        closed: list[wire.Order] = []
        cancelled: list[RemoteOrder] = []
        unshipped: list[str] = []
        unreadable: list[UnreadableRow] = []
        numbers = Counter(row.value.read_only.order_id for row in rows)
        for row in rows:
            order, state = row.value, translate.state_of(row.value)
            number = order.read_only.order_id
            name = order.reference_num or number
            if number and numbers[number] > 1:
                # Which of the orders has the number is not clear: it leads to none of them.
                unreadable.append(unreadable_row(RowKind.ORDER, row, ("readOnly.orderId",), name))
                continue
            if faults := self._orders.faults(row, NEEDED[state]):
                unreadable.append(unreadable_row(RowKind.ORDER, row, faults, name, number))
                continue
            if state is RemoteState.SHIPPED:
                closed.append(order)
                continue
            unshipped.append(number)
            if state is RemoteState.CANCELLED:
                cancelled.append(self._orders.remote(order))
        outstanding = self._orders.outstanding({order.reference_num for order in closed})
        zone, facility_zone = self._zone, self._settings.facility_zone()
        return ShipmentPage(
            items=tuple(
                translate.shipment(
                    order,
                    zone,
                    final=base_reference(order.reference_num) not in outstanding,
                    facility_zone=facility_zone,
                )
                for order in closed
            ),
            cursor=cursor,
            cancelled=tuple(cancelled),
            unshipped=tuple(unshipped),
            unreadable=tuple(unreadable),
        )


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


def _cursor_stamp(cursor: str, zone: ZoneInfo) -> datetime | None:
    """Return the naive stamp of a cursor; None for none, or for one that no poll can have written."""
    try:
        stamp = parse_stamp(cursor)
    except ValueError:
        return None
    return naive_in(stamp, zone) if stamp else None


def _many(total: int | None) -> str:
    return "an unknown number of" if total is None else str(total)

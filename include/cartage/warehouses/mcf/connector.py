"""Amazon Multi-Channel Fulfillment as a `Warehouse`: connects client and translation.

Amazon documents that an order's id must be unique, but not what a second order under it gets. So an order is looked for
before it is sent, and again after every response that leaves a doubt; it is never sent twice without proof.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

from cartage.errors import (
    CartageError,
    MalformedResponse,
    NotFound,
    NotSent,
    NotSupported,
    OutcomeUnknown,
    PermissionDenied,
    ReferenceConflict,
    Refused,
    RemoteError,
    RemoteUnavailable,
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
    SubmitOutcome,
    SubmitResult,
    Warehouse,
)
from cartage.warehouses.differences import content_differences
from cartage.warehouses.listed import CatalogueItem, ListedPart, StockLevel
from cartage.warehouses.mcf import faults, inspection, polling, translate, validation
from cartage.warehouses.mcf.client import REMOTE, SellingPartnerClient
from cartage.warehouses.mcf.orders import CANCEL, CREATE, FOUND, ROOT, SHIPPED, STATUS, OutboundOrders
from cartage.warehouses.mcf.polling import ShipmentPoll
from cartage.warehouses.mcf.settings import LONGEST_ID, McfSettings
from cartage.warehouses.mcf.stock import FbaInventory
from cartage.warehouses.mcf.wire import AmazonOrderStatus

_SUBMIT = CREATE.at(ROOT)
_NOW = timedelta(0)
# "The seller can cancel a fulfillment order that has a status of Received" or Planning, and not while it is picked.
_CANCELLABLE = frozenset({AmazonOrderStatus.NEW, AmazonOrderStatus.RECEIVED, AmazonOrderStatus.PLANNING})


class McfWarehouse(Warehouse):
    """One seller's orders and stock in one marketplace."""

    name: ClassVar[str] = "mcf"
    title: ClassVar[str] = "Amazon Multi-Channel Fulfillment"

    def __init__(self, client: SellingPartnerClient, settings: McfSettings) -> None:
        self._client, self._settings = client, settings
        self._orders = OutboundOrders(client)
        self._poll = ShipmentPoll(self._orders, settings)
        self._inventory = FbaInventory(client, settings)

    @property
    def capabilities(self) -> Capabilities:
        """Return what this connector can do, with what the lane's settings say of Amazon."""
        refuses = self._settings.repeated_id == "refused"
        delay = self._settings.visibility_delay
        return Capabilities(
            duplicate_policy=DuplicatePolicy.REJECTS if refuses else DuplicatePolicy.UNKNOWN,
            reconcile=Reconcile.STRONG if delay == _NOW else Reconcile.EVENTUAL,
            reference_max_length=LONGEST_ID,
            cancel=True,
            inventory=True,
            catalogue=self._settings.catalogue,
            carriers=True,
            splits=False,
            visibility_delay=delay,
            poll_overlap=self._settings.poll_overlap,
            longest_request=timedelta(seconds=self._client.longest_write),
            deactivation=False,
            listed=frozenset({ListedPart.ADDRESS}),
        )

    def check(self) -> WarehouseCheck:
        """Sign in, and read the list of orders and a page of the inventory."""
        try:
            self._orders.changed(datetime.now(UTC))
            page = self._inventory.first()
        except CartageError as failure:
            return WarehouseCheck(ok=False, text=str(failure))
        country = self._settings.place().country
        text = f"Signed in. The inventory of marketplace {country} begins with {len(page.rows)} SKUs."
        return WarehouseCheck(ok=True, text=text)

    def inspect(self) -> Sequence[Inspected]:
        """Look up the account, the marketplace with its stock, and at which speeds Amazon would deliver."""
        return tuple(inspection.inspect(self._client, self._orders, self._inventory, self._settings))

    def validate(self, request: FulfillmentRequest) -> list[Problem]:
        """Return missing parts, texts that are too long, and what Amazon does not accept."""
        return validation.request_problems(request, self._settings)

    def payload(self, request: FulfillmentRequest) -> dict[str, Any]:
        """Return the body of createFulfillmentOrder."""
        return translate.order_body(request, self._settings, datetime.now(UTC).date())

    def submit(self, request: FulfillmentRequest) -> SubmitResult:
        """Send one order, once, unless Amazon has it already."""
        started = self._client.now()
        if found := self._found_before(request.reference):
            return self._settled(request, found, None)
        response = self._client.write(CREATE, ROOT, self.payload(request), started=started)
        try:
            return replace(self._submitted(request, response), response=response.raw)
        except RemoteError as failure:
            failure.response = response.raw
            raise

    def find(self, reference: str) -> list[RemoteOrder]:
        """Return the order with this id, in any state: one call. Amazon splits shipments, never orders."""
        try:
            row = self._orders.read(reference)
        except NotFound:
            return []
        self._orders.require(row, FOUND)
        return [translate.remote_order(row.value)]

    def get(self, remote_id: str) -> RemoteOrder:
        """Return an order with its packages."""
        row = self._orders.read(remote_id)
        self._orders.require(row, (*FOUND, *SHIPPED))
        return translate.remote_order(row.value)

    def list_orders(self, since: datetime) -> Iterator[ItemPage[RemoteOrder]]:
        """Yield the orders whose status changed since then. Items and shipments would take a call for each order."""
        return self._orders.listed(since)

    def poll_shipments(self, cursor: str) -> Iterator[ShipmentPage]:
        """Yield the orders whose status changed since the cursor, and those in progress: a call for each."""
        return self._poll.pages(cursor)

    def glance(self, cursor: str) -> str:
        """Return which orders have ended since the cursor: one call. A part of an order that leaves shows in polls."""
        return self._poll.glance(cursor)

    def read_shipments(self, remote_ids: Collection[str]) -> Iterator[ShipmentPage]:
        """Yield these orders as a poll would: a call for each."""
        return self._poll.again(remote_ids)

    def cursor_at(self, moment: datetime) -> str:
        """Return the cursor with which a poll begins at `moment`, less the overlap."""
        return polling.write_cursor(moment)

    def cancel(self, remote_id: str, reason: str) -> CancelOutcome:
        """Ask Amazon to cancel an order that nobody picks yet. Whether it did, a later read shows.

        Amazon takes no reason.
        """
        path = f"{ROOT}/{quote(remote_id, safe='')}/cancel"
        started = self._client.now()
        try:
            if outcome := self._ended(remote_id):
                return outcome
        except NotFound:
            return CancelOutcome.NOT_FOUND
        response = self._client.write(CANCEL, path, None, started=started)
        if response.status < 300:
            return CancelOutcome.REQUESTED
        # It may have been picked since it was read, or been cancelled; nothing else tells why a cancel is refused.
        try:
            outcome = self._ended(remote_id)
        except NotFound:
            return CancelOutcome.NOT_FOUND
        if outcome is None:
            raise self._client.refusal(response, CANCEL.at(path), safe=False)
        return outcome

    def inventory(self, skus: Collection[str] | None = None) -> Iterator[ItemPage[StockLevel]]:
        """Yield the stock of all SKUs in the marketplace, or of the given SKUs; pages follow the last read."""
        return self._inventory.levels(skus)

    def items(self, skus: Collection[str] | None = None) -> Iterator[ItemPage[CatalogueItem]]:
        """Yield the SKUs of the inventory, or those of the given SKUs that it has, as Amazon spells them.

        Raises:
            NotSupported: if the lane's settings say that the inventory is no catalogue.
        """
        if not self._settings.catalogue:
            raise NotSupported(
                "The lane's settings say that the FBA inventory is no catalogue (catalogue: false)."
            )
        return self._inventory.items(skus)

    def ship_methods(self) -> ItemPage[ShipMethod]:
        """Return Amazon's delivery speeds. No call: they are the same for every seller."""
        return ItemPage(translate.ship_methods())

    def close(self) -> None:
        """Release connections."""
        self._client.close()

    def _found_before(self, reference: str) -> list[RemoteOrder]:
        """Return what Amazon has under a reference before anything is sent.

        Raises:
            NotSent: if Amazon cannot be asked now.
        """
        try:
            return self.find(reference)
        except (RemoteUnavailable, MalformedResponse) as failure:
            what = f"Amazon could not be asked first whether it has the order ({failure.what})"
            raise NotSent(REMOTE, _SUBMIT, what, fix="Nothing was sent; try again.") from failure

    def _submitted(self, request: FulfillmentRequest, response: HttpResponse) -> SubmitResult:
        if response.status >= 300:
            return self._refused(request, response)
        body = self._client.object_in(response, _SUBMIT, safe=False)
        if body.get("errors"):
            raise _unknown("the response is a success with errors", response)
        return SubmitResult(SubmitOutcome.CREATED, request.reference)

    def _refused(self, request: FulfillmentRequest, response: HttpResponse) -> SubmitResult:
        """Find out what a refusal means. Any may be that of a repeated id, so Amazon is asked for the order."""
        if response.status == 403:
            raise self._client.refusal(response, _SUBMIT, safe=False)
        named = faults.parse_faults(response.text)
        try:
            found = self.find(request.reference)
        except RemoteError as failure:
            raise _unknown(f"the search for the order failed: {failure.what}", response) from failure
        if found:
            return self._settled(request, found, response.status)
        if faults.is_repeated(named):
            raise _unknown("Amazon says that it has this id, but does not show the order yet", response)
        if parameter := faults.account_parameter(named):
            fix = "Check marketplace in the lane's warehouse settings, and whose refresh token the connection has."
            what = f"Amazon does not accept {parameter} for this account"
            raise PermissionDenied(REMOTE, _SUBMIT, what, fix=fix, status=response.status)
        problems = faults.refusal_problems(named or [faults.AmazonFault(f"HTTP {response.status}")], request)
        what = "; ".join(problem.message for problem in problems)
        raise Refused(REMOTE, _SUBMIT, what, problems=problems, status=response.status)

    def _settled(
        self, request: FulfillmentRequest, found: Sequence[RemoteOrder], status: int | None
    ) -> SubmitResult:
        """Return the order that Amazon has, if it is this one.

        Raises:
            ReferenceConflict: if it is another one, or if nothing of it will ship.
        """
        [order] = found
        dead = order.state is RemoteState.CANCELLED
        differences = ["it is cancelled there"] if dead else content_differences(request, found)
        if differences:
            what = f"the warehouse has an order under this reference that differs: {'; '.join(differences)}"
            raise ReferenceConflict(
                REMOTE, _SUBMIT, what, fix="Compare the two orders and decide.", status=status
            )
        return SubmitResult(SubmitOutcome.ALREADY_EXISTS, order.remote_id)

    def _ended(self, remote_id: str) -> CancelOutcome | None:
        """Return the outcome of a cancel that needs no request any more; None for an order that can be cancelled.

        Raises:
            NotFound: if there is no such order.
        """
        row = self._orders.read(remote_id)
        self._orders.require(row, (STATUS,))
        status = row.value.fulfillment_order.fulfillment_order_status
        if translate.state_of(status) is RemoteState.CANCELLED:
            return CancelOutcome.CANCELLED
        return None if status in _CANCELLABLE else CancelOutcome.TOO_LATE


def _unknown(what: str, response: HttpResponse) -> OutcomeUnknown:
    return OutcomeUnknown(REMOTE, _SUBMIT, what, status=response.status)

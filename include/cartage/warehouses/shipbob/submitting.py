"""Send an order, once: look up every SKU before, and settle a refusal that may mean a repeated reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cartage.errors import (
    AuthFailed,
    NotSent,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    ReferenceConflict,
    Refused,
    RemoteError,
)
from cartage.errors.problems import Problem, ProblemKind, quoted
from cartage.http import HttpResponse
from cartage.model.orders import FulfillmentRequest
from cartage.warehouses.contract import RemoteState, SubmitOutcome, SubmitResult
from cartage.warehouses.differences import content_differences
from cartage.warehouses.shipbob import faults, translate, validation, wire
from cartage.warehouses.shipbob.client import REMOTE, ShipBobClient
from cartage.warehouses.shipbob.orders import PATH, Orders
from cartage.warehouses.shipbob.products import Products, is_active
from cartage.warehouses.shipbob.settings import ShipBobSettings

_SUBMIT = f"POST {PATH}"


class Submitting:
    """The submits of one channel."""

    def __init__(
        self, client: ShipBobClient, settings: ShipBobSettings, orders: Orders, products: Products
    ) -> None:
        self._client, self._settings, self._orders, self._products = client, settings, orders, products

    def submit(self, request: FulfillmentRequest) -> SubmitResult:
        """Check every SKU, then send one order. Raises as `Warehouse.submit`."""
        if not validation.can_ask(request.reference):
            # Nobody could find out whether an order under such a reference has arrived.
            raise _refused(validation.request_problems(request, self._settings))
        started = self._client.started()
        self._check_skus(request)
        body = translate.order_body(request, self._settings)
        response = self._client.write(PATH, body, started=started, channel=self._settings.channel_id)
        try:
            return replace(self._submitted(request, response), response=response.raw)
        except RemoteError as failure:
            failure.response = response.raw
            raise

    def _check_skus(self, request: FulfillmentRequest) -> None:
        """Look up every SKU: an unknown one would become a product.

        Raises:
            Refused: if an item is not there, or cannot be ordered.
            NotSent: if the catalogue cannot be read.
        """
        names = list(dict.fromkeys(line.sku for line in request.lines))
        try:
            found = self._products.found(names)
        except (AuthFailed, PermissionDenied, RateLimited, NotSent):
            raise
        except RemoteError as failure:
            what = f"the items of the order could not be looked up: {failure.what}"
            raise NotSent(REMOTE, _SUBMIT, what, fix="Nothing was sent; it is tried again.") from failure
        problems = [_unknown(name) for name in names if name not in found]
        problems += [_inactive(name) for name, variant in found.items() if not is_active(variant)]
        if problems:
            raise _refused(problems)

    def _submitted(self, request: FulfillmentRequest, response: HttpResponse) -> SubmitResult:
        if response.status < 300:
            created = self._client.parsed(response, wire.Created, _SUBMIT, safe=False)
            return SubmitResult(SubmitOutcome.CREATED, created.id)
        named = faults.parse_refusal(response.text)
        if response.status == 422:
            return self._settle_refusal(request, named, response)
        raise _refused(faults.refusal_problems(named, request, response.status), status=response.status)

    def _settle_refusal(
        self, request: FulfillmentRequest, named: list[faults.ShipBobFault], response: HttpResponse
    ) -> SubmitResult:
        """Settle a 422 with a search: it may mean a repeated reference, whatever its body says."""
        duplicate = faults.is_duplicate(named)
        try:
            found = self._orders.find(request.reference)
            elsewhere = not found and duplicate and self._orders.in_other_channels(request.reference)
        except RemoteError as failure:
            raise _outcome_unknown(f"the search for that order failed: {failure.what}") from failure
        if elsewhere:
            what = "the account has an order under this reference in another channel"
            fix = "Compare the two orders and decide; two stores may have the same code in their references."
            raise ReferenceConflict(REMOTE, _SUBMIT, what, fix=fix, status=response.status)
        if not found and (duplicate or not named):
            raise _outcome_unknown("its search does not show that order yet")
        if not found:
            raise _refused(faults.refusal_problems(named, request, response.status), status=response.status)
        live = [order for order in found if order.state is not RemoteState.CANCELLED]
        differences = content_differences(request, live) if live else ["it is cancelled there"]
        if differences:
            what = f"the warehouse has an order under this reference that differs: {'; '.join(differences)}"
            fix = "Compare the two orders and decide."
            raise ReferenceConflict(REMOTE, _SUBMIT, what, fix=fix, status=response.status)
        return SubmitResult(SubmitOutcome.ALREADY_EXISTS, live[0].remote_id)


def _unknown(sku: str) -> Problem:
    return Problem(
        ProblemKind.UNKNOWN_SKU,
        sku,
        f"ShipBob has no item {quoted(sku)}.",
        "Create the item at ShipBob, or correct the SKU in the store. As it is, it would become a new product there.",
    )


def _inactive(sku: str) -> Problem:
    return Problem(
        ProblemKind.INACTIVE_ITEM,
        sku,
        f"The item {quoted(sku)} is not active at ShipBob.",
        f"Activate the item {quoted(sku)} at ShipBob, or replace it in the order.",
    )


def _refused(problems: Sequence[Problem], *, status: int | None = None) -> Refused:
    text = "; ".join(problem.message for problem in problems)
    return Refused(REMOTE, _SUBMIT, text, problems=problems, status=status)


def _outcome_unknown(what: str) -> OutcomeUnknown:
    return OutcomeUnknown(REMOTE, _SUBMIT, f"ShipBob may have this reference already, but {what}")

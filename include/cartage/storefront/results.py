"""What the client returns: pages, write outcomes, checks. Also matches result objects to orders."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from cartage.storefront.wire.orders import WireOrder
from cartage.storefront.wire.responses import Result


class WriteOutcome(StrEnum):
    """What happened to the write of one order."""

    WRITTEN = "written"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The store's result for the write of one order; `status` is 0 if the response has none."""

    order_id: int
    outcome: WriteOutcome
    status: int = 0
    message: str = ""

    @property
    def ok(self) -> bool:
        """Return whether the order was written."""
        return self.outcome is WriteOutcome.WRITTEN


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Orders as received, without card data; some may not be objects. `last_id` and `offset` are for resuming."""

    entries: tuple[WireOrder, ...]
    last_id: int
    offset: int = 1
    last: bool = True


@dataclass(frozen=True, slots=True)
class StoreCheck:
    """Whether the store accepts these credentials; `text` describes the store, or the problem and its fix."""

    ok: bool
    text: str


def write_outcome(order_id: int, result: Result) -> WriteResult:
    """Return a result object as the outcome of an order's write. A status that proves nothing is unknown."""
    if 200 <= result.status < 300:
        outcome = WriteOutcome.WRITTEN
    elif 400 <= result.status < 500:
        outcome = WriteOutcome.REFUSED
    else:
        outcome = WriteOutcome.UNKNOWN
    return WriteResult(order_id, outcome, result.status, result.message)


def outcomes(order_ids: Iterable[int], results: Iterable[Result]) -> dict[int, WriteResult]:
    """Return each order's outcome, matched by the results' `Value`, never by position (3dcart-api.md, section 6.3).

    An order that no result names is unknown. Of several results for one order, the worst counts.
    """
    found: dict[int, WriteResult] = {}
    for result in results:
        order_id = int(result.value) if result.value.isascii() and result.value.isdigit() else -1
        if order_id not in found or found[order_id].ok:
            found[order_id] = write_outcome(order_id, result)
    return {order_id: found.get(order_id, _unnamed(order_id)) for order_id in order_ids}


def _unnamed(order_id: int) -> WriteResult:
    return WriteResult(
        order_id, WriteOutcome.UNKNOWN, message="the store's response does not name this order"
    )


def same_outcome(
    order_ids: Iterable[int], outcome: WriteOutcome, status: int, message: str
) -> dict[int, WriteResult]:
    """Return the same outcome for all of these orders."""
    return {order_id: WriteResult(order_id, outcome, status, message) for order_id in order_ids}

"""What the client answers: pages, outcomes of writes, checks. Plain values, matched and judged here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from cartage.storefront.wire.orders import WireOrder
from cartage.storefront.wire.responses import Result


class WriteOutcome(StrEnum):
    """What became of a write of one order."""

    WRITTEN = "written"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What the store said to the write of one order; `status` is 0 where it said nothing of it."""

    order_id: int
    outcome: WriteOutcome
    status: int = 0
    message: str = ""

    @property
    def ok(self) -> bool:
        """Whether the write was carried out."""
        return self.outcome is WriteOutcome.WRITTEN


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Orders as they came, card data dropped; some may be no object. `last_id` and `offset` are for resuming."""

    entries: tuple[WireOrder, ...]
    last_id: int
    offset: int = 1
    last: bool = True


@dataclass(frozen=True, slots=True)
class StoreCheck:
    """Whether the store can be used with these credentials; `text` says as what, or why not and the mend."""

    ok: bool
    text: str


def write_outcome(order_id: int, result: Result) -> WriteResult:
    """One result object as the outcome of an order's write: a status that says nothing certain is unknown."""
    if 200 <= result.status < 300:
        outcome = WriteOutcome.WRITTEN
    elif 400 <= result.status < 500:
        outcome = WriteOutcome.REFUSED
    else:
        outcome = WriteOutcome.UNKNOWN
    return WriteResult(order_id, outcome, result.status, result.message)


def outcomes(order_ids: Iterable[int], results: Iterable[Result]) -> dict[int, WriteResult]:
    """Each order's outcome, matched by the results' `Value`, never by position (3dcart-api.md, section 6.3).

    An order that no result names is unknown. Of several results for one order, the worst counts.
    """
    found: dict[int, WriteResult] = {}
    for result in results:
        order_id = int(result.value) if result.value.isascii() and result.value.isdigit() else -1
        told = write_outcome(order_id, result)
        if order_id not in found or found[order_id].ok:
            found[order_id] = told
    return {order_id: found.get(order_id, _unnamed(order_id)) for order_id in order_ids}


def _unnamed(order_id: int) -> WriteResult:
    return WriteResult(order_id, WriteOutcome.UNKNOWN, message="the store's answer does not name this order")


def same_outcome(
    order_ids: Iterable[int], outcome: WriteOutcome, status: int, message: str
) -> dict[int, WriteResult]:
    """One outcome for all of these orders."""
    return {order_id: WriteResult(order_id, outcome, status, message) for order_id in order_ids}

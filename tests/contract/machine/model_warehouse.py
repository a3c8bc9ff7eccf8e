"""A model of a warehouse: what arrived, when, and what a search shows before an order is visible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cartage.errors import ReferenceConflict
from cartage.model.orders import FulfillmentRequest
from cartage.warehouses.contract import (
    DuplicatePolicy,
    RemoteOrder,
    RemoteState,
    SubmitOutcome,
    SubmitResult,
)
from cartage.warehouses.differences import content_differences

LONGEST_REQUEST = timedelta(seconds=60)
VISIBILITY_DELAY = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class ModelCapabilities:
    """The capabilities of a connector that settling uses."""

    duplicate_policy: DuplicatePolicy
    longest_request: timedelta = LONGEST_REQUEST
    visibility_delay: timedelta = VISIBILITY_DELAY


@dataclass(slots=True)
class ModelWarehouse:
    """Refuses a repeated reference or ships it twice, by its policy; shows an order only some time after it arrived.

    `created` counts how often it made an order with each reference: the oracle.
    """

    policy: DuplicatePolicy
    now: Callable[[], datetime]
    created: Counter[str] = field(default_factory=Counter)
    _orders: dict[str, tuple[RemoteOrder, datetime]] = field(default_factory=dict)

    @property
    def capabilities(self) -> ModelCapabilities:
        """What the connector declares."""
        return ModelCapabilities(self.policy)

    def receive(self, request: FulfillmentRequest) -> SubmitResult:
        """Carry out a request that has arrived."""
        there = self._orders.get(request.reference)
        if there and self.policy is DuplicatePolicy.REJECTS:
            if content_differences(request, [there[0]]):
                raise ReferenceConflict("the model", "submit", "other content under this reference")
            return SubmitResult(SubmitOutcome.ALREADY_EXISTS, there[0].remote_id)
        self.created[request.reference] += 1
        lines = tuple((line.sku, line.quantity) for line in request.lines)
        order = RemoteOrder(
            f"R{request.reference}", request.reference, RemoteState.OPEN, lines, request.ship_to
        )
        self._orders[request.reference] = (order, self.now())
        return SubmitResult(SubmitOutcome.CREATED, order.remote_id)

    def find(self, reference: str) -> list[RemoteOrder]:
        """Return what a search shows by now."""
        found: Any = self._orders.get(reference)
        return [found[0]] if found and self.now() >= found[1] + VISIBILITY_DELAY else []

    def find_many(self, references: Collection[str]) -> Iterator[tuple[str, list[RemoteOrder]]]:
        """Yield what a search for each reference shows by now."""
        for reference in references:
            yield reference, self.find(reference)

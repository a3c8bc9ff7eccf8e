"""Write tracking to the store: a call per ship group through a few threads, or many orders in one call."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TypeVar

from cartage.errors import LeaseLost, NotFound, OutcomeUnknown, Refused, RemoteError, RemoteUnavailable
from cartage.lifecycle import claims
from cartage.postback.tracking_plan import GroupWrite, TrackingPlan
from cartage.runtime.breaker import LOST_RESPONSES
from cartage.runtime.context import StageContext
from cartage.runtime.in_a_row import FailuresInARow
from cartage.storefront import OrderWrite, ShipmentWrite, WriteResult

log = logging.getLogger(__name__)

# The store's bucket leaks two calls a second and a call takes about half a second (3dcart-api.md, section 1): a few
# threads keep the bucket busy, more would only queue at it.
_THREADS = 4

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WrittenTracking:
    """The outcome of one write, in the words of the ledger's post-backs."""

    plan: TrackingPlan
    write: GroupWrite
    outcome: str
    error: str = ""

    @property
    def ok(self) -> bool:
        """Whether the store says that it was written."""
        return self.outcome == "written"


class TrackingWriter:
    """Writes tracking for one run; starts no more calls after the store's first failure, or when the run is stopped."""

    def __init__(self, context: StageContext, owner: str) -> None:
        self._context = context
        self._owner = owner
        self.fault: RemoteError | None = None
        self._lost_responses = FailuresInARow()
        self._numbers = itertools.count()
        limits = context.lane.limits
        self._longest = limits.connect_timeout + limits.read_timeout

    def write(self, plans: Sequence[TrackingPlan]) -> Iterator[WrittenTracking]:
        """Make the writes of these plans, one call each; yield each as it ends."""
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="tracking") as pool:
            futures = {
                pool.submit(self._write_group, plan, write): next(self._numbers)
                for plan in plans
                for write in to_write(plan)
            }
            for future in as_completed(futures):
                written = future.result()
                self.fault = self.fault or self._lost_contact(futures[future], written)
                yield written

    def write_together(
        self, plans: Sequence[TrackingPlan], *, with_status: bool = True
    ) -> list[WrittenTracking]:
        """Make the writes of these plans, at most 100 orders, in one call."""
        orders = {plan.order_id: _order_write(plan, with_status=with_status) for plan in plans}

        def write() -> dict[int, WriteResult]:
            return self._context.store.update_tracking(orders, before=lambda: self._check(plans))

        outcome, error, results = self.try_write(write)
        posted = (
            {} if results is None else {order_id: _posted(result) for order_id, result in results.items()}
        )
        return [
            WrittenTracking(plan, write, *posted.get(plan.order_id, (outcome, error)))
            for plan in plans
            for write in to_write(plan)
        ]

    def try_write(self, call: Callable[[], T]) -> tuple[str, str, T | None]:
        """Make a call; return its outcome and error if it failed, else empty texts and what it returned.

        A failure of the store is kept in `fault`; after one, or when the run is stopped, nothing more is sent.
        """
        if self.fault is not None or self._context.stop.is_set():
            return "not_sent", "the run stopped before it was written", None
        try:
            return "", "", call()
        except LeaseLost as lost:
            return "not_sent", str(lost), None
        except OutcomeUnknown as unknown:
            return "unknown", str(unknown), None
        except (Refused, NotFound) as refusal:
            return "refused", str(refusal), None
        except RemoteError as fault:
            self.fault = fault
            return "not_sent", str(fault), None

    def check(self, plan: TrackingPlan) -> None:
        """Make sure that the claim on an order lasts as long as a request.

        Raises:
            LeaseLost: if it does not.
        """
        self._check([plan])

    def _lost_contact(self, number: int, written: WrittenTracking) -> RemoteError | None:
        """Return an error once many responses in a row were lost: further ones would not arrive either."""
        if written.outcome == "unknown":
            self._lost_responses.add_failed(number)
        elif written.outcome != "not_sent":
            self._lost_responses.add_worked(number)
        if len(self._lost_responses) < LOST_RESPONSES:
            return None
        what = f"{len(self._lost_responses)} writes in a row had no response, the last: {written.error}"
        return RemoteUnavailable(self._context.credentials.remote, "writing tracking", what)

    def _write_group(self, plan: TrackingPlan, write: GroupWrite) -> WrittenTracking:
        outcome, error, result = self.try_write(
            lambda: self._context.store.update_shipment(
                plan.order_id, _shipment_write(write), before=lambda: self._check([plan])
            )
        )
        return (
            WrittenTracking(plan, write, *_posted(result))
            if result
            else WrittenTracking(plan, write, outcome, error)
        )

    def _check(self, plans: Sequence[TrackingPlan]) -> None:
        ids = [plan.id for plan in plans]
        with self._context.ledger.begin() as connection:
            lease = self._context.lane.limits.lease
            claims.check_lease(connection, ids, owner=self._owner, lease=lease, longest=self._longest)


def to_write(plan: TrackingPlan) -> list[GroupWrite]:
    """Return the writes of a plan that the store needs."""
    return [write for write in plan.writes if not write.there_already]


def _posted(result: WriteResult) -> tuple[str, str]:
    return result.outcome.value, "" if result.ok else result.message


def _order_write(plan: TrackingPlan, *, with_status: bool) -> OrderWrite:
    """The order's own status goes with it, since a shipment's status may not move it."""
    writes = to_write(plan)
    status = next((write.status_id for write in writes if write.status_id is not None), None)
    return OrderWrite(
        tuple(_shipment_write(write, with_status=False) for write in writes), status if with_status else None
    )


def _shipment_write(write: GroupWrite, *, with_status: bool = True) -> ShipmentWrite:
    return ShipmentWrite(
        write.shipment_id,
        write.tracking,
        write.carrier_method,
        write.shipped_at,
        write.status_id if with_status else None,
    )

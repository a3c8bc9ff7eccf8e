"""The writes of a batch of shipped orders: one call per ship group, through a few threads, recorded in groups."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from cartage.errors import LeaseLost, NotFound, OutcomeUnknown, Refused, RemoteError, RemoteUnavailable
from cartage.ledger import post_backs
from cartage.stages.breaker import UNANSWERED
from cartage.stages.context import StageContext
from cartage.stages.tracking_plan import GroupWrite, Plan

log = logging.getLogger(__name__)

# The store's bucket leaks two calls a second and a call takes about half a second (3dcart-api.md, section 1): a few
# threads keep the bucket busy, more would only queue at it.
_THREADS = 4


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one write: `outcome` as in the ledger's post-backs, and the system's fault if there was one."""

    plan: Plan
    write: GroupWrite
    outcome: str
    error: str = ""
    fault: RemoteError | None = None


class TrackingWriter:
    """Writes tracking for one run; stops starting calls after the first fault of the system, or when told to."""

    def __init__(self, context: StageContext, owner: str) -> None:
        self._context = context
        self._owner = owner
        self.fault: RemoteError | None = None
        self._unanswered = 0
        limits = context.lane.limits
        self._longest = limits.connect_timeout + limits.read_timeout

    def write(self, plans: Sequence[Plan]) -> Iterator[Written]:
        """Make the writes of these plans; yields each as it ends."""
        todo = [(plan, one) for plan in plans for one in plan.writes if not one.there_already]
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="tracking") as pool:
            for future in as_completed([pool.submit(self._one, plan, one) for plan, one in todo]):
                written = future.result()
                self.fault = self.fault or written.fault or self._silence(written)
                yield written

    def _silence(self, written: Written) -> RemoteError | None:
        """The store's own fault, once many answers in a row were lost: no other would come either."""
        self._unanswered = self._unanswered + 1 if written.outcome == "unknown" else 0
        if self._unanswered < UNANSWERED:
            return None
        what = f"{self._unanswered} writes in a row had no answer, the last: {written.error}"
        return RemoteUnavailable(self._context.credentials.remote, "writing tracking", what)

    def _one(self, plan: Plan, one: GroupWrite) -> Written:
        if self.fault is not None or self._context.stop.is_set():
            return Written(plan, one, "not_sent", "the run stopped before it was written")
        try:
            result = self._context.store.update_shipment(
                plan.order_id,
                one.shipment_id,
                tracking=one.tracking,
                carrier_method=one.carrier_method,
                shipped_at=one.shipped_at,
                status_id=one.status_id,
                before=lambda: self._check(plan),
            )
        except LeaseLost as lost:
            return Written(plan, one, "not_sent", str(lost))
        except OutcomeUnknown as unknown:
            return Written(plan, one, "unknown", str(unknown))
        except (Refused, NotFound) as refusal:
            return Written(plan, one, "refused", str(refusal))
        except RemoteError as fault:
            return Written(plan, one, "not_sent", str(fault), fault)
        return Written(plan, one, result.outcome, "" if result.ok else result.message)

    def _check(self, plan: Plan) -> None:
        with self._context.ledger.engine.connect() as connection:
            post_backs.check_lease(connection, [plan.id], owner=self._owner, longest=self._longest)

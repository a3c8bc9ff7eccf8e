"""(h) Post-back of 1,000 shipped orders under the store's real throttle, to both kinds of store."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import NullPool, create_engine, text

from benchmarks.checks import require_shipped
from benchmarks.engine import ORDERS_STAGES
from benchmarks.figures import Figure, Outcome, Target
from benchmarks.progress import say
from benchmarks.site import open_site
from benchmarks.throttled_cycle import BUCKET, PER_SECOND
from cartage.db.call_budget import HEADROOM

_TARGET = 1.05
_TOO_MANY = 429
# The lane's bucket is used up at the start, as on a busy day: no call is free, and the minimum time is the same for few
# calls and many. It is as full as earlier calls can make it, and no fuller.
_USE_UP = text("UPDATE call_bucket SET full_at = clock_timestamp() + make_interval(secs => :seconds)")


@dataclass(frozen=True, slots=True)
class _Posted:
    """The result for one kind of store."""

    name: str
    seconds: float
    calls: int
    writes: int
    refused: int

    @property
    def least(self) -> float:
        """The minimum time in which an empty bucket allows so many calls."""
        return self.calls / PER_SECOND


def measure(*, quick: bool) -> Outcome:
    """Post back to a store that accepts tracking in bulk writes and to one that does not, unknown to the lane."""
    orders = 60 if quick else 1000
    kinds = [
        _posted(orders, "tracking in bulk", bulk=True),
        _posted(orders, "tracking order by order", bulk=False),
    ]
    return Outcome(
        title=f"Post-back of {orders:,} shipped orders under the store's real throttle, both kinds of store",
        figures=tuple(
            figure
            for kind in kinds
            for figure in (
                Figure(f"{kind.name}: seconds", round(kind.seconds, 1), round(kind.least, 1), "s"),
                Figure(f"{kind.name}: calls to the store", kind.calls),
                Figure(f"{kind.name}: of them writes", kind.writes),
                Figure(f"{kind.name}: calls that the store refused (429)", kind.refused),
            )
        ),
        targets=tuple(
            Target(
                f"{kind.name}: times the minimum time",
                round(kind.seconds / kind.least, 3),
                _TARGET,
                "at most",
                "x",
            )
            for kind in kinds
        ),
        notes=(
            (
                "Baseline here: the minimum time in which the throttle allows these calls, "
                f"{PER_SECOND:.0f} a second; the burst of {BUCKET} is used up before."
            ),
            (
                "Every tracking number is read back. The time includes learning which kind of store it is; nothing is "
                "known about it before."
            ),
        ),
    )


def _posted(orders: int, name: str, *, bulk: bool) -> _Posted:
    limits = {"burst": BUCKET, "calls_per_second": PER_SECOND}
    rules = {"throttle_size": BUCKET, "throttle_rate": PER_SECOND, "bulk_nested_shipments": bulk}
    with open_site(store_rules=rules, limits=limits) as site, site.engine() as engine:
        ids, _ = site.fill(orders)
        engine.run_all(ORDERS_STAGES)
        site.ship()
        engine.run("poll_tracking")
        before = len(_statuses(site.shop.store.journal.entries("request")))
        ledger = create_engine(site.deployment.cartage_env["CARTAGE_LEDGER_URL"], poolclass=NullPool)
        with ledger.begin() as connection:
            connection.execute(_USE_UP, {"seconds": (BUCKET - HEADROOM) / PER_SECOND})
        say(f"  {name}: {orders} orders")
        started = time.perf_counter()
        engine.run("update_order_status")
        seconds = time.perf_counter() - started
        require_shipped(site, ids)
        requests = site.shop.store.journal.entries("request")[before:]
    statuses = _statuses(requests)
    return _Posted(
        name,
        seconds,
        calls=sum(status != _TOO_MANY for status in statuses),
        writes=sum(entry["method"] == "PUT" for entry in requests),
        refused=sum(status == _TOO_MANY for status in statuses),
    )


def _statuses(requests: list[dict[str, object]]) -> list[object]:
    return [entry["status"] for entry in requests]

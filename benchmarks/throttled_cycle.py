"""(f) The full cycle of 300 orders under the store's real throttle, next to the minimum time that it allows."""

from __future__ import annotations

import time

from benchmarks.checks import require_shipped
from benchmarks.engine import ORDERS_STAGES, SHIPMENT_STAGES
from benchmarks.figures import Figure, Outcome, Target
from benchmarks.progress import say
from benchmarks.site import open_site

# 3dcart-api.md section 3.3.
BUCKET, PER_SECOND = 50, 2.0
_TARGET = 1.1
_TOO_MANY = 429


def measure(*, quick: bool) -> Outcome:
    """Measure from the first call to the end of the last stage, in one engine process."""
    orders = 70 if quick else 300
    limits = {"burst": BUCKET, "calls_per_second": PER_SECOND}
    rules = {"throttle_size": BUCKET, "throttle_rate": PER_SECOND}
    with open_site(store_rules=rules, limits=limits) as site, site.engine() as engine:
        ids, _ = site.fill(orders)
        say(f"  {orders} orders; the throttle alone takes about {(orders - 35) / PER_SECOND:.0f} s")
        started = time.perf_counter()
        sent = engine.run_all(ORDERS_STAGES)
        site.ship()
        posted = engine.run_all(SHIPMENT_STAGES)
        seconds = time.perf_counter() - started
        statuses = [entry["status"] for entry in site.shop.store.journal.entries("request")]
        require_shipped(site, ids)
    calls = sum(status != _TOO_MANY for status in statuses)
    least = least_seconds(calls)
    ratio = round(seconds / least, 3)
    return Outcome(
        title=f"The full cycle of {orders} orders under the store's real throttle",
        figures=(
            Figure("from New to Shipped", round(seconds, 1), round(least, 1), "s"),
            Figure("calls to the store", calls),
            Figure("calls that the store refused (429)", len(statuses) - calls),
            *(Figure(name, round(run.seconds, 1), None, "s") for name, run in {**sent, **posted}.items()),
        ),
        targets=(Target("times the minimum time", ratio, _TARGET, "at most", "x"),),
        notes=(
            (
                "Baseline here: the minimum time in which the throttle allows these calls, (calls - "
                f"{BUCKET}) / {PER_SECOND:.0f} per second."
            ),
            "The warehouse ships at once. One lane, live calls only.",
        ),
    )


def least_seconds(calls: int) -> float:
    """Return the minimum seconds for so many calls with a leaky bucket of 50 that leaks 2 a second."""
    return max(0.0, calls - BUCKET) / PER_SECOND

"""(g) A store's first import of 100,000 orders: killed half way and resumed: memory and calls."""

from __future__ import annotations

import time
from dataclasses import dataclass

from benchmarks.calls import counted
from benchmarks.checks import require_imported
from benchmarks.engine import StageRun
from benchmarks.figures import Figure, Outcome, Target
from benchmarks.progress import say
from benchmarks.site import Site, open_site

_PAGE = 300
_TARGET_MB = 250
# Pages overlap by a row. The page that was in progress is read again, and the list is counted twice.
_MORE_CALLS = 4
_CHECK_EVERY_SECONDS = 0.05
_LIST = "GET /3dCartWebAPI/v2/Orders"


@dataclass(frozen=True, slots=True)
class _Import:
    committed: int
    rest: StageRun
    calls: int


def measure(*, quick: bool) -> Outcome:
    """Sweep a new store with an engine process that is killed half way, and finish with another one."""
    orders = 6000 if quick else 100_000
    with open_site() as site:
        ids, _ = site.fill(orders)
        say(f"  {orders:,} orders are in the store")
        done = _import(site, orders)
        require_imported(site, ids)
    pages = -(-orders // (_PAGE - 1))
    rest = orders - done.committed
    return Outcome(
        title=f"First import of {orders:,} orders, killed half way",
        figures=(
            Figure("orders committed when it was killed", done.committed),
            Figure("orders that the second process imported", done.rest.counts["imported"]),
            Figure("seconds that it took", round(done.rest.seconds, 1), None, "s"),
            Figure("orders per second", round(rest / done.rest.seconds, 1), None, "orders/s"),
            Figure("calls for lists of orders, both processes", done.calls),
            Figure("pages of the list", pages),
        ),
        targets=(
            Target(
                "peak memory of the second process", round(done.rest.peak_mb, 1), _TARGET_MB, "at most", "MB"
            ),
            Target("calls besides one per page", done.calls - pages, _MORE_CALLS, "at most"),
            Target("orders read again", done.rest.counts["unchanged"], 0, "at most"),
        ),
        notes=(
            "The first process is ended with SIGKILL when half of the orders are committed; the second continues.",
            "The store's throttle is off; at its real pace of 2 calls a second, 334 pages take at least 3 minutes.",
        ),
    )


def _import(site: Site, orders: int) -> _Import:
    with site.engine() as engine:
        engine.begin("import_orders")
        while _committed(site) < orders // 2:
            time.sleep(_CHECK_EVERY_SECONDS)
        engine.kill()
    committed = _committed(site)
    say(f"  killed with {committed:,} orders committed")
    _release_claims(site)
    with site.engine() as engine:
        rest = engine.run("import_orders")
    say(f"  the rest imported in {rest.seconds:.1f} s with {rest.peak_mb:.0f} MB")
    return _Import(committed, rest, counted(site.shop.store.journal)[_LIST])


def _committed(site: Site) -> int:
    with site.postgres.connect("cartage") as connection:
        [row] = connection.execute("SELECT count(*) FROM sales_order").fetchall()
    return int(str(row[0]))


def _release_claims(site: Site) -> None:
    """Release the claims, as ten minutes of waiting would."""
    with site.postgres.connect("cartage") as connection:
        connection.execute("UPDATE lane_state SET sweep_claimed_at = NULL, watch_claimed_at = NULL")

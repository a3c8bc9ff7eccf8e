"""(l) Validation of orders that are all alike, as card testing leaves them, and a comparison of every pair."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from benchmarks.figures import Figure, Outcome, Target
from benchmarks.progress import say
from benchmarks.site import Site, open_site
from cartage.validation.repo.customers import LOOKED_AT
from cartage_sandbox.threedcart import SAMPLE_SKU

# Every order is within this time of every other, so that each has all earlier ones as possible duplicates.
_WITHIN = timedelta(minutes=10)
_GROWTH = 1.5
# As validation once searched: by customer and time in the index, then address and lines of each pair.
_PAIRS = """
    WITH near AS MATERIALIZED (
        SELECT f.id, f.ship_to, g.id AS other, o.order_id AS other_id
        FROM fulfillment_order f
        JOIN sales_order s ON s.id = f.sales_order_id
        JOIN sales_order o ON o.store_id = s.store_id AND o.document ->> 'email' = s.document ->> 'email'
            AND o.ordered_at BETWEEN s.ordered_at - interval '15 minutes' AND s.ordered_at
            AND (o.ordered_at, o.order_id) < (s.ordered_at, s.order_id)
        JOIN fulfillment_order g ON g.sales_order_id = o.id
        WHERE g.ship_to ->> 'zip_code' = f.ship_to ->> 'zip_code'
          AND lower(regexp_replace(g.ship_to ->> 'address1', '\\W', '', 'g'))
              = lower(regexp_replace(f.ship_to ->> 'address1', '\\W', '', 'g'))
    ), lines AS MATERIALIZED (
        SELECT fulfillment_order_id AS id, jsonb_object_agg(sku, quantity) AS lines
        FROM fulfillment_line GROUP BY fulfillment_order_id
    )
    SELECT count(*) AS pairs, count(DISTINCT near.id) AS found
    FROM near JOIN lines own ON own.id = near.id JOIN lines its ON its.id = near.other
    WHERE own.lines = its.lines"""


class NotAllFound(RuntimeError):
    """An order was not recognized as a possible duplicate, so there is no result."""


@dataclass(frozen=True, slots=True)
class _Size:
    """What one number of orders cost: seconds of the stage, and pairs and seconds of the comparison of pairs."""

    orders: int
    seconds: float
    pairs: int
    paired_seconds: float


def measure(*, quick: bool) -> Outcome:
    """Validate some numbers of orders that are all alike, each on a ledger of its own."""
    sizes = [_size(orders) for orders in ((100, 200) if quick else (500, 1000, 2000, 4000))]
    first, last = sizes[0], sizes[-1]
    growth = (last.seconds / last.orders) / (first.seconds / first.orders)
    return Outcome(
        title="Validation of orders that are all alike",
        figures=(
            *(
                Figure(
                    f"{size.orders:,} orders",
                    round(size.seconds, 2),
                    round(size.seconds + size.paired_seconds, 2),
                    "s",
                )
                for size in sizes
            ),
            *(
                Figure(
                    f"earlier orders looked at, {size.orders:,} orders", _looked_at(size.orders), size.pairs
                )
                for size in sizes
            ),
        ),
        targets=(
            Target(
                f"seconds per order, {last.orders:,} compared with {first.orders:,} orders",
                round(growth, 2),
                _GROWTH,
                "at most",
                "x",
            ),
        ),
        notes=(
            (
                f"One customer, address and line, within {_WITHIN.seconds // 60} minutes, as someone leaves them who "
                "tries stolen cards. All are imported, then validated in one run that holds each as a possible "
                "duplicate of an earlier one; the digest of customer, address and lines is an index entry."
            ),
            (
                "Baseline: the same stage, plus the search that it had before, which compared each order with every "
                "earlier one of its customer."
            ),
        ),
    )


def _size(orders: int) -> _Size:
    with open_site(more={"checks": {"duplicates": {"action": "hold"}}}) as site:
        _place(site, orders)
        with site.engine() as engine:
            engine.run("import_orders")
            run = engine.run("validate_mappings")
        _require([run.counts["held"], run.counts["ready"]], [orders - 1, 1])
        with site.postgres.connect("cartage") as connection:
            connection.execute("ANALYZE")
            started = time.perf_counter()
            [(pairs, found)] = connection.execute(_PAIRS.encode()).fetchall()
            paired = time.perf_counter() - started
        _require([int(str(found))], [orders - 1])
    say(f"  {orders:,} orders: {run.seconds:.2f} s, compared pair by pair {paired:.2f} s")
    return _Size(orders, run.seconds, int(str(pairs)), paired)


def _place(site: Site, orders: int) -> None:
    shop, start = site.shop, datetime.now(UTC) - timedelta(hours=6)
    with shop.warehouse.state.lock:
        shop.warehouse.state.catalogue.put_item({"sku": SAMPLE_SKU, "qty": orders}, shop.clock.now())
    stamps = [f"{start + number * _WITHIN / orders:%Y-%m-%dT%H:%M:%S}" for number in range(orders)]
    shop.store.place([{"OrderDate": stamp, "LastUpdate": stamp} for stamp in stamps])


def _looked_at(orders: int) -> int:
    return sum(min(number, LOOKED_AT) for number in range(orders))


def _require(counted: Sequence[int], wanted: Sequence[int]) -> None:
    if list(counted) != list(wanted):
        raise NotAllFound(f"{list(counted)} orders were held, ready or found, and not {list(wanted)}")

"""(r) Reconciliation of 100,000 orders in store, ledger and warehouse: memory, seconds and calls."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.calls import counted
from benchmarks.engine import StageRun
from benchmarks.figures import Figure, Outcome, Target
from benchmarks.progress import say
from benchmarks.site import Site, open_site
from cartage.model.documents import request_from
from cartage.warehouses.extensiv import translate
from cartage.warehouses.extensiv.settings import ExtensivSettings

_TARGET_MB = 300
# Orders of a page of the store (3dcart-api.md, section 3.1) and of Extensiv (warehouse-apis.md, section 2).
_STORE_PAGE, _WAREHOUSE_PAGE = 300, 1000
# The list of a store ends with a page that overlaps by a row. The token of the warehouse is a call of its own.
_MORE_CALLS = 3
_DIFFERENCES = 10
_PROCESSING = 2
_STORE_LIST, _WAREHOUSE_LIST = "GET /3dCartWebAPI/v2/Orders", "GET /orders"


@dataclass(frozen=True, slots=True)
class _Compared:
    run: StageRun
    store: Mapping[str, int]
    warehouse: Mapping[str, int]


def measure(*, quick: bool) -> Outcome:
    """Compare a sound lane in a process of its own, then one with a few differences, which all must be found."""
    orders = 3_000 if quick else 100_000
    with open_site(more={"reconciliation": {"settle": "0s"}}) as site:
        ids, _ = site.fill(orders)
        say(f"  {orders:,} orders are in the store")
        with site.engine() as engine:
            for stage in ("import_orders", "validate_mappings"):
                engine.run(stage)
        _hand_over(site)
        sound = _compare(site)
        _require(sound, 0)
        for order_id in sorted(ids)[:_DIFFERENCES]:
            site.shop.store.edit(order_id, OrderStatusID=4)
        changed = _compare(site)
        _require(changed, _DIFFERENCES)
    store_pages = math.ceil(orders / (_STORE_PAGE - 1))
    warehouse_pages = math.ceil(sound.run.counts["warehouse_orders"] / (_WAREHOUSE_PAGE - 1))
    calls = sum(sound.store.values()) + sum(sound.warehouse.values())
    return Outcome(
        title=f"Reconciliation of {orders:,} orders",
        figures=(
            Figure("seconds", round(sound.run.seconds, 1), None, "s"),
            Figure("orders per second", round(orders / sound.run.seconds, 1), None, "orders/s"),
            Figure("calls for lists of the store", sound.store.get(_STORE_LIST, 0)),
            Figure("calls for lists of the warehouse", sound.warehouse.get(_WAREHOUSE_LIST, 0)),
            Figure(
                f"further calls to the store for {_DIFFERENCES} differences",
                sum(changed.store.values()) - sum(sound.store.values()),
            ),
        ),
        targets=(
            Target("peak memory of the process", round(sound.run.peak_mb, 1), _TARGET_MB, "at most", "MB"),
            Target(
                "calls besides one per page", calls - store_pages - warehouse_pages, _MORE_CALLS, "at most"
            ),
        ),
        notes=(
            (
                "Store, ledger and warehouse hold the same orders, which the stages imported and validated; that they "
                "were sent is written into ledger and warehouse directly, since sending is measured in (a)."
            ),
            "The throttle is off; at the background's pace of one call a second, 335 pages take about six minutes.",
        ),
    )


def _require(compared: _Compared, differences: int) -> None:
    found = compared.run.counts["differences"]
    if found != differences:
        raise WrongComparison(f"{found} differences were found, and there are {differences}")


class WrongComparison(RuntimeError):
    """The comparison found something else than there is."""


def _hand_over(site: Site) -> None:
    """Let the warehouse have every order, and ledger and store know it."""
    settings = ExtensivSettings.model_validate({"customer_id": 12, "facility_id": 1})
    with site.postgres.connect("cartage") as connection:
        rows: list[Any] = connection.execute(
            "SELECT reference, request, order_id FROM fulfillment_order WHERE state = 'ready' ORDER BY id"
        ).fetchall()
        sent = []
        for reference, request, order_id in rows:
            body: dict[str, Any] = translate.order_body(request_from(request), settings)
            order = site.shop.warehouse.desk.create(json.loads(json.dumps(body)))
            site.shop.store.edit(order_id, OrderStatusID=_PROCESSING)
            sent.append({"reference": reference, "remote_id": str(order.order_id)})
        connection.execute(
            "UPDATE fulfillment_order f SET state = 'acknowledged', remote_id = s.remote_id"
            " FROM jsonb_to_recordset(%s::jsonb) AS s(reference text, remote_id text) WHERE f.reference = s.reference",
            (json.dumps(sent),),
        )
        connection.execute(
            "UPDATE sales_order SET posted_status = 2, posted_at = clock_timestamp(), status_id = 2 WHERE id IN"
            " (SELECT sales_order_id FROM fulfillment_order WHERE state = 'acknowledged')"
        )
        connection.execute("ANALYZE")
    say(f"  the warehouse has {len(sent):,} of them")


def _compare(site: Site) -> _Compared:
    site.shop.store.journal.clear()
    site.shop.warehouse.journal.clear()
    with site.engine() as engine:
        run = engine.run("compare")
    say(f"  compared in {run.seconds:.1f} s with {run.peak_mb:.0f} MB: {dict(run.counts)}")
    return _Compared(run, counted(site.shop.store.journal), counted(site.shop.warehouse.journal))

"""(j) Validation of 1,000 orders with 1,000 mappings, and three ways to look up mappings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.engine import StageRun
from benchmarks.figures import Figure, Outcome, Target
from benchmarks.mapping_ways import Batch, seconds_of_each
from benchmarks.progress import say
from benchmarks.site import Site, open_site
from cartage.lanes.settings.mappings import TextMatch
from cartage.mappings.files import MAPPING_COLUMNS, rules_to_rows
from cartage.mappings.rules import MethodRule, Part, SkuRule
from cartage.model.orders import ShipMethod
from cartage.spreadsheets import rows_to_csv

_TARGET_SECONDS = 1.0
_METHODS, _PATTERNS, _SKUS = 480, 20, 500
_TIMES = 5
# Nine of ten orders have a ship method that is found by its letters and digits, one of ten matches a pattern.
_GIVE_METHODS = f"""
    UPDATE fulfillment_order SET ship_method = CASE WHEN id % 10 = 0
        THEN 'Courier ' || chr((97 + id / 10 % {_PATTERNS})::int) || ' to zone ' || id
        ELSE 'Method no. ' || (id % {_METHODS}) || ' (5-7 days)' END"""  # noqa: S608 - numbers of this file
_GIVE_SKUS = "UPDATE fulfillment_line SET sku = 'STORE-' || sku WHERE sku <> '' AND sku NOT LIKE 'STORE-%'"
_RESET = "UPDATE fulfillment_order SET state = 'imported', rules_hash = ''"


class NotAllReady(RuntimeError):
    """An order was not validated or is not ready, so there is no result."""


@dataclass(frozen=True, slots=True)
class _Rules:
    methods: list[MethodRule]
    skus: list[SkuRule]


def measure(*, quick: bool) -> Outcome:
    """Time the stage as a task runs it, on a ledger with the orders and rules; then the look-ups alone."""
    orders = 300 if quick else 1000
    with open_site(more={"mappings": "ledger", "ship_methods": []}) as site:
        site.fill(orders)
        with site.engine() as engine:
            engine.run("import_orders")
            skus = _give(site)
            rules = _rules(skus)
            _import(site, rules)
            runs = []
            for _ in range(1 + _TIMES):
                _execute(site, _RESET)
                runs.append(engine.run("validate_mappings"))
                _require_ready(runs[-1], orders)
        ways = _ways(site, rules, skus)
    seconds = median(run.seconds for run in runs[1:])
    say(f"  {orders:,} orders validated in {seconds:.2f} s")
    return Outcome(
        title=f"Validation of {orders:,} orders with {len(rules.methods) + len(rules.skus):,} mappings",
        figures=(
            Figure("seconds of the stage, median", round(seconds, 3), None, "s"),
            Figure("CPU seconds of its process", round(median(run.cpu for run in runs[1:]), 3), None, "s"),
            Figure(
                "the first time, including the warehouse's catalogue", round(runs[0].seconds, 2), None, "s"
            ),
            *(
                Figure(f"look-ups alone: {name}", round(1000 * taken, 2), None, "ms")
                for name, taken in ways.items()
            ),
        ),
        targets=(
            Target(f"seconds for {orders:,} orders", round(seconds, 3), _TARGET_SECONDS, "at most", "s"),
        ),
        notes=(
            (
                f"{_METHODS} ship methods, {_PATTERNS} patterns, {len(rules.skus)} SKU rules (aliases, packs, kits) in "
                "the ledger; the stage reads them, validates, looks for duplicates, and writes each order's transition "
                "and request."
            ),
            (
                "Look-ups alone: every order's method and every line's items, with the rules loaded; the three ways "
                "must have equal results. SQL gets the normalised texts."
            ),
        ),
    )


def _give(site: Site) -> list[str]:
    """Give the orders ship methods and SKUs that need a rule, and return the warehouse's SKUs."""
    _execute(site, _GIVE_METHODS)
    _execute(site, _GIVE_SKUS)
    with site.postgres.connect("cartage") as connection:
        rows = connection.execute(
            "SELECT DISTINCT substr(sku, 7) FROM fulfillment_line ORDER BY 1"
        ).fetchall()
    return [str(row[0]) for row in rows]


def _rules(skus: Sequence[str]) -> _Rules:
    methods = [
        MethodRule(f"METHOD no {number}: 5-7 days", ShipMethod("UPS", f"Service {number}"))
        for number in range(_METHODS)
    ]
    methods += [
        MethodRule(
            f"Courier {chr(97 + n)} to zone *", ShipMethod("DHL", f"Zone {n}"), TextMatch.PATTERN, n + 1
        )
        for n in range(_PATTERNS)
    ]
    kits = [_sku_rule(place, sku, skus) for place, sku in enumerate(skus)]
    more = [SkuRule(f"UNUSED-{n}", (Part(skus[0]),)) for n in range(_SKUS - len(kits))]
    return _Rules(methods, kits + more)


def _sku_rule(place: int, sku: str, skus: Sequence[str]) -> SkuRule:
    """Return an alias, a pack or a kit, in turn."""
    parts = ((Part(sku),), (Part(sku, 6),), (Part(sku, 2), Part(skus[place - 1])))[place % 3]
    return SkuRule(f"STORE-{sku}", parts)


def _import(site: Site, rules: _Rules) -> None:
    file = Path(site.deployment.home) / "rules.csv"
    file.write_text(
        rows_to_csv(MAPPING_COLUMNS, rules_to_rows([*rules.methods, *rules.skus])), encoding="utf-8-sig"
    )
    site.deployment.cartage("mappings", "import", str(file), "--lane", "demo", "--by", "benchmark")


def _ways(site: Site, rules: _Rules, skus: Sequence[str]) -> Mapping[str, float]:
    with site.postgres.connect("cartage") as connection:
        methods = connection.execute("SELECT ship_method FROM fulfillment_order ORDER BY id").fetchall()
        lines = connection.execute(
            "SELECT sku, quantity::int FROM fulfillment_line ORDER BY fulfillment_order_id, position"
        ).fetchall()
        batch = Batch(
            [str(row[0]) for row in methods],
            [(str(row[0]), int(str(row[1]))) for row in lines],
            rules.methods,
            rules.skus,
            skus,
        )
        return seconds_of_each(batch, connection)


def _require_ready(run: StageRun, orders: int) -> None:
    if run.counts["ready"] != orders:
        raise NotAllReady(f"of {orders} orders {run.counts['ready']} are ready: {dict(run.counts)}")


def _execute(site: Site, statement: str) -> None:
    with site.postgres.connect("cartage") as connection:
        connection.execute(statement.encode())

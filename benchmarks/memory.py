"""(d) Peak memory of a process that imports 2,000 and 20,000 orders."""

from __future__ import annotations

from benchmarks.bare_loop import bare_loop
from benchmarks.checks import require_imported
from benchmarks.figures import Figure, Outcome, Target
from benchmarks.progress import say
from benchmarks.site import SIMPLE_MIX, UNTHROTTLED, fill, open_site
from cartage_sandbox.stack.shop import Shop

_TARGET_MB = 250
# At most a tenth more memory for ten times the orders.
_TARGET_GROWTH = 1.1


def measure(*, quick: bool) -> Outcome:
    """Run each import in a new process with a new ledger."""
    sizes = (600, 6000) if quick else (2000, 20_000)
    product = [_import(size) for size in sizes]
    bare = [_bare_import(size) for size in sizes]
    growth = round(product[1] / product[0], 3)
    return Outcome(
        title="Peak memory of an import",
        figures=(
            *(
                Figure(f"import of {size:,} orders", round(peak, 1), round(base, 1), "MB")
                for size, peak, base in zip(sizes, product, bare, strict=True)
            ),
            Figure("growth", growth, round(bare[1] / bare[0], 3), "x"),
        ),
        targets=(
            Target(f"peak memory, {sizes[1]:,} orders", round(product[1], 1), _TARGET_MB, "at most", "MB"),
            Target("growth at ten times the orders", growth, _TARGET_GROWTH, "at most", "x"),
        ),
        notes=(
            "The peak of the process's resident memory, including Python and the engine's libraries.",
            (
                "Baseline: a list of all orders, as the baseline's import returns it, with only the few fields that "
                "its later tasks need."
            ),
        ),
    )


def _import(orders: int) -> float:
    with open_site() as site:
        ids, window = site.fill(orders)
        with site.engine() as engine:
            run = engine.run("import_orders", window=window)
        require_imported(site, ids)
    say(f"  {orders:,} orders imported in {run.seconds:.1f} s with {run.peak_mb:.0f} MB")
    return run.peak_mb


def _bare_import(orders: int) -> float:
    with Shop(store_rules=UNTHROTTLED) as shop:
        fill(shop, orders, mix=SIMPLE_MIX)
        return bare_loop(shop, "import").peak_mb

"""(n) A warehouse that takes files over SFTP: orders out, confirmations and an inventory in, with calls and memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.engine import Engine, StageRun
from benchmarks.figures import Figure, Outcome, Target
from benchmarks.progress import say
from benchmarks.site import NO_LIMITS, SEED, SIMPLE_MIX, UNTHROTTLED, fill
from cartage_sandbox.files import FileForm
from cartage_sandbox.files.shipping import Shipping
from cartage_sandbox.stack.deployment import Deployment
from cartage_sandbox.stack.file_shop import FileShop
from cartage_sandbox.stack.postgres import EmbeddedPostgres

_LANE = "demo"
_BEFORE = ("import_orders", "validate_mappings")
_LEDGER = "cartage"
# The most that the reader of a partner's files takes in at once.
_MOST_PER_FILE = 1_000
_TARGET_MB = 300
_TARGET_GROWTH = 1.5
_NEVER = "0 0 1 1 *"
# Nobody has sent from another ledger: otherwise a person is asked about each order.
_END_QUARANTINE = (
    "UPDATE lane_state SET quarantined_at = '2000-01-01', surveyed_at = '2000-01-01', "
    "quarantine_ended_at = '2000-01-01'"
)


class OrdersAreMissing(AssertionError):
    """The warehouse or the ledger does not have exactly what it should, so there is no result."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A stage's run, the SFTP requests that it made, and the files that it exchanged."""

    run: StageRun
    requests: int
    files: int


@dataclass(frozen=True, slots=True)
class FileSite:
    """A shop whose warehouse takes X12 files, and the deployment that serves it."""

    shop: FileShop
    deployment: Deployment
    postgres: EmbeddedPostgres

    def count(self, query: str) -> int:
        """Return the number that a query of the ledger has."""
        with self.postgres.connect(_LEDGER) as connection:
            row = connection.execute(query.encode()).fetchone()
        return int(str(row[0])) if row else 0

    def measured(self, engine: Engine, stage: str) -> Measured:
        """Run a stage, and count its requests."""
        journal = self.shop.warehouse.journal
        requests, renames = journal.count("request"), journal.count("file.renamed")
        run = engine.run(stage)
        return Measured(run, journal.count("request") - requests, journal.count("file.renamed") - renames)


def measure(*, quick: bool) -> Outcome:
    """Run each part with a new ledger and a new process; confirmations and inventories in two sizes, for memory."""
    orders, confirmations, skus = (100, 1_000, 10_000) if quick else (1_000, 10_000, 100_000)
    alone, together = _sent(orders, per_file=1), _sent(orders, per_file=orders)
    few, many = _confirmed(confirmations // 10), _confirmed(confirmations)
    short, long = _counted(skus // 10), _counted(skus)
    growth = round(many.run.peak_mb / few.run.peak_mb, 2)
    stock_growth = round(long.run.peak_mb / short.run.peak_mb, 2)
    return Outcome(
        title=f"Files over SFTP: {orders:,} orders, {confirmations:,} confirmations, {skus:,} SKUs",
        figures=(
            *_figures(f"{orders:,} orders, a file each", alone),
            *_figures(f"{orders:,} orders, one file", together),
            *_figures(f"{confirmations // 10:,} confirmations", few),
            *_figures(f"{confirmations:,} confirmations", many),
            *_figures(f"inventory of {skus // 10:,} SKUs", short),
            *_figures(f"inventory of {skus:,} SKUs", long),
        ),
        targets=(
            Target("peak memory, confirmations", round(many.run.peak_mb), _TARGET_MB, "at most", "MB"),
            Target("growth at ten times the confirmations", growth, _TARGET_GROWTH, "at most", "x"),
            Target("peak memory, inventory", round(long.run.peak_mb), _TARGET_MB, "at most", "MB"),
            Target("growth at ten times the SKUs", stock_growth, _TARGET_GROWTH, "at most", "x"),
        ),
        notes=(
            (
                "X12: 940 out, 945 and 846 in. Seconds and memory are those of the stage's own process; SFTP server "
                "and store run in another process of the same machine."
            ),
            f"Confirmations come {_MOST_PER_FILE:,} in a file, the inventory is one file.",
            "A file of orders is opened, written, closed, looked at, looked for under its final name, and renamed.",
        ),
    )


def _figures(what: str, measured: Measured) -> Iterator[Figure]:
    yield Figure(what, round(measured.run.seconds, 1), None, "s")
    yield Figure(f"{what}: SFTP requests", measured.requests)
    yield Figure(f"{what}: peak memory", round(measured.run.peak_mb, 1), None, "MB")


def _sent(orders: int, *, per_file: int) -> Measured:
    with _open_site(per_file) as site, Engine(site.deployment.cartage_env) as engine:
        _make_ready(site, engine, orders)
        measured = site.measured(engine, "transfer_to_warehouse")
        site.shop.warehouse.work()
        taken = site.shop.references()
        if len(taken) != orders or set(taken.values()) != {1} or measured.files != -(-orders // per_file):
            raise OrdersAreMissing(f"{len(taken)} of {orders} orders arrived, in {measured.files} files")
    say(f"  {orders:,} orders, {per_file:,} in a file: {measured.run.seconds:.1f} s")
    return measured


def _confirmed(orders: int) -> Measured:
    with _open_site(_MOST_PER_FILE) as site, Engine(site.deployment.cartage_env) as engine:
        _make_ready(site, engine, orders)
        engine.run("transfer_to_warehouse")
        warehouse, account = site.shop.warehouse, site.shop.account
        warehouse.work()
        taken = warehouse.premises.orders[account.login]
        with warehouse.premises.lock:
            for start in range(0, len(taken), _MOST_PER_FILE):
                warehouse.floor.ship(account, taken[start : start + _MOST_PER_FILE], Shipping())
        # A process of its own, so that its peak is this stage's.
        with Engine(site.deployment.cartage_env) as reader:
            measured = site.measured(reader, "poll_tracking")
        shipped = site.count("SELECT count(*) FROM fulfillment_order WHERE state = 'shipped'")
        if shipped != orders:
            raise OrdersAreMissing(f"{shipped} of {orders} orders are shipped")
    say(f"  {orders:,} confirmations: {measured.run.seconds:.1f} s, {measured.run.peak_mb:.0f} MB")
    return measured


def _counted(skus: int) -> Measured:
    with _open_site(_MOST_PER_FILE) as site:
        warehouse, account = site.shop.warehouse, site.shop.account
        with warehouse.premises.lock:
            warehouse.floor.set_stock(account, {f"SKU-{number:06d}": number % 500 for number in range(skus)})
            warehouse.floor.send_inventory(account)
        with Engine(site.deployment.cartage_env) as engine:
            measured = site.measured(engine, "poll_stock")
        known = site.count("SELECT count(*) FROM stock_level")
        if known != skus:
            raise OrdersAreMissing(f"the ledger knows {known} of {skus} SKUs")
    say(f"  inventory of {skus:,} SKUs: {measured.run.seconds:.1f} s, {measured.run.peak_mb:.0f} MB")
    return measured


def _make_ready(site: FileSite, engine: Engine, orders: int) -> None:
    """Place orders, and bring them to where only sending is left."""
    ids, window = fill(site.shop, orders, mix=SIMPLE_MIX)
    engine.run("poll_tracking")
    with site.postgres.connect(_LEDGER) as connection:
        connection.execute(_END_QUARANTINE)
    for stage in _BEFORE:
        engine.run(stage, window=window if stage == "import_orders" else None)
    ready = site.count("SELECT count(*) FROM fulfillment_order WHERE state = 'ready'")
    if ready != len(ids):
        raise OrdersAreMissing(f"{ready} of {len(ids)} orders are ready")


@contextmanager
def _open_site(per_file: int) -> Iterator[FileSite]:
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cartage-bench-")))
        rules = {"sends_997": "never"}
        shop = FileShop(
            _LANE,
            home / "warehouse",
            form=FileForm.X12,
            seed=SEED,
            store_rules=UNTHROTTLED,
            warehouse_rules=rules,
        )
        stack.enter_context(shop)
        section = shop.lane_warehouse(settle="0s", visibility_delay="1s")
        x12 = {**section["settings"]["x12"], "orders_per_file": per_file}
        demo_only = dict.fromkeys(("customer_id", "facility_id", "facility_time_zone"))
        lane = {
            "warehouse": {**section, "settings": {**demo_only, **section["settings"], "x12": x12}},
            "schedules": {
                "orders": _NEVER,
                "shipments": _NEVER,
                "sweep_every": "1s",
                "watch_every": "never",
            },
            "limits": {**NO_LIMITS, "freshness": "1h"},
            "inventory": {"schedule": _NEVER},
        }
        postgres = stack.enter_context(EmbeddedPostgres(throw_away=True))
        deployment = stack.enter_context(
            Deployment(home, shop, postgres, lanes={_LANE: lane}, ledger=_LEDGER)
        )
        yield FileSite(shop, deployment, postgres)

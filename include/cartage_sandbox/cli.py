"""`cartage sandbox ...`: an emulated store, emulated warehouses and a database, served from the command line.

The servers' modules are imported on demand: `cartage` loads this file at every start.
"""

from __future__ import annotations

import json
import signal
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from cartage_sandbox.kernel.clock import Clock
    from cartage_sandbox.threedcart import StoreEmulator

app = typer.Typer(
    no_args_is_help=True,
    help="A faithful 3dcart store, warehouses of vendors and a file warehouse to run against, and a database.",
)

_SPAN = timedelta(days=7)
_STOCK_OF_EACH = 1_000_000
_LEDGER = "cartage_ledger"
_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"]


@app.command()
def serve(  # noqa: PLR0913 - the options of a command
    *,
    store_port: Annotated[int, typer.Option(help="Port of the store; 0 takes a free one.")] = 0,
    warehouse_port: Annotated[int, typer.Option(help="Port of the warehouse; 0 takes a free one.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same catalogue and orders.")] = 1,
    orders: Annotated[int, typer.Option(help="Orders to generate.")] = 300,
    start: Annotated[datetime | None, typer.Option(formats=_FORMATS, help="First order, UTC.")] = None,
    end: Annotated[datetime | None, typer.Option(formats=_FORMATS, help="Last order, UTC.")] = None,
    warehouse: Annotated[
        str, typer.Option(help="Vendor of the warehouse: extensiv, shipbob or mcf.", metavar="VENDOR")
    ] = "extensiv",
    throttle: Annotated[str, typer.Option(help="Calls per second that leak out, or off.")] = "2",
    store_time_zone: Annotated[str, typer.Option(help="Hours from UTC (-5), or an IANA name.")] = "-5",
    store_rule: Annotated[list[str], typer.Option(help="NAME=JSON, repeatable.")] = [],  # noqa: B006
    warehouse_rule: Annotated[list[str], typer.Option(help="NAME=JSON, repeatable.")] = [],  # noqa: B006
    with_files: Annotated[
        str, typer.Option(help="Also serve a file warehouse: dsfx, plain or x12.", metavar="FORM")
    ] = "",
    sftp_port: Annotated[int, typer.Option(help="Port of its SFTP server; 0 takes a free one.")] = 0,
    files_rule: Annotated[list[str], typer.Option(help="NAME=JSON, repeatable.")] = [],  # noqa: B006
) -> None:
    """Serve a store and a vendor's warehouse until SIGINT or SIGTERM, and a file warehouse if it is asked for.

    The first line on stdout is JSON with addresses and credentials.
    """
    from cartage_sandbox.kernel.clock import Clock
    from cartage_sandbox.threedcart import create_store
    from cartage_sandbox.vendors import open_vendor

    last = _aware(end) or datetime.now(UTC)
    clock = Clock()
    try:
        rules = _throttle(throttle) | {"store_time_zone": store_time_zone} | _rules(store_rule)
        store = create_store(clock, Random(seed), rules)
        vendor = open_vendor(warehouse, clock, Random(seed), _rules(warehouse_rule))
        made = store.generate(orders, seed=seed, start=_aware(start) or last - _SPAN, end=last)
        vendor.fill(made["warehouse_items"], _STOCK_OF_EACH)
    except ValueError as error:
        raise _cannot_start(error) from error
    with ExitStack() as running:
        stop = _stop_signal()
        try:
            described: dict[str, Any] = {
                "store": _described_store(store, _served(running, store.app, store_port)),
                "warehouse": vendor.described(_served(running, vendor.app, warehouse_port)),
                "orders": {kind: len(ids) for kind, ids in made["ids"].items()},
                "start": made["start"],
                "end": made["end"],
            }
            if with_files:
                skus = [sku for sku, _ in made["warehouse_items"]]
                exchange = FileExchange(with_files, Random(seed), clock, _rules(files_rule), skus, sftp_port)
                described["files"] = exchange.serve(running)
        except (ValueError, OSError) as error:
            raise _cannot_start(error) from error
        typer.echo(json.dumps(described))
        stop.wait()


@app.command()
def files(
    *,
    form: Annotated[str, typer.Option(help="Form of the files: dsfx, plain or x12.")] = "dsfx",
    port: Annotated[int, typer.Option(help="Port of the SFTP server; 0 takes a free one.")] = 0,
    control_port: Annotated[int, typer.Option(help="Port of the control API; 0 takes a free one.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same catalogue as `serve`.")] = 1,
    root: Annotated[
        Path | None, typer.Option(help="Folder of the files; without it a temporary one.")
    ] = None,
    rule: Annotated[list[str], typer.Option(help="NAME=JSON, repeatable.")] = [],  # noqa: B006
) -> None:
    """Serve a warehouse that exchanges files over SFTP until SIGINT or SIGTERM.

    The first line on stdout is JSON with addresses, credentials and the host key.
    """
    from cartage_sandbox.kernel.clock import Clock
    from cartage_sandbox.threedcart import create_store

    clock = Clock()
    with ExitStack() as running:
        stop = _stop_signal()
        try:
            now = clock.now()
            catalogue = create_store(clock, Random(seed)).generate(0, seed=seed, start=now - _SPAN, end=now)
            skus = [sku for sku, _ in catalogue["warehouse_items"]]
            exchange = FileExchange(form, Random(seed), clock, _rules(rule), skus, port, control_port, root)
            described = exchange.serve(running)
        except (ValueError, OSError) as error:
            raise _cannot_start(error) from error
        typer.echo(json.dumps(described))
        stop.wait()


@app.command(name="postgres")
def serve_postgres(
    *,
    folder: Annotated[
        Path | None,
        typer.Option(help="Folder of the data, kept for the next start; without it a temporary one."),
    ] = None,
) -> None:
    """Serve an empty PostgreSQL database for a ledger until SIGINT or SIGTERM. Not for production.

    The first line on stdout is its address, for CARTAGE_LEDGER_URL.
    """
    from cartage_sandbox.stack.postgres import EmbeddedPostgres, PostgresDidNotStart

    stop = _stop_signal()
    try:
        with EmbeddedPostgres(folder) as server:
            if not server.has_database(_LEDGER):
                server.create_database(_LEDGER)
            typer.echo(server.libpq_url(_LEDGER))
            stop.wait()
    except (PostgresDidNotStart, OSError) as error:
        raise _cannot_start(error) from error


@dataclass(frozen=True)
class FileExchange:
    """A file warehouse as the command line asks for it; without `root`, its files are gone when it stops."""

    form: str
    rng: Random
    clock: Clock
    rules: dict[str, Any]
    skus: list[str]
    port: int = 0
    control_port: int = 0
    root: Path | None = None

    def serve(self, running: ExitStack) -> dict[str, Any]:
        """Serve it until `running` is closed, and return its addresses and credentials.

        Raises ValueError for an unknown form or rule, OSError for a port that is taken.
        """
        from cartage_sandbox.files import DEFAULT_ACCOUNT, CustomerAccount, create_file_warehouse

        login = {"login": DEFAULT_ACCOUNT.login, "password": DEFAULT_ACCOUNT.password}
        account = CustomerAccount.parse({**login, "form": self.form})
        root = self.root or Path(running.enter_context(TemporaryDirectory(prefix="cartage-sandbox-")))
        warehouse = create_file_warehouse(
            root, clock=self.clock, rng=self.rng, rules=self.rules, accounts=[account]
        )
        warehouse.floor.set_stock(account, dict.fromkeys(self.skus, _STOCK_OF_EACH))
        warehouse.sftp.port = self.port
        url = _served(running, warehouse.app, self.control_port)
        sftp = running.enter_context(warehouse.sftp)
        return {
            **login,
            "host": sftp.host,
            "port": sftp.port,
            "host_key": sftp.host_key,
            "fingerprint": sftp.fingerprint,
            "form": account.form,
            "folders": ["in", "out", "archive"],
            "root": str(warehouse.premises.home(account.login)),
            "url": url,
        }


def _served(running: ExitStack, app: ASGIApp, port: int) -> str:
    """Serve an emulator until `running` is closed, and return its address. Raises OSError if the port is taken."""
    from cartage_sandbox.kernel.server import SandboxServer

    return running.enter_context(SandboxServer(app, port=port)).url


def _cannot_start(error: Exception) -> typer.Exit:
    typer.echo(f"The sandbox cannot start: {error}", err=True)
    return typer.Exit(1)


def _stop_signal() -> threading.Event:
    """Return an event that SIGINT and SIGTERM set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _described_store(store: StoreEmulator, url: str) -> dict[str, Any]:
    from cartage_sandbox.threedcart import READ_ONLY_TOKEN, TOKEN

    return {
        "url": url,
        "secure_url": store.credentials.secure_url,
        "private_key": store.credentials.private_key,
        "token": TOKEN,
        "read_only_token": READ_ONLY_TOKEN,
        "time_zone": store.rules.text("store_time_zone"),
        "throttle": store.rules.number("throttle_rate") if store.rules.flag("throttle") else None,
    }


def _throttle(rate: str) -> dict[str, Any]:
    return {"throttle": False} if rate == "off" else {"throttle_rate": float(rate)}


def _rules(given: list[str]) -> dict[str, Any]:
    return {name: json.loads(value) for name, _, value in (each.partition("=") for each in given)}


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None

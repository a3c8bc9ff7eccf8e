"""Run the wizard from the first prompt to the written files, and print what it finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typer

from cartage.cli.setup.gap import ledger_gap
from cartage.cli.setup.wizard import lane, store, warehouse
from cartage.cli.setup.wizard.asking import Asking
from cartage.cli.setup.wizard.files import add_lane, known_connections, write_connections, write_rules
from cartage.cli.setup.wizard.ship_methods import ask_ship_methods
from cartage.lanes.connectors import connection_type, needs_connection
from cartage.lanes.modes import Mode
from cartage.plurals import counted

if TYPE_CHECKING:
    from cartage.cli.setup.wizard.store import FoundStore
    from cartage.cli.setup.wizard.warehouse import FoundWarehouse
    from cartage.model.orders import ShipMethod


@dataclass(frozen=True, slots=True)
class Given:
    """Values given as options. Missing ones (None) are asked for. Contains no secret."""

    lane: str | None = None
    time_zone: str | None = None
    import_status: str | None = None
    go_live: str | None = None
    mode: str | None = None
    connector: str | None = None
    store: Mapping[str, str | None] = field(default_factory=dict)
    warehouse: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    ship_methods: Mapping[str, str] = field(default_factory=dict)
    in_ledger: bool = False


def set_up(asking: Asking, given: Given, *, lanes_file: Path, folder: Path, days: int) -> None:
    """Ask, test, and write the lane into `lanes_file`, which may be a folder, and its connections into `folder`.

    Raises:
        CartageError: if not interactive, and a value is missing or wrong; nothing is written then.
    """
    known_connections(folder)
    name = lane.ask_name(asking, lanes_file, given.lane)
    shop = store.ask_store(asking, f"threedcart_{name}", given.store)
    store.show_statuses(shop)
    zone = lane.ask_time_zone(asking, given.time_zone, shop.time_zone)
    connector = warehouse.ask_connector(asking, given.connector)
    depot = warehouse.ask_warehouse(asking, connector, f"{connector}_{name}", given.warehouse, given.settings)
    used = store.used_ship_methods(shop, zone, days)
    methods = ask_ship_methods(asking, used, depot.ship_methods, given.ship_methods)
    status = lane.ask_import_status(asking, given.import_status, shop.statuses)
    day = lane.ask_go_live(asking, given.go_live, zone)
    settings = {"mode": lane.ask_mode(asking, given.mode).value, **_settings(shop, zone, depot, methods)}
    settings["store"] |= {"go_live": day, "import_status": status}
    if given.in_ledger:
        settings |= {"mappings": "ledger", "ship_methods": []}
    written = add_lane(lanes_file, name, settings)
    connections = [("threedcart", shop.connection)]
    if needs_connection(connector, depot.settings):
        connections.append((connection_type(connector), depot.connection))
    env, as_json = write_connections(folder, connections)
    unmapped = [text for text in used if text not in methods]
    rules = write_rules(folder, name, methods) if given.in_ledger else None
    typer.echo(_summary(name, written, env, as_json, unmapped))
    typer.echo(
        "\n".join(["Next:", *_next_steps(name, written, env, as_json, rules, ledger_gap(), settings["mode"])])
    )


def _settings(
    shop: FoundStore, zone: ZoneInfo, depot: FoundWarehouse, methods: Mapping[str, ShipMethod]
) -> dict[str, Any]:
    """Return the lane for the lanes file, without values that have a default."""
    rules = [
        {
            "store": text,
            "carrier": method.carrier,
            "service": method.service,
            "billing": method.billing,
            "scac": method.scac,
            "title": method.title,
        }
        for text, method in methods.items()
    ]
    return {
        "store": {"connection": shop.connection.id, "time_zone": zone.key},
        "warehouse": {
            "connector": depot.connector,
            "connection": depot.connection.id,
            "settings": dict(depot.settings),
        },
        "ship_methods": [{name: value for name, value in rule.items() if value} for rule in rules],
    }


def _summary(name: str, lanes_file: Path, env: Path, as_json: Path, unmapped: list[str]) -> str:
    left = (
        f"\n{counted(len(unmapped), 'ship method has', 'ship methods have')} no rule yet; their orders will be blocked."
        if unmapped
        else ""
    )
    return f"""
Added lane {name!r} to {lanes_file}.{left}
Its connections are in {env} (environment) and {as_json} (Airflow).
Both contain secrets: keep them out of version control.
"""


def _next_steps(
    name: str, lanes_file: Path, env: Path, as_json: Path, rules: Path | None, gap: str, mode: str
) -> Iterator[str]:
    """Yield the next steps, each possible once those before it are done."""
    yield f"  set -a; . {quote(str(env.resolve()))}; set +a    give the connections to this shell"
    yield f"  cartage connections check --lane {name}    test them"
    if gap:
        yield f"  cartage ledger migrate    create the ledger's tables. {gap}"
    if rules:
        yield f"  cartage mappings import {rules} --lane {name} --by YOU    import its ship methods into the ledger"
    yield f"  cartage preflight --lane {name}    check everything before orders depend on it"
    yield f"  airflow connections import {quote(str(as_json))}    once Airflow runs; then unpause orders__{name}"
    if mode == Mode.SHADOW:
        yield f"  cartage shadow --lane {name}    compare what the lane would send with what you expect"
    if mode in {Mode.OFF, Mode.SHADOW}:
        yield f"  set `mode: live` in {lanes_file}"

"""`cartage init`: the wizard that sets up a lane."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def init(  # noqa: PLR0913 -- an argument for each option
    *,
    lane: Annotated[str | None, typer.Option("--lane", "-l", help="Name of the new lane.")] = None,
    secure_url: Annotated[str | None, typer.Option(help="The store's Secure URL.")] = None,
    api_address: Annotated[str | None, typer.Option(help="3dcart's API, if not at its own address.")] = None,
    api_version: Annotated[str | None, typer.Option(help="v2, or v1.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="The store's time zone (IANA name).")] = None,
    import_status: Annotated[str | None, typer.Option(help="Status of orders to ship: id or label.")] = None,
    go_live: Annotated[str | None, typer.Option(help="First day to answer for, e.g. 2026-03-01.")] = None,
    mode: Annotated[str | None, typer.Option(help="off, shadow, live or drain.")] = None,
    connector: Annotated[str | None, typer.Option(help="Name of the warehouse's connector.")] = None,
    warehouse: Annotated[
        list[str] | None, typer.Option(help="Field of the warehouse's connection: login=abc. Repeat it.")
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option(help="Setting of the connector: customer_id=12. Repeat it.")
    ] = None,
    ship_method: Annotated[
        list[str] | None, typer.Option(help="'STORE TEXT=CARRIER/SERVICE', or '=-' for none. Repeat it.")
    ] = None,
    mappings: Annotated[
        str, typer.Option(help="Where ship methods are kept: files (the lanes file), or ledger.")
    ] = "files",
    days: Annotated[
        int, typer.Option(min=1, max=365, help="Days of orders whose ship methods are read.")
    ] = 30,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="The lanes file; default: the deployment's.")
    ] = None,
    folder: Annotated[
        Path, typer.Option("--connections", help="Where connections.env and connections.json go.")
    ] = Path(),
    ask: Annotated[bool, typer.Option("--ask/--no-input", help="Ask for what is not given, or fail.")] = True,
) -> None:
    """Set up a lane: asks for store and warehouse, tests both with reads only, writes lane and connections.

    Every answer may be given as an option. Secrets are typed blind, or come from the environment:
    CARTAGE_INIT_PRIVATE_KEY, CARTAGE_INIT_TOKEN, CARTAGE_INIT_WAREHOUSE_<FIELD> (PASSWORD, TPL, ...).
    """
    from cartage.cli.setup.wizard.asking import Asking, pairs
    from cartage.cli.setup.wizard.session import Given, set_up
    from cartage.lanes import lanes_path
    from cartage.lanes.settings.mappings import MappingSource

    if mappings not in set(MappingSource):
        raise typer.BadParameter("write files or ledger", param_hint="--mappings")
    given = Given(
        lane=lane,
        time_zone=time_zone,
        import_status=import_status,
        go_live=go_live,
        mode=mode,
        connector=connector,
        store={"secure_url": secure_url, "host": api_address, "api_version": api_version},
        warehouse=pairs(warehouse or [], "--warehouse"),
        settings=pairs(setting or [], "--setting"),
        ship_methods=pairs(ship_method or [], "--ship-method"),
        in_ledger=mappings == MappingSource.LEDGER,
    )
    set_up(Asking(ask), given, lanes_file=file or lanes_path(), folder=folder, days=days)

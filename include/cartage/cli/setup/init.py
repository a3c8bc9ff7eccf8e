"""`cartage init`: the wizard that sets up a lane."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def set_up_lane(  # noqa: PLR0913 -- an argument for each option
    *,
    lane: Annotated[str | None, typer.Option("--lane", "-l", help="Name of the new lane.")] = None,
    secure_url: Annotated[str | None, typer.Option(help="The store's Secure URL.")] = None,
    api_address: Annotated[
        str | None, typer.Option(help="Address of 3dcart's API, if not the default.")
    ] = None,
    api_version: Annotated[str | None, typer.Option(help="v2, or v1.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="The store's time zone (IANA name).")] = None,
    import_status: Annotated[str | None, typer.Option(help="Status of orders to ship: id or label.")] = None,
    go_live: Annotated[str | None, typer.Option(help="First day whose orders ship, e.g. 2026-03-01.")] = None,
    mode: Annotated[str | None, typer.Option(help="off, shadow, live or drain.")] = None,
    connector: Annotated[str | None, typer.Option(help="Name of the warehouse's connector.")] = None,
    warehouse: Annotated[
        list[str] | None,
        typer.Option(help="Field of the warehouse's connection, e.g. login=abc; repeatable."),
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option(help="Setting of the connector, e.g. customer_id=12; repeatable.")
    ] = None,
    ship_method: Annotated[
        list[str] | None, typer.Option(help="'STORE TEXT=CARRIER/SERVICE', or '=-' for none; repeatable.")
    ] = None,
    mappings: Annotated[
        str, typer.Option(help="Where to keep ship methods: files (the lanes file) or ledger.")
    ] = "files",
    days: Annotated[
        int, typer.Option(min=1, max=365, help="Read the ship methods of the orders of this many past days.")
    ] = 30,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="The lanes file; default: the deployment's.")
    ] = None,
    folder: Annotated[
        Path, typer.Option("--connections", help="Folder for connections.env and connections.json.")
    ] = Path(),
    ask: Annotated[bool, typer.Option("--ask/--no-input", help="Ask for missing values, or fail.")] = True,
) -> None:
    """Set up a lane: ask for store and warehouse, test both (read-only), and write the lane and its connections.

    Every value can be given as an option. Secrets are typed without echo, or come from the environment:
    CARTAGE_INIT_PRIVATE_KEY, CARTAGE_INIT_TOKEN, CARTAGE_INIT_WAREHOUSE_<FIELD> (PASSWORD, TPL_SECRET, ...).
    """
    from cartage.cli.setup.wizard.asking import Asking, pairs
    from cartage.cli.setup.wizard.session import Given, set_up
    from cartage.lanes import lanes_path
    from cartage.lanes.settings.mappings import MappingSource

    if mappings not in set(MappingSource):
        raise typer.BadParameter("must be files or ledger", param_hint="--mappings")
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

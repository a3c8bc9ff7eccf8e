"""`cartage connections`: test the credentials of a lane's store and warehouse. Read-only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING, Protocol

import typer

from cartage.cli.options import AsJson, LaneName, cli_run
from cartage.cli.printing import show_json, show_table
from cartage.cli.setup.gap import ledger_gap
from cartage.errors import CartageError

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane
    from cartage.lanes.settings.warehouse import WarehouseSettings
    from cartage.runtime.context import StageContext

app = typer.Typer(help="Test a lane's connections.", no_args_is_help=True)


class _CheckResult(Protocol):
    @property
    def ok(self) -> bool: ...
    @property
    def text(self) -> str: ...


class _Checkable(Protocol):
    def check(self) -> _CheckResult: ...


@app.callback()
def _group() -> None:
    """Test a lane's connections."""


@app.command(name="check")
def check_connections(lane: LaneName, as_json: AsJson = False) -> None:
    """Test the credentials of a lane's store and warehouse. Exit code 1 if one fails.

    Works without a ledger, too, and then says what was not checked.
    """
    from cartage.lanes import get_lane

    results = list(_results(get_lane(lane)))
    if as_json:
        show_json([{"connection": name, "ok": ok, "text": text} for name, ok, text in results])
    else:
        words = {True: "ok", False: "FAILED", None: "not checked"}
        show_table(
            ("connection", "result", "message"), [(name, words[ok], text) for name, ok, text in results]
        )
    if any(ok is False for _, ok, _ in results):
        raise typer.Exit(1)


def _results(lane: Lane) -> Iterator[tuple[str, bool | None, str]]:
    from cartage.runtime.context import open_lane

    if gap := ledger_gap():
        yield from _results_without_ledger(lane)
        unknown = "Until then, calls do not share the store's call budget, and outages that lanes saw are not known."
        yield "ledger", None, f"{gap} Run `cartage ledger migrate`. {unknown}"
        return
    with open_lane(lane, cli_run("check_connections")) as context:
        yield _try(f"store: {lane.store.connection}", lambda: context.store)
        for view in lane.views():
            yield _with_notes(view, _try(_title(view), _warehouse_of(context, view)))


def _results_without_ledger(lane: Lane) -> Iterator[tuple[str, bool | None, str]]:
    """Test both with clients of their own, on a call budget that only this command keeps."""
    from cartage.connections import default_resolver, require
    from cartage.pace import AccountBudget, open_local
    from cartage.runtime.warehouse_budget import limits_at
    from cartage.storefront import StoreCredentials, open_store
    from cartage.warehouses.registry import open_warehouse, warehouse_connection

    resolver = default_resolver()
    with ExitStack() as opened:

        def store() -> _Checkable:
            credentials = StoreCredentials.from_connection(require(resolver, lane.store.connection))
            return opened.enter_context(closing(open_store(credentials, zone=lane.store.zone())))

        def warehouse(settings: WarehouseSettings) -> _Checkable:
            connection = warehouse_connection(
                resolver, settings.connector, settings.connection, settings.settings
            )
            budget = AccountBudget(limits_at(settings.connector, lane.limits), open_local)
            return opened.enter_context(
                closing(
                    open_warehouse(settings.connector, connection, dict(settings.settings), budget=budget)
                )
            )

        yield _try(f"store: {lane.store.connection}", store)
        for view in lane.views():
            yield _with_notes(view, _try(_title(view), partial(warehouse, view.warehouse)))


def _title(view: Lane) -> str:
    named = f"warehouse {view.warehouse_name}" if view.warehouse_name else "warehouse"
    return f"{named}: {view.warehouse.connection}"


def _warehouse_of(context: StageContext, view: Lane) -> Callable[[], _Checkable]:
    return lambda: context.at(view.warehouse_name).warehouse


def _with_notes(lane: Lane, result: tuple[str, bool, str]) -> tuple[str, bool, str]:
    """Add a sentence for each field of the warehouse's connection that has a new name."""
    from cartage.connections import default_resolver, former_fields
    from cartage.lanes.connectors import connection_fields

    name, ok, text = result
    connection = default_resolver().get(lane.warehouse.connection)
    notes = former_fields(connection, connection_fields(lane.warehouse.connector)) if connection else []
    return name, ok, " ".join([text, *notes])


def _try(name: str, client: Callable[[], _Checkable]) -> tuple[str, bool, str]:
    """Test one client. A wrong setting of the store must not hide the result of the warehouse."""
    try:
        outcome = client().check()
    except CartageError as error:
        return name, False, str(error)
    return name, outcome.ok, outcome.text

"""`cartage connections`: test the credentials of a lane's store and warehouse. Read-only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

import typer

from cartage.cli.options import AsJson, LaneName, cli_run
from cartage.cli.printing import show_json, show_table
from cartage.errors import CartageError

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane

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
    """Test the credentials of a lane's store and warehouse. Exit code 1 if one fails."""
    from cartage.lanes import get_lane

    found = get_lane(lane)
    results = list(_results(found))
    if as_json:
        show_json([{"connection": name, "ok": ok, "text": text} for name, ok, text in results])
    else:
        rows = [(name, "ok" if ok else "FAILED", text) for name, ok, text in results]
        show_table(("connection", "result", "message"), rows)
    if not all(ok for _, ok, _ in results):
        raise typer.Exit(1)


def _results(lane: Lane) -> Iterator[tuple[str, bool, str]]:
    from cartage.runtime.context import open_lane

    with open_lane(lane, cli_run("check_connections")) as context:
        yield _try(f"store: {lane.store.connection}", lambda: context.store)
        yield _try(f"warehouse: {lane.warehouse.connection}", lambda: context.warehouse)


def _try(name: str, client: Callable[[], _Checkable]) -> tuple[str, bool, str]:
    """Test one client. A wrong setting of the store must not hide the result of the warehouse."""
    try:
        outcome = client().check()
    except CartageError as error:
        return name, False, str(error)
    return name, outcome.ok, outcome.text

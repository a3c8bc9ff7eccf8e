"""The root command group: it loads commands of other packages on use, and prints failures without tracebacks."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from cartage.errors import CartageError

GROUP = "cartage.commands"
# psycopg's errors for a ledger without tables, or with those of an earlier version.
_NOT_MIGRATED = {"UndefinedTable", "UndefinedColumn", "UndefinedFunction", "UndefinedObject"}


class CartageGroup(TyperGroup):
    """Holds Cartage's commands, and those that packages register as entry points in `cartage.commands`."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return Cartage's commands in their order, then the others by name."""
        own = list(self.commands)
        return own + sorted(name for name in _registered() if name not in self.commands)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command by name, without importing it if it belongs to another package."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        entry = _registered().get(cmd_name)
        return _Deferred(entry) if entry else None

    def invoke(self, ctx: Any) -> Any:
        """Run a command. Print a known failure to stderr and exit with 1."""
        try:
            return super().invoke(ctx)
        except CartageError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from None
        except Exception as error:
            if not _is_database_failure(error):
                raise
            typer.echo(_database_text(error), err=True)
            raise typer.Exit(1) from None


class _Deferred(TyperGroup):
    """Stands for a command of another package until it is called, so that listing commands imports none."""

    def __init__(self, entry: EntryPoint) -> None:
        package = entry.value.partition(".")[0].partition(":")[0]
        super().__init__(name=entry.name, help=f"Commands of the package {package}.")
        self._entry = entry

    def make_context(self, info_name: Any, args: Any, parent: Any = None, **extra: Any) -> Any:
        """Load the real command and return its context."""
        try:
            loaded = self._entry.load()
        except ImportError as error:
            message = f"the command {self._entry.name!r} ({self._entry.value}) cannot be loaded: {error}"
            raise CartageError(message) from error
        command = get_command(loaded) if isinstance(loaded, typer.Typer) else loaded
        return command.make_context(info_name, args, parent=parent, **extra)


def _registered() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _is_database_failure(error: Exception) -> bool:
    # Avoid importing SQLAlchemy: if one of its errors was raised, it is imported already.
    exc = sys.modules.get("sqlalchemy.exc")
    if exc is None or not isinstance(error, exc.DBAPIError):
        return False
    from cartage.monitoring.explain import DATABASE_FAILURES

    known = _NOT_MIGRATED | DATABASE_FAILURES.keys()
    return isinstance(error, exc.OperationalError) or type(error.orig).__name__ in known


def _database_text(error: Exception) -> str:
    """Return the first line of the driver's error and the fix; SQLAlchemy's text has the statement and its values."""
    from cartage.monitoring.explain import DATABASE_FAILURES, explain

    original = getattr(error, "orig", None)
    reason = (str(original or error).splitlines() or [""])[0]
    if type(original).__name__ in DATABASE_FAILURES:
        explained = explain(error)
        return f"{explained.title} ({reason}).\n  {explained.fix}"
    return (
        f"the ledger is not available: {reason}\n"
        "  Check that PostgreSQL is up and that CARTAGE_LEDGER_URL (or the connection cartage_ledger) points to it. "
        "A new ledger needs `cartage ledger migrate` first."
    )

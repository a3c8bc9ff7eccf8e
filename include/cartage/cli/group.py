"""The root group: commands of other packages, loaded when called; failures as text, not as tracebacks."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from cartage.errors import CartageError

GROUP = "cartage.commands"
# What psycopg says of a ledger that was never migrated, or by an earlier Cartage only.
_NOT_MIGRATED = {"UndefinedTable", "UndefinedColumn", "UndefinedFunction", "UndefinedObject"}


class CartageGroup(TyperGroup):
    """Knows its own commands, and those that packages register as entry points in `cartage.commands`."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Own commands in their order, then the others by name."""
        own = list(self.commands)
        return own + sorted(name for name in _registered() if name not in self.commands)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command by name; one of another package is not imported yet."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        entry = _registered().get(cmd_name)
        return _Deferred(entry) if entry else None

    def invoke(self, ctx: Any) -> Any:
        """Run a command; a failure that the engine foresaw is its text on stderr and exit code 1."""
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
    """Stands for a command of another package until it is called: listing commands imports none of them."""

    def __init__(self, entry: EntryPoint) -> None:
        package = entry.value.partition(".")[0].partition(":")[0]
        super().__init__(name=entry.name, help=f"Commands of the package {package}.")
        self._entry = entry

    def make_context(self, info_name: Any, args: Any, parent: Any = None, **extra: Any) -> Any:
        """Load the real command, which takes over from here."""
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
    # Without importing SQLAlchemy: whoever raised its error has imported it.
    exc = sys.modules.get("sqlalchemy.exc")
    if exc is None or not isinstance(error, exc.DBAPIError):
        return False
    return isinstance(error, exc.OperationalError) or type(error.orig).__name__ in _NOT_MIGRATED


def _database_text(error: Exception) -> str:
    """The driver's own first line (SQLAlchemy's adds the statement and its values), and the mend."""
    reason = (str(getattr(error, "orig", None) or error).splitlines() or [""])[0]
    return (
        f"the ledger could not be used: {reason}\n"
        "  Check that PostgreSQL is up and CARTAGE_LEDGER_URL (or the connection cartage_ledger) names it; "
        "a new ledger needs `cartage ledger migrate` first."
    )

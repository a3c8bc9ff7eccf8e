"""Commands that have a new name: the old name says so, and does nothing."""

from __future__ import annotations

import typer

from cartage.errors import CartageError

_ANYTHING = {"ignore_unknown_options": True, "allow_extra_args": True}


def add_renamed(app: typer.Typer, name: str, now: str) -> None:
    """Add a hidden command under a former name, which ends with exit code 1 and names the new command."""

    def say(_: typer.Context) -> None:
        raise CartageError(f"This command is now `{now}`; see `{now} --help`.")

    say.__doc__ = f"Say that the command is now `{now}`."
    app.command(name=name, hidden=True, context_settings=_ANYTHING)(say)

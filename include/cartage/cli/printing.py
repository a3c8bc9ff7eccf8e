"""How results are shown: tables for people, JSON for programs. Never wraps what a program may read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import typer

# Wide enough that nothing is cut where there is no terminal to fit (a pipe, a CI log).
_NO_TERMINAL_WIDTH = 200


def show_json(value: Any) -> None:
    """Print a value as JSON; what JSON has no type for becomes text."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def show_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, title: str = "") -> None:
    """Print rows as a table. Values are shown as they are: brackets in them are no markup."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        console = Console(width=_NO_TERMINAL_WIDTH)
    table = Table(title=title or None, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(value)) for value in row))
    console.print(table)

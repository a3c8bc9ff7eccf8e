"""Print results: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import typer

# Without a terminal (a pipe, a CI log), wide enough that nothing is cut.
_NO_TERMINAL_WIDTH = 200


def show_json(value: Any) -> None:
    """Print a value as JSON. Types that JSON does not have become text."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def show_result(document: Any, text: str, *, as_json: bool) -> None:
    """Print what a command did: a sentence for people, or the document as JSON."""
    if as_json:
        show_json(document)
    else:
        typer.echo(text)


def show_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, title: str = "") -> None:
    """Print rows as a table. Brackets in values are text, not markup."""
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

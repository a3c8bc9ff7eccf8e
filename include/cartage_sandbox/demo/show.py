"""How the demo speaks: plain lines while it runs, a table at the end; in a terminal with colour."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cartage_sandbox.demo.stock import StockVerdict
from cartage_sandbox.demo.verdict import Verdict

# Wide enough for the tables where there is no terminal to fit.
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 112)


def say(text: str) -> None:
    """One line, at once."""
    console.print(escape(text))


def show(verdict: Verdict, stock: StockVerdict, seconds: float) -> None:
    """The final table, the causes of what is blocked, and every fault."""
    table = Table(title=f"What became of {verdict.seeded} entries of the store's list", title_justify="left")
    table.add_column("")
    table.add_column("number", justify="right")
    table.add_column("what it counts")
    for name, number, meaning in [*_rows(verdict), *_stock_rows(stock)]:
        table.add_row(name, str(number), meaning)
    console.print(table)
    if verdict.endings:
        console.print(_endings(verdict))
    console.print(_causes(verdict))
    faults = (*verdict.faults, *stock.faults)
    for fault in faults:
        console.print(f"[bold red]FAULT[/] {escape(fault)}")
    colour, word = ("red", "NOT as it should be") if faults else ("green", "All is as it should be")
    console.print(f"[bold {colour}]{word}[/] after {seconds:.0f} s.")


def _rows(verdict: Verdict) -> list[tuple[str, int, str]]:
    return [
        ("imported", verdict.imported, "fulfillment orders in the ledger"),
        ("transferred", verdict.transferred, "references in the warehouse's own journal"),
        ("shipped", verdict.shipped_orders, "sales orders that are Shipped in the store"),
        ("packages", verdict.packages, "tracking numbers that the warehouse gave"),
        ("posted back", verdict.posted_back, "of them in the store, each at its order"),
        ("blocked", sum(orders for _, orders, _ in verdict.blocked), "orders by cause, see below"),
        ("questions", verdict.questions, "exceptions that wait for a person: cartage exceptions list"),
        ("left alone", verdict.untouched, "abandoned carts and unpaid orders"),
        ("duplicates", verdict.duplicates, "references or tracking numbers written twice"),
    ]


def _endings(verdict: Verdict) -> Table:
    table = Table(title="What the warehouse did otherwise, and how it ended", title_justify="left")
    table.add_column("order", justify="right")
    table.add_column("what happened")
    table.add_column("the store shows")
    for ending in verdict.endings:
        table.add_row(str(ending.order_id), escape(ending.happened), escape(ending.shown))
    return table


def _stock_rows(stock: StockVerdict) -> list[tuple[str, int, str]]:
    return [
        (
            "stocks told",
            stock.told,
            f"products and options whose stock the store was told, in {stock.writes} values",
        ),
        (
            "oversold",
            sum("shows" in fault for fault in stock.faults),
            "that show more than the warehouse can promise",
        ),
    ]


def _causes(verdict: Verdict) -> Table:
    table = Table(title="Blocked, by cause", title_justify="left", show_lines=False)
    table.add_column("orders", justify="right")
    table.add_column("cause")
    table.add_column("fix")
    for message, orders, fix in verdict.blocked:
        table.add_row(str(orders), escape(message), escape(fix))
    return table

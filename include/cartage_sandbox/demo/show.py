"""The output of the demo: plain lines while it runs, a table at the end, in colour on a terminal."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cartage_sandbox.demo.results import DemoResult
from cartage_sandbox.demo.stock import StockResult

# Wide enough for the tables if there is no terminal to fit.
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 112)


def say(text: str) -> None:
    """Print a line at once."""
    console.print(escape(text))


def show(result: DemoResult, stock: StockResult, seconds: float) -> None:
    """Print the final table, the causes of blocked orders, and every fault."""
    table = Table(title=f"Result for the {result.seeded} entries in the store's list", title_justify="left")
    table.add_column("")
    table.add_column("number", justify="right")
    table.add_column("what it counts")
    for name, number, meaning in [*_rows(result), *_stock_rows(stock)]:
        table.add_row(name, str(number), meaning)
    console.print(table)
    if result.endings:
        console.print(_endings(result))
    console.print(_causes(result))
    faults = (*result.faults, *stock.faults)
    for fault in faults:
        console.print(f"[bold red]FAULT[/] {escape(fault)}")
    colour, outcome = ("red", "The demo FAILED") if faults else ("green", "Everything is correct")
    console.print(f"[bold {colour}]{outcome}[/] after {seconds:.0f} s.")


def _rows(result: DemoResult) -> list[tuple[str, int, str]]:
    return [
        ("imported", result.imported, "fulfillment orders in the ledger"),
        ("transferred", result.transferred, "references in the warehouse's own journal"),
        ("shipped", result.shipped_orders, "sales orders that are Shipped in the store"),
        ("packages", result.packages, "tracking numbers at the warehouse"),
        ("posted back", result.posted_back, "of them in the store, each at its order"),
        ("blocked", result.blocked, "orders, each once; by cause below"),
        ("exceptions", result.exceptions, "orders that need a decision: cartage exceptions list"),
        ("not imported", result.untouched, "abandoned carts and unpaid orders"),
        ("duplicates", result.duplicates, "references or tracking numbers written twice"),
    ]


def _endings(result: DemoResult) -> Table:
    table = Table(title="Orders that did not simply ship", title_justify="left")
    table.add_column("order", justify="right")
    table.add_column("what happened")
    table.add_column("the store shows")
    for ending in result.endings:
        table.add_row(str(ending.order_id), escape(ending.happened), escape(ending.shown))
    return table


def _stock_rows(stock: StockResult) -> list[tuple[str, int, str]]:
    return [
        (
            "stocks posted",
            stock.posted,
            f"products and options with stock posted to the store, in {stock.writes} writes",
        ),
        (
            "oversold",
            sum("shows" in fault for fault in stock.faults),
            "stocks in the store above what the warehouse can promise",
        ),
    ]


def _causes(result: DemoResult) -> Table:
    table = Table(title="Blocked, by cause", title_justify="left", show_lines=False)
    table.add_column("orders", justify="right")
    table.add_column("cause")
    table.add_column("fix")
    for message, orders, fix in result.causes:
        table.add_row(str(orders), escape(message), escape(fix))
    return table

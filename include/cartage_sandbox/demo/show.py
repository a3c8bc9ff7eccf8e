"""The output of the demo: plain lines while it runs, a table at the end, in colour on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table

from cartage_sandbox.demo.coasts import OHIO, WEST
from cartage_sandbox.demo.results import DemoResult, LaneResult
from cartage_sandbox.demo.stock import StockResult

# Wide enough for the tables if there is no terminal to fit.
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 112)


def say(text: str) -> None:
    """Print a line at once."""
    console.print(escape(text))


class Waiting:
    """What the lanes wait for now: on a terminal one line that changes, else a line when it is something else."""

    def __init__(self) -> None:
        self._status: Status | None = None
        self._said: dict[str, str] = {}

    def __enter__(self) -> Self:
        if console.is_terminal:
            self._status = console.status("")
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status:
            self._status.stop()

    def show(self, seconds: float, waits: Mapping[str, str]) -> None:
        """Show what each lane waits for. `seconds` is since the demo began."""
        if self._status:
            lanes: dict[str, list[str]] = {}
            for lane, words in waits.items():
                lanes.setdefault(words, []).append(lane)
            lines = "   ".join(f"{', '.join(names)}: {words}" for words, names in lanes.items())
            self._status.update(escape(f"{seconds:.0f} s   {lines}"))
            return
        for lane, words in waits.items():
            # The number after the colon changes all the time.
            what = words.partition(":")[0]
            if self._said.get(lane) != what:
                self._said[lane] = what
                say(f"  {seconds:5.0f} s   {lane}: {words}")


def show(lanes: Sequence[LaneResult], stock: StockResult | None, seconds: float) -> None:
    """Print the final table with a column for each lane, the causes of blocked orders, and every fault.

    `stock` is the first lane's, if it posts any: the others post none.
    """
    results = [lane.result for lane in lanes]
    entries = " and ".join(str(result.seeded) for result in results)
    stores = "store's list" if len(results) == 1 else "two stores' lists"
    table = Table(title=f"Result for the {entries} entries in the {stores}", title_justify="left")
    table.add_column("lane")
    for lane in lanes:
        table.add_column(f"{lane.lane}\n{lane.warehouse}", justify="right")
    table.add_column("what it counts")
    for rows in zip(*map(_rows, results), strict=True):
        name, _, meaning = rows[0]
        table.add_row(name, *(str(number) for _, number, _ in rows), meaning)
    for name, number, meaning in _stock_rows(stock) if stock else ():
        table.add_row(name, str(number), *[""] * (len(lanes) - 1), meaning)
    console.print(table)
    for lane in lanes:
        if lane.result.at:
            console.print(_warehouses(lane))
    for result in results:
        if result.endings:
            console.print(_endings(result))
    console.print(_causes(lanes))
    faults = faults_in(lanes, stock)
    for fault in faults:
        console.print(f"[bold red]FAULT[/] {escape(fault)}")
    colour, outcome = ("red", "The demo FAILED") if faults else ("green", "Everything is correct")
    console.print(f"[bold {colour}]{outcome}[/] after {seconds:.0f} s.")


def faults_in(lanes: Sequence[LaneResult], stock: StockResult | None) -> list[str]:
    """Return everything that is wrong. The demo succeeded if there is nothing."""
    found = [f"{lane.lane}: {fault}" for lane in lanes for fault in lane.result.faults]
    return [*found, *(stock.faults if stock else ())]


def _rows(result: DemoResult) -> list[tuple[str, int, str]]:
    return [
        ("imported", result.imported, "fulfillment orders in the ledger"),
        ("transferred", result.transferred, "references in the warehouse's own journal"),
        ("divided", result.divided, "of their ship-tos: each of two warehouses ships a part"),
        ("shipped", result.shipped_orders, "sales orders that are Shipped in the store"),
        ("packages", result.packages, "tracking numbers at the warehouse"),
        ("posted back", result.posted_back, "of them in the store, each at its order"),
        ("blocked", result.blocked, "orders, each once; by cause below"),
        ("held", result.held, "orders that a rule holds until a person has looked"),
        ("exceptions", result.exceptions, "orders that need a decision"),
        ("not imported", result.untouched, "abandoned carts and unpaid orders"),
        ("duplicates", result.duplicates, "references or tracking numbers written twice"),
    ]


def _warehouses(lane: LaneResult) -> Table:
    table = Table(title=f"Orders of lane {lane.lane} by warehouse", title_justify="left")
    table.add_column("warehouse")
    table.add_column("system")
    table.add_column("orders", justify="right")
    table.add_column("packages", justify="right")
    table.add_column("what its rules send there")
    rules = {OHIO: "cold goods, and what no rule takes", WEST: "the west coast"}
    for at in lane.result.at:
        table.add_row(at.name, at.system, str(at.orders), str(at.packages), rules[at.name])
    return table


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


def _causes(lanes: Sequence[LaneResult]) -> Table:
    table = Table(title="Blocked, by cause", title_justify="left", show_lines=False)
    table.add_column("lane")
    table.add_column("orders", justify="right")
    table.add_column("cause")
    table.add_column("fix")
    for lane in lanes:
        for message, orders, fix in lane.result.causes:
            table.add_row(lane.lane, str(orders), escape(message), escape(fix))
    return table

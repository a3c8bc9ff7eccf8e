"""The worked example of docs/several-warehouses.md is a valid lane, and its orders go as the page says."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from cartage.lanes import load_lanes
from cartage.lanes.settings.lane import Lane
from cartage.model.orders import Address
from cartage.model.skus import folded
from cartage.routing import LineFacts, OrderFacts, StockView, compile_routing, decide, facts_of
from cartage.routing.views.comparison import place_text

PAGE = (Path(__file__).parents[3] / "docs" / "several-warehouses.md").read_text(encoding="utf-8")
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def example(tmp_path: Path) -> Lane:
    [written] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    file = tmp_path / "lanes.yaml"
    file.write_text(written, encoding="utf-8")
    found = load_lanes(file)
    assert (found.mistake_lines(), found.warning_lines()) == ([], [])
    return found.lanes["demo"]


def rows() -> list[list[str]]:
    """The cells of the page's table of orders."""
    _, _, table = PAGE.partition("| to | amount |")
    table, _, _ = table.partition("\n\n")
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def order(key: int, place: str, amount: str, lines: str) -> OrderFacts:
    country, state, code = (part.strip() for part in place.split(","))
    written = [line.split() for line in lines.split(",")]
    return facts_of(
        key,
        [LineFacts(number, sku, Decimal(count)) for number, (count, sku) in enumerate(written)],
        ship_to=Address(country=country, state=state, zip_code=code, city="Town"),
        ship_method="UPS Ground",
        amount=Decimal(amount),
        is_first=False,
    )


def test_the_orders_of_the_worked_example_go_as_the_page_says(tmp_path: Path) -> None:
    lane, table = example(tmp_path), rows()
    assert len(table) == 6
    units = {("ohio", "MUG"): 10, ("west", "MUG"): 2, ("ohio", "ICE-1"): 3}
    stock = StockView(
        NOW,
        {(name, folded(sku)): Decimal(count) for (name, sku), count in units.items()},
        dict.fromkeys(lane.warehouse_names(), NOW),
    )
    facts = [order(key, place, amount, lines) for key, (place, amount, lines, *_) in enumerate(table)]
    decisions = decide(facts, compile_routing(lane), stock)
    found = [(place_text(each).partition(" by ")[0], ", ".join(each.rules) or "none") for each in decisions]
    assert found == [(goes_to, rule) for *_, goes_to, rule in table]

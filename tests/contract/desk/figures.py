"""Read the figures of a page as a person reads them, and count plainly what the store has."""

from __future__ import annotations

import os
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.desk.desk_client import DeskClient
from tests.contract.world import World

LANE = "demo"


def desk_of(world: World, file: Path, monkeypatch: pytest.MonkeyPatch) -> DeskClient:
    """Return the desk of a world's lane as it is set now, as an administrator sees it. `file` gets the settings."""
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))
    keep_lane(world)
    client = DeskClient(monkeypatch)
    client.lanes = {LANE}
    return client


def keep_lane(world: World) -> None:
    """Write the lane, as it is set now, into the file that the desk reads."""
    lane = {name: value for name, value in world.settings.items() if name != "name"}
    Path(os.environ["CARTAGE_LANES_FILE"]).write_text(yaml.safe_dump({"lanes": {LANE: lane}}))


def plain(markup: str) -> str:
    """Return the text of a piece of a page, in single spaces."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", markup))).strip()


def table(page: str, after: str) -> list[list[str]]:
    """Return the rows of the first table after some markup, as texts by cell; fail if the page has none."""
    assert after in page, f"the page has no {after}"
    body = page.partition(after)[2].partition("<tbody>")[2].partition("</tbody>")[0]
    rows = body.split("<tr>")[1:]
    assert rows, f"no row after {after}"
    return [
        [plain(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)] for row in rows
    ]


def number(text: str) -> int:
    """Return the number with which a text begins."""
    return int(text.partition(" ")[0].replace(",", ""))


def in_store(world: World) -> dict[int, dict[str, Any]]:
    """Return every order of the store, as it is there now, by OrderID."""
    entries = world.shop.store.state.orders.entries()
    return {order["OrderID"]: order for order in (entry.data() for entry in entries)}


def ship_tos(orders: list[dict[str, Any]]) -> int:
    """Return how many addresses orders ship to: each is an order at the warehouse."""
    return sum(len(order["ShipmentList"]) for order in orders)


def moved_by_hand(world: World) -> dict[int, tuple[int, int]]:
    """Return the orders whose status a person has set in the store: from which, to which."""
    moves = [
        entry for entry in world.shop.store.journal.entries("order.status") if entry["detail"]["by"] != "API"
    ]
    return {int(entry["key"]): (entry["detail"]["from"], entry["detail"]["to"]) for entry in moves}


def stock_in_store(world: World) -> dict[str, int]:
    """Return the stock that the store shows of each SKU."""
    store = world.shop.store.state.goods
    products = [store.get(each)["SKUInfo"] for each in store.ids()]
    return {product["SKU"]: int(product["Stock"]) for product in products}

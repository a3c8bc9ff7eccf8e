"""`cartage report` on a real ledger: tables, JSON, CSV and XLSX, in which no text becomes a formula."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import create_engine, text
from typer.testing import CliRunner, Result

from cartage.cli.main import app
from tests.contract.rows import Rows

Cartage = Callable[..., Result]
FORMULA = "=HYPERLINK(1)"
LANE = """
  {name}:
    store: {{connection: threedcart_{name}, time_zone: UTC, go_live: 2020-01-01}}
    warehouse: {{connector: extensiv, connection: extensiv_{name}, settings: {{customer_id: 12, facility_id: 1}}}}
"""


@pytest.fixture
def cartage(tmp_path: Path, ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> Cartage:
    """Return the command line with two lanes; on lane `east` a SKU that looks like a formula blocks an order."""
    file = tmp_path / "lanes.yaml"
    file.write_text("lanes:" + LANE.format(name="east") + LANE.format(name="west"))
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))
    monkeypatch.setenv("CARTAGE_LEDGER_URL", ledger_url)
    engine = create_engine(ledger_url)
    with engine.begin() as connection:
        rows = Rows(connection)
        columns = {"lane": "east", "fingerprint": "x", "kind": "unknown_sku", "subject": FORMULA}
        cause = rows.add("cause", **columns, message=f"{FORMULA} is unknown", fix="Map it.")
        sales_order = rows.sales_order(ordered_at=datetime.now(UTC))
        order = rows.order("blocked", cause_ids=[cause], sales_order_id=sales_order)
        connection.execute(
            text(
                "INSERT INTO event (lane, fulfillment_order_id, kind, to_state, actor, run_id, cause_ids)"
                " VALUES ('east', :order, 'moved', 'blocked', 'validate_mappings', 'r', ARRAY[CAST(:cause AS bigint)])"
            ),
            {"order": order, "cause": cause},
        )
    engine.dispose()
    return lambda *words: CliRunner().invoke(app, list(words))


def test_it_covers_all_lanes_or_one(cartage: Cartage) -> None:
    everything = json.loads(cartage("report", "--json").stdout)
    assert everything["lanes"] == ["east", "west"]
    assert everything["as_of"]
    assert len(everything["tables"]["throughput"]) == 30
    assert everything["tables"]["throughput"][-1]["placed"] == 1
    assert [row["subject"] for row in everything["tables"]["causes"]] == [FORMULA]
    west = json.loads(cartage("report", "--lane", "west", "--days", "7", "--json").stdout)
    assert (west["lanes"], len(west["tables"]["throughput"])) == (["west"], 7)
    assert west["tables"]["causes"] == []


def test_it_prints_tables_for_people(cartage: Cartage) -> None:
    result = cartage("report", "--days", "7")
    assert result.exit_code == 0, result.output
    for title in ("Throughput by day", "Lanes", "What blocked orders", "SKUs that block most", "as of"):
        assert title in result.stdout


def test_files_hold_no_formula(cartage: Cartage, tmp_path: Path) -> None:
    folder, workbook = tmp_path / "tables", tmp_path / "report.xlsx"
    result = cartage("report", "--csv", str(folder), "--xlsx", str(workbook))
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO((folder / "skus.csv").read_text(encoding="utf-8"))))
    assert [row["sku"] for row in rows] == [f"'{FORMULA}"]
    book = load_workbook(workbook)
    assert sorted(book.sheetnames) == sorted(path.stem for path in folder.iterdir())
    [cell] = [cell for cell in book["skus"]["A"] if cell.value == FORMULA]
    assert (cell.data_type, cell.quotePrefix) == ("s", True)
    assert {cell.data_type for sheet in book for row in sheet for cell in row} <= {"s", "n", "d", "inlineStr"}
    assert [cell.value for cell in book["throughput"]["B"]][1:] == [0] * 29 + [1]


def test_wrong_words_are_named(cartage: Cartage, tmp_path: Path) -> None:
    assert "is not a day" in cartage("report", "--until", "soon").output
    assert "north" in cartage("report", "--lane", "north").output
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    result = cartage("report", "--csv", str(in_the_way / "folder"))
    assert result.exit_code == 2, result.output


@pytest.fixture
def several(cartage: Cartage, tmp_path: Path, ledger_url: str) -> Cartage:
    """The command line; lane `north` has two warehouses, of which the coast has an order."""
    warehouse = (
        "{{connector: extensiv, connection: extensiv_{0}, settings: {{customer_id: 12, facility_id: 1}}}}"
    )
    north = (
        "\n  north:\n    store: {connection: threedcart_north, time_zone: UTC, go_live: 2020-01-01}\n    warehouses:"
        + "".join(f"\n      {name}: {warehouse.format(name)}" for name in ("ohio", "coast"))
    )
    (tmp_path / "lanes.yaml").write_text("lanes:" + LANE.format(name="east") + north)
    engine = create_engine(ledger_url)
    with engine.begin() as connection:
        rows = Rows(connection)
        sale = rows.sales_order(lane="north", order_id=77, ordered_at=datetime.now(UTC))
        placed = {"lane": "north", "warehouse": "coast", "order_id": 77, "reference": "A3K_77_0"}
        order = rows.order("imported", **placed, sales_order_id=sale)
        connection.execute(
            text(
                "INSERT INTO event (lane, fulfillment_order_id, kind, to_state, actor, run_id)"
                " VALUES ('north', :order, 'imported', 'imported', 'import_orders', 'r')"
            ),
            {"order": order},
        )
    engine.dispose()
    return cartage


def test_it_covers_one_of_several_warehouses(several: Cartage) -> None:
    lane = json.loads(several("report", "--lane", "north", "--json").stdout)
    assert {row["warehouse"]: row["placed"] for row in lane["tables"]["warehouses"]} == {
        "ohio": 0,
        "coast": 1,
    }
    for name, placed in (("ohio", 0), ("coast", 1)):
        alone = json.loads(several("report", "--warehouse", name, "--json").stdout)
        assert (alone["lanes"], alone["warehouse"]) == (["north"], name)
        [row] = alone["tables"]["lanes"]
        assert (row["lane"], row["placed"]) == (f"north · {name}", placed)
        assert "warehouses" not in alone["tables"]


@pytest.mark.parametrize(
    ("lane", "said"),
    [
        (("--lane", "north"), "lane north has no warehouse 'moon'; there is coast and ohio"),
        ((), "no lane has a warehouse 'moon'; there is coast and ohio"),
        (("--lane", "east"), "lane east has one warehouse, without a name; leave it out"),
    ],
)
@pytest.mark.parametrize("command", [("report",), ("orders", "list")])
def test_a_warehouse_that_is_not_there_is_refused(
    several: Cartage, command: tuple[str, ...], lane: tuple[str, ...], said: str
) -> None:
    result = several(*command, *lane, "--warehouse", "moon")
    assert result.exit_code == 2
    assert said in " ".join(re.sub(r"[│╭╮╰╯─]", " ", result.output).split())

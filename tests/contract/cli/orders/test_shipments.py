"""`cartage shipments` on a real ledger: shipments without an order and rows that nobody can read are listed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cartage.cli.main import app
from cartage.db import Ledger
from cartage.errors.problems import Problem, ProblemKind
from cartage.lifecycle.causes import open_causes
from cartage.model.orders import Package, Shipment
from cartage.shipments.repo import shipments
from cartage.warehouses.repo.unreadable_rows import keep_rows
from cartage.warehouses.unreadable import RowKind, UnreadableRow

Cartage = Callable[..., Result]
LANES = """\
lanes:
  demo:
    store: {connection: threedcart_demo, time_zone: UTC, go_live: 2026-01-01}
    warehouse: {connector: extensiv, connection: extensiv_demo, settings: {customer_id: 12, facility_id: 1}}
"""
SHIPPED_AT = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)


@pytest.fixture
def cartage(tmp_path: Path, ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> Cartage:
    file = tmp_path / "lanes.yaml"
    file.write_text(LANES)
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))
    monkeypatch.setenv("CARTAGE_LEDGER_URL", ledger_url)
    return lambda *more, command="unmatched": CliRunner().invoke(
        app, ["shipments", command, "--lane", "demo", *more]
    )


def test_an_unmatched_shipment_is_listed_with_its_reference_and_numbers(
    cartage: Cartage, ledger: Ledger
) -> None:
    packages = (Package("p1", "1Z1"), Package("p2", "1Z2"))
    with ledger.begin() as connection:
        shipments.store_page(
            connection, "demo", [Shipment("900", "900", "OTHER_SYSTEM_1", SHIPPED_AT, packages)]
        )
        shipments.store_page(connection, "other", [Shipment("901", "901", "ELSEWHERE", SHIPPED_AT)])
    shown = cartage()
    assert shown.exit_code == 0, shown.output
    for said in ("1 shipment matches no order", "OTHER_SYSTEM_1", "1Z1, 1Z2", "2026-03-03 14:05"):
        assert said in shown.output
    assert "ELSEWHERE" not in shown.output
    [row] = json.loads(cartage("--json").output)
    assert (row["reference"], row["remote_id"], row["tracking"]) == ("OTHER_SYSTEM_1", "900", "1Z1, 1Z2")


def test_rows_that_cannot_be_read_are_listed_by_lane_the_newest_first(
    cartage: Cartage, ledger: Ledger
) -> None:
    rows = [
        UnreadableRow(RowKind.ORDER, "readOnly.packages[]", "hash-1", "NF9_30001_0", "77"),
        UnreadableRow(RowKind.STOCK, "available", "hash-2", "MUG"),
    ]
    with ledger.begin() as connection:
        for lane, row in [("demo", rows[0]), ("demo", rows[1]), ("other", rows[0])]:
            problem = Problem(ProblemKind.UNREADABLE_AT_WAREHOUSE, row.subject, "odd", "Ask.")
            causes = open_causes(connection, lane, [problem])
            keep_rows(connection, lane, [row], {row.subject: causes[problem.fingerprint]}, "run/1")
    shown = cartage(command="unreadable")
    assert shown.exit_code == 0, shown.output
    for said in (
        "2 rows of the warehouse cannot be read",
        "NF9_30001_0",
        "readOnly.packages[]",
        "available",
    ):
        assert said in shown.output
    assert shown.output.index("MUG") < shown.output.index("NF9_30001_0")
    listed = json.loads(cartage("--json", command="unreadable").output)
    assert [(row["kind"], row["name"], row["remote_id"], row["what"]) for row in listed] == [
        ("stock", "MUG", "", "available"),
        ("order", "NF9_30001_0", "77", "readOnly.packages[]"),
    ]
    assert len(json.loads(cartage("--json", "--limit", "1", command="unreadable").output)) == 1


def test_without_a_row_that_cannot_be_read_the_list_says_so(cartage: Cartage) -> None:
    shown = cartage(command="unreadable")
    assert (shown.exit_code, "0 rows" in shown.output) == (0, True), shown.output

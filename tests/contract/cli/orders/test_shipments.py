"""`cartage shipments unmatched` on a real ledger: shipments without an order are listed with their details."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cartage.cli.main import app
from cartage.db import Ledger
from cartage.model.orders import Package, Shipment
from cartage.shipments.repo import shipments

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
    return lambda *more: CliRunner().invoke(app, ["shipments", "unmatched", "--lane", "demo", *more])


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
    for said in ("1 shipment(s) match no order", "OTHER_SYSTEM_1", "1Z1, 1Z2", "2026-03-03 14:05"):
        assert said in shown.output
    assert "ELSEWHERE" not in shown.output
    [row] = json.loads(cartage("--json").output)
    assert (row["reference"], row["remote_id"], row["tracking"]) == ("OTHER_SYSTEM_1", "900", "1Z1, 1Z2")

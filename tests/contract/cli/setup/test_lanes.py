"""`cartage lanes check` with a ledger: a lane may leave the file only when its orders are finished."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from cartage.cli.main import app
from cartage.db import Ledger
from cartage.runtime import known_lanes as lane_state
from cartage.storefront.repo.stores import ensure_store

LANES = """\
lanes:
  demo:
    store: {connection: threedcart_demo, time_zone: America/New_York, go_live: 2026-01-01}
    warehouse: {connector: extensiv, connection: extensiv_demo, settings: {customer_id: 12, facility_id: 1}}
"""


@pytest.fixture
def orphaned(ledger: Ledger, ledger_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Create a lanes file with the lane `demo`, and a ledger with an order of the lane `gone` at the warehouse."""
    (tmp_path / "lanes.yaml").write_text(LANES, encoding="utf-8")
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(tmp_path / "lanes.yaml"))
    monkeypatch.setenv("CARTAGE_LEDGER_URL", ledger_url)
    with ledger.begin() as connection:
        store = ensure_store(connection, "one.example.com").id
        lane_state.ensure_lane(connection, "gone", store)
        connection.execute(_ORDER, {"store_id": store})


_ORDER = text(
    """
    WITH placed AS (
        INSERT INTO sales_order (store_id, order_id, lane, invoice, status_id, read_at, content_hash, amount, document)
        VALUES (:store_id, 1, 'gone', 'AB-1', 1, clock_timestamp(), 'h', 10, '{}') RETURNING id
    )
    INSERT INTO fulfillment_order (sales_order_id, store_id, order_id, shipment_id, lane, reference, state, remote_id,
                                   ship_method, ship_to)
    SELECT id, :store_id, 1, 0, 'gone', 'A3K_1_0', 'acknowledged', '900', 'Ground', '{}' FROM placed
    """
)


def check(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["lanes", "check", *arguments])


def test_an_orphaned_lane_is_a_mistake_with_its_fix(orphaned: None) -> None:
    result = check()
    assert result.exit_code == 1
    assert "gone: the lane is not in the file, but has 1 open order" in result.stdout
    assert "Add it again with `mode: drain`" in result.stdout


def test_no_ledger_skips_the_ledger(orphaned: None) -> None:
    assert check("--no-ledger").exit_code == 0


def test_a_lane_with_a_mistake_is_not_orphaned(orphaned: None, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(LANES + "  gone: {}\n", encoding="utf-8")
    assert "the lane is not in the file" not in check("--file", str(broken)).stdout


def test_an_unreadable_file_makes_no_lane_orphaned(orphaned: None, tmp_path: Path) -> None:
    assert "the lane is not in the file" not in check("--file", str(tmp_path / "none.yaml")).stdout


def test_an_unavailable_ledger_does_not_stop_the_check(
    orphaned: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARTAGE_LEDGER_URL", "postgresql://nobody@127.0.0.1:1/none")
    result = check()
    assert result.exit_code == 0
    assert "Orphaned lanes were not checked in the ledger. It is not available" in result.stderr

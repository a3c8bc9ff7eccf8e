"""Lanes that share stock sell the same goods from the same place, in another store."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from cartage.lanes import get_lane, lanes_sharing_stock
from cartage.lanes.account import stock_of


def write(file: Path, **lanes: dict[str, object]) -> None:
    """Return a lane with these settings."""
    found = {}
    for name, given in lanes.items():
        settings = {"customer_id": 12, "facility_id": 1, **given.pop("settings", {})}  # type: ignore[dict-item]
        found[name] = {
            "store": {
                "connection": given.pop("store", name),
                "time_zone": "America/New_York",
                "go_live": "2026-11-01",
                "import_status": given.pop("status", 1),
            },
            "warehouse": {
                "connector": "extensiv",
                "connection": given.pop("warehouse", "depot"),
                "settings": settings,
            },
            **given,
        }
    file.write_text(yaml.safe_dump({"lanes": found}))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a lanes file."""
    found = tmp_path / "lanes.yaml"
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(found))
    return found


def test_lanes_share_stock_if_they_sell_the_same_goods_from_the_same_place_in_other_stores(
    file: Path,
) -> None:
    write(
        file,
        main={"inventory": {}},
        delayed={"settings": {"visibility_delay": "5m"}},
        drained={"mode": "drain"},
        same_store={"store": "main", "status": 8},
        other_place={"settings": {"facility_id": 2}},
        other_owner={"settings": {"customer_id": 13}},
        other_account={"warehouse": "depot_2"},
        tried={"mode": "shadow"},
    )
    assert [lane.name for lane in lanes_sharing_stock(get_lane("main"))] == ["delayed", "drained"]


def test_a_lane_that_pushes_no_stock_looks_for_no_other_lanes(file: Path) -> None:
    write(file, main={}, second={"inventory": {}})
    assert lanes_sharing_stock(get_lane("main")) == []
    assert stock_of(get_lane("main")) == stock_of(get_lane("second"))

"""What people see tells two warehouses apart: the health of connections, alerts about late orders, and preflight."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cartage.errors import RemoteError
from cartage.lanes.sources.places import FILE_VARIABLE
from cartage.monitoring.checks.orders import order_findings
from cartage.monitoring.kinds import AlertKind
from cartage.monitoring.measures import OLDEST, WAITING, gauges
from cartage.monitoring.repo.alerts import AlertFinding
from cartage.operations.views.health import Health, health
from cartage.operations.views.lanes import LaneLine, lane_lines
from cartage.preflight import run_section
from cartage.preflight.findings import CheckResult, FindingKind, Section
from cartage.preflight.world import PreflightWorld
from cartage.runtime.links import Links
from tests.contract.divided import TO_MAINE
from tests.contract.two_warehouses import EAST, WEST, TwoWarehouses
from tests.contract.world import ORDERS_STAGES

TO_CALIFORNIA = {
    "ShipmentState": "CA",
    "ShipmentZipCode": "94105",
    "ShipmentCity": "San Francisco",
    "ShipmentCountry": "US",
}


def placed(two: TwoWarehouses, address: dict[str, str]) -> int:
    two.put_in_both("MUG")
    order_id = two.order_for("MUG")
    two.amend(order_id, shipment=address)
    return order_id


def seen(two: TwoWarehouses) -> tuple[Health, LaneLine]:
    with two.ledger.begin() as connection:
        found = health(connection, two.lane)
        line = lane_lines(connection, [two.lane])["demo"]
    assert found is not None
    return found, line


def late(two: TwoWarehouses) -> list[AlertFinding]:
    now = datetime.now(UTC)
    with two.ledger.begin() as connection:
        found = order_findings(connection, two.lane, Links(), now, known_since=now)
    return [finding for finding in found if finding.kind is not AlertKind.NOT_IMPORTED]


def test_a_warehouse_that_is_down_is_red_alone(two: TwoWarehouses) -> None:
    placed(two, TO_CALIFORNIA)
    placed(two, TO_MAINE)
    two.go(*ORDERS_STAGES)
    two.go("poll_tracking")
    found, line = seen(two)
    assert list(found.warehouses) == list(line.warehouses) == [EAST, WEST]
    assert [each.outage for each in found.warehouses.values()] == [None, None]
    assert [each.attempts for each in found.warehouses.values()] == [1, 1]
    assert [remote.trouble for remote in line.warehouses.values()] == ["", ""]
    two.west_is_down()
    for _ in range(2):
        with pytest.raises(RemoteError):
            two.go("poll_tracking")
    polled = found.warehouses[EAST].polled_at
    found, line = seen(two)
    assert found.warehouses[EAST].outage is found.store.outage is None
    outage = found.warehouses[WEST].outage
    assert outage is not None
    assert outage.what == "the remote failed"
    now_polled = found.warehouses[EAST].polled_at
    assert polled is not None
    assert now_polled is not None
    assert now_polled > polled, "the other went on"
    assert {name: remote.trouble for name, remote in line.warehouses.items()} == {EAST: "", WEST: "down"}


def test_transfers_that_failed_count_at_their_own_warehouse(two: TwoWarehouses) -> None:
    placed(two, TO_CALIFORNIA)
    placed(two, TO_MAINE)
    two.go("import_orders", "validate_mappings")
    two.west_is_down()
    with pytest.raises(RemoteError):
        two.go("transfer_to_warehouse")
    found, line = seen(two)
    assert (found.warehouses[EAST].attempts, found.warehouses[EAST].failed) == (1, 0)
    assert found.warehouses[EAST].taken_at is not None
    assert (found.warehouses[WEST].failed, found.warehouses[WEST].taken_at) == (1, None)
    assert (line.warehouses[EAST].lost, line.warehouses[WEST].lost) == (0, 1)


def test_late_orders_alert_for_their_own_warehouse(two: TwoWarehouses) -> None:
    for address in (TO_CALIFORNIA, TO_MAINE, TO_CALIFORNIA):
        placed(two, address)
    two.go(*ORDERS_STAGES)
    assert late(two) == []
    two.execute("UPDATE fulfillment_order SET state_since = state_since - interval '30 days'")
    found = {finding.key: finding for finding in late(two)}
    assert set(found) == {"not_shipped/east", "not_shipped/west"}
    west = found["not_shipped/west"]
    assert west.title.startswith("2 orders have been at the warehouse west without shipping")
    assert west.stage == "poll_tracking__west"
    assert "poll_tracking__west of shipments__demo" in west.fix
    assert set(str(west.facts["examples"]).split(", ")) == set(two.west.references())
    assert found["not_shipped/east"].title.startswith("1 order has been at the warehouse east")
    measures = {(each.metric, each.label): each.value for each in gauges(two.ledger, two.lane)}
    assert measures[WAITING, "not_shipped"] == 3
    assert measures[OLDEST, "not_shipped"] >= 30 * 86_400


@pytest.fixture
def lanes_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "lanes.yaml"
    file.write_text("lanes: {}\n")
    monkeypatch.setenv(FILE_VARIABLE, str(file))


def section(two: TwoWarehouses, name: str) -> Section:
    context = two.context("preflight")
    try:
        return run_section(name, PreflightWorld(context))
    finally:
        context.close()


@pytest.mark.usefixtures("lanes_file")
@pytest.mark.parametrize("name", ["product_skus", "warehouse_access"])
def test_preflight_names_the_warehouse_that_refuses_and_checks_the_other(
    two: TwoWarehouses, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    fine = section(two, name)
    assert fine.findings
    monkeypatch.delenv(f"AIRFLOW_CONN_{two.settings['warehouses'][WEST]['connection'].upper()}")
    found = section(two, name)
    wrong = [finding for finding in found.findings if finding.subject.startswith(f"{WEST}: ")]
    assert wrong
    assert {finding.result for finding in wrong} <= {CheckResult.UNKNOWN, CheckResult.MISTAKE}
    assert {finding.kind for finding in wrong} <= {FindingKind.NOT_CHECKED, FindingKind.WAREHOUSE_SETTING}
    of_east = [finding for finding in found.findings if finding.subject.startswith(f"{EAST}: ")]
    assert of_east == [finding for finding in fine.findings if finding.subject.startswith(f"{EAST}: ")]


@pytest.mark.usefixtures("lanes_file")
def test_preflight_names_the_warehouse_that_is_down(two: TwoWarehouses) -> None:
    two.west_is_down()
    with pytest.raises(RemoteError, match=r"\(warehouse west\): "):
        section(two, "warehouse_access")

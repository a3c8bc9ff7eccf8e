"""Alerts about files: those that wait for a person, those that are left, and confirmations that do not come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cartage.connections import EnvironmentResolver
from cartage.errors import PermissionDenied
from cartage.lanes.settings.lane import Lane
from cartage.monitoring.checks.files import file_findings
from cartage.monitoring.kinds import AlertKind
from cartage.monitoring.repo.alerts import AlertFinding
from cartage.monitoring.watch import watch_lane
from cartage.warehouses.repo import file_decisions
from tests.contract.conftest import MakeDocumentWorld
from tests.contract.document_warehouse import Step
from tests.contract.document_world import DocumentWorld

DAY = timedelta(days=1)
ABOUT_FILES = ("file_quarantined", "files_left", "not_confirmed", "no_response")


def look(world: DocumentWorld) -> None:
    watch_lane(world.ledger, world.lane, EnvironmentResolver())


def alerts(world: DocumentWorld) -> dict[str, str]:
    """Return the alerts about files that the watchdog has open after a look: kind -> title."""
    look(world)
    rows = world.rows(
        "SELECT kind, title FROM alert WHERE cleared_at IS NULL AND kind = ANY(:kinds)",
        kinds=list(ABOUT_FILES),
    )
    return {row.kind: row.title for row in rows}


def grow_old(world: DocumentWorld, age: timedelta) -> None:
    """Make everything that was sent and taken in older."""
    for table, columns in {
        "fulfillment_order": ("state_since",),
        "outbound_document": ("created_at", "published_at"),
        "inbound_document": ("taken_at",),
    }.items():
        sets = ", ".join(f"{column} = {column} - CAST(:age AS interval)" for column in columns)
        world.execute(f"UPDATE {table} SET {sets}", age=age)


def test_a_file_in_quarantine_alerts_until_a_person_has_decided(document_world: DocumentWorld) -> None:
    world = document_world
    world.sent()
    world.target.put_bytes("odd.json", b"{")
    world.poll()
    assert alerts(world) == {"file_quarantined": "1 file of the warehouse waits for a person"}
    [before] = world.rows("SELECT mark, facts FROM alert WHERE kind = 'file_quarantined'")
    assert before.facts["examples"].endswith("odd.json")
    world.target.put_bytes("odd_2.json", b"{{")
    world.poll()
    assert alerts(world)["file_quarantined"].startswith("2 files of the warehouse wait")
    [after] = world.rows("SELECT mark FROM alert WHERE kind = 'file_quarantined'")
    assert after.mark > before.mark  # A further file is news.
    for file in world.inbound():
        with world.ledger.begin() as connection:
            file_decisions.drop_file(connection, world.lane.name, file.id, "Kim Doe")
    assert alerts(world) == {}


def test_files_that_cannot_be_put_away_alert_after_an_hour(document_world: DocumentWorld) -> None:
    def denied() -> None:
        raise PermissionDenied("the folder", "archive", "permission denied")

    world = document_world
    [reference] = world.sent()
    world.target.put("ship.json", shipped=[world.shipped(reference)])
    world.folder.at[Step.ACKNOWLEDGE] = denied
    world.poll()
    assert alerts(world) == {}
    grow_old(world, timedelta(hours=2))
    assert "files_left" in alerts(world)
    world.folder.at.clear()
    world.poll()
    assert alerts(world) == {}


def test_a_reply_that_cannot_be_published_alerts_after_an_hour(document_world: DocumentWorld) -> None:
    def denied() -> None:
        raise PermissionDenied("the folder", "write", "permission denied")

    world = document_world
    [reference] = world.sent()
    world.target.put("ship.json", shipped=[world.shipped(reference)], reply=True)
    world.folder.at[Step.STAGE] = denied
    world.poll()
    grow_old(world, timedelta(hours=2))
    assert "files_left" in alerts(world)


@pytest.mark.parametrize("confirmed", ["accepted", "shipped", "rejected"])
def test_orders_that_the_warehouse_does_not_confirm_in_time_alert_until_it_says_something(
    document_world: DocumentWorld, confirmed: str
) -> None:
    world = document_world
    world.settings["warehouse"]["confirm_within"] = "1d"
    [reference] = world.sent()
    grow_old(world, DAY - timedelta(hours=1))
    assert alerts(world) == {}
    grow_old(world, timedelta(hours=2))
    assert alerts(world)["not_confirmed"].startswith("1 order was sent in files")
    said: dict[str, Any] = {
        "accepted": {"reference": reference},
        "shipped": world.shipped(reference),
        "rejected": {"reference": reference, "reason": "no stock"},
    }
    world.target.put("said.json", at=None, **{confirmed: [said[confirmed]]})
    world.poll()
    assert alerts(world) == {}


def test_without_the_setting_nobody_waits_for_a_confirmation(document_world: DocumentWorld) -> None:
    document_world.sent()
    grow_old(document_world, 30 * DAY)
    assert alerts(document_world) == {}


def test_a_warehouse_that_responds_to_files_is_expected_to_respond_to_each(
    document_world: DocumentWorld,
) -> None:
    world = document_world
    world.sent()
    [first] = world.documents()
    grow_old(world, 2 * DAY)
    assert alerts(world) == {}  # It never has: it may be one that does not.
    world.target.put("997.json", responses=[{"number": first.number, "accepted": True}])
    world.poll()
    world.ready()
    world.transfer()
    world.target.take()
    assert alerts(world) == {}
    grow_old(world, 2 * DAY)
    assert alerts(world)["no_response"] == "The warehouse has not responded to 1 file in time"
    second = world.documents()[1]
    world.target.put("997_2.json", responses=[{"number": second.number, "accepted": True}])
    world.poll()
    assert alerts(world) == {}


@pytest.mark.parametrize(("setting", "expected"), [("2h", True), ("never", False)])
def test_the_setting_says_whether_a_response_is_expected(
    document_world: DocumentWorld, setting: str, expected: bool
) -> None:
    world = document_world
    world.settings["warehouse"]["respond_within"] = setting
    world.sent()
    [document] = world.documents()
    grow_old(world, timedelta(hours=3))
    assert ("no_response" in alerts(world)) is expected
    if expected:
        [alert] = world.rows("SELECT facts FROM alert WHERE kind = 'no_response'")
        assert alert.facts["examples"] == document.name


def test_a_confirmed_order_needs_no_response(document_world: DocumentWorld) -> None:
    world = document_world
    world.settings["warehouse"]["respond_within"] = "2h"
    [reference] = world.sent()
    world.target.put("ack.json", accepted=[{"reference": reference}])
    world.poll()
    grow_old(world, DAY)
    assert alerts(world) == {}


def with_a_second_warehouse(world: DocumentWorld) -> Lane:
    """Return the lane with its warehouse in the east, and another that takes files in the west."""
    settings = dict(world.settings)
    east = settings.pop("warehouse")
    rule = {"name": "all", "prefer": ["east", "west"]}
    warehouses = {"east": east, "west": {**east, "connection": "files_west"}}
    return Lane.model_validate({**settings, "warehouses": warehouses, "routing": [rule]})


def findings(world: DocumentWorld, lane: Lane) -> dict[str, AlertFinding]:
    with world.ledger.begin() as connection:
        return {finding.kind: finding for finding in file_findings(connection, lane, datetime.now(UTC))}


def move_to(world: DocumentWorld, warehouse: str, connection: str, document: int) -> None:
    """Let a document have gone to one of several warehouses."""
    world.execute(
        "UPDATE outbound_document SET account = :account WHERE id = :id",
        account=f"extensiv/{connection}",
        id=document,
    )
    world.execute("UPDATE fulfillment_order SET warehouse = :warehouse", warehouse=warehouse)


def test_the_alert_names_the_warehouse_whose_files_wait(document_world: DocumentWorld) -> None:
    world = document_world
    lane = with_a_second_warehouse(world)
    world.target.put_bytes("odd.json", b"{")
    world.poll()
    grow_old(world, timedelta(hours=2))
    found = findings(world, lane)
    assert found[AlertKind.FILE_QUARANTINED].facts["warehouses"] == "east"
    assert "warehouses" not in findings(world, world.lane)[AlertKind.FILE_QUARANTINED].facts
    world.execute("UPDATE inbound_document SET account = 'extensiv/files_west', acknowledged_at = NULL")
    found = findings(world, lane)
    assert found[AlertKind.FILE_QUARANTINED].facts["warehouses"] == "west"
    assert found[AlertKind.FILES_LEFT].facts["warehouses"] == "west"


def test_one_warehouse_that_responds_does_not_make_another_late(document_world: DocumentWorld) -> None:
    world = document_world
    lane = with_a_second_warehouse(world)
    world.sent()
    [first] = world.documents()
    world.target.put("997.json", responses=[{"number": first.number, "accepted": True}])
    world.poll()
    world.ready()
    world.transfer()
    second = world.documents()[1]
    grow_old(world, 2 * DAY)
    move_to(world, "west", "files_west", second.id)
    assert AlertKind.NO_RESPONSE not in findings(world, lane), "the west has never responded to a file"
    move_to(world, "east", world.lane.warehouse.connection, second.id)
    late = findings(world, lane)[AlertKind.NO_RESPONSE]
    assert late.title == "The warehouse east has not responded to 1 file in time"


def test_in_shadow_only_the_quarantine_alerts(make_document_world: MakeDocumentWorld) -> None:
    world = make_document_world(inventory={}, mode="shadow")
    world.target.put("inv.json", stock={"MUG": 5})
    world.target.put_bytes("odd.json", b"{")
    world.poll_stock()
    grow_old(world, 2 * DAY)
    assert set(alerts(world)) == {"file_quarantined"}

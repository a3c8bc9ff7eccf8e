"""Alerts about differences: only for the kinds that the lane names, by age, and not for those that are ignored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cartage.connections import EnvironmentResolver
from cartage.monitoring.survey import survey_lanes
from cartage.monitoring.watch import watch_lane
from cartage.runtime.links import Links
from tests.contract.conftest import MakeWorld
from tests.contract.world import World

LINKS = Links(differences=lambda lane: f"https://airflow.example.com/cartage/differences?lane={lane}")


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return make_world(reconciliation={"alert_after": {"not_posted": "1d", "stock": "2h"}})


def add(world: World, kind: str, key: str, *, hours: float, **columns: Any) -> None:
    """Add a difference that was first seen so many hours ago."""
    seen = datetime.now(UTC) - timedelta(hours=hours)
    values = {"kind": kind, "key": key, "first_seen_at": seen, **columns}
    names = ", ".join(values)
    world.execute(
        f"INSERT INTO difference (lane, side, ours, theirs, reconciliation_id, {names})"
        f" VALUES ('demo', 'store', 'a', 'b', 1, {', '.join(f':{name}' for name in values)})",
        **values,
    )


def alerts(world: World) -> dict[str, Any]:
    """The alerts that the watchdog has open after a look: kind of difference -> alert."""
    if not survey_lanes(world.ledger, [world.lane])["demo"].needs_check:
        return {}
    watch_lane(world.ledger, world.lane, EnvironmentResolver(), links=LINKS)
    rows = world.rows(
        "SELECT key, title, facts, links, mark FROM alert WHERE kind = 'differences' AND cleared_at IS NULL"
    )
    return {row.key: row for row in rows}


def test_only_named_kinds_that_are_old_enough_raise_an_alert(world: World) -> None:
    add(world, "not_posted", "A3K_1_0", hours=30)
    add(world, "not_posted", "A3K_2_0", hours=25)
    add(world, "not_posted", "A3K_3_0", hours=2)
    add(world, "stock", "MUG (5)", hours=1)
    add(world, "address", "A3K_4_0", hours=900)
    [(kind, alert)] = alerts(world).items()
    assert (kind, alert.title) == ("not_posted", "2 differences: shipped, and the store does not show it")
    assert set(alert.facts["examples"].split(", ")) == {"A3K_1_0", "A3K_2_0"}
    assert alert.links == {"Differences page": LINKS.differences("demo")}


def test_an_alert_ends_with_the_differences_or_once_they_are_ignored(world: World) -> None:
    add(world, "stock", "MUG (5)", hours=3)
    add(world, "not_posted", "A3K_1_0", hours=30)
    assert set(alerts(world)) == {"stock", "not_posted"}
    world.execute("UPDATE difference SET ended_at = clock_timestamp() WHERE kind = 'stock'")
    ignored = "ignored_at = clock_timestamp(), ignored_by = 'ann', ignore_reason = 'x'"
    world.execute(f"UPDATE difference SET {ignored} WHERE kind = 'not_posted'")
    assert alerts(world) == {}


def test_a_lane_that_names_no_kind_has_no_alert(make_world: MakeWorld) -> None:
    world = make_world()
    add(world, "not_posted", "A3K_1_0", hours=900)
    assert alerts(world) == {}

"""A gap of whole days: shown by `cartage coverage`, filled by the command that it prints, each order once."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime, time, timedelta

import pytest

from cartage_sandbox.stack.client import AirflowClient
from tests.e2e.conftest import Site
from tests.e2e.test_backfill import HEALTHY, shop_zone
from tests.e2e.waiting import until

pytestmark = pytest.mark.e2e

DAG_ID = "orders_history__gappy"


def seed_days(site: Site, midnight: datetime) -> set[int]:
    """Place orders in the two days before the last midnight, each last changed when it was placed."""
    shop = site.shops["gappy"]
    found: set[int] = set()
    for day in (2, 1):
        start = midnight - timedelta(days=day)
        ids = shop.fill(6, start=start + timedelta(hours=6), end=start + timedelta(hours=20), mix=HEALTHY)
        for order_id in (each for kind in ids.values() for each in kind):
            stamp = (start + timedelta(hours=21)).astimezone(shop_zone(shop)).replace(tzinfo=None)
            shop.store.edit(order_id, LastUpdate=stamp.isoformat(timespec="seconds"))
            found.add(order_id)
    return found


def commands(output: str) -> list[list[str]]:
    """Return the Airflow commands in the output, without the program's name."""
    return [shlex.split(line)[1:] for line in output.splitlines() if line.startswith("airflow ")]


def test_a_gap_of_days_is_shown_and_the_printed_command_imports_each_of_its_orders_once(
    site: Site, client: AirflowClient
) -> None:
    client.wait_for_dags([DAG_ID])
    shop = site.shops["gappy"]
    midnight = datetime.combine(datetime.now(UTC).date(), time(), UTC)
    wanted = seed_days(site, midnight)
    # Today is covered, so only whole days are missing.
    today = ("--from", midnight.isoformat(), "--to", datetime.now(UTC).isoformat())
    site.deployment.cartage("run", "import_orders", "--lane", "gappy", *today)

    before = site.deployment.cartage("coverage", "--lane", "gappy", "--fail-on-gaps", check=False)
    assert before.returncode == 1
    assert "missing" in before.stdout
    [command] = commands(before.stdout)
    assert command[:4] == ["backfill", "create", "--dag-id", DAG_ID]

    site.airflow.cli(*command)
    runs = until(
        lambda: client.runs(DAG_ID),
        lambda seen: bool(seen) and all(run.state in ("success", "failed") for run in seen),
        seconds=240,
        what="the backfilled days",
    )

    assert {run.state for run in runs} == {"success"}
    after = site.deployment.cartage("coverage", "--lane", "gappy", "--fail-on-gaps")
    assert "No gap" in after.stdout
    assert site.imported("gappy") == dict.fromkeys(wanted, 1)
    references = shop.warehouse.journal.count_by_key("order.created")
    assert sorted(references.values()) == [1] * len(wanted)
    assert {shop.store.order(order_id)["OrderStatusID"] for order_id in wanted} == {2}

    # The same days through the REST API, and once by hand: nothing is sent again.
    until(
        lambda: client.call("GET", "/backfills", params={"dag_id": DAG_ID})["backfills"],
        lambda seen: all(backfill["completed_at"] for backfill in seen),
        seconds=60,
        what="the first backfill to count as complete",
    )
    again = client.create_backfill(
        DAG_ID, midnight - timedelta(days=2), midnight - timedelta(days=1), reprocess="completed"
    )
    window = {"window_start": (midnight - timedelta(days=2)).isoformat(), "window_end": midnight.isoformat()}
    by_hand = client.trigger(DAG_ID, conf=window)
    assert client.wait_for_run(DAG_ID, by_hand, seconds=120).state == "success"
    client.wait_for_backfill(again, seconds=180)
    assert site.imported("gappy") == dict.fromkeys(wanted, 1)
    assert shop.warehouse.journal.count_by_key("order.created") == references

    # It was never paused, and the days are past: still the scheduler started nothing.
    dag = client.call("GET", f"/dags/{DAG_ID}")
    assert dag["is_paused"] is False
    assert dag["next_dagrun_logical_date"] is None
    assert client.runs(DAG_ID, run_type="scheduled") == []

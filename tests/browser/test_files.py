"""Lanes whose warehouses take files, CSV and X12, through a real Airflow: orders out, confirmations in, the desk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from cartage_sandbox.files.shipping import Shipping
from cartage_sandbox.stack.client import AirflowClient
from cartage_sandbox.stack.file_shop import FileShop
from tests.browser.conftest import Site

pytestmark = pytest.mark.browser

ORDERS = 3
SHIPPED = 4
_FAMILIES = ("orders", "shipments")
# Cut within its second row: what is left of it could be believed.
_DAMAGED = {
    "csv": ("shp_999999_261129120000.csv", b'"Order Number","Tracking Number"\n"A1_1_0","1Z00'),
    "x12": ("945_999999.x12", b"ISA*00*          *00*          *ZZ*SANDBOXWMS     *ZZ*CART"),
}


def run_all(client: AirflowClient, family: str, lanes: list[str], *, window: bool = False) -> None:
    """Run a DAG family of some lanes by hand, side by side, to its end."""
    now = datetime.now(UTC)
    started = {}
    for lane in lanes:
        client.unpause(f"{family}__{lane}")
        span = (now - timedelta(days=2), now) if window else None
        started[lane] = client.trigger(f"{family}__{lane}", window=span)
    for lane, run_id in started.items():
        finished = client.wait_for_run(f"{family}__{lane}", run_id, seconds=300)
        assert finished.state == "success", f"{family}__{lane} ended as {finished.state}"


def put_damaged(shop: FileShop, lane: str) -> str:
    """Let the warehouse leave a damaged file. Return its name."""
    name, content = _DAMAGED[lane]
    with shop.warehouse.premises.lock:
        return shop.warehouse.tray.put(shop.account, name, content)


@pytest.fixture(scope="module")
def exchanged(site: Site) -> dict[str, list[int]]:
    """Return the OrderIDs of each lane, after they went out in files and came back Shipped."""
    lanes = list(site.files)
    now = datetime.now(UTC)
    start, end = now - timedelta(hours=3), now - timedelta(hours=2)
    ids = {
        lane: shop.fill(ORDERS, start=start, end=end, mix={"single": 1.0})["single"]
        for lane, shop in site.files.items()
    }
    for lane in lanes:
        site.deployment.cartage("run", "poll_tracking", "--lane", lane)
        # Absence counts only once no request of an earlier ledger can be under way any more.
        site.ledger(
            "UPDATE lane_state SET quarantined_at = quarantined_at - interval '1 hour' WHERE lane = %s", lane
        )
    with site.airflow.client() as client:
        client.wait_for_dags([f"{family}__{lane}" for family in _FAMILIES for lane in lanes])
        run_all(client, "orders", lanes, window=True)
        for lane, shop in site.files.items():
            shop.warehouse.work()
            assert sorted(shop.references().values()) == [1] * ORDERS, f"lane {lane}: {shop.references()}"
            with shop.warehouse.premises.lock:
                taken = shop.warehouse.premises.orders[shop.account.login]
                shop.warehouse.floor.ship(shop.account, taken, Shipping(packages=1))
            put_damaged(shop, lane)
        run_all(client, "shipments", lanes)
    return ids


@pytest.mark.parametrize("lane", list(_DAMAGED))
def test_orders_go_out_in_files_and_come_back_shipped_with_their_tracking(
    site: Site, exchanged: dict[str, list[int]], lane: str
) -> None:
    shop = site.files[lane]
    sent = {int(reference.split("_")[1]): numbers for reference, numbers in shop.packages()}
    assert sorted(sent) == sorted(exchanged[lane])
    for order_id in exchanged[lane]:
        order = shop.store.order(order_id)
        assert order["OrderStatusID"] == SHIPPED
        assert order["ShipmentList"][0]["ShipmentTrackingCode"] == sent[order_id][0]


@pytest.mark.parametrize("lane", list(_DAMAGED))
def test_an_order_shows_the_document_that_it_left_in(
    page: Page, site: Site, exchanged: dict[str, list[int]], lane: str
) -> None:
    page.goto(f"{site.airflow.url}/cartage/orders?lane={lane}&state=shipped")
    page.locator("tbody a").first.click()
    documents = page.get_by_role("region", name="Documents")
    # Its reference is in the name of a CSV file, the number of the document in that of an X12 file.
    names = {"csv": "ord_", "x12": "940_"}
    expect(documents.locator("tbody tr")).to_have_count(1)
    expect(documents.locator("tbody tr")).to_contain_text(names[lane])
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()


@pytest.mark.parametrize("lane", list(_DAMAGED))
def test_a_damaged_file_waits_in_quarantine_until_a_person_drops_it(
    page: Page, site: Site, exchanged: dict[str, list[int]], lane: str
) -> None:
    name, _ = _DAMAGED[lane]
    page.goto(f"{site.airflow.url}/cartage/files?lane={lane}")
    waiting = page.locator("article").filter(has_text=name)
    expect(waiting).to_have_count(1)
    waiting.get_by_role("link", name="Look at it").click()
    expect(page.get_by_role("heading", name="Content")).to_be_visible()
    page.go_back()
    waiting.get_by_role("button", name="Drop").click()
    expect(page.get_by_role("status")).to_contain_text("is saved")
    expect(page.locator("article")).to_have_count(0)
    expect(page.locator("tbody tr").filter(has_text=name)).to_contain_text("dropped")

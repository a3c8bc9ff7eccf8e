"""The desk as operations people use it: a cause is fixed in place, its orders ship, orders are found and read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from cartage_sandbox.kernel.faults import Fault
from cartage_sandbox.stack.client import AirflowClient
from tests.browser.conftest import Site, sign_in
from tests.browser.hammering import Hammering

pytestmark = pytest.mark.browser

LANE = "desk"
BLOCKED = 37
# Airflow's tasks send one every five seconds.
_TWO_HEARTBEATS = 11.0
PAGES = (
    "overview",
    "orders",
    "blocked",
    "mappings",
    "exceptions",
    "stock",
    "files",
    "alerts",
    "held",
    "skipped",
    "coverage",
)


def run(client: AirflowClient, dag_id: str, *, window: bool = False) -> str:
    """Run a DAG by hand to its end, over a window that contains every order. Return the run's id."""
    now = datetime.now(UTC)
    client.unpause(dag_id)
    run_id = client.trigger(dag_id, window=(now - timedelta(days=2), now) if window else None)
    client.wait_for_run(dag_id, run_id, seconds=240)
    return run_id


@pytest.fixture(scope="module")
def blocked(site: Site) -> list[int]:
    """Return orders that a single ship method blocks, after the run that imported them."""
    now = datetime.now(UTC)
    start, end = now - timedelta(hours=3), now - timedelta(hours=2)
    ids = site.desk.fill(BLOCKED, start=start, end=end, mix={"unmapped_method": 1.0})["unmapped_method"]
    site.desk.store.edit(ids[0], BillingFirstName="<b>Ann</b>", CustomerComments="=HYPERLINK(1)")
    with site.airflow.client() as client:
        client.wait_for_dags([f"{family}__{LANE}" for family in ("orders", "shipments", "desk_jobs")])
        run(client, f"orders__{LANE}", window=True)
    return ids


@pytest.fixture
def desk(page: Page, site: Site) -> FrameLocator:
    """Return the desk as an administrator opens it from Airflow's navigation."""
    page.goto(f"{site.airflow.url}/plugin/fulfillment")
    frame = page.frame_locator("iframe")
    frame.locator("summary", has_text="Lane").click()
    frame.get_by_role("link", name=LANE, exact=True).click()
    expect(frame.get_by_role("heading", name=f"Overview of lane {LANE}")).to_be_visible()
    return frame


def test_a_blocked_method_is_mapped_in_place_and_its_orders_ship_while_the_desk_is_under_load(
    desk: FrameLocator, site: Site, blocked: list[int]
) -> None:
    desk.get_by_role("link", name="Blocked", exact=True).click()
    cause = desk.get_by_role("article").filter(has_text="'Ground (5-7 days)' has no mapping")
    expect(cause).to_contain_text(f"{BLOCKED} orders, worth")
    cause.get_by_label("UPS Ground").check()
    cause.get_by_role("button", name="Save the mapping and release its orders").click()
    # The page refreshes itself until the run has ended.
    expect(desk.get_by_role("status")).to_contain_text("Done", timeout=120_000)
    expect(desk.locator("dl")).to_contain_text(f"Ready{BLOCKED}")

    # One call takes so long that its task must send two heartbeats.
    site.desk.warehouse.faults.add(Fault("POST /orders", "delay", seconds=_TWO_HEARTBEATS))
    with site.airflow.client() as client, Hammering(site.airflow, LANE, PAGES) as hammering:
        run_id = run(client, f"orders__{LANE}", window=True)
    with site.airflow.client() as client:
        tries = {
            task.task_id: (task.state, task.try_number)
            for task in client.task_instances(f"orders__{LANE}", run_id)
        }
    assert set(tries.values()) == {("success", 1)}, tries
    assert hammering.served > len(PAGES)
    heartbeats = hammering.heartbeats()
    assert len(heartbeats) >= 2
    assert set(heartbeats) == {204}
    assert hammering.missed() == []
    floor = site.desk.warehouse.floor
    floor.ship(list(site.desk.warehouse.state.book), packages=1)
    with site.airflow.client() as client:
        run(client, f"shipments__{LANE}")
    assert {site.desk.store.order(order_id)["OrderStatusID"] for order_id in blocked} == {4}
    desk.get_by_role("link", name="Orders", exact=True).click()
    desk.get_by_label("State").select_option("shipped")
    desk.get_by_role("button", name="Show").click()
    expect(desk.get_by_role("link", name="Show all orders")).to_be_visible()
    expect(desk.get_by_text(f"{BLOCKED} orders, newest first")).to_be_visible()

    tracking = site.desk.store.order(blocked[5])["ShipmentList"][0]["ShipmentTrackingCode"]
    search = desk.get_by_role("searchbox", name="Find an order")
    search.fill(tracking)
    search.press("Enter")
    expect(desk.get_by_role("heading", name="Timeline")).to_be_visible()
    expect(desk.get_by_role("link", name=tracking)).to_have_attribute(
        "href", f"https://www.ups.com/track?tracknum={tracking}"
    )
    timeline = desk.get_by_role("row")
    for event in (
        "imported → blocked",
        "every cause was fixed",
        "sending → acknowledged",
        "acknowledged → shipped",
    ):
        expect(timeline.filter(has_text=event).first).to_be_visible()
    assert desk.locator("td b").count() == 0


def test_an_unknown_sku_is_fixed_by_an_alias(desk: FrameLocator, site: Site, blocked: list[int]) -> None:
    now = datetime.now(UTC)
    [order_id] = site.desk.fill(
        1, start=now - timedelta(hours=2), end=now - timedelta(hours=1), mix={"unknown_sku": 1.0}
    )["unknown_sku"]
    shipments = site.desk.store.order(order_id)["ShipmentList"]
    shipments[0]["ShipmentMethodName"] = "Ground (5-7 days)"
    site.desk.store.edit(order_id, ShipmentList=shipments)
    with site.airflow.client() as client:
        run(client, f"orders__{LANE}", window=True)
    desk.get_by_role("link", name="Blocked", exact=True).click()
    cause = desk.get_by_role("article").filter(has_text="is unknown to the warehouse")
    with site.desk.warehouse.state.lock:
        site.desk.warehouse.state.catalogue.put_item({"sku": "ALIAS-1", "qty": 9}, site.desk.clock.now())
    cause.get_by_label("Warehouse's SKU").fill("ALIAS-1")
    cause.get_by_role("button", name="Save the mapping and release its orders").click()
    expect(desk.get_by_role("status")).to_contain_text("Done", timeout=120_000)
    with site.airflow.client() as client:
        run(client, f"orders__{LANE}", window=True)
    assert site.desk.store.order(order_id)["OrderStatusID"] == 2


def test_a_mapping_file_with_bad_rows_is_refused_with_each_of_them_named(
    desk: FrameLocator, site: Site, blocked: list[int], tmp_path: Path
) -> None:
    rows = (
        "ship_method,Ground,,,,",
        "sku,MUG-6,,,MUG,none",
        "parcel,X,,,,",
        "ship_method,Air,UPS,Next Day,,",
    )
    file = tmp_path / "rules.csv"
    file.write_text("\n".join(["kind,store,carrier,service,item,quantity", *rows]))
    desk.get_by_role("link", name="Mappings", exact=True).click()
    desk.get_by_label("CSV or XLSX, as downloaded").set_input_files(file)
    desk.get_by_role("button", name="Try the file").click()
    refused = desk.locator(".note.bad").filter(has_text="have mistakes")
    for row in (2, 3, 4):
        expect(refused).to_contain_text(f"row {row}, column", timeout=120_000)
    expect(desk.get_by_role("button", name="Save it")).to_have_count(0)


def test_a_viewer_sees_orders_without_names_and_has_no_button(
    browser: Browser, site: Site, blocked: list[int]
) -> None:
    context = browser.new_context(java_script_enabled=True)
    page = context.new_page()
    sign_in(page, site, "viewer")
    page.goto(f"{site.airflow.url}/cartage/orders?lane={LANE}")
    expect(page.get_by_role("cell", name="hidden", exact=True).first).to_be_visible()
    page.locator("tbody a").first.click()
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)
    response = page.goto(f"{site.airflow.url}/cartage/payloads?lane={LANE}&id=1")
    assert response is not None and response.status == 403
    context.close()


@pytest.mark.parametrize("java_script", [True, False])
def test_every_page_can_be_reached_by_keyboard_and_breaks_no_policy(
    browser: Browser, site: Site, blocked: list[int], java_script: bool
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    sign_in(page, site, "ops")
    state = context.storage_state()
    context.close()
    context = browser.new_context(
        viewport={"width": 390, "height": 800}, storage_state=state, java_script_enabled=java_script
    )
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(f"{site.airflow.url}/cartage/overview?lane={LANE}")
    for name in (
        "Orders",
        "Blocked",
        "Mappings",
        "Exceptions",
        "Stock",
        "Alerts",
        "Held",
        "Skipped",
        "Coverage",
    ):
        link = page.get_by_role("navigation").get_by_role("link", name=name, exact=True)
        link.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text(name)
        width = page.evaluate("document.documentElement.scrollWidth") if java_script else 390
        assert width <= 390, f"{name} is wider than a phone"
    assert complaints == []
    context.close()


def test_the_page_follows_airflows_dark_theme(page: Page, site: Site) -> None:
    page.goto(f"{site.airflow.url}/cartage/overview?lane={LANE}")
    page.evaluate("localStorage.setItem('theme', 'dark')")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.evaluate("localStorage.setItem('theme', 'light')")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")

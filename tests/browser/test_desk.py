"""The desk as operations people use it: a cause is fixed in place, its orders ship, orders are found and read."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

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
    "home",
    "attention",
    "orders",
    "activity",
    "reports",
    "mappings",
    "stock",
    "files",
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
        client.wait_for_dags([f"orders__{LANE}", f"shipments__{LANE}", "desk_jobs"])
        run(client, f"orders__{LANE}", window=True)
    return ids


@pytest.fixture
def desk(page: Page, site: Site) -> FrameLocator:
    """Return the desk as an administrator opens it from Airflow's navigation."""
    page.goto(f"{site.airflow.url}/plugin/fulfillment")
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="All lanes")).to_be_visible()
    frame.locator("summary", has_text="All lanes").click()
    frame.locator("header").get_by_role("link", name=LANE, exact=True).click()
    expect(frame.get_by_role("heading", name=f"Lane {LANE}")).to_be_visible()
    return frame


def open_entry(entry: Locator) -> None:
    """Open an entry of the queue as a person does, unless it is open because it is the only one."""
    expect(entry).to_have_count(1)
    if entry.get_attribute("open") is None:
        entry.locator("summary").first.click()


def test_a_blocked_method_is_mapped_in_place_and_its_orders_ship_while_the_desk_is_under_load(
    desk: FrameLocator, site: Site, blocked: list[int]
) -> None:
    desk.get_by_role("link", name="Needs attention", exact=True).click()
    cause = desk.locator("details.entry").filter(has_text="'Ground (5-7 days)' has no mapping")
    open_entry(cause)
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
    show_state(desk, "shipped")
    expect(desk.get_by_role("status")).to_contain_text(f"{BLOCKED} orders match")

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


def show_state(desk: FrameLocator, state: str) -> None:
    """Show the orders in a state, of a list that nothing else filters."""
    desk.locator("summary", has_text="State").click()
    desk.get_by_role("checkbox", name=state, exact=True).check()
    desk.get_by_role("button", name="Show").click()
    # The page changes in place: until then, a click would meet the list before it.
    expect(desk.get_by_role("link", name="Clear")).to_be_visible()


def test_orders_are_skipped_together_after_a_preview(
    desk: FrameLocator, site: Site, blocked: list[int]
) -> None:
    now = datetime.now(UTC)
    site.desk.fill(2, start=now - timedelta(hours=5), end=now - timedelta(hours=4), mix={"unknown_sku": 1.0})
    with site.airflow.client() as client:
        run(client, f"orders__{LANE}", window=True)
    desk.get_by_role("link", name="Orders", exact=True).click()
    show_state(desk, "blocked")
    found = int(desk.get_by_role("checkbox", name=re.compile("Choose order")).count())
    assert found >= 2
    desk.get_by_role("checkbox", name=re.compile("Choose order")).nth(0).check()
    desk.get_by_role("checkbox", name=re.compile("Choose order")).nth(1).check()
    desk.get_by_role("button", name="Skip ...").click()
    expect(desk.get_by_role("status")).to_contain_text("2 of 2 orders would be skipped")
    desk.get_by_label("Reason").fill("sold over the counter")
    desk.get_by_role("button", name="Skip 2 orders").click()
    expect(desk.get_by_role("status")).to_contain_text("2 skipped")


def test_the_frame_keeps_its_page_through_reload_and_back_and_opens_the_link_that_was_sent(
    desk: FrameLocator, page: Page, site: Site, blocked: list[int]
) -> None:
    desk.get_by_role("link", name="Orders", exact=True).click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("Orders")
    desk.locator("tbody a").first.click()
    expect(desk.get_by_role("heading", name="Timeline")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/plugin/fulfillment/cartage/order\?"))
    sent = page.url
    page.reload()
    expect(desk.get_by_role("heading", name="Timeline")).to_be_visible()
    page.goto(f"{site.airflow.url}/plugin/fulfillment")
    expect(desk.get_by_role("heading", level=1)).to_be_visible()
    page.goto(sent)
    expect(desk.get_by_role("heading", name="Timeline")).to_be_visible()


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
    desk.get_by_role("link", name="Needs attention", exact=True).click()
    cause = desk.locator("details.entry").filter(has_text="is unknown to the warehouse")
    open_entry(cause)
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
        "ship_method,Air,UPS,Next Day Air,,",
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
    expect(page.get_by_role("cell", name=re.compile("^hidden")).first).to_be_visible()
    expect(page.get_by_role("button", name="Skip")).to_have_count(0)
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
    page.goto(f"{site.airflow.url}/cartage/home?lane={LANE}")
    for name in ("Orders", "Needs attention", "Activity", "Mappings", "Stock", "Files", "Coverage"):
        link = page.get_by_role("navigation").get_by_role("link", name=name, exact=True)
        link.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text(name)
        width = page.evaluate("document.documentElement.scrollWidth") if java_script else 390
        assert width <= 390, f"{name} is wider than a phone"
    assert complaints == []
    context.close()


def test_the_page_follows_airflows_dark_theme(page: Page, site: Site) -> None:
    page.goto(f"{site.airflow.url}/cartage/home?lane={LANE}")
    page.evaluate("localStorage.setItem('theme', 'dark')")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.evaluate("localStorage.setItem('theme', 'light')")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def test_a_cause_is_assigned_and_snoozed_and_comes_back(page: Page, site: Site, blocked: list[int]) -> None:
    site.ledger(
        "INSERT INTO alert (lane, kind, key, stage, title, meaning, fix)"
        " VALUES (%s, 'not_shipped', 'browser', 'poll_tracking', 'late in the browser', 'm', 'f')",
        LANE,
    )
    # Of this lane: an alert counts few orders, and is on the second page of all that the other tests left.
    page.goto(f"{site.airflow.url}/cartage/attention?lane={LANE}")
    entry = page.locator("details.entry").filter(has_text="late in the browser")
    open_entry(entry)
    entry.get_by_role("button", name="I take it").click()
    expect(page.get_by_role("status")).to_contain_text("Your note is saved")
    expect(entry.locator("summary").first).to_contain_text("admin")
    open_entry(entry)
    entry.get_by_label("Snooze").select_option("for 4 hours")
    entry.get_by_role("button", name="Save").click()
    expect(entry).to_have_count(0)
    page.get_by_role("link", name="Snoozed").click()
    expect(entry).to_have_count(1)
    site.ledger("UPDATE attention SET snoozed_until = clock_timestamp() WHERE lane = %s", LANE)
    page.goto(f"{site.airflow.url}/cartage/attention?lane={LANE}&kind=late")
    expect(entry).to_have_count(1)
    site.ledger("DELETE FROM alert WHERE lane = %s AND key = 'browser'", LANE)


def test_what_happened_last_night_is_three_clicks_away_and_leads_to_the_run(
    page: Page, site: Site, blocked: list[int]
) -> None:
    page.goto(f"{site.airflow.url}/cartage/home")
    page.get_by_role("link", name="Activity", exact=True).click()
    page.get_by_label("Since").fill("last night")
    page.get_by_role("button", name="Show").click()
    moved = page.locator(".feed li").filter(has_text="validate mappings").first
    expect(moved).to_be_visible()
    moved.get_by_role("link", name="run", exact=True).click()
    page.wait_for_url("**/dags/orders__*/runs/**/tasks/validate_mappings**")


def test_an_address_that_names_an_entry_opens_it(page: Page, site: Site, blocked: list[int]) -> None:
    for key in ("a", "b"):
        site.ledger(
            "INSERT INTO cause (lane, fingerprint, kind, subject, message, fix)"
            " VALUES (%s, %s, 'address_incomplete', %s, %s, 'Fix it.')",
            *("asking", key, key, f"browser cause {key}"),
        )
    page.goto(f"{site.airflow.url}/cartage/attention?lane=asking")
    anchor = (
        page.locator("details.entry")
        .filter(has_text="Browser cause b")
        .locator(".inside")
        .get_attribute("id")
    )
    # The address of the page Blocked, as an earlier message has it.
    page.goto(f"{site.airflow.url}/cartage/blocked?lane=asking#{anchor}")
    expect(page.locator(f"#{anchor}")).to_be_visible()
    site.ledger("DELETE FROM cause WHERE message LIKE 'browser cause %%'")

"""What operations people do in Airflow's own pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site, sign_in
from tests.e2e.waiting import until

pytestmark = pytest.mark.browser

# The edges of the orders DAG.
STEPS = (
    ("import_orders", "validate_mappings"),
    ("validate_mappings", "settle_outcomes"),
    ("settle_outcomes", "transfer_to_warehouse"),
    ("transfer_to_warehouse", "mark_processing"),
    ("validate_mappings", "blocked_orders"),
)


def run_page(site: Site, *below: str) -> str:
    """Return the address of the run's page, or of a page below it."""
    run_id = quote(site.run.run_id, safe="")
    return "/".join([site.airflow.url, "dags/orders__demo/runs", run_id, *below])


def test_both_dags_of_the_lane_are_in_the_list(page: Page, site: Site) -> None:
    page.goto(f"{site.airflow.url}/dags")
    for dag_id in ("orders__demo", "shipments__demo"):
        expect(page.get_by_role("link", name=dag_id).first).to_be_visible()


def test_the_graph_of_a_run_shows_every_stage_in_its_order(page: Page, site: Site) -> None:
    page.goto(run_page(site))
    page.get_by_role("button", name="Show Graph (Press g)").click()
    graph = page.get_by_test_id("rf__wrapper")
    for stage in {stage for step in STEPS for stage in step}:
        expect(graph.get_by_text(stage, exact=True)).to_be_visible()
    expect(graph.get_by_label("Edge from")).to_have_count(len(STEPS))
    for before, after in STEPS:
        expect(graph.get_by_label(f"Edge from {before} to {after}")).to_be_attached()


def test_what_a_task_moved_is_shown_only_to_readers_of_the_dag(
    browser: Browser, page: Page, site: Site
) -> None:
    page.goto(run_page(site, "tasks/transfer_to_warehouse/details"))
    address = page.get_by_role("link", name="What it moved").get_attribute("href")
    stranger, viewer = browser.new_context(), browser.new_context()
    refused = stranger.new_page().goto(f"{site.airflow.url}{address}")
    assert refused is not None
    assert refused.status == 401
    seen = viewer.new_page()
    sign_in(seen, site, "viewer")
    allowed = seen.goto(f"{site.airflow.url}{address}")
    assert allowed is not None
    assert allowed.status == 200
    stranger.close()
    viewer.close()


def test_the_log_of_blocked_orders_names_each_cause_with_its_fix(page: Page, site: Site) -> None:
    page.goto(run_page(site, "tasks/blocked_orders"))
    expect(page.get_by_text("Failed", exact=True).first).to_be_visible()
    causes = site.deployment.status()["causes"]
    assert causes
    for cause in causes:
        expect(page.get_by_text(f"{cause['message']}. Fix: {cause['fix']}")).to_be_visible()


def test_the_backfill_form_imports_a_past_window(page: Page, site: Site) -> None:
    window = datetime.now(UTC).replace(hour=site.hour, minute=0, second=0, microsecond=0) - timedelta(days=30)
    order_ids = site.shop.fill(3, start=window, end=window + timedelta(minutes=14), mix={"single": 1.0})[
        "single"
    ]
    page.goto(f"{site.airflow.url}/dags/orders__demo")
    page.get_by_role("button", name="Trigger").first.click()
    page.locator("label", has_text="Backfill").first.click()
    for end in range(2):
        page.get_by_test_id("datetime-input").nth(end).click()
        page.get_by_placeholder("YYYY/MM/DD").locator("visible=true").fill(f"{window:%Y/%m/%d}")
        page.get_by_placeholder("HH:mm").locator("visible=true").fill(f"{window:%H:%M}")
        page.get_by_text("Date Range").click()
        # The first calendar fades out: a second beside it would be one too many.
        expect(page.get_by_placeholder("YYYY/MM/DD").locator("visible=true")).to_have_count(0)
    expect(page.get_by_text("1 run will be triggered.")).to_be_visible()
    page.get_by_role("button", name="Run Backfill").click()
    until(
        lambda: {site.shop.store.order(order_id_)["OrderStatusID"] for order_id_ in order_ids},
        lambda statuses: statuses == {2},
        seconds=240,
        what="the orders of the past window to be Processing",
    )
    with site.airflow.client() as client:
        [run] = client.runs("orders__demo", run_type="backfill")
    assert run.window_start == window

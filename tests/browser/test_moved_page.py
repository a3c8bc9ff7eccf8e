"""The page behind a task's link: which orders this try of the task moved."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import MARKUP, Site

pytestmark = pytest.mark.browser


def open_moved(page: Page, site: Site, task: str) -> None:
    """Open a task of the run and follow its link, which Airflow shows under Details."""
    page.goto(f"{site.airflow.url}/dags/orders__demo/runs/{quote(site.run.run_id, safe='')}/tasks/{task}")
    page.get_by_role("link", name="Details", exact=True).click()
    page.get_by_role("link", name="What it moved").click()
    expect(page.get_by_role("heading", name="What it moved")).to_be_visible()


def test_the_page_lists_each_order_that_the_task_moved_with_both_states(page: Page, site: Site) -> None:
    open_moved(page, site, "transfer_to_warehouse")
    with site.airflow.client() as client:
        counts = client.xcom("orders__demo", site.run.run_id, "transfer_to_warehouse")
    sent = page.get_by_role("row").filter(has_text="sending").filter(has_text="acknowledged")
    shown = sent.locator("td:first-child").all_inner_texts()
    assert len(set(shown)) == len(shown) == counts["acknowledged"] > 0
    assert set(shown) <= set(site.shop.warehouse.journal.count_by_key("order.created"))


def test_the_page_says_why_an_order_is_blocked(page: Page, site: Site) -> None:
    open_moved(page, site, "validate_mappings")
    blocked = page.get_by_role("row").filter(has_text="ship method 'Ground (5-7 days)' has no mapping").first
    expect(blocked.get_by_role("cell", name="imported", exact=True)).to_be_visible()
    expect(blocked.get_by_role("cell", name="blocked", exact=True)).to_be_visible()


def test_markup_from_the_store_is_shown_as_text(page: Page, site: Site) -> None:
    open_moved(page, site, "import_orders")
    expect(page.get_by_role("cell").filter(has_text=MARKUP).first).to_be_visible()
    expect(page.locator("td b")).to_have_count(0)

"""The coverage page: an operator sees a gap and fills it with one button, without JavaScript."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site, sign_in
from tests.e2e.waiting import until

pytestmark = pytest.mark.browser

DAG_ID = "orders_history__past"


@pytest.fixture
def gap(site: Site) -> tuple[datetime, datetime]:
    """Three days without coverage, and around them a lane that has imported everything."""
    midnight = datetime.combine(datetime.now(UTC).date(), time(), UTC)
    first, end = midnight - timedelta(days=20), midnight - timedelta(days=17)
    covered = f"{{[2000-01-01, {first.isoformat()}), [{end.isoformat()}, 2100-01-01)}}"
    site.ledger(
        "INSERT INTO coverage (lane, ranges) VALUES ('past', %s) "
        "ON CONFLICT (lane) DO UPDATE SET ranges = excluded.ranges, failed = '{}'",
        covered,
    )
    return first, end


def address(site: Site) -> str:
    return f"{site.airflow.url}/cartage/coverage?lane=past"


def test_a_gap_is_shown_and_the_button_starts_the_backfill_that_fills_it(
    browser: Browser, site: Site, gap: tuple[datetime, datetime]
) -> None:
    first, _ = gap
    placed = first + timedelta(hours=30)
    order_ids = site.past.fill(3, start=placed, end=placed + timedelta(minutes=9), mix={"single": 1.0})[
        "single"
    ]
    context = browser.new_context(java_script_enabled=True)
    page = context.new_page()
    sign_in(page, site, "ops")
    state = context.storage_state()
    plain = browser.new_context(java_script_enabled=False, storage_state=state)
    shown = plain.new_page()
    shown.goto(address(site))
    for day in range(3):
        expect(shown.get_by_title(f"{first + timedelta(days=day):%Y-%m-%d}: missing, 1 d")).to_have_text(".")
    expect(shown.get_by_role("cell", name="3 d", exact=True)).to_be_visible()

    shown.get_by_role("button", name="Start this backfill").click()

    expect(shown.get_by_role("status")).to_contain_text("has started")
    with site.airflow.client() as client:
        runs = until(
            lambda: client.runs(DAG_ID),
            lambda seen: len(seen) == 3 and all(run.state in ("success", "failed") for run in seen),
            seconds=240,
            what="the three days to be imported",
        )
        [backfill] = client.call("GET", "/backfills", params={"dag_id": DAG_ID})["backfills"]
    assert [run.window_start for run in runs] == [first + timedelta(days=day) for day in range(3)]
    assert {site.past.store.order(order_id_)["OrderStatusID"] for order_id_ in order_ids} == {2}
    assert (backfill["reprocess_behavior"], backfill["max_active_runs"]) == ("failed", 2)
    assert backfill["dag_display_name"] == DAG_ID
    shown.goto(address(site))
    expect(shown.get_by_text("No gap: every window up to now is covered.")).to_be_visible()
    context.close()
    plain.close()


def test_a_viewer_sees_the_gap_and_no_button(
    browser: Browser, site: Site, gap: tuple[datetime, datetime]
) -> None:
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, site, "viewer")
    page.goto(address(site))
    expect(page.get_by_text("airflow backfill create").first).to_be_visible()
    expect(page.get_by_role("button", name="Start this backfill")).to_have_count(0)
    context.close()


def test_a_form_on_another_site_starts_nothing(
    browser: Browser, site: Site, gap: tuple[datetime, datetime]
) -> None:
    """Sent with the operator's cookie, as a browser would without SameSite, and without the token."""
    context = browser.new_context()
    sign_in(context.new_page(), site, "ops")
    cookies = {cookie["name"]: cookie["value"] for cookie in context.cookies()}
    form = {
        "dag_id": DAG_ID,
        "first": gap[0].isoformat(),
        "last": gap[0].isoformat(),
        "reprocess": "completed",
    }
    for token in ("", "x"):
        response = requests.post(
            address(site),
            data=form | {"token": token},
            cookies=cookies,
            timeout=30,
            headers={"Origin": "https://evil.example"},
        )
        assert response.status_code in (403, 422)
    with site.airflow.client() as client:
        found = client.call("GET", "/backfills", params={"dag_id": DAG_ID})["backfills"]
    assert [backfill for backfill in found if backfill["reprocess_behavior"] == "completed"] == []
    context.close()


def test_the_page_is_in_airflows_navigation(page: Page, site: Site) -> None:
    page.goto(f"{site.airflow.url}/plugin/cartage-coverage")
    frame = page.frame_locator("iframe")
    # It shows the first lane that the user may see.
    expect(frame.get_by_role("heading", name="Coverage of lane")).to_be_visible()


def test_airflows_own_backfill_form_knows_the_windows_of_history(page: Page, site: Site) -> None:
    day = datetime.now(UTC) - timedelta(days=40)
    page.goto(f"{site.airflow.url}/dags/{DAG_ID}")
    page.get_by_role("button", name="Trigger").first.click()
    page.locator("label", has_text="Backfill").first.click()
    for end in range(2):
        page.get_by_test_id("datetime-input").nth(end).click()
        page.get_by_placeholder("YYYY/MM/DD").locator("visible=true").fill(
            f"{day + timedelta(days=end):%Y/%m/%d}"
        )
        page.get_by_placeholder("HH:mm").locator("visible=true").fill("00:00")
        page.get_by_text("Date Range").click()
        expect(page.get_by_placeholder("YYYY/MM/DD").locator("visible=true")).to_have_count(0)
    expect(page.get_by_text("2 runs will be triggered.")).to_be_visible()

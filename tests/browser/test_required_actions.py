"""Causes and paused pushes in Airflow's own Required Actions: decided there, closed by themselves, or too late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from cartage.db import open_ledger
from cartage.inventory.breaker import BreakerVerdict
from cartage.inventory.repo import paused_pushes
from cartage.inventory.repo.paused_pushes import Suspect
from cartage.lifecycle.transitions import By
from cartage.mappings.changes import MappingChange
from cartage.mappings.repo import save_mapping_rules
from cartage.mappings.rules import MethodRule
from cartage.model.orders import ShipMethod
from cartage.model.stock import Reason
from cartage_sandbox.generate import SHIP_METHODS
from cartage_sandbox.stack.client import AirflowApiError, AirflowClient
from tests.browser.conftest import Site, sign_in
from tests.e2e.waiting import until

pytestmark = pytest.mark.browser

ORDERS, ASKS = "orders__asking", "required_actions__asking"
# A first page in a new context loads the whole of Airflow's UI.
_PATIENCE_MS = 60_000
# Ship methods of the store: mapped as suggested; fixed at the desk; fixed just before the decision.
# Without its end, a tag is no markup to the importer, which would take it out; to a browser it is one.
DECIDED, ELSEWHERE, LATE = "UPS Grnd (5-7 days)", "<img src=x onerror=alert(1) **Now** `x`", "Priority Male"
STOCK = "stock of lane asking is not pushed"


@pytest.fixture(scope="module")
def client(site: Site) -> Iterator[AirflowClient]:
    """Yield a REST session of the user who may decide."""
    with AirflowClient(site.airflow.url, "ops", site.airflow.passwords["ops"]) as opened:
        yield opened


@pytest.fixture(scope="module")
def ops(browser: Browser, site: Site) -> Iterator[Page]:
    """Yield a page of the user who may decide."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(_PATIENCE_MS)
    page = context.new_page()
    sign_in(page, site, "ops")
    yield page
    context.close()


@pytest.fixture(scope="module")
def orders(site: Site, client: AirflowClient) -> dict[str, list[int]]:
    """Return orders of each unmapped method, after a run that asked about all three and about a paused push."""
    client.create_connection(
        "airflow_api", "http", host=site.airflow.url, login="user", password=site.airflow.passwords["user"]
    )
    save(site, *SHIP_METHODS)
    now, placed = datetime.now(UTC), {}
    for method in (DECIDED, ELSEWHERE, LATE):
        placed[method] = site.asking.fill(2, start=now - timedelta(hours=2), end=now, mix={"single": 1.0})[
            "single"
        ]
        for order_id in placed[method]:
            shipments = site.asking.store.order(order_id)["ShipmentList"]
            site.asking.store.edit(
                order_id, ShipmentList=[{**shipment, "ShipmentMethodName": method} for shipment in shipments]
            )
    client.wait_for_dags([ORDERS, ASKS])
    client.unpause(ORDERS)
    pause_stock(site)
    run_orders(client)
    until(lambda: waiting(client), lambda seen: len(seen) == 4, seconds=120, what="four required actions")
    return placed


def run_orders(client: AirflowClient) -> None:
    """One run of the orders DAG, to its end."""
    client.wait_for_run(ORDERS, client.trigger(ORDERS), seconds=240)


def save(site: Site, *methods: str) -> None:
    """Save mappings for these methods, as somebody does at the desk."""
    ledger = open_ledger(site.deployment.ledger_url)
    change = MappingChange(tuple(MethodRule(name, ShipMethod("UPS", "Ground")) for name in methods))
    with ledger.begin() as connection:
        save_mapping_rules(connection, "asking", change, author="ann")
    ledger.close()


def pause_stock(site: Site) -> None:
    """Pause a push of the lane's stock."""
    ledger = open_ledger(site.deployment.ledger_url)
    verdict = BreakerVerdict((Reason.ZEROED,), compared=40, zeroed=1)
    suspects = [Suspect(14, "", "MUG <b>1</b>", Decimal(20), 0)]
    with ledger.begin() as connection:
        paused_pushes.pause_push(
            connection, "asking", verdict, suspects, By("update_stock", "r"), revised=True
        )
    ledger.close()


def waiting(client: AirflowClient) -> dict[str, str]:
    """Return the subjects of the open required actions, with their runs."""
    found = client.call(
        "GET", f"/dags/{ASKS}/dagRuns/~/hitlDetails", params={"state": "awaiting_input", "limit": 100}
    )
    return {detail["subject"]: detail["task_instance"]["dag_run_id"] for detail in found["hitl_details"]}


def run_about(client: AirflowClient, method: str) -> str:
    """Return the run that asks about this method."""
    return next(run for subject, run in waiting(client).items() if method in subject)


def statuses(site: Site, order_ids: list[int]) -> set[int]:
    return {site.asking.store.order(order_id_)["OrderStatusID"] for order_id_ in order_ids}


def decide(client: AirflowClient, run_id: str, option: str) -> None:
    client.call(
        "PATCH",
        f"/dags/{ASKS}/dagRuns/{quote(run_id)}/taskInstances/ask/-1/hitlDetails",
        json={"chosen_options": [option], "params_input": {}},
    )


def test_text_from_a_store_is_shown_as_text(orders: dict[str, list[int]], page: Page, site: Site) -> None:
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    with site.airflow.client() as client:
        run_id = run_about(client, ELSEWHERE)
    page.goto(f"{site.airflow.url}/dags/{ASKS}/runs/{quote(run_id)}/tasks/ask/required_actions")
    expect(page.get_by_text(ELSEWHERE).first).to_be_visible()
    assert page.locator("img[src=x]").count() == 0
    assert dialogs == []


def test_nobody_else_may_decide(orders: dict[str, list[int]], client: AirflowClient, site: Site) -> None:
    run_id = run_about(client, DECIDED)
    with site.airflow.client() as admin, pytest.raises(AirflowApiError, match="not a respondent"):
        decide(admin, run_id, "Skip these orders")


def test_a_decision_in_airflow_releases_the_orders_and_the_next_run_sends_them(
    orders: dict[str, list[int]], ops: Page, client: AirflowClient, site: Site
) -> None:
    page, run_id = ops, run_about(client, DECIDED)
    page.goto(f"{site.airflow.url}/required_actions")
    page.get_by_role("link", name=DECIDED).click()
    expect(page.get_by_text("UPS Ground").first).to_be_visible()
    page.get_by_role("button", name="Save this mapping").click()
    assert client.wait_for_run(ASKS, run_id, seconds=120).state == "success"
    run_orders(client)
    assert statuses(site, orders[DECIDED]) == {2}


def test_a_paused_push_of_stock_is_decided_in_airflow(
    orders: dict[str, list[int]], ops: Page, client: AirflowClient, site: Site
) -> None:
    page, run_id = ops, run_about(client, STOCK)
    page.goto(f"{site.airflow.url}/dags/{ASKS}/runs/{quote(run_id)}/tasks/ask/required_actions")
    expect(page.get_by_text("MUG <b>1</b>").first).to_be_visible()
    page.get_by_role("button", name="Refuse this push").click()
    assert client.wait_for_run(ASKS, run_id, seconds=120).state == "success"
    ledger = open_ledger(site.deployment.ledger_url)
    with ledger.begin() as connection:
        paused = paused_pushes.paused_push_of(connection, "asking")
    ledger.close()
    assert paused is not None
    assert (paused.decision, paused.decided_by) == ("refuse", "ops")


def test_a_late_decision_changes_nothing_and_says_so(
    orders: dict[str, list[int]], client: AirflowClient, site: Site
) -> None:
    run_id = run_about(client, LATE)
    save(site, LATE)
    site.deployment.cartage("run", "validate_mappings", "--lane", "asking")
    decide(client, run_id, "Skip these orders")
    assert client.wait_for_run(ASKS, run_id, seconds=120).state == "success"
    assert client.task(ASKS, run_id, "carry_out").state == "skipped"
    assert "'Skip these orders', changed nothing" in client.task_log(ASKS, run_id, "carry_out")
    assert "changed nothing" in client.call("GET", f"/dags/{ASKS}/dagRuns/{quote(run_id)}")["note"]


def test_a_cause_that_is_fixed_elsewhere_closes_its_required_action(
    orders: dict[str, list[int]], client: AirflowClient, site: Site
) -> None:
    run_id = run_about(client, ELSEWHERE)
    save(site, ELSEWHERE)
    run_orders(client)
    assert client.wait_for_run(ASKS, run_id, seconds=120).state == "success"
    assert client.task(ASKS, run_id, "carry_out").state == "skipped"
    assert run_id not in waiting(client).values()
    assert statuses(site, orders[ELSEWHERE]) == {2}

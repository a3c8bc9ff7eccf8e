"""Adding a store and a warehouse in Airflow's own form (Admin > Connections), and testing them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser

STORE = "3dcart (Shift4Shop) store"
WAREHOUSE = "Extensiv 3PL Warehouse Manager"
# Airflow gives the inputs under "Extra Fields" no label; their names are those of the fields.
EXTRA = "element_{}"


def form_for(page: Page, site: Site, kind: str) -> Locator:
    """Open the form for a new connection of a kind."""
    page.goto(f"{site.airflow.url}/connections")
    page.get_by_role("button", name="Add Connection").click()
    form = page.get_by_role("dialog")
    form.get_by_role("combobox", name="Connection Type").click()
    page.keyboard.type(kind)
    page.get_by_role("option", name=kind).click()
    return form


@pytest.mark.parametrize(
    ("kind", "standard", "extra"),
    [
        (
            STORE,
            {"Description": False, "API address": False},
            {"Secure URL": False, "Private key": True, "Token": True, "API version": False},
        ),
        (
            WAREHOUSE,
            {"Description": False, "API address": False, "Client ID": False, "Client secret": True},
            {"User login": False, "User login ID": False, "TPL GUID": True},
        ),
    ],
    ids=["store", "warehouse"],
)
def test_the_form_has_named_fields_and_masks_secrets(
    page: Page, site: Site, kind: str, standard: Mapping[str, bool], extra: Mapping[str, bool]
) -> None:
    form = form_for(page, site, kind)
    for section, wanted in (("Standard Fields", standard), ("Extra Fields", extra)):
        header = form.get_by_role("button", name=section, exact=True)
        if header.get_attribute("aria-expanded") != "true":
            header.click()
        fields = form.get_by_role("region").locator("visible=true").get_by_role("group")
        expect(fields).to_contain_text(list(wanted))
        for label, secret in wanted.items():
            field = fields.filter(has=page.get_by_text(label, exact=True))
            expect(field.locator("input[type=password]")).to_have_count(int(secret))


def test_a_warehouse_added_in_the_form_is_saved_with_its_secrets_masked(page: Page, site: Site) -> None:
    wire = json.loads(site.shop.connections()[f"AIRFLOW_CONN_{site.shop.warehouse_connection.upper()}"])
    form = form_for(page, site, WAREHOUSE)
    form.get_by_label("Connection ID").fill("by_hand")
    form.get_by_label("API address").fill(site.shop.warehouse_url)
    form.get_by_label("Client ID").fill(wire["login"])
    form.get_by_label("Client secret").fill(wire["password"])
    form.get_by_role("button", name="Extra Fields", exact=True).click()
    for name, value in wire["extra"].items():
        form.locator(f"input[name={EXTRA.format(name)}]").fill(value)
    form.get_by_role("button", name="Save").click()

    expect(page.get_by_role("row").filter(has_text="by_hand")).to_contain_text(site.shop.warehouse_url)
    with site.airflow.client() as client:
        kept: dict[str, Any] = client.call("GET", "/connections/by_hand")
    assert (kept["conn_type"], kept["login"], kept["password"]) == ("extensiv", wire["login"], "***")
    assert json.loads(kept["extra"])["user_login"] == wire["extra"]["user_login"]


@pytest.mark.parametrize(
    ("kind", "message"), [("store", "The store responds"), ("warehouse", "Signed in at Extensiv")]
)
def test_the_test_button_calls_the_remote(page: Page, site: Site, kind: str, message: str) -> None:
    store = kind == "store"
    own_id = site.shop.store_connection if store else site.shop.warehouse_connection
    url = site.shop.store_url if store else site.shop.warehouse_url
    wire = json.loads(site.shop.connections()[f"AIRFLOW_CONN_{own_id.upper()}"])
    # Airflow 3.3.2 refuses to test a connection that has no port (apache/airflow#73298).
    fields = {name: wire[name] for name in ("login", "password") if name in wire} | {"host": url, "port": 443}
    with site.airflow.client() as client:
        client.create_connection(
            f"tried_{kind}", wire["conn_type"], extra=json.dumps(wire["extra"]), **fields
        )
    page.goto(f"{site.airflow.url}/connections")

    page.get_by_role("row").filter(has_text=f"tried_{kind}").get_by_role(
        "button", name="Test Connection"
    ).click()

    expect(page.get_by_text("Test Connection Successful")).to_be_visible()
    expect(page.get_by_text(message)).to_be_visible()

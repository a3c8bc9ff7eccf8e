"""Adding a store and a warehouse in Airflow's own form (Admin > Connections), and testing them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from cartage_sandbox.stack.shops.mcf import SellerShop
from cartage_sandbox.stack.shops.shipbob import ShipBobShop
from cartage_sandbox.stack.storefront import ApiShop
from tests.browser.conftest import Site

pytestmark = pytest.mark.browser

STORE = "3dcart (Shift4Shop) store"
WAREHOUSE = "Extensiv 3PL Warehouse Manager"
NETWORK = {"Proxy": True, "CA certificates": False, "Client certificate": False}
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
            {"Secure URL": False, "Private key": True, "Token": True, "API version": False, **NETWORK},
        ),
        (
            WAREHOUSE,
            {"Description": False, "API address": False, "Client ID": False, "Client secret": True},
            {"User login": False, "User login ID": False, "TPL GUID": True, **NETWORK},
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


def fill(form: Locator, connection_id: str, standard: Mapping[str, str], extra: Mapping[str, str]) -> None:
    """Fill in the form and save it. The port is hidden and stays empty."""
    form.get_by_label("Connection ID").fill(connection_id)
    for label, value in standard.items():
        form.get_by_label(label).fill(value)
    form.get_by_role("button", name="Extra Fields", exact=True).click()
    for name, value in extra.items():
        form.locator(f"input[name={EXTRA.format(name)}]").fill(value)
    form.get_by_role("button", name="Save").click()


@pytest.mark.parametrize(
    ("kind", "message"), [(STORE, "The store responds"), (WAREHOUSE, "Signed in at Extensiv")]
)
def test_a_connection_made_in_our_form_is_saved_with_masked_secrets_and_passes_the_test_button(
    page: Page, site: Site, kind: str, message: str
) -> None:
    store = kind == STORE
    own_id = site.shop.store_connection if store else site.shop.warehouse_connection
    wire = json.loads(site.shop.connections()[f"AIRFLOW_CONN_{own_id.upper()}"])
    standard = {"API address": site.shop.store_url if store else site.shop.warehouse_url}
    if not store:
        standard |= {"Client ID": wire["login"], "Client secret": wire["password"]}
    name = "store_by_hand" if store else "warehouse_by_hand"
    fill(form_for(page, site, kind), name, standard, wire["extra"])

    row = page.get_by_role("row").filter(has_text=name)
    expect(row).to_contain_text(standard["API address"])
    with site.airflow.client() as client:
        kept: dict[str, Any] = client.call("GET", f"/connections/{name}")
    assert (kept["conn_type"], kept["port"]) == (wire["conn_type"], None)
    secret = {"private_key", "token"} if store else {"tpl_secret"}
    shown = json.loads(kept["extra"])
    assert {field: shown[field] for field in secret} == dict.fromkeys(secret, "***")
    assert not [value for field, value in wire["extra"].items() if field in secret and value in str(kept)]

    row.get_by_role("button", name="Test Connection").click()
    expect(page.get_by_text("Test Connection Successful")).to_be_visible()
    expect(page.get_by_text(message)).to_be_visible()


@pytest.mark.parametrize(
    ("shop", "kind", "standard", "message"),
    [
        (ShipBobShop, "ShipBob", {"Personal access token": "password"}, "Signed in at ShipBob"),
        (
            SellerShop,
            "Amazon Multi-Channel Fulfillment",
            {"Client ID": "login", "Client secret": "password"},
            "Signed in at Amazon",
        ),
    ],
    ids=["shipbob", "mcf"],
)
def test_a_connection_to_another_vendor_passes_the_test_button(
    page: Page, site: Site, shop: type[ApiShop[Any]], kind: str, standard: Mapping[str, str], message: str
) -> None:
    with shop("by_hand") as served:
        wire = json.loads(served.connections()[f"AIRFLOW_CONN_{served.warehouse_connection.upper()}"])
        fields = {label: wire[name] for label, name in standard.items()}
        name = f"{served.connector}_by_hand"
        form = form_for(page, site, kind)
        fill(form, name, {"API address": served.warehouse_url, **fields}, wire.get("extra", {}))
        row = page.get_by_role("row").filter(has_text=name)
        expect(row).to_contain_text(served.warehouse_url)
        row.get_by_role("button", name="Test Connection").click()
        expect(page.get_by_text("Test Connection Successful")).to_be_visible()
        expect(page.get_by_text(message)).to_be_visible()

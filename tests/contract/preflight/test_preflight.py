"""Preflight finds every mistake in store, warehouse and settings and nothing else; a clean store has none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cartage.errors import RemoteUnavailable
from cartage.lanes.sources.places import FILE_VARIABLE
from cartage.mappings.changes import MappingChange
from cartage.mappings.repo import save_mapping_rules
from cartage.mappings.rules import MethodRule
from cartage.model.orders import ShipMethod
from cartage.preflight import SECTION_NAMES, run_section
from cartage.preflight.findings import CheckResult, FindingKind, PreflightFinding, Section
from cartage.preflight.world import PreflightWorld
from cartage_sandbox.extensiv import DEFAULT_CREDENTIAL
from cartage_sandbox.generate import UNMAPPED_METHOD
from cartage_sandbox.threedcart import READ_ONLY_TOKEN, TOKEN
from tests.contract.conftest import MakeWorld
from tests.contract.world import World, lane_settings, store_time

# What the sandbox's generated store has beside the lane's rules: carriers as `lane_settings` maps them are offered.
_OPTION = {"AdvancedOptionCode": "900", "AdvancedOptionName": "Green"}
Found = set[tuple[str, FindingKind, str]]


@pytest.fixture
def lanes_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lanes file with the lane demo."""
    file = tmp_path / "lanes.yaml"
    file.write_text(
        "lanes:\n  demo:\n"
        "    store: {connection: threedcart_demo, time_zone: America/New_York, go_live: 2026-01-01}\n"
        "    warehouse:\n      {connector: extensiv, connection: extensiv_demo,"
        " settings: {customer_id: 12, facility_id: 1, facility_time_zone: America/New_York}}\n"
    )
    monkeypatch.setenv(FILE_VARIABLE, str(file))
    return file


@pytest.fixture
def clean(make_world: MakeWorld, lanes_file: Path) -> World:
    """A store with orders and products and without mistakes."""
    return filled(make_world())


def filled(world: World) -> World:
    now = datetime.now(UTC)
    mix = {"single": 0.5, "options": 0.2, "bundle": 0.2, "multi_ship_to": 0.1}
    world.shop.fill(60, start=now - timedelta(days=5), end=now, mix=mix)
    return world


@contextmanager
def opened(world: World) -> Iterator[PreflightWorld]:
    context = world.context("preflight")
    try:
        yield PreflightWorld(context)
    finally:
        context.close()


def sections(world: World, *names: str) -> dict[str, Section]:
    with opened(world) as preflight_world:
        return {name: run_section(name, preflight_world) for name in names or SECTION_NAMES}


def found(world: World, *names: str) -> Found:
    """Return the findings that are not ok: section, kind and thing."""
    return {
        (name, finding.kind, finding.subject)
        for name, section in sections(world, *names).items()
        for finding in section.wrong
        if finding.kind
    }


def only(world: World, name: str) -> PreflightFinding:
    (finding,) = sections(world, name)[name].wrong
    return finding


def sell(world: World, *products: dict[str, Any]) -> list[int]:
    """Put products into the store; each is given by its SKUInfo and further fields."""
    with world.shop.store.state.lock:
        return world.shop.store.state.stock(list(products))


def product(sku: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"SKUInfo": {"SKU": sku, "Name": name}, **fields}


def test_a_clean_store_has_no_mistake(clean: World) -> None:
    checked = sections(clean)
    assert {name: section.mistakes for name, section in checked.items()} == dict.fromkeys(SECTION_NAMES, 0)
    # Only that a write would be accepted cannot be proved by reading.
    assert found(clean) == {("api_access", FindingKind.WRITE_UNPROVEN, "write orders")}
    assert all(section.findings for section in checked.values())


def test_a_write_that_the_store_accepted_proves_the_permission(clean: World) -> None:
    clean.place("single")
    clean.go(
        "import_orders", "validate_mappings", "settle_outcomes", "transfer_to_warehouse", "mark_processing"
    )
    assert found(clean) == set()


def test_a_service_that_is_mapped_by_its_name_is_shown_with_the_code_that_is_sent(
    make_world: MakeWorld, lanes_file: Path
) -> None:
    by_name = {"store": "Ground", "carrier": "UPS", "service": "Ground"}
    by_code = {"store": "Air", "carrier": "UPS", "service": "01"}
    world = make_world(ship_methods=[by_name, by_code])
    findings = sections(world, "warehouse_access")["warehouse_access"].findings
    sent = {finding.subject: finding.what for finding in findings if "sent as" in finding.what}
    assert sent == {"UPS Ground": "It is sent as the warehouse's code 03."}
    assert found(world, "warehouse_access") == set()


def test_a_name_of_several_services_at_the_warehouse_asks_for_the_code(
    make_world: MakeWorld, lanes_file: Path
) -> None:
    world = make_world(ship_methods=[{"store": "Ground", "carrier": "UPS", "service": "GROUND"}])
    services = [{"code": code, "description": name} for code, name in (("03", "Ground"), ("G2", "ground"))]
    world.shop.warehouse.state.catalogue.put_carriers([{"name": "UPS", "services": services}])
    finding = only(world, "warehouse_access")
    assert (finding.kind, finding.subject) == (FindingKind.UNKNOWN_SERVICE, "UPS GROUND")
    assert "03, G2" in finding.what


def test_mistakes_of_every_kind_are_found_and_nothing_else(make_world: MakeWorld, lanes_file: Path) -> None:
    methods = [{"store": name, "carrier": "UPS", "service": "Ground"} for name in ("UPS Ground",)]
    methods += [
        {"store": "Boat", "carrier": "Hudson Ferries"},
        {"store": "Rush", "carrier": "UPS", "service": "Moon"},
    ]
    world = make_world(
        store={"time_zone": "America/Los_Angeles", "partial_status": 19, "import_status": 15},
        warehouse={"facility_id": 7},
        ship_methods=methods,
    )
    world.shop.store.state.statuses.remove(19)
    _make_product_mistakes(world)
    _make_order_mistakes(world)
    world.shop.store.credentials.grant(TOKEN, {"*": "read", "storesettings": "read"})
    _orphan_a_lane(world)
    assert found(world) == _EXPECTED


def _make_product_mistakes(world: World) -> None:
    good = {"InventoryControl": -1}
    sell(
        world,
        product("GOOD-1", "Good", **good),
        product("", "Nameless", **good),
        product("GONE-1", "Unknown", **good),
        product("HID-1", "Hidden", Hide=True, **good),
        product("OFF-1", "Switched off", **good),
        product("case-1", "Case", **good),
        product(" BLANK-1", "Blank", **good),
        product("SAME-1", "First of two", **good),
        product("SAME-1", "Second of two", **good),
        product("PAIR-1", "Pair", **good),
        product(
            "BASE-1",
            "Optioned",
            AdvancedOptionList=[_OPTION, _OPTION | {"AdvancedOptionSufix": "OPT-1"}],
            **good,
        ),
        product("ZERO-1", "No rule", InventoryControl=0),
        product("FREE-1", "Free choice", OptionSetList=[_choices("", "")], **good),
        product("PART", "Parts", OptionSetList=[_choices("-A", "-B")], **good),
    )
    world.stock(
        "GOOD-1", "CASE-1", "BLANK-1", "SAME-1", "PAIR-1", "PAIR-1 ", "BASE-1", "OPT-1", "ZERO-1", "FREE-1"
    )
    world.stock("PART-A", "SPARE-1")
    world.stock("OFF-1", active=False)


def _choices(*part_numbers: str) -> dict[str, Any]:
    options = [{"OptionID": 950 + place, "OptionPartNumber": each} for place, each in enumerate(part_numbers)]
    return {"OptionSetID": 30, "OptionSetName": "Finish", "OptionList": options}


def _make_order_mistakes(world: World) -> None:
    """Place orders with New York times that the lane reads as Los Angeles times: three hours in the future."""
    now = datetime.now(UTC)
    for method, count in (("UPS Ground", 2), (UNMAPPED_METHOD, 3), ("", 1)):
        for _ in range(count):
            order_id = world.place_at(now - timedelta(minutes=1))
            world.amend(order_id, shipment={"ShipmentMethodName": method}, line={"ItemID": "GOOD-1"})


def _orphan_a_lane(world: World) -> None:
    other = world.lane_on_store(name="gone", store={"time_zone": "America/New_York"})
    world.shop.store.credentials.grant(TOKEN, {"*": "write"})
    other.go("import_orders")
    world.shop.store.credentials.grant(TOKEN, {"*": "read"})


_EXPECTED: Found = {
    ("api_access", FindingKind.WRITE_REFUSED, "write orders"),
    ("store_clock", FindingKind.TIME_ZONE, "time zone"),
    ("store_clock", FindingKind.ORDERS_FROM_THE_FUTURE, "orders' times"),
    ("order_statuses", FindingKind.STATUS_HIDDEN, "import_status"),
    ("order_statuses", FindingKind.STATUS_MISSING, "partial_status"),
    ("product_skus", FindingKind.NO_SKU, "Nameless (CatalogID 2)"),
    ("product_skus", FindingKind.UNKNOWN_TO_WAREHOUSE, "GONE-1"),
    ("product_skus", FindingKind.UNKNOWN_TO_WAREHOUSE, "HID-1"),
    ("product_skus", FindingKind.UNKNOWN_TO_WAREHOUSE, "PART-B"),
    ("product_skus", FindingKind.INACTIVE_ITEM, "OFF-1"),
    ("product_skus", FindingKind.LETTER_CASE, "case-1"),
    ("product_skus", FindingKind.BLANKS, "BLANK-1"),
    ("product_skus", FindingKind.BLANKS, "PAIR-1"),
    ("product_skus", FindingKind.DUPLICATE_IN_STORE, "SAME-1"),
    ("product_skus", FindingKind.DUPLICATE_AT_WAREHOUSE, "PAIR-1"),
    ("product_skus", FindingKind.UNKNOWN_TO_STORE, "SPARE-1"),
    ("product_skus", FindingKind.UNKNOWN_TO_STORE, "SAMPLE-1"),
    ("inventory_tracking", FindingKind.OPTION_WITHOUT_SKU, "Optioned (CatalogID 11), Green"),
    ("inventory_tracking", FindingKind.STOCK_BEHAVIOUR_UNSET, "No rule (CatalogID 12)"),
    ("inventory_tracking", FindingKind.CHOICES_WITHOUT_SKUS, "Free choice (CatalogID 13)"),
    ("ship_methods", FindingKind.UNMAPPED_SHIP_METHOD, UNMAPPED_METHOD),
    ("ship_methods", FindingKind.UNMAPPED_SHIP_METHOD, "(empty)"),
    ("warehouse_access", FindingKind.WAREHOUSE_SETTING, "facility 7"),
    ("warehouse_access", FindingKind.UNKNOWN_CARRIER, "Hudson Ferries"),
    ("warehouse_access", FindingKind.UNKNOWN_SERVICE, "UPS Moon"),
    ("lanes", FindingKind.ORPHANED_LANE, "gone"),
}


class TestApiAccess:
    def test_wrong_credentials_are_one_mistake_and_other_sections_are_not_checked(self, clean: World) -> None:
        clean.shop.store.credentials.revoke(TOKEN)
        checked = sections(clean)
        assert checked["api_access"].mistakes == 1
        assert checked["api_access"].wrong[0].kind is FindingKind.CREDENTIALS
        assert "Token" in checked["api_access"].wrong[0].fix
        unchecked = {
            name
            for name, section in checked.items()
            if any(finding.kind is FindingKind.NOT_CHECKED for finding in section.wrong)
        }
        assert unchecked == set(SECTION_NAMES) - {"api_access", "warehouse_access", "lanes"}
        assert all(checked[name].mistakes == 0 for name in unchecked)

    def test_a_missing_connection_is_a_finding(self, clean: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AIRFLOW_CONN_THREEDCART_DEMO")
        assert only(clean, "api_access").result is CheckResult.MISTAKE

    def test_each_service_that_cannot_be_read_is_a_finding(self, clean: World) -> None:
        clean.shop.store.credentials.grant(TOKEN, {"*": "write", "products": "none"})
        assert ("api_access", FindingKind.READ_REFUSED, "read products") in found(clean, "api_access")

    def test_a_token_that_can_only_read_is_found_without_writing_anything(self, clean: World) -> None:
        clean.shop.store.credentials.grant(TOKEN, dict(clean.shop.store.credentials.tokens[READ_ONLY_TOKEN]))
        before = clean.shop.store.overview(["OrderID", "LastUpdate", "OrderStatusID"])
        finding = only(clean, "api_access")
        assert (finding.kind, finding.result) == (FindingKind.WRITE_REFUSED, CheckResult.MISTAKE)
        assert clean.shop.store.overview(["OrderID", "LastUpdate", "OrderStatusID"]) == before
        assert [call["detail"] for call in clean.calls(method="PUT")] == [[]]

    def test_if_the_store_checks_rights_last_the_write_stays_unproven(
        self, make_world: MakeWorld, lanes_file: Path
    ) -> None:
        world = make_world(store_rules={"scope_checked": "after_content"})
        world.shop.store.credentials.grant(TOKEN, {"*": "read"})
        assert (only(world, "api_access").kind, only(world, "api_access").result) == (
            FindingKind.WRITE_UNPROVEN,
            CheckResult.UNKNOWN,
        )

    def test_the_write_check_can_be_switched_off(self, make_world: MakeWorld, lanes_file: Path) -> None:
        world = make_world(preflight={"write_check": False})
        assert only(world, "api_access").kind is FindingKind.WRITE_UNPROVEN
        assert world.calls(method="PUT") == []


class TestStoreClock:
    def test_a_wrong_clock_is_a_warning(self, clean: World) -> None:
        clean.shop.clock.advance(600)
        finding = only(clean, "store_clock")
        assert (finding.kind, finding.result) == (FindingKind.CLOCKS_DIFFER, CheckResult.WARNING)
        assert "10 minutes behind" in finding.what

    def test_a_zone_without_daylight_saving_fits_the_zone_that_has_it(
        self, make_world: MakeWorld, lanes_file: Path
    ) -> None:
        assert found(make_world(store_rules={"store_time_zone": "-5"}), "store_clock") == set()

    def test_an_order_one_hour_in_the_future_is_found(self, clean: World) -> None:
        clean.shop.store.place([{"OrderDate": store_time(datetime.now(UTC) + timedelta(hours=1))}])
        assert only(clean, "store_clock").kind is FindingKind.ORDERS_FROM_THE_FUTURE


class TestOrderStatuses:
    def test_a_label_that_the_store_does_not_have_is_a_mistake(
        self, make_world: MakeWorld, lanes_file: Path
    ) -> None:
        world = make_world(store={"import_status": "Ready for Warehouse"})
        assert found(world, "order_statuses") == set()
        world.shop.store.state.statuses.relabel(8, "Send off")
        finding = only(world, "order_statuses")
        assert (finding.kind, finding.result) == (FindingKind.STATUS_SETTING, CheckResult.MISTAKE)
        assert "Ready for Warehouse" in finding.what and "Send off" in finding.fix

    def test_an_unknown_label_in_the_open_statuses_is_a_mistake(
        self, make_world: MakeWorld, lanes_file: Path
    ) -> None:
        finding = only(make_world(inventory={"open_statuses": [6, "Layaway"]}), "order_statuses")
        assert (finding.kind, finding.result) == (FindingKind.STATUS_SETTING, CheckResult.MISTAKE)
        assert "inventory.open_statuses" in finding.subject and "Layaway" in finding.what


class TestProductSkus:
    def test_what_the_lane_excludes_is_left_out(self, make_world: MakeWorld, lanes_file: Path) -> None:
        world = make_world(store={"exclude": {"skus": ["gift-*"], "weightless": True}})
        sell(world, product("GIFT-10", "Card", Weight=1.0), product("DIGITAL", "File", Weight=0.0))
        assert found(world, "product_skus") == set()

    def test_a_bundles_parent_is_compared_only_if_the_lane_ships_it(
        self, make_world: MakeWorld, lanes_file: Path
    ) -> None:
        world = filled(make_world(store={"bundles": "parent"}))
        subjects = {
            subject
            for _, kind, subject in found(world, "product_skus")
            if kind is FindingKind.UNKNOWN_TO_WAREHOUSE
        }
        assert subjects and all(subject.startswith("KIT-") for subject in subjects)

    def test_products_are_read_once_for_all_sections(self, clean: World) -> None:
        before = len(clean.calls(path="/Products?"))
        sections(clean, "product_skus", "inventory_tracking")
        assert len(clean.calls(path="/Products?")) - before == 1


class TestShipMethods:
    def test_an_unmapped_method_has_its_number_of_orders_and_a_suggestion(self, clean: World) -> None:
        methods = [rule for rule in clean.settings["ship_methods"] if rule["store"] != "UPS Ground"]
        clean.settings = lane_settings(ship_methods=methods)
        orders = clean.shop.store.overview(["OrderID"])
        used = sum(
            clean.shop.store.order(order["OrderID"])["ShipmentList"][0]["ShipmentMethodName"] == "UPS Ground"
            for order in orders
        )
        finding = only(clean, "ship_methods")
        assert (finding.subject, finding.orders, finding.suggestion) == ("UPS Ground", used, "UPS Ground")

    def test_rules_in_the_ledger_count_like_those_in_the_lanes_file(
        self, make_world: MakeWorld, lanes_file: Path
    ) -> None:
        world = make_world(mappings="ledger", ship_methods=[])
        [order_id] = world.place("single")
        world.amend(order_id, shipment={"ShipmentMethodName": "Owl Post"})
        assert found(world, "ship_methods") == {
            ("ship_methods", FindingKind.UNMAPPED_SHIP_METHOD, "Owl Post")
        }
        rules = (MethodRule("owl post", ShipMethod("Owls", "Night")),)
        with world.ledger.begin() as connection:
            save_mapping_rules(connection, "demo", MappingChange(rules), author="ann")
        assert found(world, "ship_methods") == set()
        assert ("warehouse_access", FindingKind.UNKNOWN_CARRIER, "Owls") in found(world, "warehouse_access")

    def test_carts_and_old_orders_do_not_count(self, make_world: MakeWorld, lanes_file: Path) -> None:
        world = make_world(preflight={"days": 3})
        world.place_at(datetime.now(UTC), OrderStatusID=7, ShipmentList=[{"ShipmentMethodName": "Cart"}])
        world.place_at(datetime.now(UTC) - timedelta(days=4), ShipmentList=[{"ShipmentMethodName": "Old"}])
        assert found(world, "ship_methods") == set()


class TestWarehouseAccess:
    def test_an_unknown_customer_is_a_mistake(self, make_world: MakeWorld, lanes_file: Path) -> None:
        world = make_world(warehouse={"customer_id": 99})
        assert found(world, "warehouse_access") == {
            ("warehouse_access", FindingKind.WAREHOUSE_SETTING, "customer 99")
        }

    def test_a_refused_sign_in_is_a_mistake(self, clean: World, monkeypatch: pytest.MonkeyPatch) -> None:
        import json

        value = json.loads(clean.shop.connections()["AIRFLOW_CONN_EXTENSIV_DEMO"])
        monkeypatch.setenv("AIRFLOW_CONN_EXTENSIV_DEMO", json.dumps(value | {"password": "the-wrong-secret"}))
        assert found(clean, "warehouse_access") == {
            ("warehouse_access", FindingKind.WAREHOUSE_SETTING, "sign-in")
        }

    def test_a_facility_that_cannot_be_listed_is_unknown_and_no_mistake(self, clean: World) -> None:
        roles = DEFAULT_CREDENTIAL.roles - {"FacilityView"}
        clean.shop.warehouse.tokens.set_roles(DEFAULT_CREDENTIAL.client_id, roles)
        finding = only(clean, "warehouse_access")
        assert (finding.kind, finding.result, finding.subject) == (
            FindingKind.NOT_CHECKED,
            CheckResult.UNKNOWN,
            "facility 1",
        )


def test_a_failure_of_the_system_is_an_error_and_no_finding(clean: World) -> None:
    clean.store_fault("GET .*/Products", "status", status=500, times=50)
    with pytest.raises(RemoteUnavailable):
        sections(clean, "product_skus")

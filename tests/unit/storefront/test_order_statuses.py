"""Labels in the settings: each resolves to one visible status of the store, or to an error that says how to fix it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cartage.errors import SettingsError
from cartage.lanes.settings.lane import Lane
from cartage.model.statuses import StatusMap
from cartage.storefront.catalogue import OrderStatus
from cartage.storefront.order_statuses import find_status, needs_table, resolve_statuses

TABLE = (
    OrderStatus(1, "New", "New", True),
    OrderStatus(2, "Processing", "In Process", True),
    OrderStatus(3, "Partial", "Partial", True),
    OrderStatus(4, "Shipped", "Shipped", True),
    OrderStatus(7, "Not Completed", "Carts", True),
    OrderStatus(8, "Custom 1", "Ready for Warehouse", True),
    OrderStatus(9, "Custom 2", "At the depot", True),
    OrderStatus(15, "Custom 4", "Ready later", False),
)


def lane(name: str = "demo", **store: Any) -> Lane:
    wanted = {"connection": "store", "time_zone": "America/New_York", "go_live": date(2020, 1, 1), **store}
    settings = {"customer_id": 1, "facility_id": 1}
    warehouse = {"connector": "extensiv", "connection": "wh", "settings": settings}
    return Lane.model_validate({"name": name, "store": wanted, "warehouse": warehouse})


def mistakes(*lanes: Lane, table: tuple[OrderStatus, ...] = TABLE) -> str:
    with pytest.raises(SettingsError) as raised:
        resolve_statuses(lanes[0], table, lanes[1:])
    return str(raised.value)


def test_ids_need_no_lookup() -> None:
    plain = lane(import_status=8, shipped_status=9)
    assert not needs_table(plain, [lane("other")])
    assert resolve_statuses(plain) == StatusMap(8, 2, 3, 9)


def test_a_label_in_any_of_the_four_settings_or_in_another_lane_on_the_store_needs_a_lookup() -> None:
    names = ("import_status", "processing_status", "partial_status", "shipped_status")
    assert all(needs_table(lane(**{name: "At the depot"})) for name in names)
    assert needs_table(lane(), [lane("other", import_status="At the depot")])


@pytest.mark.parametrize(
    "label", ["Ready for Warehouse", "ready for warehouse", "  READY  FOR warehouse "], ids=repr
)
def test_a_label_is_compared_exactly_then_without_letter_case_and_extra_blanks(label: str) -> None:
    found = resolve_statuses(lane(import_status=label, processing_status="in process"), TABLE)
    assert found == StatusMap(8)
    assert found.name(8) == "Ready for Warehouse"


def test_an_exact_label_wins_over_a_different_letter_case() -> None:
    table = (OrderStatus(8, "Custom 1", "READY", True), OrderStatus(9, "Custom 2", "Ready", True))
    assert (find_status("Ready", table), find_status("READY", table)) == (9, 8)


def test_a_visible_status_wins_over_a_hidden_one_of_the_same_label() -> None:
    table = (OrderStatus(8, "Custom 1", "Ready", False), OrderStatus(9, "Custom 2", "Ready", True))
    assert find_status("Ready", table) == 9


def test_an_unknown_label_is_reported_with_the_labels_that_exist() -> None:
    said = mistakes(lane(import_status="Ready to go"))
    assert "lanes.demo.store.import_status" in said
    assert "no order status labelled 'Ready to go'" in said
    assert '8 "Ready for Warehouse"' in said
    assert "Ready later" not in said


def test_a_hidden_status_is_reported_with_the_place_to_make_it_visible() -> None:
    said = mistakes(lane(import_status="Ready later"))
    assert "(id 15) is hidden" in said
    assert "Make it visible in 3dcart" in said


def test_a_label_on_two_statuses_is_an_error_and_not_a_guess() -> None:
    table = (*TABLE, OrderStatus(10, "Custom 3", "At the Depot", True))
    assert find_status("At the depot", table) == 9
    assert "on 9 and 10. Rename one" in mistakes(lane(import_status="at the depot"), table=table)


@pytest.mark.parametrize(("label", "name"), [("Carts", "Not Completed"), ("In Process", "Processing")])
def test_a_label_of_a_status_that_is_never_ready_is_refused_for_import(label: str, name: str) -> None:
    said = mistakes(lane(import_status=label, processing_status=9))
    assert name in said
    assert "not ready to ship" in said


def test_two_settings_that_resolve_to_one_status_are_named() -> None:
    said = mistakes(lane(processing_status="At the depot", shipped_status=9))
    assert "lanes.demo.store.shipped_status: is status 9, and so is processing_status" in said


def test_every_mistake_is_named_at_once() -> None:
    said = mistakes(lane(import_status="Ready later", partial_status="Half", shipped_status="Gone"))
    assert "3 mistakes" in said


def test_two_lanes_on_a_store_with_the_same_import_status_are_both_named() -> None:
    by_label, by_id = lane("west", import_status="ready for warehouse"), lane("east", import_status=8)
    assert "lanes.west.store.import_status" in mistakes(by_label, by_id)
    assert "lane 'east' imports too" in mistakes(by_label, by_id)
    assert "lane 'west' imports too" in mistakes(by_id, by_label)


def test_a_wrong_label_in_another_lane_is_not_reported_here() -> None:
    assert resolve_statuses(lane(), TABLE, [lane("east", import_status="gone")]) == StatusMap(1)

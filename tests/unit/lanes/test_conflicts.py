from __future__ import annotations

from collections.abc import Callable

import pytest

from cartage.lanes import LaneFile

LaneText = Callable[..., str]
Load = Callable[[str], LaneFile]


def test_two_lanes_on_one_store_and_status_are_both_refused(load: Load, lane_text: LaneText) -> None:
    found = load("lanes:\n" + lane_text("a") + lane_text("b") + lane_text("c", connection="other"))
    assert list(found.lanes) == ["c"]
    assert [(mistake.lane, mistake.path) for mistake in found.mistakes] == [
        ("a", "lanes.a.store.import_status"),
        ("b", "lanes.b.store.import_status"),
    ]
    assert "with lane 'b'" in found.mistakes[0].message
    assert "with lane 'a'" in found.mistakes[1].message


def test_two_lanes_on_one_store_with_a_status_each_are_fine(load: Load, lane_text: LaneText) -> None:
    assert load("lanes:\n" + lane_text("a") + lane_text("b", status=8)).mistakes == []


def test_a_broken_lane_takes_no_other_down_with_it(load: Load, lane_text: LaneText) -> None:
    found = load("lanes:\n" + lane_text("a") + lane_text("b", more="bogus: 1"))
    assert list(found.lanes) == ["a"]
    assert {mistake.lane for mistake in found.mistakes} == {"b"}


@pytest.mark.parametrize("more", ["limits: {burst: 20}", "limits: {calls_per_second: 1}"])
def test_lanes_on_one_store_agree_on_its_call_limits(load: Load, lane_text: LaneText, more: str) -> None:
    found = load("lanes:\n" + lane_text("a") + lane_text("b", status=8, more=more))
    assert found.lanes == {}
    assert all("must say the same" in mistake.fix for mistake in found.mistakes)


def test_lanes_on_one_store_agree_on_its_time_zone(load: Load, lane_text: LaneText) -> None:
    found = load("lanes:\n" + lane_text("a") + lane_text("b", status=8, time_zone="America/Chicago"))
    assert [mistake.path for mistake in found.mistakes] == [
        "lanes.a.store.time_zone",
        "lanes.b.store.time_zone",
    ]


def test_of_lanes_on_one_store_one_pushes_its_stock(load: Load, lane_text: LaneText) -> None:
    both = lane_text("a", more="inventory: {}") + lane_text("b", status=8, more="inventory: {}")
    found = load("lanes:\n" + both)
    assert [mistake.path for mistake in found.mistakes] == ["lanes.a.inventory", "lanes.b.inventory"]
    assert "overwrite each other's figures" in found.mistakes[0].fix
    found = load("lanes:\n" + lane_text("a", more="inventory: {}") + lane_text("b", status=8))
    assert set(found.lanes) == {"a", "b"}


@pytest.mark.parametrize(
    "setting",
    ["open_statuses: [20]", "breaker: {zero_share: 1.5}", "buffers: [{skus: '', units: 1}]", "max_age: 0s"],
)
def test_a_wrong_setting_of_stock_is_a_mistake(load: Load, lane_text: LaneText, setting: str) -> None:
    (mistake,) = load("lanes:\n" + lane_text(more=f"inventory: {{{setting}}}")).mistakes
    assert mistake.path.startswith("lanes.demo.inventory.")


def test_a_ship_method_with_two_rules_names_both_lines(load: Load, lane_text: LaneText) -> None:
    more = (
        "ship_methods:\n"
        "  - {store: UPS Ground, carrier: UPS}\n"
        "  - {store: ups ground, carrier: UPS}\n"
        "  - {store: UPS Ground, carrier: FedEx}\n"
    )
    (mistake,) = load("lanes:\n" + lane_text(more=more)).mistakes
    assert mistake.path == "lanes.demo.ship_methods[3].store"
    assert "in lines 13 and 15" in mistake.message


def test_a_claim_that_ends_before_a_request_can_is_refused(load: Load, lane_text: LaneText) -> None:
    more = "limits: {lease: 1m, connect_timeout: 10s, read_timeout: 50s}"
    (mistake,) = load("lanes:\n" + lane_text(more=more)).mistakes
    assert mistake.path == "lanes.demo.limits"
    assert "together 1m" in mistake.message


@pytest.mark.parametrize("status", [2, 3, 4, 5, 7])
def test_a_status_of_orders_already_dealt_with_cannot_be_imported(
    load: Load, lane_text: LaneText, status: int
) -> None:
    (mistake,) = load("lanes:\n" + lane_text(status=status)).mistakes
    assert "not ready to ship" in mistake.message


def test_a_sku_with_two_rules_is_refused_whatever_its_letter_case(load: Load, lane_text: LaneText) -> None:
    more = "skus: [{store: MUG-6, sku: MUG, quantity: 6}, {store: ' mug-6', sku: CUP}]"
    [mistake] = load("lanes:\n" + lane_text("a", more=more)).mistakes
    assert mistake.path == "lanes.a.skus[2].store"
    assert "the SKU 'mug-6' has two rules" in mistake.message


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ("{store: SET}", "names no item"),
        ("{store: SET, sku: MUG, kit: [{sku: MUG}]}", "names no item of the warehouse, or two ways"),
        ("{store: SET, kit: [{sku: MUG}], quantity: 2}", "quantity beside its kit"),
    ],
)
def test_a_sku_rule_names_its_items_in_one_way(load: Load, lane_text: LaneText, rule: str, what: str) -> None:
    [mistake] = load("lanes:\n" + lane_text("a", more=f"skus: [{rule}]")).mistakes
    assert what in mistake.message


def test_rules_in_the_file_of_a_lane_that_keeps_them_in_the_ledger_are_a_mistake(
    load: Load, lane_text: LaneText
) -> None:
    more = "mappings: ledger\nskus: [{store: MUG-6, sku: MUG, quantity: 6}]"
    [mistake] = load("lanes:\n" + lane_text("a", more=more)).mistakes
    assert "kept in the ledger" in mistake.message

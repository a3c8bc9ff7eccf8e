from __future__ import annotations

from collections.abc import Callable

import pytest

from cartage.lanes import LaneFile

LaneText = Callable[..., str]
Load = Callable[[str], LaneFile]


def test_two_lanes_on_the_same_store_and_import_status_are_both_invalid(
    load: Load, lane_text: LaneText
) -> None:
    found = load("lanes:\n" + lane_text("a") + lane_text("b") + lane_text("c", connection="other"))
    assert list(found.lanes) == ["c"]
    assert [(mistake.lane, mistake.path) for mistake in found.mistakes] == [
        ("a", "lanes.a.store.import_status"),
        ("b", "lanes.b.store.import_status"),
    ]
    assert "with lane 'b'" in found.mistakes[0].message
    assert "with lane 'a'" in found.mistakes[1].message


def test_two_lanes_on_the_same_store_with_different_import_statuses_are_valid(
    load: Load, lane_text: LaneText
) -> None:
    assert load("lanes:\n" + lane_text("a") + lane_text("b", status=8)).mistakes == []


def test_an_invalid_lane_is_in_conflict_with_no_other(load: Load, lane_text: LaneText) -> None:
    found = load("lanes:\n" + lane_text("a") + lane_text("b", more="bogus: 1"))
    assert list(found.lanes) == ["a"]
    assert {mistake.lane for mistake in found.mistakes} == {"b"}


@pytest.mark.parametrize("more", ["limits: {burst: 20}", "limits: {calls_per_second: 1}"])
def test_lanes_on_the_same_store_must_have_the_same_call_limits(
    load: Load, lane_text: LaneText, more: str
) -> None:
    found = load("lanes:\n" + lane_text("a") + lane_text("b", status=8, more=more))
    assert found.lanes == {}
    assert all("must have the same value" in mistake.fix for mistake in found.mistakes)


def test_lanes_on_the_same_store_must_have_the_same_time_zone(load: Load, lane_text: LaneText) -> None:
    found = load("lanes:\n" + lane_text("a") + lane_text("b", status=8, time_zone="America/Chicago"))
    assert [mistake.path for mistake in found.mistakes] == [
        "lanes.a.store.time_zone",
        "lanes.b.store.time_zone",
    ]


def test_only_one_lane_may_push_stock_to_a_store(load: Load, lane_text: LaneText) -> None:
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
def test_an_invalid_inventory_setting_is_a_mistake(load: Load, lane_text: LaneText, setting: str) -> None:
    (mistake,) = load("lanes:\n" + lane_text(more=f"inventory: {{{setting}}}")).mistakes
    assert mistake.path.startswith("lanes.demo.inventory.")


def test_a_ship_method_with_two_rules_is_a_mistake_that_names_both_lines(
    load: Load, lane_text: LaneText
) -> None:
    more = (
        "ship_methods:\n"
        "  - {store: UPS Ground, carrier: UPS}\n"
        "  - {store: ups ground, carrier: UPS}\n"
        "  - {store: UPS Ground, carrier: FedEx}\n"
    )
    (mistake,) = load("lanes:\n" + lane_text(more=more)).mistakes
    assert mistake.path == "lanes.demo.ship_methods[3].store"
    assert "in lines 13 and 15" in mistake.message


def test_a_lease_that_is_shorter_than_a_request_is_a_mistake(load: Load, lane_text: LaneText) -> None:
    more = "limits: {lease: 1m, connect_timeout: 10s, read_timeout: 50s}"
    (mistake,) = load("lanes:\n" + lane_text(more=more)).mistakes
    assert mistake.path == "lanes.demo.limits"
    assert "together 1m" in mistake.message


@pytest.mark.parametrize("status", [2, 3, 4, 5, 7])
def test_a_status_of_orders_that_are_not_ready_cannot_be_the_import_status(
    load: Load, lane_text: LaneText, status: int
) -> None:
    (mistake,) = load("lanes:\n" + lane_text(status=status)).mistakes
    assert "not ready to ship" in mistake.message


def test_a_sku_with_two_rules_is_a_mistake_in_any_letter_case(load: Load, lane_text: LaneText) -> None:
    more = "skus: [{store: MUG-6, sku: MUG, quantity: 6}, {store: ' mug-6', sku: CUP}]"
    [mistake] = load("lanes:\n" + lane_text("a", more=more)).mistakes
    assert mistake.path == "lanes.a.skus[2].store"
    assert "the SKU 'mug-6' has two rules" in mistake.message


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ("{store: SET}", "must have either sku or kit"),
        ("{store: SET, sku: MUG, kit: [{sku: MUG}]}", "must have either sku or kit"),
        ("{store: SET, kit: [{sku: MUG}], quantity: 2}", "has a kit and also a quantity"),
    ],
)
def test_a_sku_rule_has_either_a_sku_or_a_kit(load: Load, lane_text: LaneText, rule: str, what: str) -> None:
    [mistake] = load("lanes:\n" + lane_text("a", more=f"skus: [{rule}]")).mistakes
    assert what in mistake.message


def test_mapping_rules_in_the_file_are_a_mistake_if_the_lane_keeps_them_in_the_ledger(
    load: Load, lane_text: LaneText
) -> None:
    more = "mappings: ledger\nskus: [{store: MUG-6, sku: MUG, quantity: 6}]"
    [mistake] = load("lanes:\n" + lane_text("a", more=more)).mistakes
    assert "kept in the ledger" in mistake.message


_FILE_LANE = """\
  {name}:
    store: {{connection: store_{name}, time_zone: UTC, go_live: 2026-01-01, import_status: 1}}
    warehouse:
      connector: files
      connection: {connection}
      settings: {{format: csv, profile: {profile}, orders_to: /in, read_from: {folder}, archive_to: /archive}}
"""


def _file_lanes(**second: str) -> str:
    first = {"name": "one", "connection": "acme", "profile": "dsfx", "folder": "/out"}
    return "lanes:\n" + _FILE_LANE.format(**first) + _FILE_LANE.format(**{**first, "name": "two", **second})


def test_lanes_that_would_read_the_same_files_are_a_mistake_of_both(load: Load) -> None:
    found = load(_file_lanes())
    assert found.lanes == {}
    assert [(mistake.lane, mistake.path) for mistake in found.mistakes] == [
        ("one", "lanes.one.warehouse.settings.read_from"),
        ("two", "lanes.two.warehouse.settings.read_from"),
    ]
    assert "lane 'two' reads /out as well, and files can match 'shp_*.csv'" in found.mistakes[0].message


@pytest.mark.parametrize("second", [{"connection": "other"}, {"folder": "/out2"}, {"profile": "plain"}])
def test_lanes_whose_files_are_told_apart_are_no_conflict(load: Load, second: dict[str, str]) -> None:
    found = load(_file_lanes(**second))
    assert found.mistakes == []
    assert set(found.lanes) == {"one", "two"}

"""The plan of a post-back: forward only, Shipped with the last group, a person's status stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from sqlalchemy import Row

from cartage.lanes.settings.post_back import FurtherPackages
from cartage.model.statuses import PARTIAL, PROCESSING, SHIPPED, StatusMap
from cartage.postback.store_reads import StoreOrder
from cartage.postback.tracking_plan import TrackingPlan, plan_orders, wanted_status

NEW, CANCEL = 1, 5
PLAIN = StatusMap(NEW)


@dataclass(frozen=True)
class Order:
    """A row of claimed sales orders."""

    id: int = 1
    order_id: int = 31882
    put_back: bool = False
    posted_status: int | None = None
    own_statuses: tuple[int, ...] = ()


@dataclass(frozen=True)
class Group:
    """A row of live fulfillment orders with their packages."""

    id: int
    shipment_id: int
    state: str
    packages: list[dict[str, Any]] = field(default_factory=list)
    sales_order_id: int = 1
    ship_to: dict[str, Any] = field(default_factory=dict)
    unsettled: list[str] = field(default_factory=list)
    under_way: bool = False
    part: int = 0
    warehouse: str = ""


def package(number: int, tracking: str, *, posted: bool = False, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "tracking": tracking,
        "carrier": "UPS",
        "service": "Ground",
        "posted": posted,
        "intended": posted,
        "posted_in": "field" if posted else None,
        "former": [],
        "voided": False,
        "visible": True,
        "store_shipment_id": None,
        "shipped_at": "2026-07-01T12:00:00+00:00",
        "part": 0,
        "contents": None,
    } | more


def planned(
    groups: Sequence[Group],
    store: StoreOrder | None,
    statuses: StatusMap = PLAIN,
    order: Order = Order(),
    mode: FurtherPackages = FurtherPackages.FIELD,
) -> TrackingPlan:
    rows = cast(list[Row[Any]], [order])
    known = {31882: store} if store else {}
    [plan] = plan_orders(rows, cast(list[Row[Any]], groups), known, statuses, mode)
    return plan


def shipped(*packages: dict[str, Any], number: int = 5, shipment_id: int = 0) -> Group:
    return Group(number, shipment_id, "shipped", list(packages))


def test_one_group_gets_tracking_carrier_date_and_status_in_one_write() -> None:
    plan = planned([shipped(package(1, "1Z1"), package(2, "1Z2"))], StoreOrder(PROCESSING))
    [write] = plan.writes
    assert (write.shipment_id, write.tracking, write.package_ids) == (0, "1Z1, 1Z2", (1, 2))
    assert (write.carrier_method, write.status_id) == ("UPS - Ground", SHIPPED)
    assert write.shipped_at == datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert (plan.target, plan.person_status) == (SHIPPED, None)


def test_the_date_of_the_last_shipment_is_posted() -> None:
    later = package(2, "1Z2", shipped_at="2026-07-03T09:00:00+00:00")
    [write] = planned([shipped(package(1, "1Z1"), later)], StoreOrder(PROCESSING)).writes
    assert write.shipped_at == datetime(2026, 7, 3, 9, tzinfo=UTC)


def test_a_part_of_a_group_makes_it_partial() -> None:
    plan = planned([Group(5, 0, "partially_shipped", [package(1, "1Z1")])], StoreOrder(PROCESSING))
    assert (plan.target, plan.writes[0].status_id) == (PARTIAL, PARTIAL)


def test_with_several_groups_no_status_is_written_before_the_last() -> None:
    groups = [shipped(package(1, "1Z1"), number=5, shipment_id=1), Group(6, 2, "acknowledged")]
    plan = planned(groups, StoreOrder(PROCESSING))
    assert plan.target == PARTIAL
    assert [(write.shipment_id, write.status_id) for write in plan.writes] == [(1, None)]


def test_with_the_last_group_the_order_is_shipped() -> None:
    groups = [
        shipped(package(1, "1Z1", posted=True), number=5, shipment_id=1),
        shipped(package(2, "1Z2"), number=6, shipment_id=2),
    ]
    plan = planned(groups, StoreOrder(PARTIAL, {1: "1Z1"}))
    assert plan.target == SHIPPED
    assert [(write.shipment_id, write.status_id) for write in plan.writes] == [(2, SHIPPED)]


@pytest.mark.parametrize(
    "state", ["imported", "blocked", "held", "ready", "sending", "unknown", "conflict", "rejected"]
)
def test_a_group_of_which_nothing_shipped_keeps_the_order_partial(state: str) -> None:
    assert wanted_status(["shipped", state]) == PARTIAL


@pytest.mark.parametrize("status", [CANCEL, 6, 7, 9])
def test_a_person_s_status_stands_and_tracking_is_written_without_one(status: int) -> None:
    plan = planned([shipped(package(1, "1Z1"))], StoreOrder(status))
    assert (plan.target, plan.person_status) == (None, status)
    assert [write.status_id for write in plan.writes] == [None]


def test_an_order_that_left_the_store_gets_no_write() -> None:
    plan = planned([shipped(package(1, "1Z1"))], None)
    assert (plan.writes, plan.target, plan.person_status) == ((), None, 0)


def test_what_the_store_has_already_is_not_written_again() -> None:
    plan = planned([shipped(package(1, "1Z1"))], StoreOrder(PROCESSING, {0: "1Z1"}))
    assert [write.there_already for write in plan.writes] == [True]


@pytest.mark.parametrize(("shown", "waits"), [("", True), ("1Z1", False)])
def test_what_is_not_shown_and_may_be_under_way_is_not_written(shown: str, waits: bool) -> None:
    group = Group(1, 0, "shipped", [package(1, "1Z1")], under_way=True)
    plan = planned([group, Group(2, 1, "shipped", [package(2, "1Z2")])], StoreOrder(PROCESSING, {0: shown}))
    assert (plan.waits, [write.shipment_id for write in plan.writes]) == (waits, [] if waits else [0, 1])
    assert (plan.target is None) == waits


def test_an_order_that_is_shipped_in_the_store_already_counts_as_posted() -> None:
    plan = planned([shipped(package(1, "1Z1"))], StoreOrder(SHIPPED, {0: "1Z1"}))
    assert (plan.target, plan.person_status) == (SHIPPED, None)
    plan = planned([shipped(package(1, "1Z1"))], StoreOrder(SHIPPED))
    assert [write.status_id for write in plan.writes] == [None]


def test_a_shipped_order_is_never_set_back_to_partial() -> None:
    plan = planned([Group(5, 0, "partially_shipped", [package(1, "1Z1")])], StoreOrder(SHIPPED))
    assert (plan.target, plan.writes[0].status_id) == (None, None)


def test_posted_packages_alone_need_no_write() -> None:
    plan = planned([shipped(package(1, "1Z1", posted=True))], StoreOrder(SHIPPED, {0: "1Z1"}))
    assert plan.writes == ()


def test_a_further_package_is_written_beside_those_that_were_posted() -> None:
    [write] = planned(
        [shipped(package(1, "1Z1", posted=True), package(2, "1Z2"))], StoreOrder(PARTIAL, {0: "1Z1"})
    ).writes
    assert (write.tracking, write.package_ids) == ("1Z1, 1Z2", (1, 2))


@pytest.mark.parametrize("shown", ["1Z2", " "])
def test_a_void_that_was_removed_by_a_write_with_a_lost_response_is_not_removed_again(shown: str) -> None:
    voided = package(
        2, "1Z2", posted=True, voided=True, intended=True, posted_in="shipment", store_shipment_id=9
    )
    store = StoreOrder(SHIPPED, {0: "1Z1", 9: shown})
    [write] = planned(
        [shipped(package(1, "1Z1", posted=True), voided)], store, mode=FurtherPackages.SHIPMENTS
    ).further
    assert (write.withdraws, write.store_shipment_id) == (True, 9)
    assert (write.found is None) is (shown == "1Z2")


def test_a_shipment_without_package_is_posted_by_the_status_alone() -> None:
    [write] = planned([shipped(package(1, ""))], StoreOrder(PROCESSING)).writes
    assert (write.tracking, write.package_ids, write.there_already) == ("", (1,), True)


def test_numbers_are_posted_as_far_as_they_fit_into_the_field() -> None:
    packages = [package(number, f"1Z999AA1012345678{number}") for number in range(7)]
    [write] = planned([shipped(*packages)], StoreOrder(PROCESSING)).writes
    assert len(write.tracking) <= 100
    assert write.tracking.count("1Z") == 5


def test_once_the_field_is_full_there_is_nothing_more_to_write() -> None:
    packages = [package(number, f"1Z999AA1012345678{number}", posted=number < 5) for number in range(7)]
    there = ", ".join(package["tracking"] for package in packages[:5])
    assert planned([shipped(*packages)], StoreOrder(SHIPPED, {0: there})).writes == ()


def test_carrier_and_service_are_joined_where_both_are_known() -> None:
    [write] = planned([shipped(package(1, "1Z1", service=""))], StoreOrder(PROCESSING)).writes
    assert write.carrier_method == "UPS"


def test_a_custom_status_is_written_by_the_store_s_id_and_remembered_by_our_meaning() -> None:
    custom = StatusMap(8, 9, 10, 15)
    plan = planned([shipped(package(1, "1Z1"))], StoreOrder(9), custom)
    assert (plan.writes[0].status_id, plan.target, plan.person_status) == (15, SHIPPED, None)
    plan = planned([shipped(package(1, "1Z1"))], StoreOrder(SHIPPED), custom)
    assert (plan.writes[0].status_id, plan.target, plan.person_status) == (None, None, SHIPPED)


def test_an_order_that_a_person_put_back_is_given_its_tracking_and_no_status() -> None:
    plan = planned([shipped(package(1, "1Z1"))], StoreOrder(NEW, {0: ""}), order=Order(put_back=True))
    [write] = plan.writes
    assert (write.tracking, write.status_id, plan.target) == ("1Z1", None, None)


def test_an_order_that_was_put_back_and_moved_on_by_hand_goes_on() -> None:
    plan = planned([shipped(package(1, "1Z1"))], StoreOrder(PROCESSING, {0: ""}), order=Order(put_back=True))
    assert plan.target == SHIPPED


@pytest.mark.parametrize("mode", [FurtherPackages.SHIPMENTS, FurtherPackages.COMMENTS])
def test_two_cartons_under_one_label_need_nothing_beyond_the_field(mode: FurtherPackages) -> None:
    plan = planned([shipped(package(1, "1Z99"), package(2, "1z 99"))], StoreOrder(PROCESSING), mode=mode)
    assert [(write.tracking, write.package_ids) for write in plan.writes] == [("1Z99", (1, 2))]
    assert (plan.further, plan.comment) == ((), None)


def test_of_two_further_cartons_under_one_label_one_is_written_and_the_other_waits() -> None:
    group = shipped(package(1, "1Z99"), package(2, "9400"), package(3, "9400"))
    plan = planned([group], StoreOrder(PROCESSING), mode=FurtherPackages.SHIPMENTS)
    assert [write.package_id for write in plan.further] == [2]
    plan = planned([group], StoreOrder(PROCESSING), mode=FurtherPackages.COMMENTS)
    assert plan.comment is not None
    assert (plan.comment.lines, plan.comment.package_ids) == (("Tracking 9400 (UPS)",), (2, 3))


def test_a_package_without_a_carrier_leaves_the_store_s_ship_method_as_it_is() -> None:
    plan = planned([shipped(package(1, "1Z99", carrier="", service=""))], StoreOrder(PROCESSING))
    assert [write.carrier_method for write in plan.writes] == [None]


def test_a_status_that_we_wrote_under_other_settings_moves_forward_and_is_no_person_s() -> None:
    order = Order(posted_status=PROCESSING, own_statuses=(9,))
    plan = planned([shipped(package(1, "1Z99"))], StoreOrder(9), order=order)
    assert (plan.person_status, plan.target, plan.writes[0].status_id) == (None, SHIPPED, SHIPPED)
    order = Order(posted_status=SHIPPED, own_statuses=(9,))
    plan = planned([shipped(package(1, "1Z99"))], StoreOrder(9), order=order)
    assert (plan.person_status, plan.target, plan.writes[0].status_id) == (None, None, None)


def test_parts_of_a_ship_group_share_its_field_and_the_status_is_that_of_all() -> None:
    packages = [package(1, "1Z1"), package(2, "SB2", part=1)]
    groups = [
        Group(5, 0, "shipped", packages, part=0, warehouse="east"),
        Group(6, 0, "partially_shipped", packages, part=1, warehouse="west"),
    ]
    plan = planned(groups, StoreOrder(PROCESSING))
    [write] = plan.writes
    assert (write.tracking, write.package_ids, write.part_ids) == ("1Z1, SB2", (1, 2), (5, 6))
    assert (plan.target, write.status_id) == (PARTIAL, None)


def test_what_shipped_of_one_part_is_no_shipment_of_the_other() -> None:
    packages = [package(1, "1Z1")]
    groups = [
        Group(5, 0, "shipped", packages, part=0, warehouse="east"),
        Group(6, 0, "acknowledged", packages, part=1, warehouse="west"),
    ]
    plan = planned(groups, StoreOrder(PROCESSING))
    assert (plan.target, plan.writes[0].part_ids) == (PARTIAL, (5,))


def test_a_comment_says_from_which_of_several_warehouses_a_number_comes() -> None:
    contents = [{"sku": "MUG", "quantity": "2.0"}]
    packages = [package(1, "1Z1"), package(2, "SB2", part=1, contents=contents)]
    groups = [
        Group(5, 0, "shipped", packages, part=0, warehouse="east"),
        Group(6, 0, "shipped", packages, part=1, warehouse="west"),
    ]
    plan = planned(groups, StoreOrder(PROCESSING), mode=FurtherPackages.COMMENTS)
    assert plan.comment is not None
    assert plan.comment.lines == ("Tracking SB2 (UPS) from west: 2 MUG",)

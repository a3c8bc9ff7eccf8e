"""A store's copy without what Cartage wrote there: ship methods, created shipments, lines of comments."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from cartage.intake.own_writes import removed_own_writes
from cartage.intake.repo.own_writes import OwnWrites
from cartage.model.orders import Address, OrderLine, SalesOrder, ShipGroup

LINE = OrderLine(1, "MUG", Decimal(1))
GROUP = ShipGroup(0, Address(name="Zoe"), "UPS - Ground", (LINE,), "1Z99")
OWN = OwnWrites(ship_methods={0: ("Free Shipping", frozenset({"UPS - Ground", "FedEx - Home"}))})


def order(*groups: ShipGroup, comments: str = "") -> SalesOrder:
    return SalesOrder(31882, 2, groups=groups, internal_comments=comments)


@pytest.mark.parametrize("shown", ["UPS - Ground", "ups - ground", "FedEx - Home", "UPS  -  Ground"])
def test_a_ship_method_that_we_wrote_is_read_as_the_one_that_was_sent(shown: str) -> None:
    cleaned = removed_own_writes(order(replace(GROUP, ship_method=shown)), OWN)
    assert [group.ship_method for group in cleaned.groups] == ["Free Shipping"]


@pytest.mark.parametrize("shown", ["Free Shipping", "Overnight", ""])
def test_any_other_ship_method_stays(shown: str) -> None:
    copy = order(replace(GROUP, ship_method=shown))
    assert removed_own_writes(copy, OWN) == copy


def test_a_ship_method_that_we_wrote_to_one_ship_to_is_a_person_s_at_another() -> None:
    copy = order(replace(GROUP, shipment_id=7))
    assert removed_own_writes(copy, OWN) == copy


@pytest.mark.parametrize(
    "own", [OwnWrites(created={5}), OwnWrites(numbers={"9400111201080805483016"})], ids=["id", "number"]
)
def test_a_shipment_that_we_created_is_left_out_unless_a_person_moved_lines_into_it(own: OwnWrites) -> None:
    created = ShipGroup(5, Address(name="Zoe"), "UPS", (), "420941059400111201080805483016")
    assert removed_own_writes(order(GROUP, created), own) == order(GROUP)
    moved = replace(created, lines=(LINE,))
    assert removed_own_writes(order(GROUP, moved), own) == order(GROUP, moved)
    person = replace(created, shipment_id=6, tracking="77")
    assert removed_own_writes(order(GROUP, person), own) == order(GROUP, person)


def test_only_our_lines_leave_the_internal_comments() -> None:
    own = OwnWrites(comment_lines={"Tracking 9400 (A &amp; B)", "Tracking 9400 is void"})
    comments = "Call first\n\nTracking 9400 (A & B)\nTracking 77 (by hand)\nTracking 9400 is void"
    cleaned = removed_own_writes(order(GROUP, comments=comments), own)
    assert cleaned.internal_comments == "Call first\n\nTracking 77 (by hand)"
    untouched = order(GROUP, comments=" a \n\n b ")
    assert removed_own_writes(untouched, own) == untouched

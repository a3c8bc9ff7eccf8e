"""The ShipBob connector against the emulator: the shared suite, and what is specific to ShipBob."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from cartage.errors import (
    MalformedResponse,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    ReferenceConflict,
    Refused,
)
from cartage.errors.problems import ProblemKind
from cartage.model.orders import RequestLine
from cartage.warehouses.contract import CancelOutcome, RemoteState, SubmitOutcome, Warehouse
from cartage_sandbox.kernel import Fault
from cartage_sandbox.shipbob import DEFAULT_CHANNEL_ID, DEFAULT_TOKEN, OTHER_CHANNEL_ID
from tests.contract.warehouses.http_warehouse_suite import HttpWarehouseSuite
from tests.contract.warehouses.shipbob_harness import CATALOGUE, SEARCH, SUBMIT, ShipBobHarness
from tests.contract.warehouses.warehouse_suite import (
    ADDRESS,
    REFERENCE,
    SKUS,
    order,
    poll,
    shipments,
    tracking,
)

Opened = tuple[Warehouse, ShipBobHarness]
Open = Callable[..., Opened]

DUPLICATES = ["existing", "duplicate", "empty", "other"]


class TestShipBob(HttpWarehouseSuite):
    connector = "shipbob"

    @pytest.fixture
    def harness(self) -> Iterator[ShipBobHarness]:
        with ShipBobHarness() as harness:
            yield harness


@pytest.fixture
def opened() -> Iterator[Open]:
    """Build a sandbox with its own rules, and the connector on it with its own settings."""
    with ExitStack() as stack:

        def build(*, settings: dict[str, Any] | None = None, sign_in: str = "token", **rules: Any) -> Opened:
            harness = stack.enter_context(ShipBobHarness(sign_in=sign_in, **rules))
            harness.seed(SKUS)
            return stack.enter_context(closing(harness.open(**(settings or {})))), harness

        yield build


def rejected(warehouse: Warehouse) -> dict[str, str]:
    """Return the reasons of what a whole poll reports as rejected, by reference."""
    return {row.reference: row.reason for page in poll(warehouse) for row in page.rejected}


# What is sent, and how many calls it takes


def test_what_is_posted_is_the_documented_order(opened: Open) -> None:
    warehouse, harness = opened()
    warehouse.submit(order(notes="Ring twice"))
    (posted,) = harness.submitted()
    assert (posted["reference_id"], posted["order_number"], posted["type"]) == (REFERENCE, "AB-1000", "DTC")
    assert posted["shipping_method"] == "Ground"
    assert posted["products"][0] == {
        "reference_id": "MUG-RED",
        "name": "MUG-RED",
        "quantity": 2,
        "external_line_id": 71,
    }
    assert posted["tags"] == [{"name": "Notes", "value": "Ring twice"}]


def test_everything_on_the_wire_is_held_to_the_description(opened: Open) -> None:
    warehouse, harness = opened()
    warehouse.submit(order())
    harness.ship([REFERENCE])
    poll(warehouse)
    assert harness.described.faults == []
    assert (
        harness.described.held["requests"] == harness.described.held["responses"] == harness.requests() >= 4
    )
    unknown = f"{harness.url}/2026-01/order?Limit=251"
    assert (
        requests.get(unknown, headers={"Authorization": f"Bearer {DEFAULT_TOKEN}"}, timeout=5).status_code
        == 400
    )
    assert [fault.split(":")[0] for fault in harness.described.faults] == ["get /2026-01/order 400"]
    harness.described.faults.clear()


def test_a_sku_that_was_found_is_not_looked_up_again_for_a_while(opened: Open) -> None:
    warehouse, harness = opened()
    for number in range(3):
        warehouse.submit(order(f"A3_{number}_0"))
    assert len(harness.calls("GET", "/2026-01/product")) == len(SKUS)
    assert harness.requests() == len(SKUS) + 3


def test_long_notes_are_several_tags_and_a_gift_message_is_none(opened: Open) -> None:
    warehouse, harness = opened()
    warehouse.submit(order(notes="a" * 500 + "b" * 7))
    (posted,) = harness.submitted()
    assert [(tag["name"], len(tag["value"])) for tag in posted["tags"]] == [("Notes", 500), ("Notes 2", 7)]
    with closing(harness.open(notes_field="gift_message")) as gifts:
        gifts.submit(order("A3_2_0", notes="Happy birthday"))
        assert gifts.validate(order(notes="a" * 501))
    assert harness.submitted()[1]["gift_message"] == "Happy birthday"


# Products: a reference that ShipBob does not know would become one


@pytest.mark.parametrize("field", ["sku", "seller_sku"])
def test_an_unknown_sku_never_becomes_a_product(opened: Open, field: str) -> None:
    warehouse, harness = opened(settings={"product_reference": field}, product_reference=field)
    with harness.emulator.state.lock:
        for sku in SKUS:
            harness.emulator.state.put_item({"sku": sku, "seller_sku": f"SHOP-{sku}"})
    prefix = "" if field == "sku" else "SHOP-"
    lines = tuple(RequestLine(70 + at, prefix + sku, Decimal(1)) for at, sku in enumerate(SKUS))
    assert warehouse.submit(order(lines=lines)).outcome is SubmitOutcome.CREATED
    for unknown in ("mug-red", "MUG", "SHOP-" if field == "sku" else SKUS[0]):
        with pytest.raises(Refused) as caught:
            warehouse.submit(order("A3_2_0", lines=(RequestLine(71, unknown, Decimal(1)),)))
        assert [problem.kind for problem in caught.value.problems] == [ProblemKind.UNKNOWN_SKU]
    assert harness.effects("product.created") == []
    assert len(harness.submitted()) == 1
    assert {item.sku for page in warehouse.items() for item in page.items} == {prefix + sku for sku in SKUS}


def test_the_sandbox_does_create_a_product_from_an_unknown_reference(opened: Open) -> None:
    _, harness = opened()
    posted = {
        "reference_id": REFERENCE,
        "type": "DTC",
        "shipping_method": "Standard",
        "recipient": {"name": "Ann", "address": {"address1": "1", "city": "Rome", "country": "IT"}},
        "products": [{"reference_id": "TYPO", "name": "Typo", "quantity": 1}],
    }
    headers = {"Authorization": f"Bearer {DEFAULT_TOKEN}", "shipbob_channel_id": str(OTHER_CHANNEL_ID)}
    made = requests.post(f"{harness.url}/2026-01/order", json=posted, headers=headers, timeout=5)
    assert (made.status_code, harness.effects("product.created")) == (201, ["TYPO"])
    assert made.json()["status"] == "Exception"


def test_an_item_that_is_not_active_is_not_sent(opened: Open) -> None:
    warehouse, harness = opened()
    harness.seed(SKUS[:1], active=False)
    with pytest.raises(Refused) as caught:
        warehouse.submit(order())
    assert [(each.kind, each.subject) for each in caught.value.problems] == [
        (ProblemKind.INACTIVE_ITEM, SKUS[0])
    ]
    assert harness.submitted() == []


@pytest.mark.parametrize("what", ["sku_filter", "status", "garbage"])
def test_nothing_is_sent_unless_the_catalogue_was_read(opened: Open, what: str) -> None:
    warehouse, harness = opened()
    if what == "sku_filter":
        harness.emulator.rules.update({"sku_filter": "part"})
        harness.seed(["MUG-RED-XL"])
        assert warehouse.submit(order()).outcome is SubmitOutcome.CREATED
        return
    fault = {"kind": what, "status": 503} if what == "status" else {"kind": what}
    harness.emulator.faults.add(Fault.parse({"route": CATALOGUE, "nth": 0, **fault}))
    with pytest.raises(NotSent):
        warehouse.submit(order())
    assert harness.submitted() == []


# A 422 is settled by a search, whatever it says


@pytest.mark.parametrize("body", DUPLICATES)
def test_a_422_is_settled_by_a_search_whatever_it_says(opened: Open, body: str) -> None:
    warehouse, harness = opened(duplicate_body=body)
    first = warehouse.submit(order())
    again = warehouse.submit(order())
    assert (again.outcome, again.remote_id) == (SubmitOutcome.ALREADY_EXISTS, first.remote_id)
    assert again.response and again.response.status == 422
    with pytest.raises(ReferenceConflict, match="mug-red"):
        warehouse.submit(order(quantity=9))
    assert harness.made(REFERENCE) == 1


@pytest.mark.parametrize("body", ["existing", "empty"])
def test_a_422_whose_search_fails_is_unknown(opened: Open, body: str) -> None:
    warehouse, harness = opened(duplicate_body=body)
    warehouse.submit(order())
    harness.emulator.faults.add(Fault(SEARCH, "garbage", nth=0))
    with pytest.raises(OutcomeUnknown):
        warehouse.submit(order())


@pytest.mark.parametrize("shape", ["fields", "problem"])
@pytest.mark.parametrize("status", ["422", "400"])
def test_an_order_with_a_fault_is_refused_without_naming_anybody(
    opened: Open, status: str, shape: str
) -> None:
    warehouse, harness = opened(refusal_status=status, refusal_shape=shape)
    with pytest.raises(Refused) as caught:
        warehouse.submit(order(ship_to=replace(ADDRESS, name="Ann Lee " * 50, city="")))
    subjects = sorted(problem.subject for problem in caught.value.problems)
    assert subjects == ["recipient.address.city", "recipient.name"]
    assert "Ann" not in str(caught.value)
    assert caught.value.response and caught.value.response.status == int(status)
    assert harness.made(REFERENCE) == 0
    # Our own check finds such an order before it is sent; the description does, too.
    assert len(harness.described.faults) == 1
    harness.described.faults.clear()


@pytest.mark.parametrize("scope", ["account", "channel"])
def test_the_reference_of_another_channel_is_a_conflict_only_where_it_is_refused(
    opened: Open, scope: str
) -> None:
    warehouse, harness = opened(duplicate_scope=scope)
    with closing(harness.open(channel_id=OTHER_CHANNEL_ID)) as other:
        other.submit(order())
        harness.ship([REFERENCE])
        assert warehouse.find(REFERENCE) == []
        assert poll(warehouse) == []
        if scope == "account":
            with pytest.raises(ReferenceConflict, match="another channel"):
                warehouse.submit(order())
        else:
            assert warehouse.submit(order()).outcome is SubmitOutcome.CREATED
        assert len(other.find(REFERENCE)) == 1
    assert harness.made(REFERENCE) == (1 if scope == "account" else 2)


def test_the_orders_of_another_application_are_seen_if_the_lane_says_so(opened: Open) -> None:
    warehouse, harness = opened(settings={"all_channels": True})
    with closing(harness.open(channel_id=OTHER_CHANNEL_ID)) as other:
        remote_id = other.submit(order()).remote_id
    assert [found.remote_id for found in warehouse.find(REFERENCE)] == [remote_id]
    assert warehouse.get(remote_id).reference == REFERENCE
    harness.ship([REFERENCE])
    assert [shipment.remote_id for shipment in shipments(poll(warehouse))] == [remote_id]
    assert warehouse.submit(order("A3_2_0")).outcome is SubmitOutcome.CREATED
    assert harness.named(["A3_2_0"])[0].channel.id == DEFAULT_CHANNEL_ID


@pytest.mark.parametrize("counts", [True, False])
def test_the_reference_of_a_cancelled_order_is_free_or_a_conflict(opened: Open, counts: bool) -> None:
    warehouse, harness = opened(duplicate_counts_cancelled=counts)
    warehouse.submit(order())
    harness.cancel(REFERENCE)
    if counts:
        with pytest.raises(ReferenceConflict, match="cancelled"):
            warehouse.submit(order())
    else:
        assert warehouse.submit(order()).outcome is SubmitOutcome.CREATED
        assert sorted(found.state for found in warehouse.find(REFERENCE)) == ["cancelled", "open"]


# Shipments: one order is one shipment, and its shipments are packages


def test_the_parts_of_an_order_are_packages_and_the_last_one_makes_it_final(opened: Open) -> None:
    warehouse, harness = opened()
    warehouse.submit(order())
    harness.split(REFERENCE)
    first, second = harness.named([REFERENCE])[0].shipments
    harness.emulator.floor.trouble([first.order], type(first.status)("OnHold"))
    first.status = type(first.status)("Processing")
    harness.ship([REFERENCE])
    (some,) = shipments(poll(warehouse))
    assert (some.final, [package.key for package in some.packages]) == (False, [str(first.id)])
    assert [(line.sku, line.quantity) for line in some.lines] == [
        ("MUG-RED", Decimal(1)),
        ("TEA-100G", Decimal(1)),
    ]
    assert warehouse.find(REFERENCE)[0].state is RemoteState.OPEN
    second.status = type(first.status)("Processing")
    harness.ship([REFERENCE])
    (all_of_it,) = shipments(poll(warehouse))
    assert all_of_it.final
    assert [package.key for package in all_of_it.packages] == [str(first.id), str(second.id)]
    assert [(line.line_id, line.quantity) for line in all_of_it.lines] == [(71, Decimal(2)), (72, Decimal(1))]


def test_a_label_gives_the_number_and_completed_the_carriers_time(opened: Open) -> None:
    warehouse, harness = opened(shipped_status="LabeledCreated")
    warehouse.submit(order())
    harness.ship([REFERENCE])
    (labelled,) = shipments(poll(warehouse))
    assert tracking(labelled) == set(harness.held()[0].tracking)
    assert [package.carrier_at for package in labelled.packages] == [None]
    assert labelled.final
    harness.advance(timedelta(hours=3))
    harness.emulator.floor.hand_over(harness.named([REFERENCE]))
    (left,) = shipments(poll(warehouse))
    (package,) = left.packages
    assert package.key == labelled.packages[0].key
    assert package.carrier_at and labelled.shipped_at and package.carrier_at > labelled.shipped_at


@pytest.mark.parametrize("shown", ["as_ordered", "components"])
@pytest.mark.parametrize("packages", [1, 2])
def test_a_bundle_comes_back_as_what_was_ordered(opened: Open, shown: str, packages: int) -> None:
    warehouse, harness = opened(shipment_products=shown)
    parts = {SKUS[0]: 2, SKUS[1]: 1}
    with harness.emulator.state.lock:
        harness.emulator.state.put_item({"sku": "GIFT-BOX", "parts": parts})
    lines = (RequestLine(81, "GIFT-BOX", Decimal(3)), RequestLine(82, SKUS[1], Decimal(1)))
    warehouse.submit(order(lines=lines))
    harness.ship([REFERENCE], packages=packages)
    (shipment,) = shipments(poll(warehouse))
    # Nothing ships but the whole order, so that is known even if single packages are not.
    assert [(line.sku, line.quantity, line.line_id) for line in shipment.lines] == [
        ("GIFT-BOX", Decimal(3), 81),
        (SKUS[1], Decimal(1), 82),
    ]
    contents = [content for package in shipment.packages for content in package.contents or ()]
    told = {
        line_id: sum(each.quantity for each in contents if each.line_id == line_id) for line_id in (81, 82)
    }
    assert told == ({81: 3, 82: 1} if shown == "as_ordered" else {81: 0, 82: 0})


def test_contents_of_a_part_are_not_guessed(opened: Open) -> None:
    warehouse, harness = opened(shipment_products="components")
    with harness.emulator.state.lock:
        harness.emulator.state.put_item({"sku": "SIX-PACK", "parts": {SKUS[1]: 6}})
    warehouse.submit(order(lines=(RequestLine(81, "SIX-PACK", Decimal(2)),)))
    harness.split(REFERENCE)
    first, _ = harness.named([REFERENCE])[0].shipments
    harness.emulator.floor.trouble([first.order], type(first.status)("OnHold"))
    first.status = type(first.status)("Processing")
    harness.ship([REFERENCE])
    (shipment,) = shipments(poll(warehouse))
    assert (shipment.final, shipment.lines) == (False, ())
    assert [package.contents for package in shipment.packages] == [()]


@pytest.mark.parametrize("sort", ["created", "updated"])
@pytest.mark.parametrize("header", [True, False])
def test_an_order_that_changes_during_a_poll_hides_no_other(opened: Open, sort: str, header: bool) -> None:
    warehouse, harness = opened(order_sort=sort, next_page_header=header)
    references = harness.receive(2 * harness.page_size() + 5)
    harness.ship(references)
    pages = warehouse.poll_shipments("")
    first = next(pages)
    harness.advance(timedelta(seconds=1))
    for item in first.items[:3]:
        harness.change(item.reference)
    rest = list(pages)
    found = [*first.items, *shipments(rest)]
    assert sorted(shipment.reference for shipment in found) == sorted(references)
    # Until all is read, a poll that breaks off begins again.
    assert [page.cursor for page in [first, *rest]][:-1] == [""] * len(rest)
    assert rest[-1].cursor


@pytest.mark.parametrize("shown", ["object", "null"])
def test_an_order_without_a_label_is_read(opened: Open, shown: str) -> None:
    warehouse, _ = opened(tracking_before_label=shown)
    remote_id = warehouse.submit(order()).remote_id
    (page,) = poll(warehouse)
    assert (page.items, page.unshipped, page.unreadable) == ((), (remote_id,), ())


def test_a_poll_needs_no_offset_in_times_and_survives_odd_ones(opened: Open) -> None:
    warehouse, harness = opened()
    warehouse.submit(order())
    harness.ship([REFERENCE])
    assert len(shipments(poll(warehouse, "no cursor of ours"))) == 1
    aware = poll(warehouse)[-1].cursor
    naive = aware.removesuffix("+00:00")
    assert naive != aware
    assert len(shipments(poll(warehouse, naive))) == 1


def test_orders_that_could_not_be_read_are_read_by_their_ids(opened: Open) -> None:
    warehouse, harness = opened()
    harness.seed(SKUS, quantity=1000)
    ids = [warehouse.submit(order(f"A3_{number}_0")).remote_id for number in range(60)]
    harness.ship([f"A3_{number}_0" for number in range(60)])
    found = shipments(list(warehouse.read_shipments([*ids, "999999999", "no number"])))
    assert sorted(shipment.remote_id for shipment in found) == sorted(ids)
    assert [page.cursor for page in warehouse.read_shipments(ids[:1])] == [""]


def test_an_order_with_a_status_that_is_not_documented_is_named_and_stops_no_other(opened: Open) -> None:
    warehouse, harness = opened()
    warehouse.submit(order())
    warehouse.submit(order("A3_2_0"))
    harness.ship([REFERENCE, "A3_2_0"])
    body = requests.get(
        f"{harness.url}/2026-01/order", headers={"Authorization": f"Bearer {DEFAULT_TOKEN}"}, timeout=5
    ).text.replace('"Completed"', '"Teleported"', 1)
    harness.emulator.faults.add(Fault(SEARCH, "status", status=200, body=body, nth=0))
    pages = poll(warehouse)
    [row] = [row for page in pages for row in page.unreadable]
    assert row.what == "shipments[].status"
    assert len(shipments(pages)) == 1
    with pytest.raises(MalformedResponse):
        warehouse.find(row.name)


# Exceptions: what ends by itself, and what a person has to do


@pytest.mark.parametrize("named", [True, False])
def test_an_order_that_waits_for_stock_is_not_rejected_and_ships_when_it_arrives(
    opened: Open, named: bool
) -> None:
    warehouse, harness = opened(stock_exception_named=named)
    harness.seed(SKUS, quantity=1)
    warehouse.submit(order())
    assert harness.named([REFERENCE])[0].status == "Exception"
    assert rejected(warehouse) == {}
    assert warehouse.find(REFERENCE)[0].state is RemoteState.OPEN
    harness.seed(SKUS, quantity=5)
    poll(warehouse)
    harness.ship([REFERENCE])
    assert len(shipments(poll(warehouse))) == 1


def test_another_exception_waits_for_a_person_who_reads_its_name(opened: Open) -> None:
    warehouse, harness = opened()
    for number, (status, details) in enumerate(
        [
            ("Exception", ["InvalidAddress"]),
            ("Exception", ["OutOfStock"]),
            ("ImportReview", []),
            ("CleanSweeped", []),
            ("OnHold", ["Manual hold"]),
        ]
    ):
        warehouse.submit(order(f"A3_{number}_0"))
        harness.trouble(f"A3_{number}_0", status, *details)
    reasons = rejected(warehouse)
    assert set(reasons) == {"A3_0_0", "A3_2_0", "A3_3_0"}
    assert reasons["A3_0_0"] == "InvalidAddress"
    assert "review" in reasons["A3_2_0"]
    with closing(harness.open(waiting_reasons=["invalid*"])) as patient:
        assert set(rejected(patient)) == {"A3_1_0", "A3_2_0", "A3_3_0"}


def test_what_was_rejected_and_ships_after_all_is_a_shipment(opened: Open) -> None:
    warehouse, harness = opened()
    warehouse.submit(order())
    harness.trouble(REFERENCE, "Exception", "InvalidAddress")
    assert set(rejected(warehouse)) == {REFERENCE}
    harness.trouble(REFERENCE, "Processing")
    harness.ship([REFERENCE])
    assert len(shipments(poll(warehouse))) == 1
    assert rejected(warehouse) == {}


# Cancelling


def test_an_order_of_which_a_part_ships_is_not_cancelled(opened: Open) -> None:
    warehouse, harness = opened()
    remote_id = warehouse.submit(order()).remote_id
    harness.split(REFERENCE)
    first, second = harness.named([REFERENCE])[0].shipments
    second.status = type(second.status)("OnHold")
    harness.ship([REFERENCE])
    assert warehouse.cancel(remote_id, "why") is CancelOutcome.TOO_LATE
    assert [each.status.value for each in (first, second)] == ["Completed", "Cancelled"]
    (shipment,) = shipments(poll(warehouse))
    assert shipment.final
    assert sum(line.quantity for line in shipment.lines) == 2
    assert warehouse.cancel(remote_id, "again") is CancelOutcome.TOO_LATE


@pytest.mark.parametrize("response", ["422", "failure"])
def test_an_order_that_is_being_packed_is_too_late_to_cancel(opened: Open, response: str) -> None:
    warehouse, harness = opened(cancel_refused="always", cancel_refusal=response)
    remote_id = warehouse.submit(order()).remote_id
    assert warehouse.cancel(remote_id, "why") is CancelOutcome.TOO_LATE
    assert harness.held()[0].state == "open"


def test_a_cancel_with_a_lost_response_is_unknown_and_settled_by_another_cancel(opened: Open) -> None:
    warehouse, harness = opened()
    remote_id = warehouse.submit(order()).remote_id
    harness.emulator.faults.add(Fault(":cancel$", "reset", "after"))
    with pytest.raises(OutcomeUnknown):
        warehouse.cancel(remote_id, "why")
    assert warehouse.cancel(remote_id, "why") is CancelOutcome.CANCELLED


# The synced mark


@pytest.mark.parametrize("changes", [True, False])
def test_a_page_that_was_taken_in_is_marked_once(opened: Open, changes: bool) -> None:
    warehouse, harness = opened(upload_counts_as_change=changes)
    warehouse.submit(order())
    harness.ship([REFERENCE], packages=2)
    pages = poll(warehouse)
    assert harness.effects("shipment.marked") == []
    for page in [*pages, *pages, *poll(warehouse)]:
        warehouse.acknowledge(page)
    packages = {package.key for shipment in shipments(pages) for package in shipment.packages}
    assert sorted(harness.effects("shipment.marked")) == sorted(packages)
    assert len(packages) == 2


def test_a_mark_that_fails_is_made_later_and_none_is_made_if_the_lane_wants_none(opened: Open) -> None:
    warehouse, harness = opened()
    warehouse.submit(order())
    harness.ship([REFERENCE])
    with closing(harness.open(mark_synced=False)) as silent:
        for page in poll(silent):
            silent.acknowledge(page)
    assert harness.effects("shipment.marked") == []
    pages = poll(warehouse)
    harness.emulator.faults.add(Fault("batchUpdateTrackingUpload$", "status", status=500))
    with pytest.raises(OutcomeUnknown):
        warehouse.acknowledge(pages[0])
    warehouse.acknowledge(pages[0])
    assert len(harness.effects("shipment.marked")) == 1


# Lists


@pytest.mark.parametrize("link", ["path", "url", "cursor"])
def test_every_form_of_the_way_to_the_next_page_is_followed_on_our_host(opened: Open, link: str) -> None:
    warehouse, harness = opened(next_link=link)
    more = [f"SKU-{number:03}" for number in range(510)]
    harness.seed(more)
    assert len([item for page in warehouse.items() for item in page.items]) == 512
    assert len([level for page in warehouse.inventory() for level in page.items]) == 512
    assert len(harness.calls("GET", "/2026-01/product")) == 3


@pytest.mark.parametrize("first", [0, 1])
def test_shipping_methods_are_listed_once_wherever_pages_begin(opened: Open, first: int) -> None:
    warehouse, _ = opened(method_pages_from=first)
    methods = warehouse.ship_methods().items
    assert [(method.carrier, method.service) for method in methods] == [
        ("ShipBob", "Standard"),
        ("ShipBob", "Expedited"),
        ("ShipBob", "2-Day"),
    ]


@pytest.mark.parametrize("includes", [True, False])
@pytest.mark.parametrize(
    "settings", [{}, {"stock_figure": "fulfillable"}, {"location_id": 30}, {"location_id": 38}]
)
def test_what_is_committed_is_not_free_whatever_the_figures_include(
    opened: Open, includes: bool, settings: dict[str, Any]
) -> None:
    warehouse, harness = opened(settings=settings, fulfillable_includes_committed=includes)
    warehouse.submit(order())
    levels = {level.sku: level for page in warehouse.inventory() for level in page.items}
    assert set(levels) == set(SKUS)
    there = settings.get("location_id") != 38
    level = levels[SKUS[0]]
    assert (int(level.on_hand), int(level.available)) == ((100, 98) if there else (0, 0))
    assert harness.submitted()[0].get("location_id") == settings.get("location_id")


def test_stock_that_orders_wait_for_is_not_for_sale(opened: Open) -> None:
    warehouse, harness = opened()
    harness.seed(SKUS, quantity=1)
    warehouse.submit(order())
    (level,) = [level for page in warehouse.inventory([SKUS[0]]) for level in page.items]
    assert (int(level.on_hand), int(level.available)) == (1, -1)


def test_a_list_without_items_is_no_empty_catalogue(opened: Open) -> None:
    warehouse, harness = opened()
    harness.emulator.faults.add(Fault(CATALOGUE, "status", status=200, body='{"message": "Hello"}', nth=0))
    with pytest.raises(MalformedResponse, match="no items"):
        list(warehouse.items())


# What the settings name


def test_a_channel_without_a_right_is_found_out_and_so_is_a_wrong_one(opened: Open) -> None:
    _, harness = opened()
    for channel, text in ((128943, "orders_write"), (7, "no such channel")):
        with closing(harness.open(channel_id=channel)) as warehouse:
            [finding] = [each for each in warehouse.inspect() if each.thing == f"channel {channel}"]
            assert (finding.ok, text in finding.text) == (False, True)
            assert finding.fix
    with closing(harness.open(channel_id=7)) as warehouse:
        assert not warehouse.check().ok
        assert "128944" in warehouse.check().text


def test_a_location_and_a_field_of_the_catalogue_that_are_wrong_are_found_out(opened: Open) -> None:
    warehouse, harness = opened(settings={"location_id": 7, "product_reference": "seller_sku"})
    findings = {finding.thing: finding for finding in warehouse.inspect()}
    assert (findings["location 7"].ok, "30 (Cicero" in findings["location 7"].text) == (False, True)
    assert (findings["products"].ok, "seller_sku" in findings["products"].text) == (False, True)
    with closing(harness.open(location_id=30)) as right:
        assert all(finding.ok for finding in right.inspect())


def test_what_the_token_may_not_list_is_unknown_not_correct(opened: Open) -> None:
    warehouse, harness = opened(settings={"location_id": 30})
    harness.set_scopes("channels_read", "locations_read")
    findings = {finding.thing: finding.ok for finding in warehouse.inspect()}
    assert findings == {
        "sign-in": True,
        "channel 128944": None,
        "products": True,
        "location 30": None,
        "shipping methods": True,
    }
    harness.set_scopes("products_read")
    assert {finding.thing: finding.ok for finding in warehouse.inspect()}["products"] is False


# The limit of calls


def test_a_429_says_how_long_to_wait_and_nothing_is_lost(opened: Open) -> None:
    warehouse, harness = opened(throttle=True, throttle_calls=5)
    results = [warehouse.submit(order(f"A3_{number}_0")).outcome for number in range(3)]
    assert results == [SubmitOutcome.CREATED] * 3
    with pytest.raises(RateLimited) as caught:
        warehouse.submit(order("A3_9_0"))
    assert caught.value.retry_after and 50 < caught.value.retry_after <= 60
    assert harness.made("A3_9_0") == 0
    harness.advance(timedelta(seconds=61))
    with closing(harness.open()) as later:
        assert later.submit(order("A3_9_0")).outcome is SubmitOutcome.CREATED


def test_a_submit_is_sent_once(opened: Open) -> None:
    warehouse, harness = opened()
    harness.emulator.faults.add(Fault(SUBMIT, "duplicate", "after"))
    assert warehouse.submit(order()).outcome is SubmitOutcome.ALREADY_EXISTS
    assert harness.made(REFERENCE) == 1

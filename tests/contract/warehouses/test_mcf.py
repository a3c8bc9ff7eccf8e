"""The connector for Multi-Channel Fulfillment against the emulator: the shared suite, and what is Amazon's own."""

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
    NotSupported,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    ReferenceConflict,
    Refused,
    SettingsError,
)
from cartage.errors.problems import ProblemKind
from cartage.model.orders import PackageContent, RequestLine, ShipMethod
from cartage.pace import AccountBudget, open_local
from cartage.warehouses.contract import (
    CancelOutcome,
    DuplicatePolicy,
    Reconcile,
    RemoteState,
    ShipmentPage,
    SubmitOutcome,
    Warehouse,
)
from cartage.warehouses.mcf import CALL_LIMITS
from cartage.warehouses.registry import open_warehouse
from cartage_sandbox.kernel import Fault
from cartage_sandbox.mcf import ROOT, SUMMARIES
from tests.contract.warehouses.http_warehouse_suite import HttpWarehouseSuite
from tests.contract.warehouses.mcf_harness import LIST, READ, SETTINGS, SUBMIT, McfHarness
from tests.contract.warehouses.warehouse_suite import (
    ADDRESS,
    REFERENCE,
    SKUS,
    order,
    poll,
    shipments,
    tracking,
)

Opened = tuple[Warehouse, McfHarness]
Open = Callable[..., Opened]


class TestMcf(HttpWarehouseSuite):
    connector = "mcf"

    @pytest.fixture
    def harness(self) -> Iterator[McfHarness]:
        with McfHarness() as harness:
            yield harness


class TestMcfThatRefusesARepeatedId(HttpWarehouseSuite):
    """The same with what nobody has documented the other way round."""

    connector = "mcf"

    @pytest.fixture
    def harness(self) -> Iterator[McfHarness]:
        with McfHarness(
            unknown_id_status="400",
            expired_token_status="401",
            list_order="descending",
            tracking_field="amazonFulfillmentTrackingNumber",
            sku_letter_case_counts=False,
            first_status="New",
            rate_header=False,
            marketplace_shown="internal",
        ) as harness:
            harness.settings = {"repeated_id": "refused", "sku_letter_case_counts": False}
            yield harness


@pytest.fixture
def opened() -> Iterator[Open]:
    """Build a sandbox with its own rules, and the connector on it with its own settings."""
    with ExitStack() as stack:

        def build(*, settings: dict[str, Any] | None = None, **rules: Any) -> Opened:
            harness = stack.enter_context(McfHarness(**rules))
            harness.seed(SKUS)
            return stack.enter_context(closing(harness.open(**(settings or {})))), harness

        yield build


def rejected(pages: list[ShipmentPage]) -> list[tuple[str, str]]:
    """Return the references and reasons of the orders that Amazon gives up."""
    return [(each.reference, each.reason) for page in pages for each in page.rejected]


# What is sent


def test_what_is_posted_is_the_documented_order(opened: Open) -> None:
    warehouse, harness = opened(settings={"features": {"BLANK_BOX": "Required"}, "policy": "FillAll"})
    ship_to = replace(ADDRESS, company="Lee & Sons", address2="Apt 4", phone="555-0100")
    warehouse.submit(order(ship_to=ship_to, notes="Ring twice", ship_method=ShipMethod("Amazon", "priority")))
    [posted] = harness.submitted()
    assert posted.pop("displayableOrderDate").endswith("T00:00:00Z")
    assert posted == {
        "marketplaceId": "ATVPDKIKX0DER",
        "sellerFulfillmentOrderId": REFERENCE,
        "displayableOrderId": "AB-1000",
        "displayableOrderComment": "Ring twice",
        "shippingSpeedCategory": "Priority",
        "destinationAddress": {
            "name": "Ann Lee",
            "addressLine1": "12 Harbor Road",
            "addressLine2": "Apt 4",
            "addressLine3": "Lee & Sons",
            "city": "Rochester",
            "stateOrRegion": "NY",
            "postalCode": "14607",
            "countryCode": "US",
            "phone": "555-0100",
        },
        "fulfillmentAction": "Ship",
        "fulfillmentPolicy": "FillAll",
        "featureConstraints": [{"featureName": "BLANK_BOX", "featureFulfillmentPolicy": "Required"}],
        "items": [
            {"sellerSku": "MUG-RED", "sellerFulfillmentOrderItemId": "71", "quantity": 2},
            {"sellerSku": "TEA-100G", "sellerFulfillmentOrderItemId": "72", "quantity": 1},
        ],
    }


def test_the_recipient_reads_the_lanes_comment_where_an_order_has_no_notes(opened: Open) -> None:
    warehouse, harness = opened(settings={"comment": "Greetings from Rochester"})
    warehouse.submit(order(notes="  "))
    assert harness.submitted()[0]["displayableOrderComment"] == "Greetings from Rochester"


def test_lines_of_a_kit_have_ids_of_their_own_and_count_for_one_line_of_the_store(opened: Open) -> None:
    warehouse, harness = opened()
    kit = (RequestLine(71, SKUS[0], Decimal(1)), RequestLine(71, SKUS[1], Decimal(2)))
    warehouse.submit(order(lines=kit))
    ids = [item["sellerFulfillmentOrderItemId"] for item in harness.submitted()[0]["items"]]
    assert ids == ["71", "71-2"]
    harness.ship([REFERENCE])
    [shipped] = shipments(poll(warehouse))
    assert shipped.lines == (PackageContent(SKUS[0], Decimal(1), 71), PackageContent(SKUS[1], Decimal(2), 71))


def test_options_are_printed_only_where_the_lane_says_that_nobody_need_act_on_them(opened: Open) -> None:
    engraved = order(lines=(RequestLine(71, SKUS[0], Decimal(1), notes="Engraving: For Ann"),))
    warehouse, _ = opened()
    assert [problem.kind for problem in warehouse.validate(engraved)] == [ProblemKind.OPTION_TEXT]
    warehouse, harness = opened(settings={"print_options": True})
    assert warehouse.validate(engraved) == []
    warehouse.submit(engraved)
    assert harness.submitted()[0]["items"][0]["displayableComment"] == "Engraving: For Ann"


def test_a_submit_asks_first_and_sends_once(opened: Open) -> None:
    warehouse, harness = opened()
    warehouse.submit(order())
    assert harness.calls("GET", ROOT) == [f"{ROOT}/{REFERENCE}"]
    assert harness.submits() == 1


# A repeated id: what Amazon does with it is not documented


def test_a_repeated_id_that_amazon_accepts_silently_is_found_before_it_is_sent(opened: Open) -> None:
    warehouse, harness = opened(repeated_id="accepted")
    assert warehouse.submit(order()).outcome is SubmitOutcome.CREATED
    assert warehouse.submit(order()).outcome is SubmitOutcome.ALREADY_EXISTS
    with pytest.raises(ReferenceConflict):
        warehouse.submit(order(quantity=9))
    assert harness.submits() == 1


@pytest.mark.parametrize("text", ["named", "vague"])
def test_a_refusal_is_always_settled_by_a_read(opened: Open, text: str) -> None:
    """Another process sends the order between our look and our request."""
    warehouse, harness = opened(repeated_id_text=text)
    warehouse.submit(order())
    harness.emulator.faults.add(Fault(READ, "status", status=404, times=1))
    assert warehouse.submit(order()).outcome is SubmitOutcome.ALREADY_EXISTS
    harness.emulator.faults.clear()
    harness.emulator.faults.add(Fault(READ, "status", status=404, times=1))
    with pytest.raises(ReferenceConflict, match="mug-red"):
        warehouse.submit(order(quantity=9))
    assert harness.made(REFERENCE) == 1


def test_a_submit_that_a_proxy_repeats_is_one_order(opened: Open) -> None:
    warehouse, harness = opened()
    harness.emulator.faults.add(Fault(SUBMIT, "duplicate", "after"))
    assert warehouse.submit(order()).outcome is SubmitOutcome.ALREADY_EXISTS
    assert harness.made(REFERENCE) == 1


def test_an_order_that_cannot_be_looked_for_is_not_sent(opened: Open) -> None:
    warehouse, harness = opened()
    harness.emulator.faults.add(Fault(READ, "garbage", nth=0))
    with pytest.raises(NotSent, match="asked first"):
        warehouse.submit(order())
    assert harness.submits() == 0


def test_a_refusal_that_cannot_be_settled_is_unknown(opened: Open) -> None:
    warehouse, harness = opened()
    warehouse.submit(order())
    harness.emulator.faults.add(Fault(READ, "status", status=404, times=1))
    harness.emulator.faults.add(Fault(READ, "garbage", nth=2, times=9))
    with pytest.raises(OutcomeUnknown) as caught:
        warehouse.submit(order())
    assert caught.value.response
    assert caught.value.response.status == 400
    assert harness.made(REFERENCE) == 1


def test_a_success_with_errors_is_unknown(opened: Open) -> None:
    warehouse, harness = opened()
    body = '{"errors": [{"code": "InternalFailure", "message": "odd"}]}'
    harness.emulator.faults.add(Fault(SUBMIT, "status", "after", status=200, body=body))
    with pytest.raises(OutcomeUnknown, match="success with errors"):
        warehouse.submit(order())
    assert len(warehouse.find(REFERENCE)) == 1


@pytest.mark.parametrize(
    ("settings", "policy", "reconcile"),
    [
        ({}, DuplicatePolicy.UNKNOWN, Reconcile.EVENTUAL),
        (
            {"repeated_id": "refused", "visibility_delay": "0s"},
            DuplicatePolicy.REJECTS,
            Reconcile.STRONG,
        ),
    ],
)
def test_what_is_claimed_of_amazon_is_what_the_lane_says(
    opened: Open, settings: dict[str, Any], policy: DuplicatePolicy, reconcile: Reconcile
) -> None:
    warehouse, _ = opened(settings=settings)
    can = warehouse.capabilities
    assert (can.duplicate_policy, can.reconcile) == (policy, reconcile)


# Ids


@pytest.mark.parametrize("reference", ["A3 1 0", "A3+1+0", "A3/1", "..", "preview", "Ä3_1_0", "X" * 41])
def test_an_id_that_cannot_be_read_again_is_a_problem_and_never_asked_for(
    opened: Open, reference: str
) -> None:
    warehouse, harness = opened()
    assert warehouse.validate(order(reference))
    with pytest.raises(Refused):
        warehouse.find(reference)
    assert harness.requests() == 0


def test_the_sandbox_shows_why_a_space_and_a_plus_are_refused(opened: Open) -> None:
    _, harness = opened()
    for reference in ("A3 1 0", "A3+1+0"):
        harness.emulator.desk.create({**_posted(harness), "sellerFulfillmentOrderId": reference})
    headers = {"x-amz-access-token": _token(harness), "User-Agent": "Test/1 (Language=Python)"}
    for path in ("A3%201%200", "A3%2B1%2B0"):
        response = requests.get(f"{harness.url}{ROOT}/{path}", headers=headers, timeout=5)
        assert response.status_code == 403


def test_orders_of_other_systems_with_such_ids_stop_no_poll(
    opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    warehouse, harness = opened()
    warehouse.submit(order())
    for reference in ("TKS+Creator+1", "Order 5"):
        harness.emulator.desk.create({**_posted(harness), "sellerFulfillmentOrderId": reference})
    harness.emulator.floor.ship(list(harness.emulator.state.orders.values()))
    pages = poll(warehouse)
    assert [shipment.reference for shipment in shipments(pages)] == [REFERENCE]
    assert [row for page in pages for row in page.unreadable] == []
    assert "2 orders have ids" in caplog.text


def test_another_order_than_the_one_that_was_asked_for_is_no_answer(opened: Open) -> None:
    warehouse, harness = opened()
    body = '{"payload": {"fulfillmentOrder": {"sellerFulfillmentOrderId": "OTHER", "fulfillmentOrderStatus": "New"}}}'
    harness.emulator.faults.add(Fault(READ, "status", status=200, body=body))
    with pytest.raises(MalformedResponse):
        warehouse.find(REFERENCE)


# Refusals


def test_every_unknown_sku_is_named_by_the_id_of_its_line(opened: Open) -> None:
    warehouse, _ = opened()
    lines = (RequestLine(71, "NO-SUCH", Decimal(1)), RequestLine(71, "NOR-THIS", Decimal(1)))
    with pytest.raises(Refused) as caught:
        warehouse.submit(order(lines=lines))
    assert [(problem.kind, problem.subject) for problem in caught.value.problems] == [
        (ProblemKind.UNKNOWN_SKU, "NO-SUCH"),
        (ProblemKind.UNKNOWN_SKU, "NOR-THIS"),
    ]


def test_a_refusal_names_its_parameter_and_neither_person_nor_order(opened: Open) -> None:
    warehouse, harness = opened()
    text = f"Value 14607 of {REFERENCE} for Ann Lee in parameter destinationAddress.postalCode is invalid."
    body = f'{{"errors": [{{"code": "InvalidInput", "message": "{text}", "details": ""}}]}}'
    harness.emulator.faults.add(Fault(SUBMIT, "status", status=400, body=body))
    with pytest.raises(Refused) as caught:
        warehouse.submit(order())
    [problem] = caught.value.problems
    assert problem.subject == "InvalidInput destinationAddress.postalCode"
    for personal in ("Ann", "14607", REFERENCE):
        assert personal not in str(caught.value)


def test_a_seller_that_amazon_does_not_accept_is_a_fault_in_the_settings(opened: Open) -> None:
    warehouse, harness = opened()
    text = "Value  for parameter SellerId is invalid. Reason: InvalidValue."
    body = f'{{"errors": [{{"code": "InvalidInput", "message": "{text}", "details": ""}}]}}'
    harness.emulator.faults.add(Fault(SUBMIT, "status", status=400, body=body))
    with pytest.raises(PermissionDenied, match="marketplace"):
        warehouse.submit(order())


def test_a_service_that_is_no_speed_is_a_problem_unless_the_lane_has_a_speed(opened: Open) -> None:
    warehouse, _ = opened(settings={"speed": None})
    [problem] = warehouse.validate(order())
    assert (problem.kind, problem.subject) == (ProblemKind.UNMAPPED_SHIP_METHOD, "UPS Ground")
    assert warehouse.validate(order(ship_method=ShipMethod("Amazon", "Expedited"))) == []


# Tokens


@pytest.mark.parametrize("status", ["401", "403"])
def test_an_expired_token_is_replaced_whichever_status_says_so(opened: Open, status: str) -> None:
    warehouse, harness = opened(expired_token_status=status)
    assert warehouse.find(REFERENCE) == []
    harness.advance(harness.token_life() + timedelta(seconds=1))
    assert warehouse.submit(order()).outcome is SubmitOutcome.CREATED
    harness.emulator.login.revoke_all()
    assert len(warehouse.find(REFERENCE)) == 1
    assert len(harness.emulator.journal.entries("token.issued")) == 3


def test_a_role_that_is_missing_is_named_and_costs_no_token(opened: Open) -> None:
    warehouse, harness = opened()
    harness.only_orders()
    found = {each.thing: each for each in warehouse.inspect()}
    assert found["sign-in"].ok
    assert found["marketplace US"].ok is False
    assert "Product Listing" in found["marketplace US"].fix
    assert len(harness.emulator.journal.entries("token.issued")) == 1


def test_an_address_in_another_region_than_the_marketplace_is_a_mistake() -> None:
    with McfHarness() as harness, pytest.raises(SettingsError, match="does not serve marketplace US"):
        open_warehouse("mcf", replace(harness.connection(), host="eu"), SETTINGS)


# The pace


def test_calls_keep_amazons_pace_by_themselves(opened: Open) -> None:
    _, harness = opened(throttle=True)
    budget = AccountBudget(CALL_LIMITS, open_local)
    with closing(open_warehouse("mcf", harness.connection(), SETTINGS, budget=budget)) as warehouse:
        for number in range(20):
            warehouse.find(f"A3_{number}_0")
            if number < 4:
                list(warehouse.inventory([SKUS[0]]))
    statuses = {entry["status"] for entry in harness.emulator.journal.entries("request")}
    assert 429 not in statuses


def test_too_many_calls_are_refused_for_each_operation_by_itself(opened: Open) -> None:
    warehouse, harness = opened(throttle=True, throttle_burst=3, throttle_rate=0.001)
    for _ in range(2):
        warehouse.find(REFERENCE)
    assert warehouse.submit(order()).outcome is SubmitOutcome.CREATED
    harness.emulator.faults.add(Fault(READ, "status", status=404, nth=0))
    for number in range(2):
        warehouse.submit(order(f"A3_{number}_0"))
    with pytest.raises(RateLimited):
        warehouse.submit(order("A3_9_0"))
    assert harness.made("A3_9_0") == 0


# Shipments


def test_packages_have_their_contents_and_a_key_of_shipment_and_number(opened: Open) -> None:
    warehouse, harness = opened()
    warehouse.submit(order())
    harness.ship([REFERENCE], packages=2)
    [shipped] = shipments(poll(warehouse))
    shipment_id = harness.orders(REFERENCE)[0].shipments[0].shipment_id
    assert shipped.key == shipment_id
    assert [package.key for package in shipped.packages] == [f"{shipment_id}/1", f"{shipment_id}/2"]
    assert [package.contents for package in shipped.packages] == [
        (PackageContent(SKUS[0], Decimal(2), 71),),
        (PackageContent(SKUS[1], Decimal(1), 72),),
    ]


@pytest.mark.parametrize("field", ["trackingNumber", "amazonFulfillmentTrackingNumber", "none"])
def test_a_packages_number_is_a_carriers_or_amazons_own(opened: Open, field: str) -> None:
    warehouse, harness = opened(tracking_field=field)
    warehouse.submit(order())
    harness.ship([REFERENCE])
    [shipped] = shipments(poll(warehouse))
    assert tracking(shipped) == ({""} if field == "none" else set(harness.held()[0].tracking))
    assert shipped.packages[0].carrier == "UPS"


@pytest.mark.parametrize("packages", [1, 2])
def test_contents_of_packages_that_are_not_named_are_those_of_the_shipment(
    opened: Open, packages: int
) -> None:
    warehouse, harness = opened(package_numbers_shown=False)
    warehouse.submit(order())
    harness.ship([REFERENCE], packages=packages)
    [shipped] = shipments(poll(warehouse))
    assert {line.line_id: line.quantity for line in shipped.lines} == {71: 2, 72: 1}
    contents = [content for package in shipped.packages for content in package.contents or ()]
    assert sum(content.quantity for content in contents) == (3 if packages == 1 else 0)


def test_a_shipment_that_leaves_while_another_is_pending_is_seen_although_the_list_does_not_change(
    opened: Open,
) -> None:
    warehouse, harness = opened()
    warehouse.submit(order())
    [held] = harness.orders(REFERENCE)
    harness.emulator.floor.pick(held, {SKUS[0]: 2})
    pages = poll(warehouse)
    cursor = pages[-1].cursor
    assert shipments(pages) == []
    harness.advance(2 * warehouse.capabilities.poll_overlap)
    harness.emulator.floor.ship([held], pick=False)
    pages = poll(warehouse, cursor)
    [first] = shipments(pages)
    assert not first.final
    assert [line.sku for line in first.lines] == [SKUS[0]]
    harness.ship([REFERENCE])
    found = shipments(poll(warehouse, pages[-1].cursor))
    assert len({shipment.key for shipment in found}) == 2
    assert all(shipment.final for shipment in found)


def test_an_order_in_progress_is_read_again_for_as_long_as_the_lane_says(opened: Open) -> None:
    warehouse, harness = opened(settings={"processing_span": "2h"})
    warehouse.submit(order())
    harness.emulator.floor.pick(harness.orders(REFERENCE)[0])
    cursor = poll(warehouse)[-1].cursor
    reads = len(harness.calls("GET", f"{ROOT}/{REFERENCE}"))
    harness.advance(timedelta(hours=3))
    warehouse.submit(order("A3_2_0"))
    cursor = poll(warehouse, cursor)[-1].cursor
    assert len(harness.calls("GET", f"{ROOT}/{REFERENCE}")) == reads + 1
    poll(warehouse, cursor)
    assert len(harness.calls("GET", f"{ROOT}/{REFERENCE}")) == reads + 1


def test_what_a_center_gives_up_is_replaced_and_never_counted_twice(opened: Open) -> None:
    warehouse, harness = opened()
    warehouse.submit(order())
    [held] = harness.orders(REFERENCE)
    abandoned = harness.emulator.floor.pick(held).shipment_id
    harness.emulator.floor.abandon(held)
    pages = poll(warehouse)
    assert shipments(pages) == []
    assert abandoned in {key for page in pages for key in page.unshipped}
    harness.ship([REFERENCE])
    pages = poll(warehouse)
    [shipped] = shipments(pages)
    assert shipped.key != abandoned
    assert sum(line.quantity for line in shipped.lines) == 3
    assert abandoned in {key for page in pages for key in page.unshipped}


def test_a_partly_shipped_order_is_final(opened: Open) -> None:
    warehouse, harness = opened()
    warehouse.submit(order())
    [held] = harness.orders(REFERENCE)
    harness.emulator.floor.lose(held, {SKUS[1]: 1})
    harness.ship([REFERENCE])
    assert held.status == "CompletePartialled"
    pages = poll(warehouse)
    [shipped] = shipments(pages)
    assert shipped.final
    assert [line.sku for line in shipped.lines] == [SKUS[0]]
    assert rejected(pages) == []
    assert warehouse.find(REFERENCE)[0].state is RemoteState.SHIPPED


def test_an_order_that_amazon_finds_invalid_later_is_rejected(opened: Open) -> None:
    warehouse, harness = opened()
    warehouse.submit(order(quantity=101))
    pages = poll(warehouse)
    [(reference, reason)] = rejected(pages)
    assert reference == REFERENCE
    assert "invalid" in reason
    assert [each for page in pages for each in page.cancelled] == []
    assert warehouse.find(REFERENCE)[0].state is RemoteState.CANCELLED
    assert harness.held()[0].state == "cancelled"


def test_an_order_of_which_nothing_can_be_found_is_rejected_with_its_skus(opened: Open) -> None:
    warehouse, harness = opened()
    warehouse.submit(order())
    [held] = harness.orders(REFERENCE)
    harness.emulator.floor.lose(held, {SKUS[0]: 2, SKUS[1]: 1})
    pages = poll(warehouse)
    [problem] = [problem for page in pages for each in page.rejected for problem in each.problems]
    assert problem.subject == f"Unfulfillable ({SKUS[0]}, {SKUS[1]})"
    assert shipments(pages) == []


def test_the_list_is_read_again_if_its_token_dies(opened: Open) -> None:
    warehouse, harness = opened(list_page_size=2)
    references = harness.receive(5)
    harness.ship(references)
    body = '{"errors": [{"code": "InvalidInput", "message": "The nextToken has expired."}]}'
    harness.emulator.faults.add(Fault(LIST, "status", status=400, body=body, query="nextToken"))
    assert {shipment.reference for shipment in shipments(poll(warehouse))} == set(references)
    firsts = [path for path in harness.calls("GET", f"{ROOT}?") if "nextToken" not in path]
    assert len(firsts) == 2


def test_one_order_that_cannot_be_read_is_named_and_read_again(opened: Open) -> None:
    warehouse, harness = opened()
    for number in (1, 2):
        warehouse.submit(order(f"A3_{number}_0"))
    harness.ship(["A3_1_0", "A3_2_0"])
    harness.emulator.faults.add(Fault(rf"{READ}A3_1_0$", "garbage", times=9))
    pages = poll(warehouse)
    [odd] = [row for page in pages for row in page.unreadable]
    assert (odd.name, odd.remote_id) == ("A3_1_0", "A3_1_0")
    assert [shipment.reference for shipment in shipments(pages)] == ["A3_2_0"]
    harness.emulator.faults.clear()
    [again] = shipments(list(warehouse.read_shipments([odd.remote_id, "A3_9_0"])))
    assert again.reference == "A3_1_0"


# Cancelling


def test_a_cancel_is_a_wish_whose_outcome_a_later_poll_shows(opened: Open) -> None:
    warehouse, harness = opened(cancel_seconds=60)
    warehouse.submit(order())
    assert warehouse.cancel(REFERENCE, "why") is CancelOutcome.REQUESTED
    assert warehouse.find(REFERENCE)[0].state is RemoteState.OPEN
    harness.advance(timedelta(seconds=61))
    [cancelled] = [each for page in poll(warehouse) for each in page.cancelled]
    assert cancelled.reference == REFERENCE
    assert warehouse.cancel(REFERENCE, "why") is CancelOutcome.CANCELLED


def test_an_order_that_is_picked_is_too_late_to_cancel(opened: Open) -> None:
    warehouse, harness = opened()
    warehouse.submit(order())
    harness.emulator.floor.pick(harness.orders(REFERENCE)[0])
    assert warehouse.cancel(REFERENCE, "why") is CancelOutcome.TOO_LATE
    assert harness.calls("PUT", ROOT) == []


def test_an_order_that_is_picked_between_the_look_and_the_cancel_is_too_late(opened: Open) -> None:
    warehouse, harness = opened()
    warehouse.submit(order())
    shown = requests.get(
        f"{harness.url}{ROOT}/{REFERENCE}",
        headers={"x-amz-access-token": _token(harness), "User-Agent": "Test/1 (Language=Python)"},
        timeout=5,
    ).text
    harness.emulator.floor.pick(harness.orders(REFERENCE)[0])
    harness.emulator.faults.add(Fault(READ, "status", status=200, body=shown))
    assert warehouse.cancel(REFERENCE, "why") is CancelOutcome.TOO_LATE
    assert len(harness.calls("PUT", ROOT)) == 1


def test_a_cancel_with_a_lost_response_is_unknown_and_settled_by_another_cancel(opened: Open) -> None:
    warehouse, harness = opened()
    warehouse.submit(order())
    harness.emulator.faults.add(Fault("/cancel$", "reset", "after"))
    with pytest.raises(OutcomeUnknown):
        warehouse.cancel(REFERENCE, "why")
    assert warehouse.cancel(REFERENCE, "why") is CancelOutcome.CANCELLED


# Stock and catalogue


def test_stock_that_is_reserved_damaged_or_on_its_way_is_not_available(opened: Open) -> None:
    warehouse, harness = opened()
    harness.emulator.state.put_goods({"sku": SKUS[0], "qty": 5, "unfulfillable": 3, "inbound": 40})
    warehouse.submit(order())
    [level] = [level for page in warehouse.inventory([SKUS[0]]) for level in page.items]
    units = (level.available, level.allocated, level.on_hold, level.on_hand)
    assert [int(unit) for unit in units] == [3, 2, 3, 8]
    assert level.as_of is not None


def test_stock_is_read_without_a_pause_and_again_if_the_token_dies(opened: Open) -> None:
    warehouse, harness = opened(stock_page_size=2)
    harness.seed([f"SKU-{number}" for number in range(5)])
    body = '{"errors": [{"code": "InvalidInput", "message": "The nextToken has expired."}]}'
    harness.emulator.faults.add(Fault(SUMMARIES, "status", status=400, body=body, query="nextToken"))
    pages = warehouse.inventory()
    first = next(pages)
    harness.advance(timedelta(minutes=5))
    assert len([*first.items, *(level for page in pages for level in page.items)]) == 7


def test_a_list_of_stock_that_never_ends_whole_is_an_error(opened: Open) -> None:
    warehouse, harness = opened(stock_page_size=2, stock_token_seconds=-1.0)
    harness.seed([f"SKU-{number}" for number in range(5)])
    with pytest.raises(Refused):
        list(warehouse.inventory())


def test_skus_are_asked_for_fifty_at_a_time(opened: Open) -> None:
    warehouse, harness = opened(settings={"sku_letter_case_counts": False})
    skus = [f"SKU-{number:03}" for number in range(120)]
    harness.seed(skus)
    assert {item.sku for page in warehouse.items(skus) for item in page.items} == set(skus)
    assert len(harness.calls("GET", SUMMARIES)) == 3


def test_a_sku_with_a_comma_is_found_in_the_whole_list(opened: Open) -> None:
    warehouse, harness = opened(settings={"sku_letter_case_counts": False}, sku_letter_case_counts=False)
    harness.seed(["MUG,RED"])
    [level] = [level for page in warehouse.inventory(["MUG,RED"]) for level in page.items]
    assert level.available == 100


def test_a_lane_may_say_that_the_inventory_is_no_catalogue(opened: Open) -> None:
    warehouse, _ = opened(settings={"catalogue": False})
    assert not warehouse.capabilities.catalogue
    with pytest.raises(NotSupported):
        list(warehouse.items())


# What preflight shows


def test_preflight_says_at_which_speeds_amazon_would_deliver(opened: Open) -> None:
    warehouse, harness = opened(speeds="standard")
    delivery = next(each for each in warehouse.inspect() if each.thing == "delivery")
    assert delivery.ok
    assert delivery.warns
    assert "by Standard" in delivery.text
    assert "Priority (DeliverySLAUnavailable)" in delivery.text
    with closing(harness.open(speed="Priority")) as hasty:
        assert [each.ok for each in hasty.inspect() if each.thing == "delivery"] == [False]


def test_preflight_without_stock_is_a_note(opened: Open) -> None:
    warehouse, harness = opened()
    harness.seed(SKUS, quantity=0)
    delivery = next(each for each in warehouse.inspect() if each.thing == "delivery")
    assert delivery.warns
    assert "no SKU" in delivery.text


# The descriptions that requests and responses are held to


def test_every_exchange_was_held_to_the_description(opened: Open) -> None:
    warehouse, harness = opened()
    warehouse.submit(order())
    poll(warehouse)
    assert harness.described.held == {"requests": 5, "responses": 5}


def _posted(harness: McfHarness) -> dict[str, Any]:
    with closing(harness.open()) as warehouse:
        return warehouse.payload(order())


def _token(harness: McfHarness) -> str:
    application = harness.connection()
    grant = {
        "grant_type": "refresh_token",
        "client_id": application.login,
        "client_secret": application.password,
        "refresh_token": application.extra["refresh_token"],
    }
    response = requests.post(f"{harness.url}/auth/o2/token", data=grant, timeout=5)
    return str(response.json()["access_token"])

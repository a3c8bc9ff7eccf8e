"""The Extensiv connector against the emulator: the shared suite, and what is specific to Extensiv."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cartage.errors import MalformedResponse, OutcomeUnknown, PermissionDenied, Refused, StaleVersion
from cartage.errors.problems import ProblemKind
from cartage.warehouses.contract import CancelOutcome, RemoteState, SubmitOutcome, Warehouse
from cartage_sandbox.extensiv import ROLES
from cartage_sandbox.kernel import Fault
from tests.contract.warehouses.extensiv_harness import SEARCH, SUBMIT, ExtensivHarness
from tests.contract.warehouses.http_warehouse_suite import HttpWarehouseSuite
from tests.contract.warehouses.warehouse_suite import (
    ADDRESS,
    REFERENCE,
    SKUS,
    order,
    poll,
    shipments,
    tracking,
)

Opened = tuple[Warehouse, ExtensivHarness]
Open = Callable[..., Opened]

SPLIT_MODES = ["renamed", "cancelled", "kept"]


class TestExtensiv(HttpWarehouseSuite):
    connector = "extensiv"

    @pytest.fixture
    def harness(self) -> Iterator[ExtensivHarness]:
        with ExtensivHarness() as harness:
            yield harness


@pytest.fixture
def opened() -> Iterator[Open]:
    """Build a sandbox with its own rules, and the connector on it with its own settings."""
    with ExitStack() as stack:

        def build(
            *, settings: dict[str, Any] | None = None, start: datetime | None = None, **rules: Any
        ) -> Opened:
            harness = stack.enter_context(ExtensivHarness(start=start, **rules))
            harness.seed(SKUS)
            return stack.enter_context(closing(harness.open(**(settings or {})))), harness

        yield build


# What is sent, and how many calls it takes


def test_what_is_posted_is_the_documented_order(opened: Open) -> None:
    warehouse, harness = opened()
    warehouse.submit(order())
    (posted,) = harness.submitted()
    assert posted["referenceNum"] == REFERENCE
    assert posted["poNum"] == "AB-1000"
    assert posted["orderItems"][0] == {
        "itemIdentifier": {"sku": "MUG-RED"},
        "qty": 2.0,
        "externalId": "71",
    }
    assert "readOnly" not in posted


def test_a_submit_a_find_and_a_page_of_shipments_take_the_fewest_calls(opened: Open) -> None:
    warehouse, harness = opened()
    warehouse.submit(order())
    assert harness.requests() == 2  # signing in, once
    warehouse.find(REFERENCE)
    assert harness.requests() == 3
    poll(warehouse)
    assert harness.requests() == 4
    harness.ship([REFERENCE])
    poll(warehouse)
    assert harness.requests() == 6  # the page, and all open split children


def test_sixteen_threads_share_one_token_even_when_it_is_revoked(opened: Open) -> None:
    warehouse, harness = opened()
    references = [f"A3_{number}_0" for number in range(80)]

    def submit(reference: str) -> SubmitOutcome:
        if reference == references[40]:
            harness.emulator.tokens.revoke_all()
        return warehouse.submit(order(reference)).outcome

    with ThreadPoolExecutor(16) as pool:
        outcomes = set(pool.map(submit, references))
    assert outcomes == {SubmitOutcome.CREATED}
    assert {harness.made(reference) for reference in references} == {1}
    assert len(harness.emulator.journal.entries("token.issued")) == 2


def test_many_references_are_found_even_if_rql_accepts_no_alternatives(opened: Open) -> None:
    warehouse, harness = opened(rql_alternatives=False)
    for number in range(3):
        warehouse.submit(order(f"A3_{number}_0"))
    before = len(harness.emulator.journal.entries("request"))
    for _ in range(2):
        found = dict(warehouse.find_many([f"A3_{number}_0" for number in range(4)]))
        assert {reference: len(orders) for reference, orders in found.items()} == {
            "A3_0_0": 1,
            "A3_1_0": 1,
            "A3_2_0": 1,
            "A3_3_0": 0,
        }
    assert len(harness.emulator.journal.entries("request")) - before == 1 + 4 + 4


def test_orders_of_another_customer_are_not_ours(opened: Open) -> None:
    warehouse, harness = opened()
    catalogue = harness.emulator.state.catalogue
    catalogue.put_customer({"id": 99, "name": "Other"})
    catalogue.put_item({"sku": SKUS[0], "customer_id": 99, "qty": 5}, harness.clock.now())
    catalogue.put_item({"sku": SKUS[1], "customer_id": 99, "qty": 5}, harness.clock.now())
    with closing(harness.open(customer_id=99)) as other:
        other.submit(order())
        harness.ship([REFERENCE])
        assert len(shipments(poll(other))) == 1
    assert warehouse.find(REFERENCE) == []
    assert poll(warehouse) == []
    assert {level.on_hand for page in warehouse.inventory() for level in page.items} == {Decimal(100)}


# Stock


def test_stock_says_how_old_its_response_is(opened: Open) -> None:
    warehouse, harness = opened(stock_age_seconds=7200)
    made: dict[str, datetime] = {}
    for response in ("true", "cached_age", "cached_date"):
        harness.emulator.rules.update({"stock_response": response})
        [as_of] = {level.as_of for page in warehouse.inventory() for level in page.items}
        assert as_of
        made[response] = as_of
    now = datetime.now(UTC)
    assert now - made["true"] < timedelta(minutes=1)
    for response in ("cached_age", "cached_date"):
        assert abs(now - made[response] - timedelta(hours=2)) < timedelta(minutes=1)


def test_stock_of_another_facility_does_not_count(opened: Open) -> None:
    warehouse, _ = opened(stock_response="other_facility")
    assert [level for page in warehouse.inventory() for level in page.items] == []


def test_a_list_of_stock_that_breaks_off_is_an_error(opened: Open) -> None:
    warehouse, harness = opened()
    row = '{"itemIdentifier": {"sku": "MUG"}, "onHand": 1, "facilityId": 1}'
    for page, rows in (("1", row), ("2", "")):
        body = f'{{"totalResults": 3, "summaries": [{rows}]}}'
        harness.emulator.faults.add(
            Fault("stocksummaries", "status", status=200, body=body, query=f"pgnum={page}", times=9)
        )
    with pytest.raises(MalformedResponse, match="1 of 3 rows came"):
        list(warehouse.inventory())


# Settings and permissions


def test_an_unknown_customer_is_a_fault_in_the_settings_not_in_the_order(opened: Open) -> None:
    warehouse, _ = opened(settings={"customer_id": 404})
    with pytest.raises(PermissionDenied, match="customer_id"):
        warehouse.submit(order())
    check = warehouse.check()
    assert not check.ok
    assert "customer 404" in check.text


def test_the_check_names_the_missing_role(opened: Open) -> None:
    warehouse, harness = opened()
    for client in harness.emulator.tokens._credentials:
        harness.emulator.tokens.set_roles(client, ROLES - {"OrderView"})
    assert "OrderView" in warehouse.check().text


def test_a_text_that_is_too_long_for_the_warehouse_is_refused_without_repeating_it(opened: Open) -> None:
    warehouse, _ = opened()
    with pytest.raises(Refused) as caught:
        warehouse.submit(order(notes="Ring at Ann's. " * 200))
    (problem,) = caught.value.problems
    assert (problem.kind, problem.subject) == (
        ProblemKind.REFUSED_BY_WAREHOUSE,
        "ValueNotSupported Notes",
    )
    assert "Ann" not in str(caught.value)


def test_all_faults_of_an_order_are_reported_together(opened: Open) -> None:
    warehouse, _ = opened()
    bad = order(ship_to=replace(ADDRESS, zip_code="", city=""))
    with pytest.raises(Refused) as caught:
        warehouse.submit(bad)
    assert [problem.subject for problem in caught.value.problems] == [
        "Required ShipTo.City",
        "Required ShipTo.Zip",
    ]


# Duplicates


def test_a_duplicate_that_cannot_be_read_is_unknown(opened: Open) -> None:
    warehouse, harness = opened()
    warehouse.submit(order())
    harness.emulator.faults.add(Fault(SEARCH, "garbage", nth=0))
    with pytest.raises(OutcomeUnknown):
        warehouse.submit(order())
    assert harness.made(REFERENCE) == 1


def test_a_submit_that_a_proxy_repeats_is_one_order(opened: Open) -> None:
    warehouse, harness = opened()
    harness.emulator.faults.add(Fault(SUBMIT, "duplicate", "after"))
    assert warehouse.submit(order()).outcome is SubmitOutcome.ALREADY_EXISTS
    assert harness.made(REFERENCE) == 1


# Splits


@pytest.mark.parametrize("mode", SPLIT_MODES)
def test_a_split_order_is_followed_in_every_state_of_the_original(opened: Open, mode: str) -> None:
    warehouse, harness = opened(split_original=mode)
    warehouse.submit(order())
    first, second = harness.split(REFERENCE)
    live = [each for each in warehouse.find(REFERENCE) if each.state is RemoteState.OPEN]
    assert {each.reference for each in live} == {first, second}
    harness.ship([second])
    pages = poll(warehouse)
    assert [shipment.final for shipment in shipments(pages)] == [False]
    cancelled = [each.reference for page in pages for each in page.cancelled]
    assert cancelled == ([REFERENCE] if mode == "cancelled" else [])
    harness.ship([first])
    both = shipments(poll(warehouse))
    assert {shipment.reference for shipment in both} == {first, second}
    assert all(shipment.final for shipment in both)
    assert len({shipment.key for shipment in both}) == 2


@pytest.mark.parametrize("mode", SPLIT_MODES)
def test_an_order_split_at_once_is_settled_after_a_lost_response(opened: Open, mode: str) -> None:
    warehouse, harness = opened(split_share=1.0, split_original=mode, duplicate_counts_split=True)
    harness.emulator.faults.add(Fault(SUBMIT, "reset", "after"))
    with pytest.raises(OutcomeUnknown):
        warehouse.submit(order())
    assert len(warehouse.find(REFERENCE)) >= 2
    assert warehouse.submit(order()).outcome is SubmitOutcome.ALREADY_EXISTS
    assert harness.made(REFERENCE) == 1


def test_a_part_that_the_warehouse_cancels_is_not_waited_for(opened: Open) -> None:
    warehouse, harness = opened()
    warehouse.submit(order())
    first, second = harness.split(REFERENCE)
    harness.ship([first])
    harness.cancel(second)
    pages = poll(warehouse)
    assert [shipment.final for shipment in shipments(pages)] == [True]
    assert [each.reference for page in pages for each in page.cancelled] == [second]


# Tracking


@pytest.mark.parametrize("place", ["all", "packages", "routing", "parcel"])
@pytest.mark.parametrize("packages", [1, 2])
def test_tracking_is_read_from_every_place_each_number_once(opened: Open, place: str, packages: int) -> None:
    warehouse, harness = opened(tracking_shown=place)
    result = warehouse.submit(order())
    harness.ship([REFERENCE], packages=packages)
    truth = harness.held()[0].tracking
    seen = set(truth[:1] if place == "routing" else truth)
    (shipment,) = shipments(poll(warehouse))
    reported = [package.tracking for package in shipment.packages if package.tracking]
    assert (set(reported), len(reported)) == (seen, len(seen))
    assert tracking(shipment) == {package.tracking for package in warehouse.get(result.remote_id).packages}


def test_a_corrected_number_belongs_to_the_same_package(opened: Open) -> None:
    warehouse, harness = opened()
    warehouse.submit(order())
    harness.ship([REFERENCE])
    (before,) = shipments(poll(warehouse))
    harness.change(REFERENCE)
    (after,) = shipments(poll(warehouse))
    assert before.packages[0].key == after.packages[0].key
    assert before.packages[0].tracking != after.packages[0].tracking
    assert tracking(after) == set(harness.held()[0].tracking)


# Cancelling


def test_a_cancel_with_a_stale_etag_is_retried_a_few_times(opened: Open) -> None:
    warehouse, harness = opened()
    remote_id = warehouse.submit(order()).remote_id
    stale = harness.emulator.faults.add(Fault("/canceler$", "status", status=412, times=2))
    assert warehouse.cancel(remote_id, "why") is CancelOutcome.CANCELLED
    harness.emulator.faults.remove(stale)
    other = warehouse.submit(order("A3_2_0")).remote_id
    harness.emulator.faults.add(Fault("/canceler$", "status", status=412, nth=0))
    with pytest.raises(StaleVersion):
        warehouse.cancel(other, "why")
    assert harness.held()[1].state == "open"


def test_a_cancel_with_a_lost_response_is_unknown_and_settled_by_another_cancel(opened: Open) -> None:
    warehouse, harness = opened()
    remote_id = warehouse.submit(order()).remote_id
    harness.emulator.faults.add(Fault("/canceler$", "reset", "after"))
    with pytest.raises(OutcomeUnknown):
        warehouse.cancel(remote_id, "why")
    assert warehouse.cancel(remote_id, "why") is CancelOutcome.CANCELLED


def test_orders_that_are_completed_automatically_are_too_late_to_cancel(opened: Open) -> None:
    warehouse, harness = opened(cancel_refused="always")
    remote_id = warehouse.submit(order()).remote_id
    assert warehouse.cancel(remote_id, "why") is CancelOutcome.TOO_LATE
    assert harness.held()[0].state == "open"


# Naive times


@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Sydney"])
def test_local_times_are_read_in_the_zone_of_the_settings(opened: Open, zone: str) -> None:
    start = datetime(2026, 7, 10, 12, tzinfo=UTC)
    warehouse, harness = opened(
        settings={"time_zone": zone}, start=start, timestamps="facility-local", facility_timezone=zone
    )
    warehouse.submit(order())
    harness.ship([REFERENCE])
    (shipment,) = shipments(poll(warehouse))
    assert shipment.shipped_at is not None
    assert timedelta(0) <= shipment.shipped_at - start < timedelta(minutes=5)


def test_a_shipment_in_the_hour_that_clocks_repeat_is_not_missed(opened: Open) -> None:
    # 05:50 UTC is 01:50 in New York, ten minutes before clocks go back to 01:00.
    warehouse, harness = opened(
        settings={"time_zone": "America/New_York", "poll_overlap": "5m"},
        start=datetime(2026, 11, 1, 5, 50, tzinfo=UTC),
        timestamps="facility-local",
    )
    references = [f"A3_{number}_0" for number in range(6)]
    for reference in references:
        warehouse.submit(order(reference))
    cursor, seen = "", set()
    for reference in references:
        harness.ship([reference])
        pages = poll(warehouse, cursor)
        seen |= {shipment.reference for shipment in shipments(pages)}
        cursor = pages[-1].cursor if pages else cursor
        assert reference in seen
        harness.advance(timedelta(minutes=25))
    assert seen == set(references)


def test_a_wrong_time_zone_loses_no_shipment(opened: Open) -> None:
    warehouse, harness = opened(timestamps="facility-local", facility_timezone="America/New_York")
    cursor, seen = "", set()
    for number in range(4):
        warehouse.submit(order(f"A3_{number}_0"))
        harness.ship([f"A3_{number}_0"])
        pages = poll(warehouse, cursor)
        seen |= {shipment.reference for shipment in shipments(pages)}
        cursor = pages[-1].cursor
        harness.advance(timedelta(hours=3))
    assert len(seen) == 4

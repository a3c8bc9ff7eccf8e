"""The suite that every connector must pass: a claimed capability works, an unclaimed one refuses.

A connector's test class derives from `ApiSuite` or `DocumentSuite`, which add what a warehouse with an API and one that
takes files must do, and provides a harness. It may add tests, but override none (test_suites.py).
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from cartage.errors import NotFound, NotSupported
from cartage.model.orders import Address, FulfillmentRequest, RequestLine, Shipment, ShipMethod
from cartage.warehouses.contract import ShipmentPage, SubmitResult, Warehouse
from cartage.warehouses.document_contract import DocumentWarehouse
from cartage.warehouses.references import base_reference
from tests.contract.warehouses.harness import Harness

REFERENCE = "A3_31882_0"
SKUS = ("MUG-RED", "TEA-100G")
AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
_numbers = itertools.count(1001)
ADDRESS = Address(
    name="Ann Lee",
    address1="12 Harbor Road",
    city="Rochester",
    state="NY",
    zip_code="14607",
    country="US",
    email="ann@example.com",
)


def order(reference: str = REFERENCE, quantity: int = 2, **changes: Any) -> FulfillmentRequest:
    """Return an acceptable order with two lines."""
    request = FulfillmentRequest(
        reference=reference,
        display_number="AB-1000",
        ordered_at=None,
        ship_to=ADDRESS,
        ship_method=ShipMethod("UPS", "Ground"),
        lines=(
            RequestLine(71, SKUS[0], Decimal(quantity)),
            RequestLine(72, SKUS[1], Decimal(1)),
        ),
    )
    return replace(request, **changes)


def send(
    warehouse: Warehouse, request: FulfillmentRequest, *others: FulfillmentRequest, number: int = 0
) -> SubmitResult:
    """Send an order as the engine does: by a request, or in a document, which may hold others."""
    if not isinstance(warehouse, DocumentWarehouse):
        return warehouse.submit(request)
    number = number or next(_numbers)
    # Each number is allotted at an instant of its own.
    document = warehouse.write_document([request, *others], number, AT + timedelta(seconds=number))
    warehouse.stage(document)
    return warehouse.publish(document)


def unclaimed(claim: object, call: Callable[[], object]) -> bool:
    """Return whether a capability is not claimed. If so, the call itself must refuse."""
    if claim:
        return False
    with pytest.raises(NotSupported):
        call()
    return True


def poll(warehouse: Warehouse, cursor: str = "") -> list[ShipmentPage]:
    """Return all pages of a poll."""
    return list(warehouse.poll_shipments(cursor))


def shipments(pages: list[ShipmentPage]) -> list[Shipment]:
    """Return the shipments of a poll."""
    return [shipment for page in pages for shipment in page.items]


def tracking(shipment: Shipment) -> set[str]:
    """Return the tracking numbers of a shipment."""
    return {package.tracking for package in shipment.packages}


class WarehouseSuite:
    """What both kinds of connectors must do."""

    connector: ClassVar[str]

    @pytest.fixture
    def warehouse(self, harness: Harness) -> Iterator[Warehouse]:
        """Return the connector on a sandbox that knows the items of `order`."""
        harness.seed(SKUS)
        with closing(harness.open()) as warehouse:
            yield warehouse

    # Submitting and finding

    def test_an_absent_reference_is_not_found(self, warehouse: Warehouse) -> None:
        assert warehouse.find(REFERENCE) == []

    def test_an_unknown_id_is_not_found(self, warehouse: Warehouse) -> None:
        with pytest.raises(NotFound):
            warehouse.get("999999999")

    # Refusals

    def test_an_acceptable_order_has_no_problems_and_validation_makes_no_call(
        self, warehouse: Warehouse, harness: Harness
    ) -> None:
        before = harness.requests()
        assert warehouse.validate(order()) == []
        assert warehouse.validate(order(lines=(), ship_to=Address()))
        assert harness.requests() == before

    def test_problems_name_neither_person_nor_order(self, warehouse: Warehouse) -> None:
        long = replace(ADDRESS, name="Ann Lee " * 100, zip_code="")
        problems = warehouse.validate(order(ship_to=long, notes="secret " * 20_000))
        assert problems
        for problem in problems:
            text = f"{problem.subject} {problem.message} {problem.fix}"
            assert "Ann" not in text
            assert "secret" not in text
            assert REFERENCE not in text
        assert warehouse.validate(order("A3_2_0", ship_to=long, notes="other " * 20_000)) == problems

    # Shipments

    def test_nothing_shipped_gives_no_shipment(self, warehouse: Warehouse) -> None:
        assert shipments(poll(warehouse)) == []
        send(warehouse, order())
        assert shipments(poll(warehouse)) == []

    def test_a_second_poll_gives_the_same_keys(self, warehouse: Warehouse, harness: Harness) -> None:
        send(warehouse, order())
        harness.ship([REFERENCE], packages=2)
        pages = poll(warehouse)
        again = shipments(poll(warehouse, pages[-1].cursor))
        assert again == shipments(pages)

    def test_a_glance_sees_what_ships_with_one_call(self, warehouse: Warehouse, harness: Harness) -> None:
        references = ["A3_1_0", "A3_2_0"]
        for reference in references:
            send(warehouse, order(reference))
        pages = poll(warehouse)
        cursor = pages[-1].cursor if pages else ""
        seen = [warehouse.glance(cursor)]
        if seen == [None]:
            return
        for reference in references:
            harness.advance(timedelta(minutes=1))
            harness.ship([reference])
            asked = harness.requests()
            seen.append(warehouse.glance(cursor))
            # To list folders takes a few requests, none of which reads a file.
            assert isinstance(warehouse, DocumentWarehouse) or harness.requests() - asked <= 1
        assert all(seen[1:])
        assert len(set(seen)) == 3

    def test_a_shipments_contents_are_reported_by_line(self, warehouse: Warehouse, harness: Harness) -> None:
        send(warehouse, order())
        harness.ship([REFERENCE], packages=2)
        found = shipments(poll(warehouse))
        assert found
        held: Counter[tuple[str, int | None]] = Counter()
        for line in (line for shipment in found for line in shipment.lines):
            held[line.sku, line.line_id] += int(line.quantity)
        by_id, by_sku = {(SKUS[0], 71): 2, (SKUS[1], 72): 1}, {(SKUS[0], None): 2, (SKUS[1], None): 1}
        # A warehouse may know neither lines nor contents.
        assert held in ({}, by_id, by_sku)

    def test_many_pages_yield_each_shipment_once(self, warehouse: Warehouse, harness: Harness) -> None:
        references = harness.receive(2 * harness.page_size() + 5)
        harness.ship(references)
        found = shipments(poll(warehouse))
        assert sorted(shipment.reference for shipment in found) == sorted(references)
        assert len({shipment.key for shipment in found}) == len(references)

    # Splits

    def test_a_split_order_is_final_with_its_last_part_only(
        self, warehouse: Warehouse, harness: Harness
    ) -> None:
        if not warehouse.capabilities.splits:
            return
        send(warehouse, order())
        send(warehouse, order("A3_2_0"))
        first, second = harness.split(REFERENCE)
        harness.ship([second])
        harness.ship(["A3_2_0"])
        some = {base_reference(shipment.reference): shipment for shipment in shipments(poll(warehouse))}
        assert not some[REFERENCE].final
        assert some["A3_2_0"].final
        harness.ship([first])
        found = shipments(poll(warehouse))
        all_of_it = [each for each in found if base_reference(each.reference) == REFERENCE]
        assert len({each.key for each in all_of_it}) == 2
        assert all(each.final for each in all_of_it)

    # Catalogue, stock, carriers

    def test_the_whole_catalogue_is_read_page_by_page(self, warehouse: Warehouse, harness: Harness) -> None:
        if unclaimed(warehouse.capabilities.catalogue, lambda: list(warehouse.items())):
            return
        more = [f"SKU-{number:03}" for number in range(250)]
        harness.seed(more)
        pages = list(warehouse.items())
        assert sorted(item.sku for page in pages for item in page.items) == sorted([*SKUS, *more])
        assert len(pages) > 1

    def test_named_items_are_found_in_any_letter_case_as_the_warehouse_spells_them(
        self, warehouse: Warehouse, harness: Harness
    ) -> None:
        if unclaimed(warehouse.capabilities.catalogue, lambda: list(warehouse.items(["x"]))):
            return
        strange = "Größe (M)*=,;+&% x"
        harness.seed([strange, "Retired"], active=False)
        asked = ["mug-red", strange, "retired", "NO-SUCH", *(f"NONE-{number}" for number in range(120))]
        found = {item.sku: item for page in warehouse.items(asked) for item in page.items}
        assert set(found) == {"MUG-RED", strange, "Retired"}
        assert found["MUG-RED"].active
        assert found["Retired"].active is not warehouse.capabilities.deactivation
        assert list(warehouse.items([])) == []

    def test_a_sku_that_cannot_be_asked_for_hides_no_other(self, warehouse: Warehouse) -> None:
        if unclaimed(warehouse.capabilities.catalogue, lambda: list(warehouse.items(SKUS))):
            return
        asked = [*SKUS, "X" * 70_000, "\u7b46" * 5_000, "A\x00B", "A\nB", "\ud800"]
        found = {item.sku for page in warehouse.items(asked) for item in page.items}
        assert found == set(SKUS)

    def test_ship_methods_are_listed(self, warehouse: Warehouse) -> None:
        if unclaimed(warehouse.capabilities.carriers, warehouse.ship_methods):
            return
        methods = warehouse.ship_methods().items
        assert methods
        assert all(method.carrier for method in methods)
        assert len(set(methods)) == len(methods)

    # Credentials and limits

    def test_good_credentials_pass_the_check_and_nothing_is_created(
        self, warehouse: Warehouse, harness: Harness
    ) -> None:
        check = warehouse.check()
        assert check.ok, check.text
        assert harness.held() == []

    def test_wrong_credentials_and_a_missing_response_are_reported_not_raised(self, harness: Harness) -> None:
        for opened in (harness.open_with_wrong_credentials(), harness.open_unreachable()):
            with closing(opened) as warehouse:
                check = warehouse.check()
                assert not check.ok
                assert check.text

    def test_everything_the_settings_name_is_found_and_nothing_is_created(
        self, warehouse: Warehouse, harness: Harness
    ) -> None:
        seen = warehouse.inspect()
        assert seen
        assert all(finding.ok for finding in seen), seen
        assert harness.held() == []

    def test_wrong_credentials_are_a_finding(self, harness: Harness) -> None:
        with closing(harness.open_with_wrong_credentials()) as warehouse:
            assert [finding.ok for finding in warehouse.inspect()] == [False]

    def test_limits_and_delays_are_plausible(self, warehouse: Warehouse) -> None:
        capabilities = warehouse.capabilities
        assert capabilities.reference_max_length >= 22
        assert capabilities.longest_request > timedelta(0)
        assert capabilities.poll_overlap >= timedelta(0)

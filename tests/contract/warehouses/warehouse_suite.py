"""The suite that every connector must pass: a claimed capability works, an unclaimed one refuses.

A connector's test class derives from it and provides a harness. It may add tests, but override none (test_suites.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest

from cartage.errors import NotFound, NotSent, NotSupported, OutcomeUnknown, ReferenceConflict, Refused
from cartage.errors.problems import ProblemKind
from cartage.model.orders import Address, FulfillmentRequest, RequestLine, Shipment, ShipMethod
from cartage.warehouses.contract import (
    CancelOutcome,
    Reconcile,
    RemoteState,
    ShipmentPage,
    SubmitOutcome,
    Warehouse,
)
from cartage.warehouses.references import base_reference
from tests.contract.warehouses.harness import AFTER_THE_EFFECT, BEFORE_THE_EFFECT, Harness, Mishap

REFERENCE = "A3_31882_0"
SKUS = ("MUG-RED", "TEA-100G")
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
    """Derive a class named Test... from this one, with `connector` and a fixture `harness`."""

    connector: ClassVar[str]

    @pytest.fixture
    def warehouse(self, harness: Harness) -> Iterator[Warehouse]:
        """Return the connector on a sandbox that knows the items of `order`."""
        harness.seed(SKUS)
        with closing(harness.open()) as warehouse:
            yield warehouse

    # Submitting and finding

    def test_a_submitted_order_is_found_with_its_content(
        self, warehouse: Warehouse, harness: Harness
    ) -> None:
        result = warehouse.submit(order())
        assert result.outcome in {SubmitOutcome.CREATED, SubmitOutcome.ACCEPTED}
        (held,) = harness.held()
        assert (held.remote_id, held.reference) == (result.remote_id, REFERENCE)
        assert held.lines == {SKUS[0]: 2, SKUS[1]: 1}
        (found,) = warehouse.find(REFERENCE)
        assert (found.remote_id, found.reference, found.state) == (
            held.remote_id,
            REFERENCE,
            RemoteState.OPEN,
        )
        assert dict(found.lines) == held.lines
        assert (found.ship_to.zip_code, found.ship_to.country) == ("14607", "US")

    def test_the_notes_of_a_line_are_sent_whole_or_are_a_problem(
        self, warehouse: Warehouse, harness: Harness
    ) -> None:
        notes = "Engraving: For Ann & Zoë\nFont: Script"
        request = order(lines=(RequestLine(71, SKUS[0], Decimal(1), notes=notes),))
        if problems := warehouse.validate(request):
            assert [problem.kind for problem in problems] == [ProblemKind.OPTION_TEXT]
            return
        warehouse.submit(request)
        (submitted,) = harness.submitted()
        assert all(word in str(submitted) for word in ("For Ann & Zoë", "Font: Script"))

    def test_names_beyond_ascii_arrive_unchanged(self, warehouse: Warehouse, harness: Harness) -> None:
        name = "Zoë Åström-Ñandú 山田 🎁"
        warehouse.submit(order(ship_to=replace(ADDRESS, name=name)))
        assert harness.held()[0].name == name
        assert warehouse.find(REFERENCE)[0].ship_to.name == name

    def test_an_absent_reference_is_not_found(self, warehouse: Warehouse) -> None:
        assert warehouse.find(REFERENCE) == []

    def test_a_reference_is_not_confused_with_a_longer_one(self, warehouse: Warehouse) -> None:
        warehouse.submit(order("A_1_01"))
        warehouse.submit(order("A_1_0B"))
        assert warehouse.find("A_1_0") == []
        warehouse.submit(order("A_1_0"))
        assert [found.reference for found in warehouse.find("A_1_0")] == ["A_1_0"]

    def test_many_references_are_found_as_if_searched_one_at_a_time(
        self, warehouse: Warehouse, harness: Harness
    ) -> None:
        for number in range(30):
            warehouse.submit(order(f"A3_{number}_0"))
        harness.cancel("A3_3_0")
        if warehouse.capabilities.splits:
            harness.split("A3_4_0")
        asked = [f"A3_{number}_0" for number in range(0, 60, 2)] + ["A3_3_0", "A3_4_0", "A3_", "B*,()%;=1"]
        found = dict(warehouse.find_many(asked))
        assert found == {reference: warehouse.find(reference) for reference in asked}
        assert (len(found["A3_3_0"]), len(found["A3_"])) == (1, 0)
        assert dict(warehouse.find_many([])) == {}

    def test_a_reference_that_cannot_be_asked_for_is_left_out_and_hides_no_other(
        self, warehouse: Warehouse
    ) -> None:
        warehouse.submit(order())
        asked = [REFERENCE, "X" * 70_000, "\u7b46" * 5_000, "A\x00B", "\ud800"]
        found = dict(warehouse.find_many(asked))
        assert len(found.pop(REFERENCE)) == 1
        assert found == {}

    def test_an_unknown_id_is_not_found(self, warehouse: Warehouse) -> None:
        with pytest.raises(NotFound):
            warehouse.get("999999999")

    # Once

    def test_submitting_the_same_order_again_leaves_one(self, warehouse: Warehouse, harness: Harness) -> None:
        first = warehouse.submit(order())
        again = warehouse.submit(order())
        assert again.outcome is SubmitOutcome.ALREADY_EXISTS
        assert again.remote_id == first.remote_id
        assert harness.made(REFERENCE) == 1

    def test_a_different_order_under_the_same_reference_is_a_conflict(
        self, warehouse: Warehouse, harness: Harness
    ) -> None:
        warehouse.submit(order())
        with pytest.raises(ReferenceConflict, match="mug-red"):
            warehouse.submit(order(quantity=9))
        assert harness.made(REFERENCE) == 1
        assert harness.held()[0].lines[SKUS[0]] == 2

    def test_a_cancelled_order_under_the_reference_is_a_conflict(
        self, warehouse: Warehouse, harness: Harness
    ) -> None:
        warehouse.submit(order())
        harness.cancel(REFERENCE)
        with pytest.raises(ReferenceConflict, match="cancelled"):
            warehouse.submit(order())
        assert harness.made(REFERENCE) == 1

    @pytest.mark.parametrize("mishap", AFTER_THE_EFFECT)
    def test_a_lost_response_is_unknown_and_settled_by_a_search(
        self, warehouse: Warehouse, harness: Harness, mishap: Mishap
    ) -> None:
        harness.go_wrong(mishap)
        with pytest.raises(OutcomeUnknown):
            warehouse.submit(order())
        assert harness.made(REFERENCE) == 1
        (found,) = warehouse.find(REFERENCE)
        assert warehouse.submit(order()).remote_id == found.remote_id
        assert harness.made(REFERENCE) == 1

    def test_a_response_that_comes_too_late_is_unknown(self, harness: Harness) -> None:
        harness.seed(SKUS)
        harness.go_wrong(Mishap.RESPONSE_LATE)
        with closing(harness.open_impatient()) as warehouse:
            with pytest.raises(OutcomeUnknown):
                warehouse.submit(order())
            assert len(warehouse.find(REFERENCE)) == 1
        assert harness.made(REFERENCE) == 1

    @pytest.mark.parametrize("mishap", BEFORE_THE_EFFECT)
    def test_a_lost_request_is_unknown_and_can_be_sent_again(
        self, warehouse: Warehouse, harness: Harness, mishap: Mishap
    ) -> None:
        harness.go_wrong(mishap)
        with pytest.raises(OutcomeUnknown):
            warehouse.submit(order())
        assert harness.made(REFERENCE) == 0
        assert warehouse.find(REFERENCE) == []
        warehouse.submit(order())
        assert harness.made(REFERENCE) == 1

    def test_a_request_that_never_left_is_not_sent(self, harness: Harness) -> None:
        with closing(harness.open_unreachable()) as nowhere, pytest.raises(NotSent):
            nowhere.submit(order())
        assert harness.made(REFERENCE) == 0

    def test_an_order_that_is_not_visible_yet_is_unknown_until_it_is(
        self, warehouse: Warehouse, harness: Harness
    ) -> None:
        if warehouse.capabilities.reconcile is not Reconcile.EVENTUAL:
            assert warehouse.capabilities.visibility_delay == timedelta(0)
            return
        delay = warehouse.capabilities.visibility_delay
        harness.hide_new_orders(delay)
        warehouse.submit(order())
        assert warehouse.find(REFERENCE) == []
        with pytest.raises(OutcomeUnknown):
            warehouse.submit(order())
        harness.advance(delay)
        assert warehouse.submit(order()).outcome is SubmitOutcome.ALREADY_EXISTS
        assert harness.made(REFERENCE) == 1

    def test_two_workers_that_submit_a_reference_at_the_same_time_create_one_order(
        self, warehouse: Warehouse, harness: Harness
    ) -> None:
        references = [f"A3_{number}_0" for number in range(10)]
        with ThreadPoolExecutor(8) as pool:
            results = list(
                pool.map(lambda reference: warehouse.submit(order(reference)), sorted(references * 2))
            )
        assert [harness.made(reference) for reference in references] == [1] * len(references)
        assert sorted(result.outcome for result in results) == sorted(
            [SubmitOutcome.ALREADY_EXISTS, SubmitOutcome.CREATED] * len(references)
        )

    # Refusals

    def test_an_unknown_sku_is_refused_as_such(self, warehouse: Warehouse, harness: Harness) -> None:
        strange = order(lines=(RequestLine(71, "NO-SUCH", Decimal(1)), RequestLine(72, SKUS[1], Decimal(1))))
        with pytest.raises(Refused) as caught:
            warehouse.submit(strange)
        (problem,) = caught.value.problems
        assert (problem.kind, problem.subject) == (ProblemKind.UNKNOWN_SKU, "NO-SUCH")
        assert harness.held() == []

    def test_an_acceptable_order_has_no_problems_and_validation_makes_no_call(
        self, warehouse: Warehouse, harness: Harness
    ) -> None:
        before = harness.requests()
        assert warehouse.validate(order()) == []
        assert warehouse.validate(order(lines=(), ship_to=Address()))
        assert harness.requests() == before

    def test_the_payload_is_what_a_submit_sends_and_makes_no_call(
        self, warehouse: Warehouse, harness: Harness
    ) -> None:
        plain, full = order(), order("A3_2_0", notes="Zoë: ring twice\nPO: 77", display_number="Nº 7")
        shown = [warehouse.payload(plain), warehouse.payload(full)]
        assert harness.requests() == 0
        for request in (plain, full):
            warehouse.submit(request)
        assert shown == harness.submitted()

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
        warehouse.submit(order())
        assert shipments(poll(warehouse)) == []

    def test_every_package_of_a_shipment_is_reported_once(
        self, warehouse: Warehouse, harness: Harness
    ) -> None:
        result = warehouse.submit(order())
        harness.ship([REFERENCE], packages=2)
        (held,) = harness.held()
        (shipment,) = shipments(poll(warehouse))
        assert (shipment.reference, shipment.remote_id) == (REFERENCE, result.remote_id)
        assert len(shipment.packages) == 2
        assert tracking(shipment) == set(held.tracking)
        assert len({package.key for package in shipment.packages}) == 2
        assert shipment.final
        assert shipment.shipped_at is not None
        contents = [content for package in shipment.packages for content in package.contents or ()]
        assert sum(content.quantity for content in contents if content.line_id == 71) == 2
        assert {package.tracking for package in warehouse.get(result.remote_id).packages} == set(
            held.tracking
        )

    def test_a_second_poll_gives_the_same_keys(self, warehouse: Warehouse, harness: Harness) -> None:
        warehouse.submit(order())
        harness.ship([REFERENCE], packages=2)
        pages = poll(warehouse)
        again = shipments(poll(warehouse, pages[-1].cursor))
        assert again == shipments(pages)

    def test_a_voided_shipment_is_named_by_its_key_and_can_ship_again(
        self, warehouse: Warehouse, harness: Harness
    ) -> None:
        warehouse.submit(order())
        warehouse.submit(order("A3_2_0"))
        harness.ship([REFERENCE])
        pages = poll(warehouse)
        [shipped] = shipments(pages)
        assert shipped.key not in {key for page in pages for key in page.unshipped}
        harness.take_back(REFERENCE)
        pages = poll(warehouse, pages[-1].cursor)
        assert shipments(pages) == []
        assert shipped.key in {key for page in pages for key in page.unshipped}
        harness.ship([REFERENCE])
        [again] = shipments(poll(warehouse, pages[-1].cursor))
        [held] = [order for order in harness.held() if order.reference == REFERENCE]
        assert (again.key, tracking(again)) == (shipped.key, set(held.tracking))

    def test_a_shipments_contents_are_reported_by_line(self, warehouse: Warehouse, harness: Harness) -> None:
        warehouse.submit(order())
        harness.ship([REFERENCE], packages=2)
        [shipped] = shipments(poll(warehouse))
        held = [(line.sku, line.quantity, line.line_id) for line in shipped.lines]
        assert held in ([], [(SKUS[0], Decimal(2), 71), (SKUS[1], Decimal(1), 72)])

    def test_a_poll_continues_from_its_cursor(self, warehouse: Warehouse, harness: Harness) -> None:
        for number in (1, 2):
            warehouse.submit(order(f"A3_{number}_0"))
        harness.ship(["A3_1_0"])
        cursor = poll(warehouse)[-1].cursor
        harness.advance(2 * warehouse.capabilities.poll_overlap + timedelta(seconds=1))
        harness.ship(["A3_2_0"])
        pages = poll(warehouse, cursor)
        assert [shipment.reference for shipment in shipments(pages)] == ["A3_1_0", "A3_2_0"]
        assert [shipment.reference for shipment in shipments(poll(warehouse, pages[-1].cursor))] == ["A3_2_0"]

    def test_the_first_poll_can_begin_at_a_given_time(self, warehouse: Warehouse, harness: Harness) -> None:
        for number in (1, 2):
            warehouse.submit(order(f"A3_{number}_0"))
        harness.ship(["A3_1_0"])
        first = shipments(poll(warehouse))[0].modified_at
        assert first is not None
        harness.advance(2 * warehouse.capabilities.poll_overlap)
        harness.ship(["A3_2_0"])
        cursor = warehouse.cursor_at(first + warehouse.capabilities.poll_overlap + timedelta(seconds=1))
        assert [shipment.reference for shipment in shipments(poll(warehouse, cursor))] == ["A3_2_0"]

    def test_many_pages_yield_each_shipment_once(self, warehouse: Warehouse, harness: Harness) -> None:
        references = harness.receive(2 * harness.page_size() + 5)
        harness.ship(references)
        found = shipments(poll(warehouse))
        assert sorted(shipment.reference for shipment in found) == sorted(references)
        assert len({shipment.key for shipment in found}) == len(references)

    def test_a_row_that_changes_while_pages_are_read_hides_no_other(
        self, warehouse: Warehouse, harness: Harness
    ) -> None:
        references = harness.receive(2 * harness.page_size() + 5)
        harness.ship(references)
        pages = warehouse.poll_shipments("")
        first = next(pages)
        harness.advance(timedelta(seconds=1))
        harness.change(first.items[0].reference)
        harness.change(references[-1])
        found = [*first.items, *shipments(list(pages))]
        assert sorted(shipment.reference for shipment in found) == sorted(references)

    def test_a_page_that_was_committed_need_not_be_read_again(
        self, warehouse: Warehouse, harness: Harness
    ) -> None:
        references = harness.receive(harness.page_size() + 5)
        harness.ship(references)
        first = next(warehouse.poll_shipments(""))
        rest = shipments(poll(warehouse, first.cursor))
        assert {item.reference for item in [*first.items, *rest]} == set(references)

    # Splits

    def test_split_children_are_found_by_the_original_reference(
        self, warehouse: Warehouse, harness: Harness
    ) -> None:
        warehouse.submit(order())
        if not warehouse.capabilities.splits:
            assert len(warehouse.find(REFERENCE)) == 1
            return
        parts = harness.split(REFERENCE)
        found = warehouse.find(REFERENCE)
        live = [each for each in found if each.state is not RemoteState.CANCELLED]
        assert sorted(each.reference for each in live) == sorted(parts)
        assert {base_reference(each.reference) for each in found} == {REFERENCE}
        quantities = [quantity for each in live for _, quantity in each.lines]
        assert sum(quantities) == 3

    def test_a_split_order_is_final_with_its_last_part_only(
        self, warehouse: Warehouse, harness: Harness
    ) -> None:
        if not warehouse.capabilities.splits:
            return
        warehouse.submit(order())
        warehouse.submit(order("A3_2_0"))
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

    # Cancelling

    def test_an_open_order_is_cancelled(self, warehouse: Warehouse, harness: Harness) -> None:
        if unclaimed(warehouse.capabilities.cancel, lambda: warehouse.cancel("1", "why")):
            return
        result = warehouse.submit(order())
        assert warehouse.cancel(result.remote_id, "wanted by the customer") in {
            CancelOutcome.CANCELLED,
            CancelOutcome.REQUESTED,
        }
        assert warehouse.cancel(result.remote_id, "again") is CancelOutcome.CANCELLED
        assert _state(harness, REFERENCE) == "cancelled"
        assert warehouse.find(REFERENCE)[0].state is RemoteState.CANCELLED

    def test_a_shipped_order_is_not_cancelled(self, warehouse: Warehouse, harness: Harness) -> None:
        if unclaimed(warehouse.capabilities.cancel, lambda: warehouse.cancel("1", "why")):
            return
        result = warehouse.submit(order())
        harness.ship([REFERENCE])
        assert warehouse.cancel(result.remote_id, "too late") is CancelOutcome.TOO_LATE
        assert _state(harness, REFERENCE) == "shipped"

    def test_an_order_that_does_not_exist_is_not_cancelled(self, warehouse: Warehouse) -> None:
        if unclaimed(warehouse.capabilities.cancel, lambda: warehouse.cancel("1", "why")):
            return
        assert warehouse.cancel("999999999", "gone") is CancelOutcome.NOT_FOUND

    def test_an_order_that_the_warehouse_cancels_is_reported_and_not_as_a_shipment(
        self, warehouse: Warehouse, harness: Harness
    ) -> None:
        warehouse.submit(order())
        harness.cancel(REFERENCE)
        pages = poll(warehouse)
        assert shipments(pages) == []
        (cancelled,) = [each for page in pages for each in page.cancelled]
        assert (cancelled.reference, cancelled.state) == (REFERENCE, RemoteState.CANCELLED)

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
        assert not found["Retired"].active
        assert list(warehouse.items([])) == []

    def test_a_sku_that_cannot_be_asked_for_hides_no_other(self, warehouse: Warehouse) -> None:
        if unclaimed(warehouse.capabilities.catalogue, lambda: list(warehouse.items(SKUS))):
            return
        asked = [*SKUS, "X" * 70_000, "\u7b46" * 5_000, "A\x00B", "A\nB", "\ud800"]
        found = {item.sku for page in warehouse.items(asked) for item in page.items}
        assert found == set(SKUS)

    def test_stock_is_read(self, warehouse: Warehouse, harness: Harness) -> None:
        if unclaimed(warehouse.capabilities.inventory, lambda: list(warehouse.inventory())):
            return
        harness.seed([f"SKU-{number:03}" for number in range(600)], quantity=7)
        warehouse.submit(order())
        levels = {level.sku: level for page in warehouse.inventory() for level in page.items}
        assert len(levels) == 602
        assert levels[SKUS[0]].on_hand - levels[SKUS[0]].available == 2
        assert levels["SKU-599"].available == 7
        (level,) = [level for page in warehouse.inventory([SKUS[1]]) for level in page.items]
        assert (level.sku, level.available) == (SKUS[1], Decimal(99))

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


def _state(harness: Harness, reference: str) -> str:
    (held,) = [each for each in harness.held() if each.accepted_as == reference]
    return held.state

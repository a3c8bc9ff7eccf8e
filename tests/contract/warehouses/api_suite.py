"""The suite of connectors to warehouses with an API: an order is a request, and a search shows whether it is there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from cartage.errors import NotSent, OutcomeUnknown, ReferenceConflict, Refused
from cartage.errors.problems import ProblemKind
from cartage.model.orders import RequestLine
from cartage.warehouses.contract import CancelOutcome, Reconcile, RemoteState, SubmitOutcome, Warehouse
from cartage.warehouses.listed import ListedPart
from cartage.warehouses.lookups import find_each
from cartage.warehouses.references import base_reference
from tests.contract.warehouses.harness import AFTER_THE_EFFECT, BEFORE_THE_EFFECT, Harness, Mishap
from tests.contract.warehouses.warehouse_suite import (
    ADDRESS,
    REFERENCE,
    SKUS,
    WarehouseSuite,
    order,
    poll,
    shipments,
    tracking,
    unclaimed,
)


class ApiSuite(WarehouseSuite):
    """Derive a class named Test... from this one, with `connector` and a fixture `harness`."""

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
        # What no search can have is left out of both; our own references never are.
        assert found == dict(find_each(asked, warehouse.find))
        assert set(asked) - set(found) <= {"B*,()%;=1"}
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

    def test_the_payload_is_what_a_submit_sends_and_makes_no_call(
        self, warehouse: Warehouse, harness: Harness
    ) -> None:
        plain, full = order(), order("A3_2_0", notes="Zoë: ring twice\nPO: 77", display_number="Nº 7")
        shown = [warehouse.payload(plain), warehouse.payload(full)]
        assert harness.requests() == 0
        for request in (plain, full):
            warehouse.submit(request)
        assert shown == harness.submitted()

    # Shipments

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

    def test_the_list_of_orders_has_each_once_with_all_that_it_claims(
        self, warehouse: Warehouse, harness: Harness
    ) -> None:
        listed = warehouse.capabilities.listed
        since = datetime.now(UTC) - timedelta(hours=1)
        if unclaimed(listed is not None, lambda: list(warehouse.list_orders(since))):
            return
        references = [f"A3_{number}_0" for number in range(3)]
        for reference in references:
            warehouse.submit(order(reference))
        harness.ship(references[1:2])
        harness.cancel(references[2])
        pages = list(warehouse.list_orders(since))
        found = {each.reference: each for page in pages for each in page.items}
        assert sorted(each.reference for page in pages for each in page.items) == references
        assert [found[reference].state for reference in references] == [
            RemoteState.OPEN,
            RemoteState.SHIPPED,
            RemoteState.CANCELLED,
        ]
        for reference in references[:2]:
            alone = warehouse.get(found[reference].remote_id)
            shown = found[reference]
            assert (shown.lines == alone.lines) is (ListedPart.LINES in (listed or ()))
            assert (shown.ship_to == alone.ship_to) is (ListedPart.ADDRESS in (listed or ()))
            assert (shown.ship_method is not None) is (ListedPart.SHIP_METHOD in (listed or ()))
        numbers = [package.tracking for package in found[references[1]].packages]
        assert bool(numbers) is (ListedPart.PACKAGES in (listed or ()))
        later = datetime.now(UTC) + timedelta(days=1)
        assert [each for page in warehouse.list_orders(later) for each in page.items] == []

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


def _state(harness: Harness, reference: str) -> str:
    (held,) = [each for each in harness.held() if each.accepted_as == reference]
    return held.state

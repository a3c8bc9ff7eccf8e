"""The suite of connectors to warehouses that take files: what is staged, published and withdrawn, and what comes back.

Such a target cannot refuse an unknown SKU at once or tell a second order under one reference. What it does instead has
its own tests here, and none of a warehouse with an API is skipped.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from cartage.deadlines import DeadlineExceeded, deadline
from cartage.errors import NotSupported, OutcomeUnknown, ReferenceConflict, RemoteError
from cartage.model.orders import FulfillmentRequest, RequestLine
from cartage.warehouses.contract import (
    DuplicatePolicy,
    Reconcile,
    ShipmentPage,
    StockPage,
    SubmitOutcome,
    Warehouse,
)
from cartage.warehouses.document_contract import DocumentWarehouse
from cartage.warehouses.documents import DocumentPart, InboundDocument, OutboundDocument, Withdrawal
from tests.contract.warehouses.harness import Harness, Mishap
from tests.contract.warehouses.warehouse_suite import (
    ADDRESS,
    AT,
    REFERENCE,
    SKUS,
    WarehouseSuite,
    order,
    poll,
    send,
    shipments,
    tracking,
)

OTHER = "A3_31883_0"


class DocumentHarness(Harness):
    """A warehouse that takes files. `held` and `made` tell what it has taken."""

    @abstractmethod
    def open(self) -> DocumentWarehouse:
        """Return the connector, with good credentials and places for staging."""

    @abstractmethod
    def open_direct(self) -> DocumentWarehouse:
        """Return the connector as it works with a server that takes every file at once: nothing is staged."""

    @abstractmethod
    def take(self) -> int:
        """Let the warehouse take every file that it sees; return how many it took."""

    @abstractmethod
    def accept(self, reference: str) -> None:
        """Let the warehouse acknowledge an order in a file."""

    @abstractmethod
    def reject(self, reference: str, reason: str) -> None:
        """Let the warehouse reject, in a file, an order that it had taken."""

    @abstractmethod
    def write_stock(self, levels: dict[str, int]) -> None:
        """Let the warehouse write a file with all its stock."""

    @abstractmethod
    def unread(self) -> int:
        """The oracle: return how many files of the warehouse lie where it put them."""


class DocumentSuite(WarehouseSuite):
    """Derive a class named Test... from this one, with `connector` and a fixture `harness`."""

    @pytest.fixture
    def warehouse(self, harness: DocumentHarness) -> Iterator[DocumentWarehouse]:
        """Return the connector."""
        harness.seed(SKUS)
        with closing(harness.open()) as warehouse:
            assert isinstance(warehouse, DocumentWarehouse)
            yield warehouse

    # Writing

    def test_it_claims_what_a_file_target_can_do(self, warehouse: DocumentWarehouse) -> None:
        can = warehouse.capabilities
        assert can.duplicate_policy is DuplicatePolicy.UNKNOWN
        assert can.reconcile is Reconcile.EVIDENCE
        assert warehouse.orders_per_document >= 1
        with pytest.raises(NotSupported):
            warehouse.submit(order())

    def test_the_same_orders_give_the_same_bytes_without_a_call(
        self, warehouse: DocumentWarehouse, harness: DocumentHarness
    ) -> None:
        before = harness.requests()
        requests = _orders(warehouse)
        first = warehouse.write_document(requests, 7, AT)
        again = warehouse.write_document(requests, 7, AT)
        other = warehouse.write_document(requests, 8, AT + timedelta(seconds=1))
        assert first == again
        assert (first.number, first.at, first.attempt) == (7, AT, 1)
        assert sorted(first.references) == sorted(request.reference for request in requests)
        assert first.name and first.content
        assert other.name != first.name
        assert harness.requests() == before

    def test_an_order_that_does_not_exist_is_not_cancelled(self, warehouse: Warehouse) -> None:
        """Cancels leave in documents, if the warehouse takes any."""
        with pytest.raises(NotSupported):
            warehouse.cancel("1", "why")

    def test_a_cancel_is_a_document_of_its_own_where_it_is_claimed(
        self, warehouse: DocumentWarehouse, harness: DocumentHarness
    ) -> None:
        sent = _document(warehouse)
        before = harness.requests()
        document = warehouse.write_cancel(order(), 9, AT)
        assert document == warehouse.write_cancel(order(), 9, AT)
        assert harness.requests() == before
        assert (document is not None) is warehouse.capabilities.cancel
        if document is None:
            return
        assert (document.number, document.at, document.attempt) == (9, AT, 1)
        assert document.references == (REFERENCE,)
        assert document.name not in {"", sent.name} and document.content
        warehouse.stage(document)
        warehouse.publish(document)
        assert warehouse.find(REFERENCE) == []

    def test_every_order_of_a_document_arrives(
        self, warehouse: DocumentWarehouse, harness: DocumentHarness
    ) -> None:
        requests = _orders(warehouse)
        result = send(warehouse, *requests)
        assert result.outcome is SubmitOutcome.ACCEPTED
        harness.take()
        assert {held.accepted_as: dict(held.lines) for held in harness.held()} == {
            request.reference: {SKUS[0]: Decimal(2), SKUS[1]: Decimal(1)} for request in requests
        }

    def test_names_beyond_ascii_arrive_unchanged_or_are_a_problem(
        self, warehouse: DocumentWarehouse, harness: DocumentHarness
    ) -> None:
        request = order(ship_to=replace(ADDRESS, name="Zoë Åström-Ñandú 山田 🎁"))
        if warehouse.validate(request):
            return
        send(warehouse, request)
        harness.take()
        assert [held.name for held in harness.held()] == [request.ship_to.name]

    def test_an_unknown_sku_is_taken_and_rejected_later(
        self, warehouse: DocumentWarehouse, harness: DocumentHarness
    ) -> None:
        strange = order(lines=(RequestLine(71, "NO-SUCH", Decimal(1)),))
        assert send(warehouse, strange).outcome is SubmitOutcome.ACCEPTED
        harness.take()
        harness.reject(REFERENCE, "unknown item NO-SUCH")
        [rejected] = [row for page in poll(warehouse) for row in page.rejected]
        assert rejected.reference == REFERENCE
        assert "NO-SUCH" in rejected.reason

    def test_a_second_order_under_a_reference_is_taken_too(
        self, warehouse: DocumentWarehouse, harness: DocumentHarness
    ) -> None:
        """This is why the engine never sends one again that may have been sent."""
        for _ in range(2):
            send(warehouse, order())
            harness.take()
        assert harness.made(REFERENCE) == 2

    # Once

    def test_what_is_staged_is_not_seen_until_it_is_published(
        self, warehouse: DocumentWarehouse, harness: DocumentHarness
    ) -> None:
        document = _document(warehouse)
        warehouse.stage(document)
        assert (harness.take(), harness.held()) == (0, [])
        warehouse.publish(document)
        harness.take()
        assert harness.made(REFERENCE) == 1

    def test_staging_may_be_repeated(self, warehouse: DocumentWarehouse, harness: DocumentHarness) -> None:
        document = _document(warehouse)
        warehouse.stage(document)
        warehouse.stage(document)
        warehouse.publish(document)
        harness.take()
        assert harness.made(REFERENCE) == 1

    @pytest.mark.parametrize("taken", [True, False])
    def test_publishing_again_publishes_nothing_more(
        self, warehouse: DocumentWarehouse, harness: DocumentHarness, taken: bool
    ) -> None:
        document = _document(warehouse)
        warehouse.stage(document)
        warehouse.publish(document)
        if taken:
            harness.take()
        with suppress(RemoteError):
            assert warehouse.publish(document).outcome is SubmitOutcome.ALREADY_EXISTS
        harness.take()
        assert harness.made(REFERENCE) == 1

    def test_a_name_that_is_taken_is_never_overwritten(
        self, warehouse: DocumentWarehouse, harness: DocumentHarness
    ) -> None:
        first = _document(warehouse)
        warehouse.stage(first)
        warehouse.publish(first)
        other = replace(_document(warehouse, OTHER), name=first.name)
        warehouse.stage(other)
        with pytest.raises(ReferenceConflict):
            warehouse.publish(other)
        harness.take()
        assert (harness.made(REFERENCE), harness.made(OTHER)) == (1, 0)

    def test_a_withdrawn_document_is_never_published(
        self, warehouse: DocumentWarehouse, harness: DocumentHarness
    ) -> None:
        document = _document(warehouse)
        warehouse.stage(document)
        # A run that dies before its commit withdraws again.
        assert [warehouse.withdraw(document) for _ in range(2)] == [Withdrawal.WITHDRAWN] * 2
        with pytest.raises(RemoteError):
            warehouse.publish(document)
        assert (harness.take(), harness.held()) == (0, [])

    @pytest.mark.parametrize("taken", [True, False])
    def test_a_published_document_cannot_be_withdrawn(
        self, warehouse: DocumentWarehouse, harness: DocumentHarness, taken: bool
    ) -> None:
        document = _document(warehouse)
        warehouse.stage(document)
        warehouse.publish(document)
        if taken:
            harness.take()
        assert [warehouse.withdraw(document) for _ in range(2)] == [Withdrawal.PUBLISHED] * 2
        harness.take()
        assert harness.made(REFERENCE) == 1

    def test_the_next_attempt_of_a_withdrawn_document_is_published_once(
        self, warehouse: DocumentWarehouse, harness: DocumentHarness
    ) -> None:
        first = _document(warehouse)
        second = replace(first, attempt=2)
        warehouse.stage(first)
        warehouse.withdraw(first)
        warehouse.stage(second)
        with pytest.raises(RemoteError):
            warehouse.publish(first)  # a process that was frozen all the while
        warehouse.publish(second)
        harness.take()
        assert harness.made(REFERENCE) == 1

    @pytest.mark.parametrize("mishap", [Mishap.RESPONSE_CUT, Mishap.REQUEST_CUT])
    def test_a_publication_whose_response_is_lost_is_settled_by_withdrawing(
        self, warehouse: DocumentWarehouse, harness: DocumentHarness, mishap: Mishap
    ) -> None:
        document = _document(warehouse)
        warehouse.stage(document)
        harness.go_wrong(mishap)
        # A connector that can look after it may know.
        with suppress(RemoteError):
            warehouse.publish(document)
        if warehouse.withdraw(document) is Withdrawal.WITHDRAWN:
            again = replace(document, attempt=2)
            warehouse.stage(again)
            warehouse.publish(again)
        harness.take()
        assert harness.made(REFERENCE) == 1

    def test_where_nothing_is_staged_a_lost_response_stays_unknown(self, harness: DocumentHarness) -> None:
        with closing(harness.open_direct()) as warehouse:
            document = _document(warehouse)
            warehouse.stage(document)
            assert (harness.take(), harness.held()) == (0, [])
            harness.go_wrong(Mishap.RESPONSE_CUT)
            with suppress(OutcomeUnknown):
                warehouse.publish(document)
            harness.take()
            assert warehouse.withdraw(document) is Withdrawal.UNKNOWN
            assert harness.made(REFERENCE) == 1

    def test_after_its_deadline_nothing_is_published(
        self, warehouse: DocumentWarehouse, harness: DocumentHarness
    ) -> None:
        document = _document(warehouse)
        warehouse.stage(document)
        with deadline(-1), pytest.raises((RemoteError, DeadlineExceeded)) as late:
            warehouse.publish(document)
        assert not isinstance(late.value, OutcomeUnknown)
        assert harness.take() == 0

    def test_what_cannot_be_reached_publishes_nothing(self, harness: DocumentHarness) -> None:
        with closing(harness.open_unreachable()) as nowhere:
            assert isinstance(nowhere, DocumentWarehouse)
            with pytest.raises(RemoteError) as caught:
                nowhere.stage(_document(nowhere))
            assert not isinstance(caught.value, OutcomeUnknown)

    # Evidence

    def test_what_is_found_is_ours_and_absence_proves_nothing(
        self, warehouse: DocumentWarehouse, harness: DocumentHarness
    ) -> None:
        send(warehouse, order())
        found = [warehouse.find(REFERENCE), dict(warehouse.find_many([REFERENCE, OTHER]))[REFERENCE]]
        assert found[0] == found[1]
        assert {remote.reference for remote in found[0]} <= {REFERENCE}
        harness.take()
        assert {remote.reference for remote in warehouse.find(REFERENCE)} <= {REFERENCE}
        assert warehouse.find(OTHER) == []

    def test_an_acknowledgement_is_reported(
        self, warehouse: DocumentWarehouse, harness: DocumentHarness
    ) -> None:
        send(warehouse, order())
        harness.take()
        harness.accept(REFERENCE)
        accepted = [row for page in poll(warehouse) for row in page.accepted]
        assert [row.reference for row in accepted] == [REFERENCE]

    # Files of the warehouse

    def test_every_package_of_a_shipment_is_reported_once(
        self, warehouse: DocumentWarehouse, harness: DocumentHarness
    ) -> None:
        send(warehouse, order())
        harness.take()
        harness.ship([REFERENCE], packages=2)
        [held] = harness.held()
        found = shipments(poll(warehouse))
        assert {shipment.reference for shipment in found} == {REFERENCE}
        packages = [package for shipment in found for package in shipment.packages]
        assert {number for shipment in found for number in tracking(shipment)} == set(held.tracking)
        assert len({(shipment.key, package.key) for shipment in found for package in shipment.packages}) == 2
        assert len(packages) == 2

    def test_a_page_comes_again_until_it_is_acknowledged(
        self, warehouse: DocumentWarehouse, harness: DocumentHarness
    ) -> None:
        send(warehouse, order())
        harness.take()
        harness.ship([REFERENCE])
        first, again = poll(warehouse), poll(warehouse)
        assert shipments(first)
        assert [page.document for page in first] == [page.document for page in again]
        assert all(page.document is not None for page in first)
        for page in first:
            warehouse.acknowledge(page)
        assert poll(warehouse) == []
        assert harness.unread() == 0

    def test_a_page_may_be_acknowledged_again(
        self, warehouse: DocumentWarehouse, harness: DocumentHarness
    ) -> None:
        harness.reject(REFERENCE, "no such account")
        pages = poll(warehouse)
        assert pages
        for page in [*pages, *pages]:
            warehouse.acknowledge(page)
        assert harness.unread() == 0

    def test_a_file_that_comes_after_the_poll_is_not_acknowledged_with_it(
        self, warehouse: DocumentWarehouse, harness: DocumentHarness
    ) -> None:
        harness.accept(REFERENCE)
        pages = poll(warehouse)
        harness.accept(OTHER)
        for page in pages:
            warehouse.acknowledge(page)
        assert [row.reference for page in poll(warehouse) for row in page.accepted] == [OTHER]

    def test_the_stock_of_a_file_is_read_and_acknowledged(
        self, warehouse: DocumentWarehouse, harness: DocumentHarness
    ) -> None:
        harness.write_stock({SKUS[0]: 98, SKUS[1]: 0})
        pages = list(warehouse.inventory())
        assert {level.sku: level.available for page in pages for level in page.items} == {
            SKUS[0]: Decimal(98),
            SKUS[1]: Decimal(0),
        }
        for page in pages:
            assert isinstance(page, StockPage) and page.document is not None
            warehouse.acknowledge(page)
        assert (list(warehouse.inventory()), harness.unread()) == ([], 0)

    @pytest.mark.parametrize("part", DocumentPart)
    @pytest.mark.parametrize("content", [b"", b"\x00", b"\xff\xfe", b"{", b"ISA*00*", b"a,b\n1", b'"' * 999])
    def test_any_bytes_are_read_without_an_error(
        self, warehouse: DocumentWarehouse, part: DocumentPart, content: bytes
    ) -> None:
        document = InboundDocument("/out/odd.txt", content)
        for released in (False, True):
            for page in warehouse.read_document(document, part, released=released):
                assert isinstance(page, ShipmentPage | StockPage)
                assert page.document is not None
                assert (page.items, page.document.path, page.document.content) == ((), document.path, content)

    def test_delays_are_those_of_files(self, warehouse: DocumentWarehouse) -> None:
        assert warehouse.capabilities.visibility_delay >= timedelta(0)
        assert warehouse.cursor_at(AT) == warehouse.cursor_at(AT)


def _orders(warehouse: DocumentWarehouse) -> Sequence[FulfillmentRequest]:
    """Return as many orders as a document holds, but no more than three."""
    return [order(f"A3_{number}_0") for number in range(min(3, warehouse.orders_per_document))]


def _document(warehouse: DocumentWarehouse, reference: str = REFERENCE) -> OutboundDocument:
    return warehouse.write_document([order(reference)], 7 if reference == REFERENCE else 8, AT)

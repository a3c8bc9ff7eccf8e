"""The order book: its indexes return the same as a scan of the whole book."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from cartage_sandbox.extensiv.query.lookup import candidates
from cartage_sandbox.extensiv.rql import parse

if TYPE_CHECKING:
    from cartage_sandbox.extensiv.data.model import Order
    from tests.unit.sandbox.extensiv.conftest import Warehouse


def names(orders: list[Order]) -> list[str]:
    return sorted(order.reference for order in orders)


def test_a_reference_is_found_in_any_letter_case(warehouse: Warehouse) -> None:
    warehouse.accept("A3_31882_0")
    book = warehouse.emulator.state.book
    assert names(book.with_reference("a3_31882_0")) == ["A3_31882_0"]
    assert book.with_reference("A3_31882") == []


def test_a_prefix_finds_what_begins_with_it_and_nothing_else(warehouse: Warehouse) -> None:
    for reference in ("A1", "A1-1", "A1-2", "A10-1", "A2-1"):
        warehouse.accept(reference)
    assert names(warehouse.emulator.state.book.with_prefix("a1-")) == ["A1-1", "A1-2"]


def test_a_renamed_order_is_no_longer_found_by_its_old_reference(warehouse: Warehouse) -> None:
    order = warehouse.accept("A1")
    book = warehouse.emulator.state.book
    book.rename(order, "B1")
    assert book.with_reference("A1") == book.with_prefix("A") == []
    assert names(book.with_reference("B1")) == ["B1"]


def test_a_touched_order_gets_a_new_time_and_version(warehouse: Warehouse) -> None:
    first, _ = warehouse.accept("A1"), warehouse.accept("A2")
    book, etag = warehouse.emulator.state.book, first.etag
    later = first.modified_at + timedelta(seconds=1)
    book.touch(first, later)
    assert names(book.changed_since(later)) == ["A1"]
    assert names(book.changed_since(later - timedelta(seconds=1))) == ["A1", "A2"]
    assert first.etag != etag


@pytest.mark.parametrize(
    ("rql", "narrowed"),
    [
        ("referencenum==A1", ["A1"]),
        ("referencenum==A1,referencenum==A1-*", ["A1", "A1-1"]),
        ("referencenum=in=(A1,A2)", ["A1", "A2"]),
        ("readonly.isclosed==false;referencenum==A1", ["A1"]),
        ("readonly.orderid==100002", ["A1-1"]),
        ("readonly.orderid==none", ["A1", "A1-1", "A2"]),
        ("readonly.lastmodifieddate=ge=2026-11-25", []),
        ("readonly.lastmodifieddate=ge=2026-11-24T12:00:00", ["A1", "A1-1", "A2"]),
        ("referencenum==A1,ponum==x", ["A1", "A1-1", "A2"]),
        ("referencenum==*1", ["A1", "A1-1", "A2"]),
        ("referencenum!=A1", ["A1", "A1-1", "A2"]),
    ],
)
def test_the_index_never_leaves_out_a_matching_order(
    warehouse: Warehouse, rql: str, narrowed: list[str]
) -> None:
    for reference in ("A1", "A1-1", "A2"):
        warehouse.accept(reference)
    state = warehouse.emulator.state
    assert names(candidates(parse(rql), state.book, state.timestamps)) == narrowed

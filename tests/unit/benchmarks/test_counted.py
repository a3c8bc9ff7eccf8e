"""Calls are counted by method and path, without ids and queries."""

from __future__ import annotations

from benchmarks.calls import counted, fewest_calls
from cartage_sandbox.kernel.clock import Clock
from cartage_sandbox.kernel.journal import Journal


def test_ids_and_queries_make_no_difference_between_calls() -> None:
    journal = Journal(Clock())
    for path in (
        "/v2/Orders/30001/Shipments/0",
        "/v2/Orders/30002/Shipments/11",
        "/v2/Orders?offset=1",
        "/v2/Orders",
    ):
        journal.record_request("PUT", path, 200, 1.0)
    journal.record_effect("order.created", "A3_1_0")
    assert counted(journal) == {"PUT /v2/Orders/{n}/Shipments/{n}": 2, "PUT /v2/Orders": 2}


def test_the_fewest_calls_are_three_readings_in_pages_and_the_bulk_writes() -> None:
    assert [fewest_calls(orders) for orders in (1, 100, 301, 1000)] == [4, 4, 10, 22]

"""Faults: which request they hit, and which descriptions are refused."""

from __future__ import annotations

from typing import Any

import pytest

from cartage_sandbox.kernel import Fault, FaultError, Faults


def hits(faults: Faults, *requests: str) -> list[int]:
    """Return the 1-based positions of the requests that a fault hit."""
    struck = []
    for position, request in enumerate(requests, 1):
        method, path = request.split(" ")
        if faults.strike(method, path):
            struck.append(position)
    return struck


def test_the_nth_matching_request_is_hit_and_others_do_not_count() -> None:
    faults = Faults()
    faults.add(Fault("^POST /orders$", "reset", nth=2))
    assert hits(faults, "POST /orders", "GET /orders", "POST /orders", "POST /orders") == [3]


def test_times_hits_consecutive_requests_from_the_nth_on() -> None:
    faults = Faults()
    faults.add(Fault("GET", "reset", nth=2, times=3))
    assert hits(faults, *["GET /a"] * 7) == [2, 3, 4]


def test_nth_zero_hits_every_matching_request() -> None:
    faults = Faults()
    faults.add(Fault("GET", "reset", nth=0))
    assert hits(faults, *["GET /a"] * 5) == [1, 2, 3, 4, 5]


def test_the_query_limits_a_fault() -> None:
    faults = Faults()
    faults.add(Fault("GET /orders", "reset", query="referenceNum"))
    assert faults.strike("GET", "/orders", "rql=readonly.isclosed==true") == []
    assert len(faults.strike("GET", "/orders", "rql=referenceNum==A1")) == 1


def test_faults_that_hit_the_same_request_apply_in_the_sequence_of_arming() -> None:
    faults = Faults()
    faults.add(Fault("GET", "delay", seconds=1))
    faults.add(Fault("GET", "reset", "after"))
    assert [fault.name for fault in faults.strike("GET", "/a")] == ["before:delay", "after:reset"]


def test_the_listing_counts_matched_and_struck_requests() -> None:
    faults = Faults()
    faults.add(Fault("GET", "reset", nth=2))
    hits(faults, *["GET /a"] * 3)
    (listed,) = faults.listing()
    assert (listed["id"], listed["seen"], listed["struck"]) == (1, 3, 1)


def test_a_removed_fault_no_longer_hits() -> None:
    faults = Faults()
    number = faults.add(Fault("GET", "reset", nth=0))
    assert faults.remove(number)
    assert not faults.remove(number)
    assert hits(faults, "GET /a") == []


@pytest.mark.parametrize(
    "data",
    [
        {"route": "GET", "kind": "explode"},
        {"route": "(", "kind": "reset"},
        {"route": "GET", "kind": "status"},
        {"route": "GET", "kind": "status", "status": 99},
        {"route": "GET", "kind": "status", "status": 500, "moment": "within"},
        {"route": "GET", "kind": "truncate", "moment": "before"},
        {"route": "GET", "kind": "delay"},
        {"route": "GET", "kind": "reset", "nth": -1},
        {"route": "GET", "kind": "reset", "times": 0},
        {"route": "GET", "kind": "reset", "nth": "first"},
        {"route": "GET", "kind": "reset", "moments": "after"},
        {"kind": "reset"},
    ],
)
def test_an_impossible_fault_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(FaultError):
        Fault.parse(data)

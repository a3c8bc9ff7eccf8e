"""The journal: complete, in sequence, and readable from any point."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from cartage_sandbox.kernel import Clock, Journal


@pytest.fixture
def journal() -> Journal:
    return Journal(Clock(datetime(2026, 11, 24, tzinfo=UTC), frozen=True), "extensiv")


def test_a_request_entry_has_every_field(journal: Journal) -> None:
    journal.record_request("POST", "/orders?x=1", 201, 1.25, {"referenceNum": "A1"}, "after:reset")
    assert journal.entries() == [
        {
            "seq": 1,
            "at": "2026-11-24T00:00:00+00:00",
            "kind": "request",
            "api": "extensiv",
            "method": "POST",
            "path": "/orders?x=1",
            "status": 201,
            "duration_ms": 1.25,
            "key": None,
            "detail": {"referenceNum": "A1"},
            "fault": "after:reset",
        }
    ]


def test_effects_are_found_by_kind_and_counted_by_key(journal: Journal) -> None:
    for reference in ("A1", "A2", "A1"):
        journal.record_effect("order.created", reference)
    journal.record_effect("order.shipped", "A1", {"packages": 2})
    assert [entry["key"] for entry in journal.entries("order.created")] == ["A1", "A2", "A1"]
    assert journal.count_by_key("order.created") == {"A1": 2, "A2": 1}
    assert journal.entries("order.shipped")[0]["detail"] == {"packages": 2}
    assert journal.entries("order.gone") == []


def test_since_and_limit_read_pages_without_gap_or_overlap(journal: Journal) -> None:
    for number in range(7):
        journal.record_effect("even" if number % 2 == 0 else "odd", str(number))
    seen: list[str] = []
    since = 0
    while page := journal.entries(since=since, limit=3):
        seen += [entry["key"] for entry in page]
        since = page[-1]["seq"]
    assert seen == [str(number) for number in range(7)]
    assert [entry["key"] for entry in journal.entries("odd", since=2)] == ["3", "5"]


def test_clearing_removes_entries_and_numbers_continue(journal: Journal) -> None:
    journal.record_effect("order.created", "A1")
    journal.clear()
    assert journal.entries() == []
    assert journal.count_by_key("order.created") == {}
    journal.record_effect("order.created", "A2")
    assert [entry["seq"] for entry in journal.entries(since=1)] == [2]


def test_entries_of_many_threads_are_complete_and_in_sequence(journal: Journal) -> None:
    def write() -> None:
        for _ in range(200):
            journal.record_effect("order.created", "A1")

    threads = [threading.Thread(target=write) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry["seq"] for entry in journal.entries()] == list(range(1, 1001))

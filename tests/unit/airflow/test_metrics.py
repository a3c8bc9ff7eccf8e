"""Metrics reach a real StatsD receiver through Airflow's own client."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics import stats_utils

from cartage.measures import Measure
from cartage_airflow.metrics import send_counters, send_gauges


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A UDP socket to which Airflow's client sends, as in a task's process."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))
        opened.settimeout(5)
        monkeypatch.setenv("AIRFLOW__METRICS__STATSD_ON", "True")
        monkeypatch.setenv("AIRFLOW__METRICS__STATSD_HOST", "127.0.0.1")
        monkeypatch.setenv("AIRFLOW__METRICS__STATSD_PORT", str(opened.getsockname()[1]))
        stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=True)
        yield opened
        monkeypatch.undo()
        stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=True)


def test_gauges_and_counters_arrive_by_their_names(receiver: socket.socket) -> None:
    send_gauges([Measure("orders", "demo", "ready", 3), Measure("oldest_seconds", "demo", "unknown", 0)])
    send_counters([Measure("calls", "demo", "store", 12)])
    got = [receiver.recv(1000).decode() for _ in range(3)]
    assert got == [
        "airflow.cartage.demo.orders.ready:3|g",
        "airflow.cartage.demo.oldest_seconds.unknown:0|g",
        "airflow.cartage.demo.calls.store:12|c",
    ]


def test_where_metrics_are_off_nothing_is_sent_and_nothing_fails() -> None:
    stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=True)
    send_gauges([Measure("orders", "demo", "ready", 3)])

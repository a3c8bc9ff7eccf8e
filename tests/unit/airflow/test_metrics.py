"""Metrics reach a real StatsD receiver, and a real OpenTelemetry collector, through Airflow's own client."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics import stats_utils
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Metric

from cartage.monitoring.measures import Measure
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


class Collector:
    """Receive OTLP over HTTP, as a collector does on port 4318."""

    def __init__(self) -> None:
        self.metrics: dict[str, Metric] = {}
        metrics = self.metrics

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path == "/v1/metrics"
                body = self.rfile.read(int(self.headers["Content-Length"]))
                for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                    for scope in resource.scope_metrics:
                        metrics.update({metric.name: metric for metric in scope.metrics})
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Log nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def collector() -> Iterator[Collector]:
    started = Collector()
    thread = threading.Thread(target=started.server.serve_forever, daemon=True)
    thread.start()
    yield started
    started.server.shutdown()
    started.server.server_close()
    thread.join()


# A task's process: Airflow sets its client up, and ends it long before the next export would be due.
_TASK = """
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics import stats_utils
from cartage.monitoring.measures import Measure
from cartage_airflow.metrics import send_counters, send_gauges

stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=True)
send_gauges([Measure("oldest_seconds", "demo", "not_acknowledged", 90.5)])
send_counters([Measure("calls", "demo", "store", 12), Measure("done", "demo", "imported", 3)])
"""


def test_an_opentelemetry_collector_gets_what_a_task_did_although_its_process_ends_at_once(
    collector: Collector,
) -> None:
    env = os.environ | {
        "AIRFLOW__METRICS__OTEL_ON": "True",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server.server_address[1]}",
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta",
    }
    subprocess.run([sys.executable, "-c", _TASK], env=env, check=True, timeout=120)
    [oldest] = collector.metrics["airflow.cartage.demo.oldest_seconds.not_acknowledged"].gauge.data_points
    assert oldest.as_double == 90.5
    calls = collector.metrics["airflow.cartage.demo.calls.store"].sum
    # Each process counts from nothing: as deltas, which the receiver adds up.
    assert calls.aggregation_temporality == AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
    assert [point.as_int for point in calls.data_points] == [12]
    assert [
        point.as_int for point in collector.metrics["airflow.cartage.demo.done.imported"].sum.data_points
    ] == [3]


def test_where_metrics_are_off_nothing_is_sent_and_nothing_fails() -> None:
    stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=True)
    send_gauges([Measure("orders", "demo", "ready", 3)])

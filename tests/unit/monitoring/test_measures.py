"""The names of the metrics: as sent, as mapped for Prometheus, and as the dashboard shows them."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from cartage.monitoring.measures import METRICS, Measure, counters

ROOT = Path(__file__).resolve().parents[3]
GRAFANA = ROOT / "deploy" / "grafana"
MAPPINGS: list[dict[str, Any]] = YAML(typ="safe").load(GRAFANA / "statsd_exporter.yml")["mappings"]
DASHBOARD: dict[str, Any] = json.loads((GRAFANA / "dashboard.json").read_text())


def test_every_metric_is_mapped_once_with_its_lane_and_label() -> None:
    for metric, label in METRICS.items():
        sent = f"airflow.{Measure(metric, 'demo', 'x', 1).name}"
        [mapping] = [entry for entry in MAPPINGS if fnmatchcase(sent, entry["match"])]
        assert mapping["name"] == f"cartage_{metric}"
        assert mapping["labels"] == {"lane": "$1", label: "$2"}
    assert len(MAPPINGS) == len(METRICS)


def test_the_dashboard_shows_exactly_the_metrics_with_their_labels() -> None:
    shown = set()
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            [metric] = re.findall(r"cartage_(\w+)\{", target["expr"])
            shown.add(metric)
            labels = re.findall(r"[{,](\w+)=", target["expr"])
            labels += re.findall(r"by \(([^)]*)\)", target["expr"])[0].split(", ")
            assert set(labels) <= {"lane", METRICS[metric]}, panel["title"]
    assert shown == set(METRICS)


def test_no_panel_overlaps_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        fields = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not fields & taken
        taken |= fields


def test_the_manual_has_a_line_for_every_metric() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text()
    assert re.findall(r"^\| `(\w+)` \|", page, flags=re.MULTILINE) == list(METRICS)


def test_zero_counts_are_left_out() -> None:
    found = counters("demo", {"imported": 2, "skipped": 0}, {"store": (3, 1), "warehouse": (4, 0)})
    assert {measure.name: measure.value for measure in found} == {
        "cartage.demo.done.imported": 2,
        "cartage.demo.calls.store": 3,
        "cartage.demo.throttled.store": 1,
        "cartage.demo.calls.warehouse": 4,
    }

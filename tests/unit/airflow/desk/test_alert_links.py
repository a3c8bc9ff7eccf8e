"""Each alert leads to where it is mended, and nothing that it was given leads anywhere but to a page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cartage.monitoring.kinds import DOCS_VARIABLE, AlertKind
from cartage.monitoring.repo.alerts import AlertRow
from cartage_airflow.desk.alert_ways import desk_way, order_ways, outside_ways

AT = datetime(2026, 11, 1, tzinfo=UTC)


def alert(kind: str, **given: Any) -> AlertRow:
    values: dict[str, Any] = dict.fromkeys(
        ("kind", "key", "stage", "title", "meaning", "fix", "links", "facts"), ""
    )
    values |= {"id": 1, "lane": "east", "links": {}, "facts": {}, "orders": 0, "mark": 0, "times": 0}
    values |= {"opened_at": AT, "seen_at": AT, "cleared_at": None, "closed_at": None}
    return AlertRow(**(values | {"kind": kind} | given))


@pytest.mark.parametrize(
    ("kind", "key", "address"),
    [
        (AlertKind.CAUSE, "17", "blocked?lane=east#cause-17"),
        (AlertKind.EXCEPTION, "put_back", "questions?lane=east"),
        (AlertKind.STUCK, "conflict", "orders?lane=east&state=conflict"),
        (AlertKind.NOT_IMPORTED, "", "coverage?lane=east"),
        (AlertKind.NOT_ACKNOWLEDGED, "not_acknowledged", "orders?lane=east&state=ready"),
        (AlertKind.NOT_SHIPPED, "not_shipped", "orders?lane=east&state=acknowledged"),
        (AlertKind.UNKNOWN, "unknown", "orders?lane=east&state=unknown"),
    ],
)
def test_what_the_desk_can_mend_leads_to_the_page_that_mends_it(kind: str, key: str, address: str) -> None:
    way = desk_way(alert(kind, key=key))
    assert way is not None and way[0] == address


def test_what_only_airflow_can_mend_has_no_page_of_the_desk() -> None:
    assert desk_way(alert(AlertKind.DAG_PAUSED)) is None


def test_the_orders_that_it_names_are_looked_up() -> None:
    assert order_ways(alert("stuck", facts={"examples": "A3K_1_0, A3K_2_0"})) == [
        ("orders?lane=east&q=A3K_1_0", "A3K_1_0"),
        ("orders?lane=east&q=A3K_2_0", "A3K_2_0"),
    ]
    assert [name for _, name in order_ways(alert("exception", facts={"orders": "7, 8 and 3 more"}))] == [
        "7",
        "8",
    ]
    assert order_ways(alert("dag_paused", facts={"last run": "none yet"})) == []


def test_nothing_but_pages_is_led_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DOCS_VARIABLE, "https://docs.example/cartage")
    links = {"Log": "https://airflow.example/log", "X": "javascript:alert(1)", "Y": "//evil.example", "Z": ""}
    assert outside_ways(alert("failed_task", links=links)) == [
        ("https://airflow.example/log", "Log"),
        ("https://docs.example/cartage/runbooks/failed_task.md", "Runbook"),
    ]
    monkeypatch.delenv(DOCS_VARIABLE)
    assert outside_ways(alert("failed_task")) == []

"""Each alert leads to the page that fixes it, and its own links lead only to web pages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cartage.monitoring.kinds import DOCS_VARIABLE, AlertKind
from cartage.monitoring.repo.alerts import AlertRow
from cartage_airflow.desk.pages.attention.links import fix_link, order_links, outside_links

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
        (AlertKind.STUCK, "conflict", "orders?lane=east&state=conflict"),
        (AlertKind.NOT_IMPORTED, "", "coverage?lane=east"),
        (AlertKind.NOT_ACKNOWLEDGED, "not_acknowledged", "orders?lane=east&state=ready"),
        (AlertKind.NOT_SHIPPED, "not_shipped", "orders?lane=east&state=acknowledged"),
        (AlertKind.NOT_CONFIRMED, "", "orders?lane=east&state=acknowledged"),
        (AlertKind.FILES_LEFT, "", "files?lane=east"),
        (AlertKind.UNKNOWN, "unknown", "orders?lane=east&state=unknown"),
    ],
)
def test_an_alert_that_the_desk_can_fix_leads_to_the_page_that_fixes_it(
    kind: str, key: str, address: str
) -> None:
    link = fix_link(alert(kind, key=key))
    assert link is not None and link[0] == address


def test_an_alert_that_only_airflow_can_fix_has_no_page_of_the_desk() -> None:
    assert fix_link(alert(AlertKind.DAG_PAUSED)) is None


def test_the_orders_that_an_alert_names_are_links() -> None:
    assert order_links(alert("stuck", facts={"examples": "A3K_1_0, A3K_2_0"})) == [
        ("orders?lane=east&q=A3K_1_0", "A3K_1_0"),
        ("orders?lane=east&q=A3K_2_0", "A3K_2_0"),
    ]
    assert [name for _, name in order_links(alert("exception", facts={"orders": "7, 8 and 3 more"}))] == [
        "7",
        "8",
    ]
    assert order_links(alert("dag_paused", facts={"last run": "none yet"})) == []
    assert order_links(alert("files_left", facts={"examples": "/out/ship.csv"})) == []


def test_only_http_and_https_addresses_become_links(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DOCS_VARIABLE, "https://docs.example/cartage")
    links = {"Log": "https://airflow.example/log", "X": "javascript:alert(1)", "Y": "//evil.example", "Z": ""}
    assert outside_links(alert("failed_task", links=links)) == [
        ("https://airflow.example/log", "Log"),
        ("https://docs.example/cartage/runbooks/failed_task.md", "Runbook"),
    ]
    monkeypatch.delenv(DOCS_VARIABLE)
    assert outside_links(alert("failed_task")) == []

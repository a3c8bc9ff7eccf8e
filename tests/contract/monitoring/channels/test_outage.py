"""An outage of a remote is reported once for all lanes and tasks, and again only after the remote was up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cartage.connections import EnvironmentResolver
from cartage.db import circuit
from cartage.errors import RemoteDown, RemoteUnavailable
from cartage_airflow.alarms import alert_once

if TYPE_CHECKING:
    from cartage.db import Ledger


def failure(
    kind: type[RemoteUnavailable] = RemoteDown, key: str = "warehouse extensiv/x"
) -> RemoteUnavailable:
    found = kind("Extensiv", "GET /orders", "no response")
    found.circuit = key
    return found


@pytest.fixture(autouse=True)
def outage(ledger: Ledger, ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTAGE_LEDGER_URL", ledger_url)
    with ledger.begin() as connection:
        circuit.record_failure(connection, "warehouse extensiv/x", "no response")


def is_reported(error: BaseException) -> bool:
    with alert_once(error, EnvironmentResolver()) as first:
        return first


def test_the_first_failure_of_an_outage_is_reported_and_later_ones_are_not() -> None:
    assert is_reported(failure(RemoteUnavailable))
    assert not is_reported(failure(RemoteUnavailable))
    assert not is_reported(failure(RemoteDown))


def test_a_failed_message_leaves_the_outage_unreported() -> None:
    with pytest.raises(OSError, match="no mail server"), alert_once(failure(), EnvironmentResolver()):
        raise OSError("no mail server")
    assert is_reported(failure())


def test_the_next_outage_is_reported(ledger: Ledger) -> None:
    assert is_reported(failure())
    with ledger.begin() as connection:
        circuit.record_success(connection, "warehouse extensiv/x")
        circuit.record_failure(connection, "warehouse extensiv/x", "no response")
    assert is_reported(failure())


def test_other_failures_are_reported_each_time() -> None:
    other = RemoteUnavailable("Extensiv", "GET /orders", "no response")
    assert is_reported(other) and is_reported(other)
    assert is_reported(ValueError("unforeseen"))


def test_an_unavailable_ledger_suppresses_no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTAGE_LEDGER_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert is_reported(failure())

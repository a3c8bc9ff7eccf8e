"""A remote that is down is told once, whichever lanes and tasks meet it, and again only after it was back."""

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
    found = kind("Extensiv", "GET /orders", "no answer")
    found.circuit = key
    return found


@pytest.fixture(autouse=True)
def outage(ledger: Ledger, ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTAGE_LEDGER_URL", ledger_url)
    with ledger.begin() as connection:
        circuit.failed(connection, "warehouse extensiv/x", "no answer")


def is_posted(error: BaseException) -> bool:
    with alert_once(error, EnvironmentResolver()) as untold:
        return untold


def test_the_first_failure_is_told_and_those_that_follow_are_not() -> None:
    assert is_posted(failure(RemoteUnavailable))
    assert not is_posted(failure(RemoteUnavailable))
    assert not is_posted(failure(RemoteDown))


def test_a_message_that_does_not_go_out_leaves_it_untold() -> None:
    with pytest.raises(OSError, match="no mail server"), alert_once(failure(), EnvironmentResolver()):
        raise OSError("no mail server")
    assert is_posted(failure())


def test_the_next_outage_is_told_again(ledger: Ledger) -> None:
    assert is_posted(failure())
    with ledger.begin() as connection:
        circuit.worked(connection, "warehouse extensiv/x")
        circuit.failed(connection, "warehouse extensiv/x", "no answer")
    assert is_posted(failure())


def test_other_failures_are_told_each_time() -> None:
    other = RemoteUnavailable("Extensiv", "GET /orders", "no answer")
    assert is_posted(other) and is_posted(other)
    assert is_posted(ValueError("unforeseen"))


def test_a_ledger_that_cannot_say_silences_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARTAGE_LEDGER_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert is_posted(failure())

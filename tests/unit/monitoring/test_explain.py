from __future__ import annotations

import inspect

import pytest

from cartage import errors
from cartage.errors import (
    AuthFailed,
    CartageError,
    LedgerError,
    NotSent,
    OutcomeUnknown,
    Refused,
    RemoteError,
    SettingsError,
)
from cartage.monitoring import explain

REMOTE_ERRORS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, RemoteError) and kind is not RemoteError
]
ENGINE_ERRORS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, CartageError) and not issubclass(kind, RemoteError | SettingsError)
]


@pytest.mark.parametrize("kind", REMOTE_ERRORS)
def test_every_remote_failure_is_explained_and_names_the_remote(kind: type[RemoteError]) -> None:
    found = explain(kind("3dcart store a", "GET /Orders", "no {response}"))
    assert "3dcart store a" in found.title
    assert "unforeseen" not in found.title
    assert found.meaning
    assert found.fix
    assert "{remote}" not in f"{found.title}{found.meaning}{found.fix}"


@pytest.mark.parametrize("kind", [kind for kind in ENGINE_ERRORS if kind is not CartageError])
def test_every_failure_of_the_engine_is_explained(kind: type[CartageError]) -> None:
    assert "unforeseen" not in explain(kind("x")).title


def test_an_errors_own_fix_has_precedence() -> None:
    error = AuthFailed(
        "3dcart", "GET /Orders", "refused", fix="Check Private Key of threedcart_main.", status=401
    )
    assert explain(error).fix == "Check Private Key of threedcart_main."


def test_a_lost_response_is_not_described_as_safe_to_repeat() -> None:
    found = explain(OutcomeUnknown("Extensiv", "POST /orders", "the response was lost"))
    assert "asks Extensiv first" in found.meaning


def test_wrong_settings_name_each_mistake() -> None:
    found = explain(SettingsError("connection 'a'", ["  Token: missing.", "  Private Key: missing."]))
    assert found.title == "Wrong settings: connection 'a'"
    assert found.fix == "Token: missing. Private Key: missing."


def test_a_remotes_text_about_an_order_stays_in_the_log() -> None:
    error = Refused("Extensiv", "POST /orders", "ShipTo.Name 'Jane Doe' is too long")
    found = explain(error)
    assert "Jane" not in f"{found.title}{found.meaning}{found.fix}"


def test_the_text_of_an_unexpected_error_stays_in_the_log() -> None:
    found = explain(KeyError("jane@example.com"))
    assert found.title == "Unexpected failure: KeyError"
    assert "jane" not in f"{found.title}{found.meaning}{found.fix}"


def test_a_failure_is_found_inside_a_group_and_as_a_cause() -> None:
    remote = NotSent("Extensiv", "POST /orders", "the connection was refused")
    wrapped = RuntimeError("task failed")
    wrapped.__cause__ = remote
    assert explain(wrapped) == explain(remote)
    assert explain(ExceptionGroup("two", [ValueError(), remote])) == explain(remote)


def test_a_cycle_of_causes_ends() -> None:
    first, second = ValueError(), ValueError()
    first.__cause__, second.__cause__ = second, first
    assert "ValueError" in explain(first).title


def test_failures_of_airflow_and_the_database_are_recognised_by_class_name() -> None:
    timeout = type("AirflowTaskTimeout", (BaseException,), {})
    database = type("OperationalError", (Exception,), {})
    assert "longer than its time limit" in explain(timeout()).title
    assert "ledger" in explain(database("password=secret")).title
    assert "secret" not in str(explain(database("password=secret")))


def test_a_subclass_is_explained_like_its_parent() -> None:
    class Odd(LedgerError):
        """A kind of failure that has no text of its own."""

    assert explain(Odd()) == explain(LedgerError())

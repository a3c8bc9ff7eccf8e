from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from cartage import errors
from cartage.errors import OutcomeUnknown, RemoteError, table
from cartage.http import RETRY_READ, RETRY_WRITE
from cartage.monitoring.manual import with_failures

PAGE = Path(__file__).parents[3] / "docs" / "errors.md"
# Each means that the remote read the request and did nothing.
REFUSALS = {
    errors.AuthFailed,
    errors.PermissionDenied,
    errors.NotFound,
    errors.StaleVersion,
    errors.Refused,
}
ROWS = list(table.failure_rows())


def test_the_manual_has_the_current_tables() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_failures(page), "run: python -m cartage.monitoring.manual docs/errors.md"


def test_a_page_without_markers_is_not_overwritten() -> None:
    with pytest.raises(ValueError, match="line"):
        with_failures("# Errors\n")


def test_every_remote_failure_has_an_action() -> None:
    kinds = {
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, RemoteError) and kind is not RemoteError
    }
    assert table.ACTIONS.keys() == kinds


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.seen)
def test_no_write_is_repeated_unless_it_certainly_had_no_effect(row: table.FailureRow) -> None:
    assert row.write.error in {OutcomeUnknown, *table.NOTHING_DONE, *REFUSALS}
    assert (row.write.error in RETRY_WRITE) == (row.write.error in table.NOTHING_DONE)
    if row.write.error is OutcomeUnknown:
        assert table.ACTIONS[OutcomeUnknown] is table.Action.ASK
        assert OutcomeUnknown not in RETRY_READ


def test_every_known_failure_of_a_call_has_a_row() -> None:
    seen = {row.seen.strip("`") for row in ROWS}
    statuses = {
        "400",
        "401",
        "403",
        "404",
        "409",
        "412",
        "415",
        "422",
        "428",
        "429",
        "500",
        "502",
        "503",
        "504",
    }
    exceptions = {"NewConnectionError", "SSLError", "ConnectTimeout", "ReadTimeout", "ConnectionError"}
    assert seen >= statuses | exceptions | {"ChunkedEncodingError", "2xx", "any other exception"}

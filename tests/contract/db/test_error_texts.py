"""Database errors quote no values: a row holds a person's address, and errors go into logs, alerts and pages."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError

from cartage.db import Ledger
from cartage.db.engine import database_error_text
from cartage.monitoring import explain
from cartage_airflow.alarms import alert_for_failure
from cartage_airflow.desk import ledger as desk
from tests.contract.rows import Rows

PERSON = "Maximiliane Unverwechselbar, Kraehenwinkel 77"
NAMES = re.compile("Maximiliane|Unverwechselbar|Kraehenwinkel", re.IGNORECASE)
ADDRESS = f'{{"name": "{PERSON}"}}'
SOURCE = Path(__file__).parents[3]

# Statements that fail, with the message that stays.
FAILING = {
    "duplicate key value violates unique constraint": (
        "INSERT INTO unreadable_order (lane, content_hash, what, cause_id, run_id)"
        " SELECT 'demo', :person, '', id, 'r' FROM cause, generate_series(1, 2)"
    ),
    "violates check constraint": (
        "INSERT INTO required_action (lane, opening, decision) VALUES (:person, 1, 'skip')"
    ),
    "violates not-null constraint": "INSERT INTO required_action (lane, decision) VALUES (:person, NULL)",
    "invalid input syntax for type bigint": "SELECT CAST(CAST(:person AS text) AS bigint)",
    "invalid input syntax for type json": "SELECT CAST(:person AS jsonb)",
    "invalid input syntax for type timestamp": "SELECT CAST('soon ' || CAST(:person AS text) AS timestamptz)",
    "division by zero": (
        "SELECT query_to_xml(format('SELECT 1 / 0 -- %s', CAST(:person AS text)), true, true, '')"
    ),
}


@pytest.fixture
def with_cause(ledger: Ledger) -> Ledger:
    with ledger.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO cause (lane, fingerprint, kind, subject, message, fix)"
                " VALUES ('demo', 'f', 'k', '', '', '')"
            )
        )
    return ledger


def shown(error: BaseException) -> str:
    """Return what a log shows of an error: its traceback with everything that it was raised from."""
    return "".join(traceback.format_exception(error))


def failure(engine: Engine, statement: str) -> SQLAlchemyError:
    with engine.connect() as connection, pytest.raises(SQLAlchemyError) as caught:
        connection.execute(text(statement), {"person": PERSON})
    return caught.value


@pytest.mark.parametrize("message", FAILING)
def test_an_error_says_what_is_wrong_and_quotes_nothing_of_the_row(with_cause: Ledger, message: str) -> None:
    error = failure(with_cause.engine, FAILING[message])
    assert message in str(error)
    assert not NAMES.search(shown(error))
    assert not re.search("DETAIL|CONTEXT|HINT", shown(error))


@pytest.mark.parametrize("message", FAILING)
def test_without_it_the_same_errors_would_hold_the_persons_data(with_cause: Ledger, message: str) -> None:
    """The statements of this page do quote the row, as PostgreSQL reports them."""
    diagnosis = []
    engine = with_cause.engine

    from sqlalchemy import ExceptionContext, event

    def note(context: ExceptionContext) -> None:
        found = getattr(context.original_exception, "diag", None)
        diagnosis.append(f"{found.message_primary} {found.message_detail} {found.context}" if found else "")

    event.listen(engine, "handle_error", note)
    failure(engine, FAILING[message])
    assert NAMES.search(diagnosis[0])


def test_a_value_that_cannot_be_written_is_not_quoted(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection, pytest.raises(StatementError) as caught:
        connection.execute(text("SELECT CAST(:person AS text)"), {"person": {PERSON}})
    assert not NAMES.search(shown(caught.value))


def test_an_engine_of_the_desk_quotes_nothing_either(
    ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARTAGE_LEDGER_URL", ledger_url)
    engines: list[Callable[[], Engine]] = [
        desk.reading_engine.__wrapped__,
        desk.writing_engine.__wrapped__,
    ]
    for make in engines:
        engine = make()
        error = failure(engine, FAILING["invalid input syntax for type bigint"])
        engine.dispose()
        assert not NAMES.search(shown(error))


def test_an_alert_and_a_log_of_a_failed_task_hold_nothing_of_the_row(
    with_cause: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    from types import SimpleNamespace
    from typing import Any

    error = failure(with_cause.engine, FAILING["violates check constraint"])
    task = SimpleNamespace(task_id="import_orders", run_id="r", log_url="", try_number=1)
    context: Any = {"ti": task, "exception": error}
    logging.getLogger("cartage").error("the task failed", exc_info=error)
    assert "the task failed" in caplog.text
    assert not NAMES.search(f"{alert_for_failure(context)}{explain(error)}{caplog.text}")


def test_the_class_of_an_error_and_its_constraint_stay_for_the_code_that_reads_them(rows: Rows) -> None:
    rows.store()
    with pytest.raises(DBAPIError) as caught:
        rows.order("ready", request=None)
    assert caught.value.orig is not None
    assert "fulfillment_order_ready_has_request_check" in str(caught.value)


def test_a_connection_that_fails_still_says_why() -> None:
    error = RuntimeError("connection failed: no password\nDETAIL:  Maximiliane\nCONTEXT:  more")
    assert database_error_text(error) == "connection failed: no password"
    assert database_error_text(RuntimeError("all attempts failed:\n- host: 'db'")).endswith("'db'")


def test_every_engine_on_the_ledger_is_made_in_one_place() -> None:
    made = [
        path.relative_to(SOURCE).as_posix()
        for folder in ("include/cartage", "plugins")
        for path in (SOURCE / folder).rglob("*.py")
        if "create_engine" in path.read_text()
    ]
    assert made == ["include/cartage/db/engine.py"]

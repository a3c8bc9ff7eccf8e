"""Exceptions: questions to a person about one order, from the asking to the answer's having been carried out.

A question is open until it is answered by a choice that needs nothing more, or its answer was carried out, or what it
was about is over. It is not asked a second time while that lasts: `ended_at` says when it was over. An answer that the
lane's settings gave is kept in the same way, and becomes a person's question where it could not be carried out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from cartage.errors import LedgerError
from cartage.lifecycle.transitions import By
from cartage.model.exceptions import BY_POLICY, CHOICES, FINAL, Choice, ExceptionKind


@dataclass(frozen=True, slots=True)
class ExceptionDraft:
    """What is to be asked about a sales order; `answer` is set where the lane's settings answer it.

    `remote_id` holds the warehouse's numbers, `before` and `after` the two versions as documents. `choices` are
    those of the kind, unless fewer make sense.
    """

    sales_order_id: int
    kind: ExceptionKind
    message: str
    remote_id: str = ""
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    fulfillment_order_id: int | None = None
    decision: Choice | None = None
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderException:
    """A question as the ledger has it, with the order that it is about."""

    id: int
    lane: str
    sales_order_id: int
    order_id: int
    invoice: str
    kind: ExceptionKind
    message: str
    choices: tuple[Choice, ...]
    remote_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    opened_at: datetime
    decision: Choice | None
    decided_by: str | None
    closed_at: datetime | None
    close_reason: str


_OPEN = text(
    """
    INSERT INTO exception (lane, sales_order_id, fulfillment_order_id, kind, message, choices, remote_id, before, after,
        run_id, decision, decided_by, decided_at)
    VALUES (:lane, :sales_order_id, :fulfillment_order_id, :kind, :message, :choices, :remote_id,
        CAST(:before AS jsonb), CAST(:after AS jsonb), :run_id, CAST(:decision AS text), CAST(:decided_by AS text),
        CASE WHEN CAST(:decision AS text) IS NOT NULL THEN clock_timestamp() END)
    ON CONFLICT (sales_order_id, coalesce(fulfillment_order_id, 0), kind) WHERE ended_at IS NULL DO UPDATE SET
        message = excluded.message, choices = excluded.choices, remote_id = excluded.remote_id,
        before = excluded.before, after = excluded.after
        WHERE exception.closed_at IS NULL AND (exception.decision IS NULL OR exception.decision = ANY(excluded.choices))
    RETURNING id, xmax = 0 AS new
    """
)

_ASK = text(
    """
    UPDATE exception SET message = :message, decision = NULL, decided_by = NULL, decided_at = NULL,
        opened_at = clock_timestamp(), run_id = :run_id, listed_in = NULL,
        remote_id = :remote_id, before = CAST(:before AS jsonb), after = CAST(:after AS jsonb)
    WHERE id = :id AND closed_at IS NULL
    """
)

_CLOSE = text(
    """
    UPDATE exception SET closed_at = clock_timestamp(), close_reason = :reason,
        ended_at = CASE WHEN :over THEN clock_timestamp() END
    WHERE id = :id AND closed_at IS NULL
    """
)

_END = text(
    """
    UPDATE exception SET ended_at = clock_timestamp()
    WHERE id = ANY(:ids) AND closed_at IS NOT NULL AND ended_at IS NULL
    """
)

_DECISION = text(
    """
    UPDATE exception SET decision = :choice, decided_by = :person, decided_at = clock_timestamp()
    WHERE id = :id
    """
)

_EVENT = text(
    """
    INSERT INTO event (lane, sales_order_id, fulfillment_order_id, kind, actor, run_id, why, detail)
    SELECT lane, sales_order_id, fulfillment_order_id, :event, :actor, :run_id, :why,
        jsonb_build_object('exception_id', id, 'kind', kind)
    FROM exception WHERE id = :id
    """
)

_COLUMNS = """
    SELECT x.id, x.lane, x.sales_order_id, s.order_id, s.invoice, x.kind, x.message, x.choices, x.remote_id, x.before,
           x.after, x.opened_at, x.decision, x.decided_by, x.closed_at,
           x.close_reason
    FROM exception x JOIN sales_order s ON s.id = x.sales_order_id
    """

_UNANSWERED = text(
    _COLUMNS + "WHERE x.lane = :lane AND x.closed_at IS NULL AND x.decision IS NULL ORDER BY x.id"
)
_UNDER_WAY = text(
    _COLUMNS + "WHERE x.lane = :lane AND x.closed_at IS NULL AND x.decision IS NOT NULL ORDER BY x.id"
)
_ONE = text(_COLUMNS + "WHERE x.id = :id")
_ONE_LOCKED = text(_COLUMNS + "WHERE x.id = :id FOR UPDATE OF x")

_LIST = text(
    """
    UPDATE exception SET listed_in = coalesce(listed_in, :dag_run)
    WHERE lane = :lane AND closed_at IS NULL AND decision IS NULL AND coalesce(listed_in, :dag_run) = :dag_run
    RETURNING id
    """
)

# What is being shipped, or may be, and can still be stopped.
_WISH = text(
    """
    UPDATE fulfillment_order SET cancel_wanted_at = clock_timestamp()
    WHERE sales_order_id = :sales_order_id AND superseded_at IS NULL AND cancel_wanted_at IS NULL
      AND state NOT IN ('shipped', 'cancelled', 'skipped')
    """
)

# Of what was cancelled it is kept: it says that we did.
_UNWISH = text(
    """
    UPDATE fulfillment_order SET cancel_wanted_at = NULL
    WHERE sales_order_id = :sales_order_id AND cancel_wanted_at IS NOT NULL AND state <> 'cancelled'
    """
)


def open_exception(connection: Connection, lane: str, question: ExceptionDraft, by: By) -> int | None:
    """Ask, once for an order and kind: a question that is open already takes the newer text and versions.

    Returns the id; None where it was answered already, and what it is about is not over.
    """
    row = connection.execute(
        _OPEN,
        {
            "lane": lane,
            "sales_order_id": question.sales_order_id,
            "fulfillment_order_id": question.fulfillment_order_id,
            "kind": question.kind.value,
            "message": question.message,
            "choices": [choice.value for choice in question.choices or CHOICES[question.kind]],
            "remote_id": question.remote_id,
            "before": _json(question.before),
            "after": _json(question.after),
            "run_id": by.run_id,
            "decision": question.decision.value if question.decision else None,
            "decided_by": BY_POLICY if question.decision else None,
        },
    ).one_or_none()
    if row is None:
        return None
    if row.new:
        _tell(connection, row.id, "exception_opened", question.message, by)
        if question.decision:
            _tell(connection, row.id, "exception_decided", question.decision.value, By(BY_POLICY, by.run_id))
        if question.decision is Choice.CANCEL:
            request_cancel(connection, question.sales_order_id)
    return int(row.id)


def reopen_exception(connection: Connection, exception_id: int, question: ExceptionDraft, by: By) -> None:
    """Ask a person, since the answer could not be carried out: why is the question's message."""
    values = {
        "id": exception_id,
        "message": question.message,
        "remote_id": question.remote_id,
        "before": _json(question.before),
        "after": _json(question.after),
        "run_id": by.run_id,
    }
    if connection.execute(_ASK, values).rowcount:
        withdraw_cancel(connection, question.sales_order_id)
        _tell(connection, exception_id, "exception_opened", question.message, by)


def close_exception(
    connection: Connection, exception_id: int, reason: str, by: By, *, over: bool = True
) -> bool:
    """Close a question; False if it was closed. `over`: what it was about is over, and may be asked again."""
    closed = connection.execute(_CLOSE, {"id": exception_id, "reason": reason, "over": over}).rowcount == 1
    if closed:
        _tell(connection, exception_id, "exception_closed", reason, by)
    return closed


def end_exceptions(connection: Connection, exception_ids: Sequence[int]) -> None:
    """Note that what these closed questions were about is over: the same may be asked again."""
    if exception_ids:
        connection.execute(_END, {"ids": list(exception_ids)})


def decide(connection: Connection, exception_id: int, choice: str, by: By) -> OrderException:
    """Keep a person's answer (`by.actor`); the next run carries it out. Returns the question as it was.

    Raises:
        LedgerError: if there is no such open question, or it does not offer this choice.
    """
    row = connection.execute(_ONE_LOCKED, {"id": exception_id}).mappings().one_or_none()
    if row is None:
        raise LedgerError(f"there is no exception {exception_id}; see `cartage exceptions list`.")
    found = _exception(row)
    if found.closed_at is not None:
        raise LedgerError(f"exception {exception_id} is closed since {found.closed_at:%F %T} UTC.")
    if found.decision is not None:
        raise LedgerError(
            f"exception {exception_id} was answered with {found.decision.value!r} by {found.decided_by};"
            " the next run carries it out."
        )
    if choice not in found.choices:
        offered = ", ".join(choice.value for choice in found.choices)
        raise LedgerError(f"exception {exception_id} does not offer {choice!r}; choose one of: {offered}.")
    _keep_decision(connection, found, Choice(choice), by)
    return found


def _keep_decision(connection: Connection, found: OrderException, choice: Choice, by: By) -> None:
    connection.execute(_DECISION, {"id": found.id, "choice": choice.value, "person": by.actor})
    _tell(connection, found.id, "exception_decided", choice.value, by)
    if choice in FINAL:
        close_exception(connection, found.id, f"{choice.value}: {by.actor}", by, over=False)
    elif choice is Choice.CANCEL:
        request_cancel(connection, found.sales_order_id)


def request_cancel(connection: Connection, sales_order_id: int) -> None:
    """Wish every live fulfillment order of a sales order cancelled: what was not sent will not be."""
    connection.execute(_WISH, {"sales_order_id": sales_order_id})


def withdraw_cancel(connection: Connection, sales_order_id: int) -> None:
    """Forget the wish for what was not cancelled."""
    connection.execute(_UNWISH, {"sales_order_id": sales_order_id})


def open_exceptions(connection: Connection, lane: str) -> list[OrderException]:
    """The questions of a lane that wait for a person, the oldest first."""
    return [_exception(row) for row in connection.execute(_UNANSWERED, {"lane": lane}).mappings()]


def decided_exceptions(connection: Connection, lane: str) -> list[OrderException]:
    """The questions of a lane that are answered, and whose answer is still to be carried out."""
    return [_exception(row) for row in connection.execute(_UNDER_WAY, {"lane": lane}).mappings()]


def get_exception(connection: Connection, exception_id: int) -> OrderException | None:
    """One question, open or closed."""
    row = connection.execute(_ONE, {"id": exception_id}).mappings().one_or_none()
    return _exception(row) if row else None


def note_listed(connection: Connection, lane: str, dag_run: str) -> set[int]:
    """Note that this run's log lists the open questions; returns those that no earlier run listed."""
    return {row.id for row in connection.execute(_LIST, {"lane": lane, "dag_run": dag_run})}


def _tell(connection: Connection, exception_id: int, event: str, why: str, by: By) -> None:
    values = {"id": exception_id, "event": event, "why": why, "actor": by.actor, "run_id": by.run_id}
    connection.execute(_EVENT, values)


def _exception(row: RowMapping) -> OrderException:
    fields: dict[str, Any] = dict(row)
    fields["kind"] = ExceptionKind(row["kind"])
    fields["choices"] = tuple(Choice(choice) for choice in row["choices"])
    fields["decision"] = Choice(row["decision"]) if row["decision"] else None
    return OrderException(**fields)


def _json(document: dict[str, Any] | None) -> str | None:
    return None if document is None else json.dumps(document)

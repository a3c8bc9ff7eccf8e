"""Exceptions: orders that need a person's decision, from the opening until the decision was carried out.

An exception is open until a decision that needs nothing more closes it, its decision was carried out, or its situation
is over. `ended_at` says when the situation was over; until then the same exception is not opened a second time. A
decision that the lane's settings made is kept in the same way, and a person decides where it cannot be carried out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, func, null, select, text, update

from cartage.db.schema import exception, fulfillment_order, sales_order
from cartage.errors import LedgerError
from cartage.lifecycle.transitions import By
from cartage.model.exceptions import BY_POLICY, CHOICES, Choice, ExceptionKind, is_final
from cartage.model.states import State


@dataclass(frozen=True, slots=True)
class ExceptionDraft:
    """An exception about a sales order that is to be opened; `decision` is set where the lane's settings decide it.

    `remote_id` holds the warehouse's numbers, `before` and `after` the two versions as documents. Without `choices`,
    those of the kind are offered.
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
    """An exception as the ledger has it, with the order that it is about."""

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

_EVENT = text(
    """
    INSERT INTO event (lane, sales_order_id, fulfillment_order_id, kind, actor, run_id, why, detail)
    SELECT lane, sales_order_id, fulfillment_order_id, :event, :actor, :run_id, :why,
        jsonb_build_object('exception_id', id, 'kind', kind)
    FROM exception WHERE id = :id
    """
)

_LIST = text(
    """
    UPDATE exception SET listed_in = coalesce(listed_in, :dag_run)
    WHERE lane = :lane AND closed_at IS NULL AND decision IS NULL AND coalesce(listed_in, :dag_run) = :dag_run
    RETURNING id
    """
)

_NOW = func.clock_timestamp()
_MOST_OF_ORDER = 20
# Nothing can be stopped any more, or nothing needs to be.
_OUT_OF_REACH = [state.value for state in (State.SHIPPED, State.CANCELLED, State.SKIPPED)]


def open_exception(connection: Connection, lane: str, draft: ExceptionDraft, by: By) -> int | None:
    """Open an exception, once for an order and kind: one that is open already gets the newer text and versions.

    Return its id; None where it is closed already and its situation lasts.
    """
    row = connection.execute(
        _OPEN,
        {
            "lane": lane,
            "sales_order_id": draft.sales_order_id,
            "fulfillment_order_id": draft.fulfillment_order_id,
            "kind": draft.kind.value,
            "message": draft.message,
            "choices": [choice.value for choice in draft.choices or CHOICES[draft.kind]],
            "remote_id": draft.remote_id,
            "before": _json(draft.before),
            "after": _json(draft.after),
            "run_id": by.run_id,
            "decision": draft.decision.value if draft.decision else None,
            "decided_by": BY_POLICY if draft.decision else None,
        },
    ).one_or_none()
    if row is None:
        return None
    if row.new:
        _add_event(connection, row.id, "exception_opened", draft.message, by)
        if draft.decision:
            policy = By(BY_POLICY, by.run_id)
            _add_event(connection, row.id, "exception_decided", draft.decision.value, policy)
        if draft.decision is Choice.CANCEL:
            request_cancel(connection, draft.sales_order_id)
    return int(row.id)


def reopen_exception(connection: Connection, exception_id: int, draft: ExceptionDraft, by: By) -> None:
    """Ask a person to decide because the decision could not be carried out; the draft's message says why."""
    row = exception.c
    still_open = update(exception).where(row.id == exception_id, row.closed_at.is_(None))
    values = {
        "message": draft.message,
        "remote_id": draft.remote_id,
        "before": _document(draft.before),
        "after": _document(draft.after),
        "decision": None,
        "decided_by": None,
        "decided_at": None,
        "opened_at": _NOW,
        "run_id": by.run_id,
        "listed_in": None,
    }
    if connection.execute(still_open.values(values)).rowcount:
        withdraw_cancel(connection, draft.sales_order_id)
        _add_event(connection, exception_id, "exception_opened", draft.message, by)


def close_exception(
    connection: Connection, exception_id: int, reason: str, by: By, *, ended: bool = True
) -> bool:
    """Close an exception; return False if it was closed. `ended`: its situation is over, so it may be opened again."""
    row = exception.c
    still_open = update(exception).where(row.id == exception_id, row.closed_at.is_(None))
    values = {"closed_at": _NOW, "close_reason": reason, "ended_at": _NOW if ended else None}
    closed = connection.execute(still_open.values(values)).rowcount == 1
    if closed:
        _add_event(connection, exception_id, "exception_closed", reason, by)
    return closed


def end_exceptions(connection: Connection, exception_ids: Sequence[int]) -> None:
    """Note that the situation of these closed exceptions is over: the same exceptions may be opened again."""
    if exception_ids:
        row = exception.c
        closed = update(exception).where(
            row.id.in_(list(exception_ids)), row.closed_at.is_not(None), row.ended_at.is_(None)
        )
        connection.execute(closed.values(ended_at=_NOW))


def decide(connection: Connection, exception_id: int, choice: str, by: By) -> OrderException:
    """Keep a person's decision (`by.actor`) for the next run to carry out; return the exception as it was.

    Raises:
        LedgerError: if there is no such open exception, or it does not offer this choice.
    """
    query = _select_exceptions().where(exception.c.id == exception_id).with_for_update(of=exception)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise LedgerError(f"there is no exception {exception_id}; see `cartage exceptions list`.")
    found = _exception(row)
    if found.closed_at is not None:
        raise LedgerError(f"exception {exception_id} was closed at {found.closed_at:%F %T} UTC.")
    if found.decision is not None:
        raise LedgerError(
            f"exception {exception_id} was already decided: {found.decision.value!r} by {found.decided_by};"
            " the next run carries it out."
        )
    if choice not in found.choices:
        offered = ", ".join(choice.value for choice in found.choices)
        raise LedgerError(f"exception {exception_id} does not offer {choice!r}; choose one of: {offered}.")
    _keep_decision(connection, found, Choice(choice), by)
    return found


def _keep_decision(connection: Connection, found: OrderException, choice: Choice, by: By) -> None:
    decided = update(exception).where(exception.c.id == found.id)
    connection.execute(decided.values(decision=choice.value, decided_by=by.actor, decided_at=_NOW))
    _add_event(connection, found.id, "exception_decided", choice.value, by)
    if is_final(found.kind, choice):
        close_exception(connection, found.id, f"{choice.value}: {by.actor}", by, ended=False)
    elif choice is Choice.CANCEL:
        request_cancel(connection, found.sales_order_id)


def request_cancel(connection: Connection, sales_order_id: int) -> None:
    """Request that every live fulfillment order of a sales order be cancelled; what was not sent will not be sent."""
    order = fulfillment_order.c
    live = update(fulfillment_order).where(
        order.sales_order_id == sales_order_id,
        order.superseded_at.is_(None),
        order.cancel_wanted_at.is_(None),
        order.state.not_in(_OUT_OF_REACH),
    )
    connection.execute(live.values(cancel_wanted_at=_NOW))


def withdraw_cancel(connection: Connection, sales_order_id: int) -> None:
    """Withdraw the request for what was not cancelled. A cancelled order keeps it: it says that we cancelled it."""
    order = fulfillment_order.c
    requested = update(fulfillment_order).where(
        order.sales_order_id == sales_order_id,
        order.cancel_wanted_at.is_not(None),
        order.state != State.CANCELLED.value,
    )
    connection.execute(requested.values(cancel_wanted_at=None))


def open_exceptions(
    connection: Connection, lane: str, *, most: int | None = None, versions: bool = True
) -> list[OrderException]:
    """Return the exceptions of a lane that wait for a decision, the oldest first; no more than `most`.

    Each holds two copies of an order: without `versions` these are not read, and `before` and `after` are None.
    """
    return _of_lanes(connection, [lane], most, decided=False, versions=versions)


def decided_exceptions(
    connection: Connection, *lanes: str, most: int | None = None, versions: bool = True
) -> list[OrderException]:
    """Return the exceptions of lanes whose decision is still to be carried out, as `open_exceptions` does."""
    return _of_lanes(connection, lanes, most, decided=True, versions=versions)


def exceptions_of_order(connection: Connection, sales_order_id: int) -> list[OrderException]:
    """Return the open exceptions of one sales order, decided or not, the oldest first."""
    row = exception.c
    # What is not closed has not ended, which an index knows.
    still_open = (row.sales_order_id == sales_order_id, row.ended_at.is_(None), row.closed_at.is_(None))
    query = _select_exceptions().where(*still_open).order_by(row.id).limit(_MOST_OF_ORDER)
    return [_exception(found) for found in connection.execute(query).mappings()]


def count_open_exceptions(connection: Connection, lane: str) -> int:
    """Return how many exceptions of a lane wait for a decision."""
    row = exception.c
    waiting = (row.lane == lane, row.closed_at.is_(None), row.decision.is_(None))
    return connection.execute(select(func.count()).select_from(exception).where(*waiting)).scalar_one()


def get_exception(connection: Connection, exception_id: int) -> OrderException | None:
    """Return an exception, open or closed; None if there is none with this id."""
    return next(iter(exceptions_by_id(connection, [exception_id])), None)


def exceptions_by_id(connection: Connection, ids: Sequence[int]) -> list[OrderException]:
    """Return these exceptions, open or closed, by ascending id."""
    query = _select_exceptions().where(exception.c.id.in_(ids)).order_by(exception.c.id)
    return [_exception(row) for row in connection.execute(query).mappings()]


def open_exception_id(connection: Connection, fulfillment_order_id: int, kind: ExceptionKind) -> int | None:
    """Return the open exception of a kind about one fulfillment order; None if there is none."""
    row = exception.c
    still_open = row.fulfillment_order_id == fulfillment_order_id, row.closed_at.is_(None)
    query = select(row.id).where(*still_open, row.kind == kind.value)
    return connection.execute(query).scalar_one_or_none()


def note_listed(connection: Connection, lane: str, dag_run: str) -> set[int]:
    """Note that this run's log lists the open exceptions; return those that no earlier run listed."""
    return {row.id for row in connection.execute(_LIST, {"lane": lane, "dag_run": dag_run})}


def _of_lanes(
    connection: Connection, lanes: Sequence[str], most: int | None, *, decided: bool, versions: bool
) -> list[OrderException]:
    row = exception.c
    query = _select_exceptions(versions=versions).where(row.lane.in_(lanes), row.closed_at.is_(None))
    query = query.where(row.decision.is_not(None) if decided else row.decision.is_(None))
    rows = connection.execute(query.order_by(row.id).limit(most)).mappings()
    return [_exception(document) for document in rows]


def _select_exceptions(*, versions: bool = True) -> Select[Any]:
    row, order = exception.c, sales_order.c
    before, after = (row.before, row.after) if versions else (null().label("before"), null().label("after"))
    return select(
        row.id,
        row.lane,
        row.sales_order_id,
        order.order_id,
        order.invoice,
        row.kind,
        row.message,
        row.choices,
        row.remote_id,
        before,
        after,
        row.opened_at,
        row.decision,
        row.decided_by,
        row.closed_at,
        row.close_reason,
    ).join_from(exception, sales_order, order.id == row.sales_order_id)


def _add_event(connection: Connection, exception_id: int, event: str, why: str, by: By) -> None:
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


def _document(document: dict[str, Any] | None) -> Any:
    """A missing document is SQL's NULL, not JSON's null."""
    return null() if document is None else document

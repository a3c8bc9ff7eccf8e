"""Keeps Airflow's Required Actions in step with the ledger: starts the runs of new ones, closes those that are over.

A run that Airflow no longer has, since its database was cleaned or a person deleted the run, is started again as long
as there is something to decide.

`blocked_orders` and `update_stock` call it. It never fails a task: people can always decide at the desk or by command.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from cartage.connections import require
from cartage.db.engine import database_time
from cartage.errors import CartageError
from cartage.operations.repo import required_actions
from cartage.operations.repo.required_actions import ActionOutcome
from cartage.operations.required_actions.causes import LEAVE
from cartage_airflow.required_actions import ASK_TASK, FAMILY
from cartage_airflow.required_actions.api import AirflowApi, DecisionResult, open_api

if TYPE_CHECKING:
    from datetime import datetime

    from cartage.runtime.context import StageContext

log = logging.getLogger(__name__)

_ENDED = frozenset({"success", "failed"})
# How long a run counts as there after Airflow was seen to have it.
_LOOK_EVERY = timedelta(days=1)
_LONGEST_NOTE = 500


class PendingAction(Protocol):
    """A required action that is not settled, about a cause or a paused push."""

    @property
    def id(self) -> int:
        """Its number in the ledger."""
        ...

    @property
    def run_id(self) -> str:
        """The id of its run in Airflow."""
        ...

    @property
    def started_at(self) -> datetime | None:
        """When Airflow started that run."""
        ...

    @property
    def seen_at(self) -> datetime | None:
        """When Airflow was last seen to have that run."""
        ...

    @property
    def message(self) -> str:
        """What it is about."""
        ...

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to decide."""
        ...


def sync_required_actions(context: StageContext) -> None:
    """Start the run of each new required action, and of those whose run is gone; close those that are over."""
    settings, lane = context.lane.required_actions, context.lane.name
    if settings.connection is None:
        return
    with context.ledger.begin() as connection:
        # A lane has at most one paused push; it does not wait for a place among the causes.
        required_actions.open_push_actions(connection, lane)
        required_actions.open_required_actions(connection, lane, most=settings.max_open)
        pending: list[PendingAction] = [
            *required_actions.pending_push_actions(connection, lane),
            *required_actions.pending_required_actions(connection, lane),
        ]
        looked = database_time(connection) - _LOOK_EVERY
    over = [action for action in pending if action.is_over]
    new = [action for action in pending if action.started_at is None and not action.is_over]
    old = [
        action for action in pending if action.started_at and not action.is_over and _not_seen(action, looked)
    ]
    if not new and not over and not old:
        return
    try:
        with open_api(require(context.resolver, settings.connection)) as api:
            for action in over:
                _close(context, api, action)
            for action in old:
                _look(context, api, action)
            for action in new:
                _start(context, api, action)
    except CartageError as failure:
        _log_failure(lane, len(new), len(over), failure)


def _not_seen(action: PendingAction, since: datetime) -> bool:
    return action.seen_at is None or action.seen_at < since


def _log_failure(lane: str, new: int, over: int, failure: CartageError) -> None:
    log.error(
        "lane %s: Required Actions are not in step: of %d to start and %d to close, some are left for the next run. "
        "People can decide all of them at the desk or by command; a late decision changes nothing. %s",
        lane,
        new,
        over,
        failure,
    )


def _start(context: StageContext, api: AirflowApi, action: PendingAction) -> None:
    api.start(
        dag_of(context.lane.name),
        action.run_id,
        # The lane names the users who may decide; the user who closes the action must be one of them.
        {"required_action": action.id, "closer": api.user_id},
        action.message[:_LONGEST_NOTE],
    )
    with context.ledger.begin() as connection:
        required_actions.mark_started(connection, action.id)
    log.info("lane %s: opened in Required Actions: %s", context.lane.name, action.message)


def _look(context: StageContext, api: AirflowApi, action: PendingAction) -> None:
    """Start the run of a required action again if Airflow no longer has it. One that a person ended is settled."""
    state = api.state_of(dag_of(context.lane.name), action.run_id)
    with context.ledger.begin() as connection:
        if state is None:
            required_actions.forget_run(connection, action.id)
        elif state == "success":
            required_actions.settle_required_action(connection, action.id, ActionOutcome.UNDECIDED)
        else:
            # A failed one can still be cleared, and then carries its decision out.
            required_actions.note_run_seen(connection, action.id)
    if state is None:
        log.info("lane %s: Airflow no longer has the run of: %s", context.lane.name, action.message)
        _start(context, api, action)


def _close(context: StageContext, api: AirflowApi, action: PendingAction) -> None:
    """Close it with the one decision that changes nothing; its run goes on and finds nothing left to do."""
    dag_id = dag_of(context.lane.name)
    outcome = ActionOutcome.FIXED_ELSEWHERE
    if action.started_at is not None:
        result = api.decide(dag_id, action.run_id, ASK_TASK, LEAVE)
        if result is DecisionResult.NOT_OPEN:
            state = api.state_of(dag_id, action.run_id)
            if state is not None and state not in _ENDED:
                # The run will ask within moments, or find by itself that the action is over.
                return
            outcome = ActionOutcome.UNDECIDED
    with context.ledger.begin() as connection:
        required_actions.settle_required_action(connection, action.id, outcome)
    log.info("lane %s: closed in Required Actions: %s", context.lane.name, action.message)


def dag_of(lane: str) -> str:
    """Return the DAG that asks the people of a lane."""
    return f"{FAMILY}__{lane}"

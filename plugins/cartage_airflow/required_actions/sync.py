"""Keeps Airflow's Required Actions in step with causes and stopped pushes: asks what is new, closes what is over.

Called by `blocked_orders` and `update_stock`. It never makes a task fail: none is red because nobody could be asked.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from cartage.connections import require
from cartage.errors import CartageError
from cartage.operations.repo import required_actions
from cartage.operations.repo.required_actions import ActionOutcome
from cartage.operations.required_actions.causes import LEAVE
from cartage_airflow.required_actions import ASK_TASK, FAMILY
from cartage_airflow.required_actions.api import AirflowApi, Told, open_api

if TYPE_CHECKING:
    from datetime import datetime

    from cartage.runtime.context import StageContext

log = logging.getLogger(__name__)

_ENDED = frozenset({"success", "failed"})
_LONGEST_NOTE = 500


class KeptAction(Protocol):
    """A question as the ledger has it, whatever it is about."""

    @property
    def id(self) -> int:
        """Its number."""
        ...

    @property
    def run_id(self) -> str:
        """The run in Airflow that asks it."""
        ...

    @property
    def started_at(self) -> datetime | None:
        """When Airflow took that run."""
        ...

    @property
    def message(self) -> str:
        """What it is about."""
        ...

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to answer."""
        ...


def keep_action(world: StageContext) -> None:
    """Ask what nobody was asked about yet, and close the questions that are over."""
    settings, lane = world.lane.required_actions, world.lane.name
    if settings.connection is None:
        return
    with world.ledger.begin() as connection:
        # A lane has one stopped push at most; it does not wait for its turn behind causes.
        required_actions.open_push_actions(connection, lane)
        required_actions.open_required_actions(connection, lane, most=settings.max_open)
        questions: list[KeptAction] = [
            *required_actions.pending_push_actions(connection, lane),
            *required_actions.pending_required_actions(connection, lane),
        ]
    unasked = [question for question in questions if question.started_at is None and not question.is_over]
    over = [question for question in questions if question.is_over]
    if not unasked and not over:
        return
    try:
        with open_api(require(world.resolver, settings.connection)) as api:
            for one in over:
                _close(world, api, one)
            for one in unasked:
                _start(world, api, one)
    except CartageError as failure:
        _say_what_waits(lane, unasked, over, failure)


def _start(world: StageContext, api: AirflowApi, question: KeptAction) -> None:
    api.start(
        dag_of(world.lane.name),
        question.run_id,
        # Whoever may answer is named where people are; the user who closes it has to be one of them.
        {"question": question.id, "closer": api.user_id},
        question.message[:_LONGEST_NOTE],
    )
    with world.ledger.begin() as connection:
        required_actions.mark_started(connection, question.id)
    log.info("lane %s: asked in Required Actions: %s", world.lane.name, question.message)


def _close(world: StageContext, api: AirflowApi, question: KeptAction) -> None:
    """Close it by the one answer that changes nothing; its run goes on, and finds that there is nothing left to do."""
    dag_id = dag_of(world.lane.name)
    outcome = ActionOutcome.FIXED_ELSEWHERE
    if question.started_at is not None:
        told = api.decide(dag_id, question.run_id, ASK_TASK, LEAVE)
        if told is Told.NOT_ASKED:
            state = api.state_of(dag_id, question.run_id)
            if state is not None and state not in _ENDED:
                # It will be asked within moments, or will find by itself that it is over.
                return
            outcome = ActionOutcome.UNDECIDED
    with world.ledger.begin() as connection:
        required_actions.settle_required_action(connection, question.id, outcome)
    log.info("lane %s: closed in Required Actions: %s", world.lane.name, question.message)


def _say_what_waits(
    lane: str, unasked: Sequence[KeptAction], over: Sequence[KeptAction], failure: CartageError
) -> None:
    log.error(
        "lane %s: Required Actions are not in step: of %d question(s) to ask and %d to close some are left for the "
        "next run. All can be answered at the desk or by command; a late answer changes nothing. %s",
        lane,
        len(unasked),
        len(over),
        failure,
    )


def dag_of(lane: str) -> str:
    """The DAG that asks the people of a lane."""
    return f"{FAMILY}__{lane}"

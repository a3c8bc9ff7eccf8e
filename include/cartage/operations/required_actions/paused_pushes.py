"""Decisions about paused pushes of stock: approve, refuse, or leave as it is.

A decision is about one revision of a paused push. Once that was decided elsewhere, revised, or ended, no decision
changes anything.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from cartage.errors import LedgerError
from cartage.inventory.repo import paused_pushes
from cartage.inventory.repo.paused_pushes import APPROVE, REFUSE, PausedPush, SeenPush
from cartage.lanes.settings.lane import Lane
from cartage.lifecycle.transitions import By
from cartage.operations.repo import required_actions
from cartage.operations.repo.required_actions import ActionOutcome, PushAction
from cartage.operations.required_actions.causes import LEAVE, ActionDecision, ActionResult
from cartage.runtime.context import StageContext

APPROVE_PUSH = "Approve this push"
REFUSE_PUSH = "Refuse this push"

_CHOICES = {APPROVE_PUSH: (APPROVE, ActionOutcome.APPROVED), REFUSE_PUSH: (REFUSE, ActionOutcome.REFUSED)}


def push_to_decide(connection: Connection, lane: Lane, action: PushAction) -> PausedPush | None:
    """Return the paused push as it is now; None if there is nothing left to decide."""
    if action.is_over or action.outcome is not None:
        return None
    return paused_pushes.find_paused_push(connection, lane.name, action.paused_push_id)


def decide_paused_push(
    context: StageContext, action_id: int, decision: ActionDecision | None
) -> ActionResult:
    """Carry out a decision, once; None if the run ended without one. The next run of the inventory DAG acts on it.

    Raises:
        LedgerError: if the lane has no such required action, or it does not offer this decision.
    """
    lane = context.lane.name
    with context.ledger.begin() as connection:
        action = required_actions.find_push_action(connection, lane, action_id, lock=True)
        if action is None:
            raise LedgerError(f"lane {lane!r} has no required action {action_id} about stock.")
        if action.outcome is None:
            action = _settle(connection, lane, action, decision, context.run.id)
    return _result(action, decision)


def _settle(
    connection: Connection, lane: str, action: PushAction, decision: ActionDecision | None, run_id: str
) -> PushAction:
    outcome = ActionOutcome.UNDECIDED
    if action.is_over:
        outcome = ActionOutcome.FIXED_ELSEWHERE
    elif decision is not None and decision.option == LEAVE:
        outcome = ActionOutcome.LEFT
    elif decision is not None:
        if decision.option not in _CHOICES:
            raise LedgerError(f"required action {action.id} does not offer {decision.option!r}.")
        choice, outcome = _CHOICES[decision.option]
        seen = SeenPush(action.paused_push_id, action.opening)
        paused_pushes.decide_push(connection, lane, choice, By(decision.person, run_id), seen=seen)
    option, person = (decision.words, decision.person) if decision else (None, None)
    required_actions.settle_required_action(connection, action.id, outcome, decision=option, person=person)
    return replace(action, outcome=outcome, decision=option, decided_by=person)


def _result(action: PushAction, decision: ActionDecision | None) -> ActionResult:
    person, what = action.decided_by, action.message
    # Cartage itself closes what is over by leaving it as it is.
    late = ""
    if decision is not None and decision.option != LEAVE:
        late = f" {decision.person}'s decision, {decision.option!r}, changed nothing."
    words = {
        ActionOutcome.APPROVED: f"{person} approved it ({what}). The next run of the inventory DAG pushes.",
        ActionOutcome.REFUSED: f"{person} refused it ({what}). Nothing is pushed while the figures look wrong.",
        ActionOutcome.LEFT: f"{person} left it as it is: {what}. It waits for a decision at the desk, or by command.",
        ActionOutcome.FIXED_ELSEWHERE: f"Decided or over meanwhile: {what}.{late}",
        ActionOutcome.UNDECIDED: f"Ended without a decision: {what}.{late}",
    }
    outcome = action.outcome or ActionOutcome.UNDECIDED
    return ActionResult(outcome, 0, words[outcome])

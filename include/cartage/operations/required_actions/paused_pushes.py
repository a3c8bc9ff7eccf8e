"""Answers from Airflow's Required Actions to a push of stock that was stopped: approved, refused, or left as it is.

An answer is to one asking of one stop. Once that was answered elsewhere, asked anew, or ended, it changes nothing.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from cartage.errors import LedgerError
from cartage.inventory.repo import paused_pushes
from cartage.inventory.repo.paused_pushes import APPROVE, REFUSE, PausedPush, Seen
from cartage.lanes.settings.lane import Lane
from cartage.lifecycle.transitions import By
from cartage.operations.repo import paused_push_actions as push_actions
from cartage.operations.repo import required_actions
from cartage.operations.repo.paused_push_actions import PushAction
from cartage.operations.repo.required_actions import ActionOutcome
from cartage.operations.required_actions.causes import LEAVE, CauseDecision, Ending
from cartage.runtime.context import StageContext

PUSH = "Push it all the same"
KEEP_STOPPED = "Keep it stopped"

_CHOICES = {PUSH: (APPROVE, ActionOutcome.APPROVED), KEEP_STOPPED: (REFUSE, ActionOutcome.REFUSED)}


def stop_now(connection: Connection, lane: Lane, question: PushAction) -> PausedPush | None:
    """What to ask about, as it is now; None if it is over."""
    if question.is_over or question.outcome is not None:
        return None
    return paused_pushes.find_paused_push(connection, lane.name, question.stop_id)


def decide_paused_push(context: StageContext, question_id: int, decision: CauseDecision | None) -> Ending:
    """Carry an answer out, once; None if its run ended without one. The next run of the inventory DAG acts on it.

    Raises:
        LedgerError: if the lane has no such question, or it has no such answer.
    """
    lane = context.lane.name
    with context.ledger.begin() as connection:
        question = push_actions.find_push_action(connection, lane, question_id, lock=True)
        if question is None:
            raise LedgerError(f"lane {lane!r} has no question {question_id} about stock.")
        if question.outcome is None:
            question = _settled(connection, lane, question, decision, context.run.id)
    return _ending(question, decision)


def _settled(
    connection: Connection, lane: str, question: PushAction, decision: CauseDecision | None, run_id: str
) -> PushAction:
    outcome = ActionOutcome.LOST_RESPONSES
    if question.is_over:
        outcome = ActionOutcome.FIXED_ELSEWHERE
    elif decision is not None and decision.option == LEAVE:
        outcome = ActionOutcome.LEFT
    elif decision is not None:
        if decision.option not in _CHOICES:
            raise LedgerError(f"{decision.option!r} is none of what question {question.id} offers.")
        choice, outcome = _CHOICES[decision.option]
        seen = Seen(question.stop_id, question.opening)
        paused_pushes.decide_push(connection, lane, choice, By(decision.person, run_id), seen=seen)
    option, person = (decision.words, decision.person) if decision else (None, None)
    required_actions.settle_required_action(connection, question.id, outcome, decision=option, person=person)
    return replace(question, outcome=outcome, decision=option, decided_by=person)


def _ending(question: PushAction, decision: CauseDecision | None) -> Ending:
    person, what = question.decided_by, question.message
    # Cartage itself closes what is over by leaving it as it is.
    late = ""
    if decision is not None and decision.option != LEAVE:
        late = f" {decision.person}'s answer, {decision.option!r}, changed nothing."
    words = {
        ActionOutcome.APPROVED: f"{person} approved it ({what}). The next run of the inventory DAG pushes.",
        ActionOutcome.REFUSED: f"{person} refused it ({what}). Nothing is pushed while it is in doubt.",
        ActionOutcome.LEFT: f"{person} left it as it is: {what}. It waits for an answer at the desk, or by command.",
        ActionOutcome.FIXED_ELSEWHERE: f"Answered or over meanwhile: {what}.{late}",
        ActionOutcome.LOST_RESPONSES: f"Ended without an answer: {what}.{late}",
    }
    outcome = question.outcome or ActionOutcome.LOST_RESPONSES
    return Ending(outcome, 0, words[outcome])

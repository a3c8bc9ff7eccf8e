"""Answers from Airflow's Required Actions to a push of stock that was stopped: approved, refused, or left as it is.

An answer is to one asking of one stop. Once that was answered elsewhere, asked anew, or ended, it changes nothing.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from cartage.errors import LedgerError
from cartage.inventory.repo import paused_pushes as stock_stops
from cartage.inventory.repo.paused_pushes import APPROVE, REFUSE, PausedPush, Seen
from cartage.lanes.settings.lane import Lane
from cartage.lifecycle.transitions import By
from cartage.operations.repo import paused_push_actions as stock_questions
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
    return stock_stops.find_paused_push(connection, lane.name, question.stop_id)


def decide_paused_push(context: StageContext, question_id: int, answer: CauseDecision | None) -> Ending:
    """Carry an answer out, once; None if its run ended without one. The next run of the inventory DAG acts on it.

    Raises:
        LedgerError: if the lane has no such question, or it has no such answer.
    """
    lane = context.lane.name
    with context.ledger.begin() as connection:
        question = stock_questions.find_push_action(connection, lane, question_id, lock=True)
        if question is None:
            raise LedgerError(f"lane {lane!r} has no question {question_id} about stock.")
        if question.outcome is None:
            question = _settled(connection, lane, question, answer, context.run.id)
    return _ending(question, answer)


def _settled(
    connection: Connection, lane: str, question: PushAction, answer: CauseDecision | None, run_id: str
) -> PushAction:
    outcome = ActionOutcome.UNANSWERED
    if question.is_over:
        outcome = ActionOutcome.MENDED_ELSEWHERE
    elif answer is not None and answer.option == LEAVE:
        outcome = ActionOutcome.LEFT
    elif answer is not None:
        if answer.option not in _CHOICES:
            raise LedgerError(f"{answer.option!r} is none of what question {question.id} offers.")
        choice, outcome = _CHOICES[answer.option]
        seen = Seen(question.stop_id, question.opening)
        stock_stops.decide_push(connection, lane, choice, By(answer.person, run_id), seen=seen)
    option, person = (answer.words, answer.person) if answer else (None, None)
    required_actions.settle_required_action(connection, question.id, outcome, answer=option, person=person)
    return replace(question, outcome=outcome, answer=option, answered_by=person)


def _ending(question: PushAction, answer: CauseDecision | None) -> Ending:
    person, what = question.answered_by, question.message
    # Cartage itself closes what is over by leaving it as it is.
    late = ""
    if answer is not None and answer.option != LEAVE:
        late = f" {answer.person}'s answer, {answer.option!r}, changed nothing."
    words = {
        ActionOutcome.APPROVED: f"{person} approved it ({what}). The next run of the inventory DAG pushes.",
        ActionOutcome.REFUSED: f"{person} refused it ({what}). Nothing is pushed while it is in doubt.",
        ActionOutcome.LEFT: f"{person} left it as it is: {what}. It waits for an answer at the desk, or by command.",
        ActionOutcome.MENDED_ELSEWHERE: f"Answered or over meanwhile: {what}.{late}",
        ActionOutcome.UNANSWERED: f"Ended without an answer: {what}.{late}",
    }
    outcome = question.outcome or ActionOutcome.UNANSWERED
    return Ending(outcome, 0, words[outcome])

"""What a question is about: a cause that blocks orders, or a push of stock that was stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.operations.repo import required_actions
from cartage.operations.required_actions import causes as answering
from cartage.operations.required_actions import paused_pushes as push_decisions
from cartage_airflow.links import desk_path
from cartage_airflow.required_actions.push_action import STOCK_CHOICES, stock_form
from cartage_airflow.required_actions.question import Choices, Form, choices, form

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cartage.lanes.settings.lane import Lane
    from cartage.operations.required_actions.causes import ActionDecision, ActionResult
    from cartage.runtime.context import StageContext


def shown_now(connection: Connection, lane: Lane, question_id: int) -> Form | None:
    """What to show a person; None if there is nothing to ask any more.

    Raises:
        LedgerError: if the lane has no such question.
    """
    about_stock = required_actions.find_push_action(connection, lane.name, question_id)
    if about_stock is not None:
        stopped = push_decisions.push_to_decide(connection, lane, about_stock)
        return (
            stock_form(stopped, lane=lane.name, desk=desk_path("stock", lane=lane.name)) if stopped else None
        )
    asked = answering.prepare_cause_action(connection, lane, question_id)
    if asked is None:
        return None
    question, stop = asked
    desk = f"{desk_path('blocked', lane=lane.name)}#cause-{question.cause_id}"
    return form(question, stop, lane=lane.name, desk=desk)


def choices_of(connection: Connection, lane: str, question_id: int) -> Choices:
    """What was offered when it was asked."""
    if required_actions.find_push_action(connection, lane, question_id) is not None:
        return STOCK_CHOICES
    question = required_actions.find_required_action(connection, lane, question_id)
    return choices((question.offers if question else None) or ())


def carry_out_action(world: StageContext, question_id: int, decision: ActionDecision | None) -> ActionResult:
    """Carry an answer out, once; None if the run ended without one.

    Raises:
        LedgerError: if the lane has no such question, or it offers no such answer.
        CartageError: what could not be done.
    """
    with world.ledger.begin() as connection:
        about_stock = required_actions.find_push_action(connection, world.lane.name, question_id) is not None
    if about_stock:
        return push_decisions.decide_paused_push(world, question_id, decision)
    return answering.decide_cause(world, question_id, decision)

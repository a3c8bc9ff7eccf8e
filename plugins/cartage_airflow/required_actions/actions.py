"""One required action, whatever it is about: its form, the choices that were offered, and carrying out a decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.operations.repo import required_actions
from cartage.operations.required_actions.causes import decide_cause, prepare_cause_action
from cartage.operations.required_actions.paused_pushes import decide_paused_push, push_to_decide
from cartage_airflow.links import desk_path
from cartage_airflow.required_actions.cause_form import cause_choices, cause_form
from cartage_airflow.required_actions.push_form import PUSH_CHOICES, push_form

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cartage.lanes.settings.lane import Lane
    from cartage.operations.required_actions.causes import ActionDecision, ActionResult
    from cartage.runtime.context import StageContext
    from cartage_airflow.required_actions.form import ActionChoices, ActionForm


def current_form(connection: Connection, lane: Lane, action_id: int) -> ActionForm | None:
    """Return the form to show to a person; None if there is nothing left to decide.

    Raises:
        LedgerError: if the lane has no such required action.
    """
    push_action = required_actions.find_push_action(connection, lane.name, action_id)
    if push_action is not None:
        paused = push_to_decide(connection, lane, push_action)
        desk = desk_path("stock", lane=lane.name)
        return push_form(paused, lane=lane.name, desk=desk) if paused else None
    prepared = prepare_cause_action(connection, lane, action_id)
    if prepared is None:
        return None
    action, summary = prepared
    desk = f"{desk_path('attention', lane=lane.name, kind='cause')}#cause-{action.cause_id}"
    return cause_form(action, summary, lane=lane.name, desk=desk)


def offered_choices(connection: Connection, lane: str, action_id: int) -> ActionChoices:
    """Return the choices that the form offered."""
    if required_actions.find_push_action(connection, lane, action_id) is not None:
        return PUSH_CHOICES
    action = required_actions.find_required_action(connection, lane, action_id)
    return cause_choices((action.offers if action else None) or ())


def carry_out_decision(
    context: StageContext, action_id: int, decision: ActionDecision | None
) -> ActionResult:
    """Carry out a decision, once; None if the run ended without one.

    Raises:
        LedgerError: if the lane has no such required action, or it does not offer this decision.
        CartageError: if the decision cannot be carried out.
    """
    with context.ledger.begin() as connection:
        about_push = required_actions.find_push_action(connection, context.lane.name, action_id) is not None
    if about_push:
        return decide_paused_push(context, action_id, decision)
    return decide_cause(context, action_id, decision)

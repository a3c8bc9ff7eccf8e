"""Decisions about causes: save a mapping, or skip or hold all of the cause's orders.

A decision is about one opening of a cause. Once that has ended, no decision changes anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Connection

from cartage.dispatch import stage
from cartage.errors import LedgerError
from cartage.lanes.account import accounts_of
from cartage.lanes.settings.lane import Lane
from cartage.lanes.settings.mappings import MappingSource
from cartage.lifecycle import causes
from cartage.lifecycle.transitions import By
from cartage.mappings.changes import MappingChange
from cartage.mappings.choices import MappingChoice, mapping_choices
from cartage.mappings.repo import save_mapping_rules
from cartage.operations.cause_actions import hold_orders_of_cause, skip_orders_of_cause
from cartage.operations.repo import required_actions
from cartage.operations.repo.required_actions import ActionOutcome, RequiredAction
from cartage.plurals import counted
from cartage.runtime.context import StageContext
from cartage.validation.views import CauseSummary, cause_summaries

MAP = "Save this mapping"
SKIP = "Skip these orders"
HOLD = "Hold these orders"
LEAVE = "Leave it as it is"

_ABOUT_ORDERS = frozenset({ActionOutcome.SKIPPED, ActionOutcome.HELD})
CHANGED_NOTHING = frozenset({ActionOutcome.FIXED_ELSEWHERE, ActionOutcome.UNDECIDED})


@dataclass(frozen=True, slots=True)
class ActionDecision:
    """What a person chose; `mapping` is an offer's label, `reason` and `lasting` are for skipped or held orders."""

    option: str
    person: str
    mapping: str = ""
    reason: str = ""
    lasting: timedelta = timedelta(days=3)

    @property
    def words(self) -> str:
        """The choice as one text."""
        return f"{self.option}: {self.mapping}" if self.option == MAP else self.option


@dataclass(frozen=True, slots=True)
class ActionResult:
    """The outcome of a required action, also in words; `orders` counts those that the decision skipped or held."""

    outcome: ActionOutcome
    orders: int
    text: str


def prepare_cause_action(
    connection: Connection, lane: Lane, action_id: int
) -> tuple[RequiredAction, CauseSummary | None] | None:
    """Return the required action with the mappings to choose from, and what the cause blocks now; None if it is over.

    Raises:
        LedgerError: if the lane has no such required action.
    """
    action = _found(connection, lane, action_id)
    if action.is_over or action.outcome is not None:
        return None
    # A run that starts again offers what it offered first: Airflow keeps the form of a task that is cleared (3.3.2).
    choices = action.offers if action.offers is not None else _choices(lane, action)
    required_actions.save_offers(connection, action.id, choices)
    summaries = {summary.id: summary for summary in cause_summaries(connection, lane.name)}
    return replace(action, offers=choices), summaries.get(action.cause_id)


def _choices(lane: Lane, action: RequiredAction) -> tuple[MappingChoice, ...]:
    """MappingChoice no mapping where a decision could not, or must not, change mappings.

    Only administrators edit mappings. Airflow lets more people decide, so the lane must name those who may.
    """
    if lane.mappings is not MappingSource.LEDGER or not lane.required_actions.decided_by:
        return ()
    return mapping_choices(action.kind, action.subject, action.suggestions)


def decide_cause(context: StageContext, action_id: int, decision: ActionDecision | None) -> ActionResult:
    """Carry out a decision, once; None if the run ended without one. Validate the orders that it releases at once.

    Blocked orders are validated before the decision, too: a fault that was fixed meanwhile needs no decision.

    Raises:
        LedgerError: if the lane has no such required action, or it does not offer this decision.
        SettingsError: if the chosen mapping is not possible.
        CartageError: if orders could not be validated; another try, or any later run, validates them.
    """
    lane, validate = context.lane, stage("validate_mappings")
    with context.ledger.begin() as connection:
        is_open = _found(connection, lane, action_id).outcome is None
    if is_open and decision is not None:
        validate(context)
    with context.ledger.begin() as connection:
        action = _settle(connection, lane, action_id, decision, context.run.id)
    if action.outcome in _ABOUT_ORDERS:
        with context.ledger.begin() as connection:
            causes.close_fixed(connection, lane.name)
    if action.outcome is ActionOutcome.MAPPED:
        validate(context)
    return _result(action, decision)


def _settle(
    connection: Connection, lane: Lane, action_id: int, decision: ActionDecision | None, run_id: str
) -> RequiredAction:
    """Return the settled required action: settled by this decision, or before."""
    action = _found(connection, lane, action_id, lock=True)
    if action.outcome is not None:
        return action
    outcome, orders = ActionOutcome.UNDECIDED, 0
    if action.is_over:
        outcome = ActionOutcome.FIXED_ELSEWHERE
    elif decision is not None:
        outcome, orders = _apply(connection, lane, action, decision, By(decision.person, run_id))
    option, person = (decision.words, decision.person) if decision else (None, None)
    required_actions.settle_required_action(
        connection, action.id, outcome, decision=option, person=person, orders=orders
    )
    return replace(action, outcome=outcome, decision=option, decided_by=person, orders=orders)


def _found(connection: Connection, lane: Lane, action_id: int, *, lock: bool = False) -> RequiredAction:
    action = required_actions.find_required_action(connection, lane.name, action_id, lock=lock)
    if action is None:
        raise LedgerError(
            f"lane {lane.name!r} has no required action {action_id}: Cartage starts these runs itself."
        )
    return action


def _apply(
    connection: Connection, lane: Lane, action: RequiredAction, decision: ActionDecision, by: By
) -> tuple[ActionOutcome, int]:
    reason = decision.reason.strip() or action.message
    if decision.option == SKIP:
        orders = skip_orders_of_cause(connection, lane.name, action.cause_id, reason, by)
        return ActionOutcome.SKIPPED, orders
    if decision.option == HOLD:
        orders = hold_orders_of_cause(connection, lane.name, action.cause_id, reason, decision.lasting, by)
        return ActionOutcome.HELD, orders
    if decision.option == LEAVE:
        return ActionOutcome.LEFT, 0
    chosen = next((offer for offer in action.offers or () if offer.label == decision.mapping), None)
    if decision.option != MAP or chosen is None:
        raise LedgerError(f"required action {action.id} does not offer {decision.words!r}.")
    # Where only one of several warehouses needs it, the rule is that one's own.
    places = causes.warehouses_blocked(connection, action.cause_id)
    where = places[0] if len(places) == 1 else ""
    change = MappingChange(put=(replace(chosen.rule(action.subject), warehouse=where),))
    save_mapping_rules(
        connection,
        lane.name,
        change,
        author=by.actor,
        note=f"Required Actions: {action.message}",
        accounts=accounts_of(lane),
    )
    return ActionOutcome.MAPPED, 0


def _result(action: RequiredAction, decision: ActionDecision | None) -> ActionResult:
    person, what = action.decided_by, action.message
    # Cartage itself closes what is over by leaving it as it is.
    late = ""
    if decision is not None and decision.option != LEAVE:
        late = f" {decision.person}'s decision, {decision.words!r}, changed nothing."
    words = {
        ActionOutcome.MAPPED: f"{person} chose {action.decision!r}: {what}. Orders that nothing else blocks go on.",
        ActionOutcome.SKIPPED: f"{person} skipped {counted(action.orders, 'order')}: {what}.",
        ActionOutcome.HELD: f"{person} holds {counted(action.orders, 'order')}: {what}.",
        ActionOutcome.LEFT: f"{person} left it as it is: {what}. It comes back only when the cause opens again.",
        ActionOutcome.FIXED_ELSEWHERE: f"Fixed elsewhere: {what}.{late}",
        ActionOutcome.UNDECIDED: f"Ended without a decision: {what}.{late}",
    }
    outcome = action.outcome or ActionOutcome.UNDECIDED
    return ActionResult(outcome, action.orders, words[outcome])

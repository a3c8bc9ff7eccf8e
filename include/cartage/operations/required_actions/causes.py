"""Answers from Airflow's Required Actions, carried out: a cause mapped, or all of its orders skipped or held.

An answer is to one opening of a cause. Once that is over, whatever is answered changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Connection

from cartage.dispatch import stage
from cartage.errors import LedgerError
from cartage.lanes.settings.lane import Lane
from cartage.lanes.settings.mappings import MappingSource
from cartage.lifecycle import causes
from cartage.lifecycle.transitions import By
from cartage.mappings import repo as mappings_repo
from cartage.mappings.changes import MappingChange
from cartage.mappings.choices import MappingChoice, mapping_choices
from cartage.operations import cause_actions as whole_cause
from cartage.operations.repo import required_actions
from cartage.operations.repo.required_actions import ActionOutcome, RequiredAction
from cartage.operations.views.stops import BlockingStop, blocking_stops
from cartage.runtime.context import StageContext

MAP = "Save this mapping"
SKIP = "Skip these orders"
HOLD = "Hold these orders"
LEAVE = "Leave it as it is"

_ABOUT_ORDERS = frozenset({ActionOutcome.SKIPPED, ActionOutcome.HELD})
CHANGED_NOTHING = frozenset({ActionOutcome.FIXED_ELSEWHERE, ActionOutcome.LOST_RESPONSES})


@dataclass(frozen=True, slots=True)
class CauseDecision:
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
class Ending:
    """What came of a question, and in words; `orders` are those that its answer skipped or held."""

    outcome: ActionOutcome
    orders: int
    text: str


def offer_now(
    connection: Connection, lane: Lane, question_id: int
) -> tuple[RequiredAction, BlockingStop | None] | None:
    """What to ask, with the mappings that may be chosen, and what the cause blocks now; None if it is over.

    Raises:
        LedgerError: if the lane has no such question.
    """
    question = _found(connection, lane, question_id)
    if question.is_over or question.outcome is not None:
        return None
    # A run that asks again shows what it showed at first: Airflow keeps the form of a task that is cleared (3.3.2).
    choices = question.offers if question.offers is not None else _choices(lane, question)
    required_actions.offer(connection, question.id, choices)
    found = {blocking_stop.id: blocking_stop for blocking_stop in blocking_stops(connection, lane.name)}
    return replace(question, offers=choices), found.get(question.cause_id)


def _choices(lane: Lane, question: RequiredAction) -> tuple[MappingChoice, ...]:
    """No mapping where an answer could not, or must not, change them.

    Administrators alone edit mappings_repo. Airflow lets more people answer, so that those who may must be named.
    """
    if lane.mappings is not MappingSource.LEDGER or not lane.required_actions.decided_by:
        return ()
    return mapping_choices(question.kind, question.subject, question.suggestions)


def decide_cause(context: StageContext, question_id: int, decision: CauseDecision | None) -> Ending:
    """Carry an answer out, once; None if its run ended without one. Orders that it releases are judged at once.

    They are judged before it as well: what was mended meanwhile, and no run has seen yet, is not answered any more.

    Raises:
        LedgerError: if the lane has no such question.
        SettingsError: if the chosen mapping cannot be.
        CartageError: if orders could not be judged; another try, or any later run, judges them.
    """
    lane, judge = context.lane, stage("validate_mappings")
    with context.ledger.begin() as connection:
        is_open = _found(connection, lane, question_id).outcome is None
    if is_open and decision is not None:
        judge(context)
    with context.ledger.begin() as connection:
        question = _settled(connection, lane, question_id, decision, context.run.id)
    if question.outcome in _ABOUT_ORDERS:
        with context.ledger.begin() as connection:
            causes.close_fixed(connection, lane.name)
    if question.outcome is ActionOutcome.MAPPED:
        judge(context)
    return _ending(question, decision)


def _settled(
    connection: Connection, lane: Lane, question_id: int, decision: CauseDecision | None, run_id: str
) -> RequiredAction:
    """The question as it is once it is settled: by this answer, or as it was before."""
    question = _found(connection, lane, question_id, lock=True)
    if question.outcome is not None:
        return question
    outcome, orders = ActionOutcome.LOST_RESPONSES, 0
    if question.is_over:
        outcome = ActionOutcome.FIXED_ELSEWHERE
    elif decision is not None:
        outcome, orders = _do(connection, lane, question, decision, By(decision.person, run_id))
    option, person = (decision.words, decision.person) if decision else (None, None)
    required_actions.settle_required_action(
        connection, question.id, outcome, decision=option, person=person, orders=orders
    )
    return replace(question, outcome=outcome, decision=option, decided_by=person, orders=orders)


def _found(connection: Connection, lane: Lane, question_id: int, *, lock: bool = False) -> RequiredAction:
    question = required_actions.find_required_action(connection, lane.name, question_id, lock=lock)
    if question is None:
        raise LedgerError(
            f"lane {lane.name!r} has no question {question_id}: Cartage itself starts these runs."
        )
    return question


def _do(
    connection: Connection, lane: Lane, question: RequiredAction, decision: CauseDecision, by: By
) -> tuple[ActionOutcome, int]:
    reason = decision.reason.strip() or question.message
    if decision.option == SKIP:
        return ActionOutcome.SKIPPED, whole_cause.skip_orders(
            connection, lane.name, question.cause_id, reason, by
        )
    if decision.option == HOLD:
        orders = whole_cause.hold_orders(
            connection, lane.name, question.cause_id, reason, decision.lasting, by
        )
        return ActionOutcome.HELD, orders
    if decision.option == LEAVE:
        return ActionOutcome.LEFT, 0
    chosen = next((offer for offer in question.offers or () if offer.label == decision.mapping), None)
    if decision.option != MAP or chosen is None:
        raise LedgerError(f"{decision.words!r} is none of what question {question.id} offers.")
    change = MappingChange(put=(chosen.rule(question.subject),))
    mappings_repo.save_mapping_rules(
        connection, lane.name, change, author=by.actor, note=f"Required Actions: {question.message}"
    )
    return ActionOutcome.MAPPED, 0


def _ending(question: RequiredAction, decision: CauseDecision | None) -> Ending:
    person, what = question.decided_by, question.message
    # Cartage itself closes what is over by leaving it as it is.
    late = ""
    if decision is not None and decision.option != LEAVE:
        late = f" {decision.person}'s answer, {decision.words!r}, changed nothing."
    words = {
        ActionOutcome.MAPPED: f"{person} chose {question.decision!r}: {what}. "
        "All orders that nothing else blocks go on.",
        ActionOutcome.SKIPPED: f"{person} skipped {question.orders} order(s): {what}.",
        ActionOutcome.HELD: f"{person} holds {question.orders} order(s): {what}.",
        ActionOutcome.LEFT: f"{person} left it as it is: {what}. It is asked again only when the cause opens anew.",
        ActionOutcome.FIXED_ELSEWHERE: f"Mended elsewhere: {what}.{late}",
        ActionOutcome.LOST_RESPONSES: f"Ended without an answer: {what}.{late}",
    }
    outcome = question.outcome or ActionOutcome.LOST_RESPONSES
    return Ending(outcome, question.orders, words[outcome])

"""Desk work: what a person asked for at the desk and a page has no time for. One function for each kind.

Done by a run of `desk_work__<lane>`; a run that dies is begun anew by its next try.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from cartage.dispatch import stage
from cartage.errors import CartageError
from cartage.lifecycle.transitions import By
from cartage.operations.mapping_jobs import backtest_mappings, preview_rule, save_mappings, try_mappings
from cartage.operations.repo import jobs as desk_work
from cartage.operations.repo.jobs import Job, JobKind
from cartage.runtime.context import StageContext
from cartage.validation.repo import holds

log = logging.getLogger(__name__)


def run_job(context: StageContext, work_id: int) -> dict[str, int]:
    """Do one piece of work, and keep its outcome or its failure; returns counts. One that has ended is left alone.

    Raises:
        CartageError: what the work could not do; its text is on the work's page, too.
    """
    with context.ledger.begin() as connection:
        work = desk_work.start_job(connection, context.lane.name, work_id)
    if work is None:
        log.info("lane %s: desk work %d has ended already", context.lane.name, work_id)
        return {}
    try:
        outcome = _KINDS[work.kind](context, work)
    except CartageError as failure:
        with context.ledger.begin() as connection:
            desk_work.fail_job(connection, work.id, str(failure))
        raise
    # One that was told to stop has not ended: the next try begins anew.
    if not context.stop.is_set():
        with context.ledger.begin() as connection:
            desk_work.finish_job(connection, work.id, outcome)
    return {name: value for name, value in outcome.items() if isinstance(value, int)}


def _release(context: StageContext, work: Job) -> Mapping[str, Any]:
    """Judge all blocked orders now, instead of in the next run: what a mend has released may be sent by it."""
    return {**stage("validate_mappings")(context), "cause": work.input.get("cause", "")}


def _release_holds(context: StageContext, work: Job) -> Mapping[str, Any]:
    """End the holds of a rule, or all, in the name of who asked for it, and judge their orders."""
    by = By(work.asked_by, context.run.id)
    with context.ledger.begin() as connection:
        released = holds.release_hold(connection, context.lane.name, by, rule=work.input.get("rule"))
    return {"released": released, **stage("validate_mappings")(context)}


_KINDS: Mapping[JobKind, Callable[[StageContext, Job], Mapping[str, Any]]] = {
    JobKind.RELEASE: _release,
    JobKind.RELEASE_HOLDS: _release_holds,
    JobKind.TRY_MAPPINGS: try_mappings,
    JobKind.SAVE_MAPPINGS: save_mappings,
    JobKind.BACKTEST: backtest_mappings,
    JobKind.PREVIEW_RULE: preview_rule,
}

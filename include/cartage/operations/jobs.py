"""Jobs that a person starts at the desk because a page has no time for them: one function for each kind.

A run of the DAG `desk_jobs` does them. If it dies, its next try starts the job again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from cartage.dispatch import stage
from cartage.errors import CartageError
from cartage.lifecycle.causes import count_blocked
from cartage.lifecycle.transitions import By
from cartage.operations.mapping_jobs import backtest_mappings, preview_rule, save_mappings, try_mappings
from cartage.operations.repo import jobs
from cartage.operations.repo.jobs import Job, JobKind
from cartage.operations.routing_choices import NAMES
from cartage.operations.routing_jobs import choose_for_cause, preview_routing
from cartage.reconciliation.fixes import fix_difference
from cartage.runtime.context import StageContext
from cartage.validation.hold_rules import HoldSource
from cartage.validation.repo import holds

log = logging.getLogger(__name__)


def run_job(context: StageContext, job_id: int) -> dict[str, int]:
    """Do a job and record its result or its failure; return counts. A job that has finished is left alone.

    Raises:
        CartageError: if the job fails; the reason is on the job's page, too.
    """
    with context.ledger.begin() as connection:
        job = jobs.begin_job(connection, context.lane.name, job_id)
    if job is None:
        log.info("lane %s: job %d has ended already", context.lane.name, job_id)
        return {}
    try:
        outcome = _KINDS[job.kind](context, job)
    except CartageError as failure:
        with context.ledger.begin() as connection:
            jobs.fail_job(connection, job.id, str(failure))
        raise
    # A job that was stopped has not finished: the next try starts it again.
    if not context.stop.is_set():
        with context.ledger.begin() as connection:
            jobs.finish_job(connection, job.id, outcome)
    return {name: value for name, value in outcome.items() if isinstance(value, int)}


def _release(context: StageContext, job: Job) -> Mapping[str, Any]:
    """Validate all blocked orders now instead of in the next run, which may then send what a fix has released."""
    return {**_validate(context), "cause": job.input.get("cause", "")}


def _release_holds(context: StageContext, job: Job) -> Mapping[str, Any]:
    """End the holds of a rule, of a source, or all, as the person who requested it, and validate their orders."""
    by = By(job.requested_by, context.run.id)
    rule, source = job.input.get("rule"), job.input.get("source")
    with context.ledger.begin() as connection:
        released = holds.release_holds(
            connection, context.lane.name, by, rule=rule, source=HoldSource(source) if source else None
        )
    return {"released": released, **_validate(context)}


def _validate(context: StageContext) -> dict[str, int]:
    """Validate waiting orders; return the stage's counts, and how many orders are blocked after it."""
    counts = stage("validate_mappings")(context)
    with context.ledger.begin() as connection:
        return {**counts, "still_blocked": count_blocked(connection, context.lane.name)}


def _choose_routing(context: StageContext, job: Job) -> Mapping[str, Any]:
    """Make a choice for all orders of a cause, as the person who requested it, and have them decided by it at once."""
    by = By(job.requested_by, context.run.id)
    chosen = choose_for_cause(context, int(job.input["cause"]), NAMES[job.input["choice"]], by)
    return {"chosen": chosen, **_validate(context)}


def _fix_difference(context: StageContext, job: Job) -> Mapping[str, Any]:
    """Fix a difference between store, ledger and warehouse in the name of the person who requested it."""
    by = By(job.requested_by, context.run.id)
    return {"done": fix_difference(context, int(job.input["difference"]), by)}


_KINDS: Mapping[JobKind, Callable[[StageContext, Job], Mapping[str, Any]]] = {
    JobKind.RELEASE: _release,
    JobKind.RELEASE_HOLDS: _release_holds,
    JobKind.TRY_MAPPINGS: try_mappings,
    JobKind.SAVE_MAPPINGS: save_mappings,
    JobKind.BACKTEST: backtest_mappings,
    JobKind.PREVIEW_RULE: preview_rule,
    JobKind.PREVIEW_ROUTING: preview_routing,
    JobKind.FIX_DIFFERENCE: _fix_difference,
    JobKind.CHOOSE_ROUTING: _choose_routing,
}

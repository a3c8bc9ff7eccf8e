"""The stages by name: which function does the work of each, in each mode of a lane.

This is the only module that knows all capabilities. They do not know each other: what one needs of another is passed
in here (`import_orders` gets the survey of a quarantined lane, `blocked_orders` the alerts). Every stage imports its
capability when it is called, so that DAG files stay light.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from cartage.lanes.modes import Mode
from cartage.task_names import AT_WAREHOUSE

if TYPE_CHECKING:
    from cartage.runtime.context import StageContext

log = logging.getLogger(__name__)

StageFunction = Callable[["StageContext"], dict[str, int]]

_SETTLE_COUNTS = (
    "recovered",  # found by the survey of a quarantined lane
    "settled",  # unknown outcomes
    "verified",  # with the warehouse, before they are sent
    "found",  # at the warehouse, when they were verified
    "resolved",  # conflicts
    "cancelled",
    "resent",
    "exceptions",  # that now wait for a person
    "reread",  # stale copies
    "withdrawn",  # left the import status
)


def _import_orders(context: StageContext) -> dict[str, int]:
    from cartage.changes.watch_sent_orders import watch_sent_orders
    from cartage.intake.import_orders import run
    from cartage.recovery.survey import survey_outside

    return run(context, survey=survey_outside, watch=watch_sent_orders)


def _validate_mappings(context: StageContext) -> dict[str, int]:
    from cartage.validation.validate_mappings import run

    routed: dict[str, int] = {}
    if context.lane.warehouses:
        from cartage.routing.route_orders import route_orders

        routed = route_orders(context)
    return routed | run(context)


def _blocked_orders(context: StageContext) -> dict[str, int]:
    from cartage.monitoring.watch import watch_orders
    from cartage.validation.blocked_orders import run

    return run(context, alert=watch_orders)


def _settle_outcomes(context: StageContext) -> dict[str, int]:
    """Settle all that must be settled before a transfer: unknown outcomes, decisions, stale copies, verification.

    Raises:
        RemoteError: if store or warehouse cannot be reached; the next run continues where this one stopped.
    """
    from cartage.changes.carry_out_decisions import carry_out_decisions
    from cartage.changes.resolve_conflicts import resolve_conflicts
    from cartage.changes.watch_sent_orders import watch_sent_orders
    from cartage.recovery.survey import survey_outside
    from cartage.recovery.verify_before_send import end_quarantine_if_settled, verify_ready
    from cartage.sending.refresh import refresh_stale
    from cartage.sending.settle_unknown import settle_unknown

    counts: Counter[str] = Counter(dict.fromkeys(_SETTLE_COUNTS, 0))
    survey_outside(context, counts)
    settle_unknown(context, counts)
    resolve_conflicts(context, counts)
    carry_out_decisions(context, counts)
    refresh_stale(context, counts, watch_sent_orders)
    verify_ready(context, counts)
    end_quarantine_if_settled(context)
    return dict(counts)


def _refresh_in_shadow(context: StageContext) -> dict[str, int]:
    from cartage.changes.watch_sent_orders import watch_sent_orders
    from cartage.sending.refresh import refresh_stale

    counts: Counter[str] = Counter(reread=0, withdrawn=0)
    refresh_stale(context, counts, watch_sent_orders)
    return dict(counts)


def _transfer_to_warehouse(context: StageContext) -> dict[str, int]:
    from cartage.sending.transfer_to_warehouse import run

    return run(context)


def _transfer_in_shadow(context: StageContext) -> dict[str, int]:
    from cartage.sending.shadow_transfer import run

    return run(context)


def _mark_processing(context: StageContext) -> dict[str, int]:
    from cartage.changes.restore_status import restore
    from cartage.postback.mark_processing import run

    return run(context, restore=restore)


def _poll_tracking(context: StageContext) -> dict[str, int]:
    from cartage.shipments.poll_tracking import run

    return run(context)


def _update_order_status(context: StageContext) -> dict[str, int]:
    from cartage.postback.update_order_status import run

    return run(context)


def _poll_stock(context: StageContext) -> dict[str, int]:
    from cartage.inventory.poll_stock import run

    return run(context)


def _update_stock(context: StageContext) -> dict[str, int]:
    from cartage.inventory.update_stock import run

    return run(context)


STAGES: dict[str, StageFunction] = {
    "import_orders": _import_orders,
    "validate_mappings": _validate_mappings,
    "blocked_orders": _blocked_orders,
    "settle_outcomes": _settle_outcomes,
    "transfer_to_warehouse": _transfer_to_warehouse,
    "mark_processing": _mark_processing,
    "poll_tracking": _poll_tracking,
    "update_order_status": _update_order_status,
    "poll_stock": _poll_stock,
    "update_stock": _update_stock,
}
STAGE_NAMES = tuple(STAGES)

# A lane in shadow reads from store and warehouse, and writes to neither.
_IN_SHADOW: dict[str, StageFunction] = {
    "import_orders": _import_orders,
    "validate_mappings": _validate_mappings,
    "blocked_orders": _blocked_orders,
    "settle_outcomes": _refresh_in_shadow,
    "transfer_to_warehouse": _transfer_in_shadow,
    "poll_stock": _poll_stock,
}
_NOTHING: dict[str, StageFunction] = {}
_BY_MODE = {Mode.OFF: _NOTHING, Mode.SHADOW: _IN_SHADOW, Mode.LIVE: STAGES, Mode.DRAIN: STAGES}
WHY_NOT = {
    Mode.OFF: "it is off",
    Mode.SHADOW: "it is in shadow, where nothing is written to store or warehouse and no shipments are expected",
}


def stage(name: str) -> StageFunction:
    """Return the function of the stage with this name.

    Call it with a lane's context; it works as the lane's mode demands and returns counts. In a mode in which the stage
    does nothing, it logs why and returns no counts. With the context of one of several warehouses, a stage that speaks
    to the warehouse works for that one alone; with the lane's, for each in turn, and a failure of one is raised when
    the others are done.

    Raises:
        KeyError: if there is no such stage.
    """
    if name not in STAGES:
        raise KeyError(f"no stage {name!r}; stages are {', '.join(STAGES)}")
    return partial(_run, name)


def function_for(name: str, mode: Mode) -> StageFunction | None:
    """Return the function that does this stage's work in this mode; None if the stage does nothing in it."""
    return _BY_MODE[mode].get(name)


def _run(name: str, context: StageContext) -> dict[str, int]:
    from cartage.recovery.installation import recognise
    from cartage.runtime.former_warehouses import follow_renamed_warehouses, known_warehouses

    lane = context.lane
    function = function_for(name, lane.mode)
    if function is None:
        log.info("lane %s: %s did nothing: the lane's mode says that %s", lane.name, name, WHY_NOT[lane.mode])
        return {}
    with context.ledger.begin() as connection:
        for quarantined in recognise(connection, context.by):
            log.warning("lane %s: every order is verified with the warehouse before it is sent", quarantined)
        warehouses = known_warehouses(connection, lane)
    follow_renamed_warehouses(context, warehouses)
    names = lane.warehouse_names()
    if name not in AT_WAREHOUSE or context.warehouse_name or len(names) == 1:
        return _run_noting(function, context)
    counts: Counter[str] = Counter()
    failures: list[Exception] = []
    for place in context.every_warehouse():
        try:
            counts.update(_run_noting(function, place))
        except Exception as failure:
            log.exception("lane %s: %s at %s failed", lane.name, name, place.warehouse_name)
            failures.append(failure)
    if failures:
        raise failures[0]
    return dict(counts)


def _run_noting(function: StageFunction, context: StageContext) -> dict[str, int]:
    """Run a stage; if the remote itself fails, note it for other runs."""
    from cartage.errors import RemoteError

    try:
        return function(context)
    except RemoteError as failure:
        context.note_failure(failure)
        raise

"""The stages: each moves every order that is ready for it, and returns counts. One module each, named as its task."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cartage.stages.context import StageContext

log = logging.getLogger(__name__)

STAGE_NAMES = (
    "import_orders",
    "validate_mappings",
    "blocked_orders",
    "transfer_to_warehouse",
    "mark_processing",
    "poll_tracking",
    "update_order_status",
    "poll_stock",
    "update_stock",
)

StageFunction = Callable[["StageContext"], dict[str, int]]


def stage(name: str) -> StageFunction:
    """The stage of this name; what does its work depends on the mode of the lane that it is called for.

    Its module is imported with the call, so that DAG files stay light. In a mode in which it does nothing it says so in
    the log, and returns no counts.

    Raises:
        KeyError: if there is no such stage.
    """
    if name not in STAGE_NAMES:
        raise KeyError(f"no stage {name!r}; stages are {', '.join(STAGE_NAMES)}")
    return partial(_run, name)


def _run(name: str, context: StageContext) -> dict[str, int]:
    from cartage.errors import RemoteError
    from cartage.ledger.installation import recognise
    from cartage.stages.modes import module_for, why_not

    lane = context.lane
    module = module_for(name, lane.mode)
    if module is None:
        log.info("lane %s: %s did nothing: the lane's mode says that %s", lane.name, name, why_not(lane.mode))
        return {}
    with context.ledger.begin() as connection:
        for one in recognise(connection, context.by):
            log.warning(
                "lane %s: nothing is sent before the warehouse was asked for it: the ledger is in doubt", one
            )
    function: StageFunction = import_module(f"cartage.stages.{module}").run
    try:
        return function(context)
    except RemoteError as failure:
        context.breaker.note(failure)
        raise

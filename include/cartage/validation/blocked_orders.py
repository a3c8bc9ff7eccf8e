"""Blocked orders: says why orders are stopped and how to mend it, and has each new cause told.

Causes are its matter; open exceptions are listed and told beside them, since the same person reads both.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from cartage.lifecycle import causes
from cartage.lifecycle.causes import BlockingCause
from cartage.runtime.context import StageContext
from cartage.validation.open_exceptions import list_exceptions
from cartage.validation.suggest_fixes import suggest_fixes

log = logging.getLogger(__name__)


def run(context: StageContext, *, alert: Callable[[StageContext], int]) -> dict[str, int]:
    """List every open cause with its mend and every open exception, and tell the lane's channels what is due of them.

    Then look for what may fix them. `alert` sends the messages that are due, and returns how many; a channel that is
    down or slow fails nothing. Return counts: causes, orders, exceptions, new (causes that, in this run, blocked an
    order which is still blocked, and exceptions that no earlier run listed), alerted (messages). A caller fails its
    task when `new` is not zero.
    """
    with context.ledger.begin() as connection:
        blocking = causes.blocking_causes(connection, context.lane.name)
        new = causes.newly_blocking(connection, context.lane.name, context.run.dag_run)
    for cause in blocking:
        _say(context, cause, new=cause.id in new)
    questions, new_questions = list_exceptions(context)
    suggest_fixes(context)
    return {
        "causes": len(blocking),
        "orders": sum(cause.orders for cause in blocking),
        "exceptions": len(questions),
        "new": sum(cause.id in new for cause in blocking) + len(new_questions),
        "alerted": alert(context),
    }


def _say(context: StageContext, cause: BlockingCause, *, new: bool) -> None:
    level = logging.ERROR if new else logging.WARNING
    log.log(
        level,
        "lane %s: %s%d order(s) blocked: %s. Mend: %s%s",
        context.lane.name,
        "NEW: " if new else "",
        cause.orders,
        cause.message,
        cause.fix,
        f" (e.g. {', '.join(cause.examples)})" if cause.examples else "",
    )

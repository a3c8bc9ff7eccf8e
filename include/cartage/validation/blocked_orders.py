"""The stage `blocked_orders`: list why orders are blocked and how to fix it, and send the alerts that are due.

It lists causes, which block many orders at once, and open exceptions, which wait for a person's decision.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from cartage.lifecycle import causes, exceptions
from cartage.lifecycle.causes import BlockingCause
from cartage.lifecycle.exceptions import OrderException
from cartage.runtime.context import StageContext
from cartage.validation.suggest_fixes import suggest_fixes

log = logging.getLogger(__name__)


def run(context: StageContext, *, alert: Callable[[StageContext], int]) -> dict[str, int]:
    """Log every open cause with its fix and every open exception, suggest fixes, and send the alerts that are due.

    `alert` sends the messages and returns how many it sent; a channel that is down or slow fails nothing.

    Return counts: causes, orders (each once, however many causes block it), exceptions, new (causes that blocked an
    order in this run which is still blocked, and exceptions that no earlier run listed), alerted (messages). The caller
    fails its task if `new` is not zero.
    """
    with context.ledger.begin() as connection:
        blocking = causes.blocking_causes(connection, context.lane.name)
        orders = causes.count_blocked(connection, context.lane.name)
        new_causes = causes.newly_blocking(connection, context.lane.name, context.run.dag_run)
        # New in the first run that lists it: a transfer may open an exception after this task of its own run has ended.
        new_exceptions = exceptions.note_listed(connection, context.lane.name, context.run.dag_run)
        waiting = exceptions.open_exceptions(connection, context.lane.name, versions=False)
    for cause in blocking:
        _log_cause(context, cause, new=cause.id in new_causes)
    for exception in waiting:
        _log_exception(context, exception, new=exception.id in new_exceptions)
    suggest_fixes(context)
    return {
        "causes": len(blocking),
        "orders": orders,
        "exceptions": len(waiting),
        "new": sum(cause.id in new_causes for cause in blocking) + len(new_exceptions),
        "alerted": alert(context),
    }


def _log_cause(context: StageContext, cause: BlockingCause, *, new: bool) -> None:
    log.log(
        logging.ERROR if new else logging.WARNING,
        "lane %s: %s%s: %s. Fix: %s%s",
        context.lane.name,
        "NEW: " if new else "",
        cause.extent,
        cause.message,
        cause.fix,
        f" (e.g. {', '.join(cause.examples)})" if cause.examples else "",
    )


def _log_exception(context: StageContext, exception: OrderException, *, new: bool) -> None:
    log.log(
        logging.ERROR if new else logging.WARNING,
        "lane %s: %sexception %d: %s. Decide: cartage exceptions decide %d %s --by NAME",
        context.lane.name,
        "NEW: " if new else "",
        exception.id,
        exception.message,
        exception.id,
        "|".join(exception.choices),
    )

"""Blocked orders: says why orders are stopped and how to mend it, and tells each new cause once.

Causes are its matter; open exceptions are listed and told beside them, since the same person reads both.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from cartage.alerts import Alert, AlertsFailed, channels_of, send
from cartage.ledger import causes
from cartage.ledger.causes import BlockingCause
from cartage.stages.context import StageContext
from cartage.stages.open_exceptions import list_exceptions, tell_exceptions
from cartage.stages.suggesting import suggest_mends

log = logging.getLogger(__name__)


def run(context: StageContext) -> dict[str, int]:
    """List every open cause with its mend and every open exception, and alert those that were not told yet.

    Then think about what may mend them. Returns counts: causes, orders, exceptions, new (causes that, in this run,
    blocked an order which is still blocked, and exceptions that no earlier run listed), told. A caller fails its task
    when `new` is not zero.
    """
    with context.ledger.begin() as connection:
        blocking = causes.blocking_causes(connection, context.lane.name)
        new = causes.newly_blocking(connection, context.lane.name, context.run.dag_run)
    for cause in blocking:
        _say(context, cause, new=cause.id in new)
    told = _tell(context, [cause for cause in blocking if not cause.alerted])
    questions, new_questions = list_exceptions(context)
    suggest_mends(context)
    return {
        "causes": len(blocking),
        "orders": sum(cause.orders for cause in blocking),
        "exceptions": len(questions),
        "new": sum(cause.id in new for cause in blocking) + len(new_questions),
        "told": told + tell_exceptions(context, questions),
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
        cause.mend,
        f" (e.g. {', '.join(cause.examples)})" if cause.examples else "",
    )


def _tell(context: StageContext, untold: Sequence[BlockingCause]) -> int:
    """Alert each cause once; one whose alert failed is told by the next run."""
    channels = channels_of(context.lane, context.resolver)
    if not channels:
        return 0
    told = []
    for cause in untold:
        try:
            send(_alert(context, cause), channels)
        except AlertsFailed as failure:
            log.error("lane %s: %s", context.lane.name, failure)  # noqa: TRY400 - its text names each channel
        else:
            told.append(cause.id)
    with context.ledger.begin() as connection:
        causes.mark_alerted(connection, told)
    return len(told)


def _alert(context: StageContext, cause: BlockingCause) -> Alert:
    return Alert(
        lane=context.lane.name,
        stage=context.run.stage,
        title=f"{cause.orders} order(s) blocked: {cause.message}",
        what_it_means="These orders wait; all others go on. They are released by themselves once this is mended.",
        mend=cause.mend,
        link=context.link,
        facts={
            "orders": str(cause.orders),
            "examples": ", ".join(cause.examples),
            "since": f"{cause.opened_at:%F %T} UTC",
        },
    )

"""Open exceptions: listed in every run's log with their choices, and told to a person once."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from cartage.alerts import Alert, AlertsFailed, channels_of, send
from cartage.ledger import exceptions
from cartage.ledger.exceptions import OrderException
from cartage.orders.exceptions import MEANINGS
from cartage.stages.context import StageContext

log = logging.getLogger(__name__)


def list_exceptions(context: StageContext) -> tuple[list[OrderException], set[int]]:
    """Log every question that waits for a person; returns them, and the ids of those that no earlier run listed.

    The first run to list one calls it new, and does so again when it is cleared: transfer may have opened it after
    this task of its own run had ended.
    """
    with context.ledger.begin() as connection:
        new = exceptions.list_in(connection, context.lane.name, context.run.dag_run)
        questions = exceptions.open_exceptions(connection, context.lane.name)
    for one in questions:
        log.log(
            logging.ERROR if one.id in new else logging.WARNING,
            "lane %s: %sexception %d: %s. Answer: cartage exceptions answer %d %s --by NAME",
            context.lane.name,
            "NEW: " if one.id in new else "",
            one.id,
            one.message,
            one.id,
            "|".join(one.choices),
        )
    return questions, new


def tell_exceptions(context: StageContext, questions: Sequence[OrderException]) -> int:
    """Alert each question once; one whose alert failed is told by the next run."""
    untold = [one for one in questions if not one.alerted]
    channels = channels_of(context.lane, context.resolver) if untold else []
    if not channels:
        return 0
    told = []
    for one in untold:
        try:
            send(_alert(context, one), channels)
        except AlertsFailed as failure:
            log.error("lane %s: %s", context.lane.name, failure)  # noqa: TRY400 - its text names each channel
        else:
            told.append(one.id)
    with context.ledger.begin() as connection:
        exceptions.mark_alerted(connection, told)
    return len(told)


def _alert(context: StageContext, one: OrderException) -> Alert:
    choices = "; ".join(f"{choice} ({MEANINGS[choice]})" for choice in one.choices)
    return Alert(
        lane=context.lane.name,
        stage=context.run.stage,
        title=f"A question about order {one.order_id}: {one.message}",
        what_it_means="The order waits for an answer; all others go on.",
        mend=f"Answer with `cartage exceptions answer {one.id} CHOICE --by NAME`. Choices: {choices}.",
        link=context.link,
        facts={
            "exception": str(one.id),
            "warehouse's number": one.remote_id,
            "since": f"{one.opened_at:%F %T} UTC",
        },
    )

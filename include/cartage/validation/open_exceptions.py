"""Open exceptions: listed in every run's log with their choices."""

from __future__ import annotations

import logging

from cartage.lifecycle import exceptions
from cartage.lifecycle.exceptions import OrderException
from cartage.runtime.context import StageContext

log = logging.getLogger(__name__)


def list_exceptions(context: StageContext) -> tuple[list[OrderException], set[int]]:
    """Log every question that waits for a person; returns them, and the ids of those that no earlier run listed.

    The first run to list one calls it new, and does so again when it is cleared: transfer may have opened it after
    this task of its own run had ended.
    """
    with context.ledger.begin() as connection:
        new = exceptions.note_listed(connection, context.lane.name, context.run.dag_run)
        questions = exceptions.open_exceptions(connection, context.lane.name)
    for question in questions:
        log.log(
            logging.ERROR if question.id in new else logging.WARNING,
            "lane %s: %sexception %d: %s. Decide: cartage exceptions decide %d %s --by NAME",
            context.lane.name,
            "NEW: " if question.id in new else "",
            question.id,
            question.message,
            question.id,
            "|".join(question.choices),
        )
    return questions, new

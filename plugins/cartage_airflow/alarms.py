"""When a task fails: what it means for orders, said in its log, and told through the lane's channels.

Runs in the task's process; if that died, Airflow runs it in the dag-processor. The words are the engine's.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow.sdk import BaseNotifier

from cartage.errors import RemoteError
from cartage_airflow.operators.preflight import MistakesFound
from cartage_airflow.stopping import StageStopped

if TYPE_CHECKING:
    from airflow.sdk import Context

    from cartage.alerts import Alert, Explanation
    from cartage.connections import Resolver

log = logging.getLogger(__name__)


def say_what_failed(context: Context) -> None:
    """Write, after Airflow's traceback, what failed, as the last error of the task's log."""
    words = _explained(context)
    log.error("%s. %s What to do: %s", words.title.rstrip("."), words.meaning, words.mend)


class CartageNotifier(BaseNotifier):
    """Tells a failed task through the channels of its lane (`alerts` in lanes.yaml), if it has any.

    :param lane: name of the lane; the failed operator's own if not given.
    """

    def __init__(self, *, lane: str | None = None) -> None:
        super().__init__()
        self.lane = lane

    def notify(self, context: Context) -> None:
        """Send the alert.

        Raises:
            AlertsFailed: naming each channel that did not take it; Airflow writes it into the log.
            SettingsError: if lanes.yaml has no such valid lane.
        """
        from cartage.alerts import channels_of, send
        from cartage.lanes import get_lane
        from cartage_airflow.resolver import AirflowResolver

        lane, resolver = get_lane(self.lane or str(getattr(context["task"], "lane", ""))), AirflowResolver()
        channels = channels_of(lane, resolver)
        if channels:
            with told_once(context.get("exception"), resolver) as untold:
                if untold:
                    send(alert_of(context, lane.name), channels)


@contextmanager
def told_once(failure: object, resolver: Resolver) -> Iterator[bool]:
    """Whether people are to be told: of a remote that is down, once for all lanes and tasks that meet it.

    A message that does not go out leaves it untold. If the ledger cannot say, people are told.
    """
    key = failure.circuit if isinstance(failure, RemoteError) else ""
    if not key:
        yield True
        return
    from sqlalchemy.exc import SQLAlchemyError

    from cartage.connections import ledger_url
    from cartage.ledger import circuit, open_ledger

    ledger = open_ledger(ledger_url(resolver), pool_size=1)
    try:
        try:
            with ledger.begin() as connection:
                untold = circuit.first_to_tell(connection, key)
        except SQLAlchemyError as error:
            log.warning("the ledger cannot say who was told: %s", type(error).__name__)
            yield True
            return
        if not untold:
            log.info("%s: told before, by the run that met it first", failure)
        try:
            yield untold
        except BaseException:
            with ledger.begin() as connection:
                circuit.untell(connection, key)
            raise
    finally:
        ledger.close()


def alert_of(context: Context, lane: str) -> Alert:
    """The alert for the failed task of a callback's context."""
    from cartage.alerts import Alert

    task, words = context["ti"], _explained(context)
    return Alert(
        lane=lane,
        stage=task.task_id,
        title=words.title,
        what_it_means=words.meaning,
        mend=words.mend,
        link=task.log_url,
        facts={"run": task.run_id, "try": task.try_number},
    )


def _explained(context: Context) -> Explanation:
    from cartage.alerts import Explanation, explain

    failure = context.get("exception")
    if isinstance(failure, StageStopped):
        return Explanation(
            str(failure),
            "What it had done is kept, and nothing is done twice.",
            "If it comes again, see what was slow in its log, or lengthen limits.task_timeout of the lane.",
        )
    if isinstance(failure, MistakesFound):
        return Explanation(
            str(failure),
            "Nothing has stopped for it yet; orders that meet it will be blocked. None is lost.",
            "Open the task's log: it lists each mistake and its mend.",
        )
    if isinstance(failure, BaseException):
        return explain(failure)
    return Explanation(
        "The task's process ended without a word",
        "It was killed, or its machine is gone. Nothing is lost: the next run asks before it sends.",
        "See whether the worker ran out of memory or was restarted. The next run goes on by itself.",
    )

"""When a task fails or a run lasts too long: an alert in the ledger, told through the lane's channels.

A failure's callback runs in the task's process; if that died, Airflow runs it in the dag-processor. A deadline's runs
in an executor's slot of its own. The words are the engine's.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseNotifier

from cartage.errors import RemoteError
from cartage_airflow.operators.inventory import PushStopped
from cartage_airflow.operators.preflight import MistakesFound
from cartage_airflow.resolver import AirflowResolver
from cartage_airflow.stopping import StageStopped

if TYPE_CHECKING:
    from airflow.sdk import Context

    from cartage.connections import Resolver
    from cartage.lanes.settings.lane import Lane
    from cartage.monitoring import Explanation
    from cartage.monitoring.repo.alerts import AlertFinding

log = logging.getLogger(__name__)


def say_what_failed(context: Context) -> None:
    """Write, after Airflow's traceback, what failed, as the last error of the task's log."""
    words = _explained(context)
    log.error("%s. %s What to do: %s", words.title.rstrip("."), words.meaning, words.fix)


class CartageNotifier(BaseNotifier):
    """Tells a failed task through the channels of its lane (`alerts` in lanes.yaml), if it has any.

    The ledger keeps the alert until the task succeeds again. Without the ledger it is sent all the same, each time.

    :param lane: name of the lane; the failed operator's own if not given.
    """

    def __init__(self, *, lane: str | None = None) -> None:
        super().__init__()
        self.lane = lane

    def notify(self, context: Context) -> None:
        """Open the alert and tell it, unless it is open and was told not long ago.

        Raises:
            AlertsFailed: without the ledger, naming each channel that did not take it; Airflow writes it into the log.
            SettingsError: if lanes.yaml has no such valid lane.
        """
        from cartage.lanes import get_lane

        lane = get_lane(self.lane or str(getattr(context["task"], "lane", "")))
        with told_once(context.get("exception"), AirflowResolver()) as untold:
            if untold:
                _report(lane, failure_of(context))


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
    from cartage.db import circuit, open_ledger

    ledger = open_ledger(ledger_url(resolver), pool_size=1)
    try:
        try:
            with ledger.begin() as connection:
                untold = circuit.first_to_alert(connection, key)
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
                circuit.forget_alerted(connection, key)
            raise
    finally:
        ledger.close()


def run_is_late(lane: str, dag_id: str, last_task: str, context: dict[str, Any]) -> None:
    """Tell that a run has not ended by its deadline; Airflow calls it with what it knows of the run.

    A backfill's run waits for its turn, which may take long and is nothing wrong.
    """
    from cartage.lanes import get_lane
    from cartage.lanes.settings.kinds import duration_text
    from cartage.monitoring.repo.alerts import AlertFinding
    from cartage_airflow.links import alert_links

    run = context.get("dag_run") or {}
    if run.get("run_type") == "backfill":
        log.info("run %s of %s is a backfill's: it may last", run.get("dag_run_id"), dag_id)
        return
    link = alert_links().dag(dag_id)
    found = get_lane(lane)
    _report(
        found,
        AlertFinding(
            kind="run_late",
            key=dag_id,
            stage=last_task,
            title=f"A run of {dag_id} has not ended within {duration_text(found.alerts.limits.run)}",
            meaning="Its orders wait where they are; none is lost. Other runs go on beside it.",
            fix="See in Airflow which task it is at: whether it waits for a slot, is tried again, or is slow.",
            links={"Airflow": link} if link else {},
            facts={"run": str(run.get("dag_run_id", ""))},
        ),
    )


def _report(lane: Lane, finding: AlertFinding) -> None:
    from cartage.connections import ledger_url
    from cartage.db import open_ledger
    from cartage.monitoring.direct import send_directly
    from cartage.monitoring.watch import report

    resolver = AirflowResolver()
    try:
        ledger = open_ledger(ledger_url(resolver), pool_size=1)
        try:
            report(ledger, lane, resolver, finding)
        finally:
            ledger.close()
    except Exception:
        # Whatever keeps the ledger from keeping it, an alert that is sent twice is better than none.
        log.warning("the ledger could not keep this alert; sending it directly", exc_info=True)
        send_directly(lane, resolver, finding)


def failure_of(context: Context) -> AlertFinding:
    """The alert for the failed task of a callback's context; another kind of failure is another alert."""
    from cartage.monitoring.repo.alerts import AlertFinding

    task, words, failure = context["ti"], _explained(context), context.get("exception")
    if isinstance(failure, PushStopped):
        # It lasts until a person answers, though the task's next runs succeed.
        from cartage.monitoring.checks.stock import paused_push_finding
        from cartage_airflow.links import alert_links

        return paused_push_finding(
            str(getattr(context["task"], "lane", "")), {"run": task.run_id}, links=alert_links(task.log_url)
        )
    return AlertFinding(
        kind="failed_task",
        key=f"{task.task_id}/{type(failure).__name__ if failure else 'killed'}",
        stage=task.task_id,
        title=words.title,
        meaning=words.meaning,
        fix=words.fix,
        links={"Log": task.log_url},
        facts={"run": task.run_id, "try": task.try_number},
    )


def _explained(context: Context) -> Explanation:
    from cartage.monitoring import Explanation, explain

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
    if isinstance(failure, PushStopped):
        return Explanation(
            str(failure),
            "The store keeps the figures that it has; orders are not touched. Nothing is pushed until a person "
            "answers, or the figures are beyond doubt again.",
            "The task's log and the desk's Stock page list what would change. Answer there, or with `cartage stock "
            "approve` or `refuse`.",
        )
    if isinstance(failure, BaseException):
        return explain(failure)
    return Explanation(
        "The task's process ended without a word",
        "It was killed, or its machine is gone. Nothing is lost: the next run asks before it sends.",
        "See whether the worker ran out of memory or was restarted. The next run goes on by itself.",
    )

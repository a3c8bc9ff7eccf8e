"""A trial of the real Airflow: parallel runs, the strikes, rest without intervention, then the judge."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import requests

from cartage_sandbox.generate import Expected
from cartage_sandbox.stack.client import AirflowApiError, AirflowClient
from cartage_sandbox.stack.postgres import EmbeddedPostgres
from tests.faults.harness.judge import Evidence, Verdict, judge
from tests.faults.harness.progress import CREATED
from tests.faults.harness.sides import ApiSide
from tests.faults.real_airflow.ending import Ending, ending_of
from tests.faults.real_airflow.schedule import AirflowSchedule, Executor
from tests.faults.real_airflow.site import LANE, ORDERS_DAG, SHIPMENTS_DAG, Site, open_site
from tests.faults.real_airflow.strikes import Striker, are_resumed

_POLL_SECONDS = 0.2
_LONGEST_TRIAL = 1200.0
# Seconds until killed tasks run again. Those of a dead scheduler start as soon as another one finds them; those of a
# killed worker are missed after 60 to 70 seconds, and retried 30 seconds later.
LONGEST_RECOVERY = {Executor.LOCAL: 120.0, Executor.CELERY: 180.0}
_SHIPPED = 4
_UNSETTLED = """
    SELECT (SELECT count(*) FROM transfer WHERE outcome IS NULL)
        + (SELECT count(*) FROM post_back WHERE outcome IS NULL)
        + (SELECT count(*) FROM sales_order WHERE posted_at > coalesce(verified_at, '-infinity'))
"""


# The connections of Cartage's processes to this ledger now.
_CONNECTIONS = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'cartage'
"""


@dataclass(frozen=True)
class AirflowTrial:
    """The result of a schedule.

    `recovery`: seconds until the tasks of a killed scheduler's or worker's group ran again, at the longest.
    `connections`: the most connections to the ledger at once.
    """

    struck: int
    recovery: float | None
    connections: int
    seconds: float
    verdict: Verdict
    ending: Ending


class NeverQuiet(RuntimeError):
    """The lane did not come to rest."""


def try_out(schedule: AirflowSchedule, folder: Path, postgres: EmbeddedPostgres) -> AirflowTrial:
    """Run a schedule to its end and judge it.

    Raises:
        NeverQuiet: if an order that should ship has not after twenty minutes.
    """
    started = time.monotonic()
    on_celery = schedule.executor is Executor.CELERY
    with open_site(folder, postgres, seed=schedule.seed, orders=schedule.orders, on_celery=on_celery) as site:
        trial = _Trial(schedule, site)
        trial.start_runs()
        trial.run_until_quiet(started + _LONGEST_TRIAL)
        verdict = judge(Evidence(ApiSide(site.shop, {}), site.kinds, site.rows))
        ending = ending_of(site)
    seconds = time.monotonic() - started
    return AirflowTrial(trial.struck, trial.recovery, trial.connections, seconds, verdict, ending)


class _Trial:
    def __init__(self, schedule: AirflowSchedule, site: Site) -> None:
        self._schedule, self._site = schedule, site
        self._striker = Striker(site)
        self._waiting = list(schedule.strikes)
        self._late = schedule.late_orders
        self.struck = 0
        self.recovery: float | None = None
        self.connections = 0

    def start_runs(self) -> None:
        """Start scheduled runs every minute, two manual runs of the last hour, and a backfill, at once."""
        now = datetime.now(UTC).replace(second=0, microsecond=0)
        hour = (now - timedelta(hours=1), now)
        with self._site.client() as client:
            client.wait_for_dags([ORDERS_DAG, SHIPMENTS_DAG])
            for dag_id in (ORDERS_DAG, SHIPMENTS_DAG):
                client.unpause(dag_id)
            client.trigger(ORDERS_DAG, window=hour)
            client.trigger(ORDERS_DAG, window=(hour[0] + timedelta(seconds=1), now))
            client.create_backfill(ORDERS_DAG, now - timedelta(minutes=5), now - timedelta(minutes=3))

    def run_until_quiet(self, deadline: float) -> None:
        """Strike as scheduled, and return when nothing is left to do and nothing runs."""
        while not self._is_quiet():
            if time.monotonic() > deadline:
                raise NeverQuiet(f"lane {LANE} did not come to rest: {self._behind()[:20]} have not shipped")
            self._strike_what_is_due()
            self._place_late_orders()
            self._measure_recovery()
            self._count_connections()
            time.sleep(_POLL_SECONDS)
        self._striker.end()
        self._let_runs_end(deadline)

    def _strike_what_is_due(self) -> None:
        for strike in list(self._waiting):
            whose, kind = strike.counter
            if self._site.journal(whose).count(kind) >= strike.count and self._striker.strike(strike):
                self._waiting.remove(strike)
                self.struck += 1

    def _place_late_orders(self) -> None:
        if self._late and self._site.journal("warehouse").count(CREATED[1]) >= self._schedule.orders // 2:
            self._site.place_orders(self._late)
            self._late = 0

    def _measure_recovery(self) -> None:
        tasks = self._striker.killed
        if tasks and are_resumed(self._site, tasks):
            self.recovery = max(self.recovery or 0.0, time.monotonic() - self._striker.killed_at)
            self._striker.killed = []

    def _count_connections(self) -> None:
        with suppress(psycopg.OperationalError):
            self.connections = max(self.connections, self._site.rows(_CONNECTIONS)[0][0])

    def _is_quiet(self) -> bool:
        return not (self._late or self._striker.killed or self._behind()) and self._is_settled()

    def _is_settled(self) -> bool:
        try:
            return bool(self._site.rows(_UNSETTLED)[0][0] == 0)
        except psycopg.OperationalError:
            return False

    def _behind(self) -> list[int]:
        """Return the orders that should ship and are not Shipped in the store yet."""
        seen = Evidence(ApiSide(self._site.shop, {}), self._site.kinds, self._site.rows)
        return sorted(
            order_id
            for order_id in seen.expected(Expected.SHIPS)
            if self._site.shop.store.order(order_id)["OrderStatusID"] != _SHIPPED
        )

    def _let_runs_end(self, deadline: float) -> None:
        """Pause both DAGs while none of their runs is active, since a paused DAG starts no more tasks."""
        with self._site.client() as client:
            while not self._paused_between_runs(client):
                if time.monotonic() > deadline:
                    raise NeverQuiet("runs never ended")
                time.sleep(_POLL_SECONDS)

    def _paused_between_runs(self, client: AirflowClient) -> bool:
        if self._has_active_runs(client):
            return False
        for dag_id in (ORDERS_DAG, SHIPMENTS_DAG):
            client.pause(dag_id)
        if not self._has_active_runs(client):
            return True
        for dag_id in (ORDERS_DAG, SHIPMENTS_DAG):
            client.unpause(dag_id)
        return False

    def _has_active_runs(self, client: AirflowClient) -> bool:
        try:
            return any(
                len(client.runs(dag_id, state=state)) > 0
                for dag_id in (ORDERS_DAG, SHIPMENTS_DAG)
                for state in ("running", "queued")
            )
        except (AirflowApiError, requests.RequestException):
            return True

"""The base of all stage operators: open the lane, run the stage over the window, return and log its counts.

It has no rules about orders, and opens nothing before `execute`. `cartage_airflow.alarms` explains failures.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from airflow.sdk import BaseOperator
from airflow.sdk.bases.xcom import BaseXCom
from airflow.sdk.exceptions import DownstreamTasksSkipped

from cartage.lanes.modes import Mode
from cartage.model.states import State
from cartage_airflow import runs
from cartage_airflow.assets import lane_asset
from cartage_airflow.links import DeskLink, MovedLink, alert_links
from cartage_airflow.operators.idle_tasks import stages_of, tasks_beside, tasks_to_skip
from cartage_airflow.resolver import AirflowResolver
from cartage_airflow.stopping import StageStopped, stop_signal, time_to_work

if TYPE_CHECKING:
    from airflow.sdk import BaseOperatorLink, Context

    from cartage.runtime.context import StageContext
    from cartage.runtime.run import Run, Window


# Task states after which a task does nothing more in its run.
_ENDED = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})


class StageOperator(BaseOperator):
    """Run one stage of a lane.

    The stage takes its work from the ledger, so a task that is retried or cleared sends nothing twice, and any run
    finishes what an earlier run left. It returns its counts (a dict of name to number), which go to XCom.

    Templated fields: `lane`, `window_start`, `window_end`.

    :param lane: Name of the lane in lanes.yaml.
    :param window_start: First instant of the window, with a time zone. Default: the run's param `window_start`, else
        the start of its data interval, else no window.
    :param window_end: First instant after the window. Default: the param `window_end`, else the end of the interval.
    :param background: Take only the share of the store's calls that the lane leaves to backfills
        (`limits.background_share`), and never sweep. Runs of a backfill always do.
    :param warehouse: Work for this one of the lane's `warehouses` alone. Default: for all of them, one after the other.
    :param skip_idle: At the end, skip those later tasks of the DAG that have nothing to do, without a process for each.
        Later tasks need the trigger rule `none_failed`: with Airflow's default, every task after a skipped one is
        skipped, too.
    """

    stage: ClassVar[str]
    # The asset that the task updates, and the counts that say that something moved; assets.py explains the outlet.
    asset: ClassVar[str] = ""
    moves: ClassVar[frozenset[str]] = frozenset()
    # The desk's page about what waits for the stage or what it stopped, and the states that the order list then shows.
    desk_page: ClassVar[str] = ""
    desk_states: ClassVar[tuple[State, ...]] = ()
    # Whether a run of this stage may read more than its window.
    sweeps: ClassVar[bool] = False

    template_fields: Sequence[str] = ("lane", "window_start", "window_end")
    operator_extra_links: Sequence[BaseOperatorLink] = (MovedLink(), DeskLink())
    ui_color = "#dbe7f0"
    _stop: threading.Event | None = None

    def __init__(
        self,
        *,
        lane: str,
        window_start: str = runs.WINDOW_START,
        window_end: str = runs.WINDOW_END,
        background: bool = False,
        warehouse: str = "",
        skip_idle: bool = False,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.lane = lane
        self.window_start = window_start
        self.window_end = window_end
        self.background = background
        self.warehouse = warehouse
        self.skip_idle = skip_idle
        if self.asset and "{{" not in lane:
            self.outlets = [*self.outlets, lane_asset(self.asset, lane)]

    def execute(self, context: Context) -> dict[str, int]:
        """Run the stage and return its counts.

        Raises:
            CartageError: If the stage cannot do its work. The retry policy decides whether it is retried.
            StageStopped: If Airflow stopped the task or its time ran out. What it did is kept.
            DownstreamTasksSkipped: If later tasks have nothing to do: the task succeeds, and Airflow skips them.
        """
        from cartage.lanes import get_lane
        from cartage.runtime.context import open_lane

        lane = get_lane(self.lane)
        window = self._window()
        run = self._run(context, has_window=window is not None)
        with (
            _counted(lane.name) as counts,
            stop_signal(time_to_work(lane.limits, self.execution_timeout)) as self._stop,
            open_lane(
                lane,
                run,
                window=window,
                # Secrets backends come before the environment, as everywhere in Airflow, which also masks the secrets.
                resolver=AirflowResolver(),
                stop=self._stop,
                links=alert_links(context["ti"].log_url),
                task=self.task_id,
            ) as stage_context,
        ):
            counts.update(self.run_stage(stage_context))
            if self._stop.is_set():
                raise StageStopped(
                    f"{self.stage} of lane {lane.name} was stopped: {describe_counts(counts)}. The next try continues."
                )
            skipped = self._skip_idle(stage_context, context) if self.skip_idle else []
        self.log.info("lane %s: %s: %s%s", lane.name, self.stage, describe_counts(counts), _of(window))
        if self.asset:
            self._keep_outlet_if_moved(context, lane.name, counts)
        if not any(counts.values()):
            # Airflow stores each button's address with a call of its own, and their pages would be empty.
            self.operator_extra_links = ()
        if skipped:
            self.log.info("Nothing to do for %s: skipped in this run.", ", ".join(skipped))
            # Airflow takes no result from a task that ends by an exception.
            if self.do_xcom_push:
                context["ti"].xcom_push(key=BaseXCom.XCOM_RETURN_KEY, value=counts)
            raise DownstreamTasksSkipped(tasks=skipped)  # type: ignore[no-untyped-call]
        return counts

    def _skip_idle(self, stage_context: StageContext, context: Context) -> list[str]:
        """Return the later tasks that have nothing to do, and note that they are skipped."""
        from cartage.readiness.stages import idle_stages, note_idle

        later = self.get_flat_relatives(upstream=False)
        stages = stages_of(later, stage_context.lane.name)
        if not stages:
            return []
        # Before the ledger is read: what a task that has ended left there is then seen.
        unfinished = self._unfinished(tasks_beside(later, self._before()), context)
        with stage_context.ledger.begin() as connection:
            idle = idle_stages(connection, stage_context, set(stages.values()))
            skipped = tasks_to_skip(later, stages, idle, unfinished)
            note_idle(connection, stage_context, skipped)
        return skipped

    def _before(self) -> set[str]:
        return {self.task_id, *(task.task_id for task in self.get_flat_relatives(upstream=True))}

    @staticmethod
    def _unfinished(tasks: set[str], context: Context) -> set[str]:
        """Return those of these tasks that have not ended in this run."""
        if not tasks:
            return set()
        task = context["ti"]
        found = task.get_task_states(dag_id=task.dag_id, task_ids=sorted(tasks), run_ids=[task.run_id])
        states = found.get(task.run_id, {})
        return {task_id for task_id in tasks if str(states.get(task_id)) not in _ENDED}

    def run_stage(self, stage_context: StageContext) -> dict[str, int]:
        """Call the stage."""
        from cartage.dispatch import stage

        return stage(self.stage)(stage_context.at(self.warehouse) if self.warehouse else stage_context)

    def on_kill(self) -> None:
        """Tell the stage to start no new order. Requests in flight end within their own timeouts."""
        if self._stop is not None:
            self._stop.set()

    def _keep_outlet_if_moved(self, context: Context, lane: str, counts: Mapping[str, int]) -> None:
        """Leave the asset among the outlets if something moved: a success adds an event to each that is there then."""
        asset = lane_asset(self.asset, lane)
        self.outlets = [outlet for outlet in self.outlets if outlet != asset]
        if any(counts.get(name) for name in self.moves):
            self.outlets = [*self.outlets, asset]
            context["outlet_events"][asset].extra = dict(counts)

    def _window(self) -> Window | None:
        from cartage.runtime.run import Window

        found: tuple[datetime, datetime] | None = runs.window_of(str(self.window_start), str(self.window_end))
        return Window(*found) if found else None

    def _run(self, context: Context, *, has_window: bool) -> Run:
        from cartage.runtime.run import Run

        task = context["ti"]
        return Run(
            id=runs.task_run_key(task.dag_id, task.run_id, task.task_id, task.try_number),
            dag_run=runs.dag_run_key(task.dag_id, task.run_id),
            stage=self.stage,
            may_sweep=self.sweeps and not self.background and runs.may_sweep(context, has_window=has_window),
            background=self.background or context["dag_run"].run_type == "backfill",
            announced=context["dag_run"].run_type == "asset_triggered",
        )


def ask_people(stage_context: StageContext) -> None:
    """Open a required action for each cause and paused push, and close those that are over. Never fail the task."""
    lane = stage_context.lane
    if lane.required_actions.connection and lane.mode is not Mode.OFF:
        from cartage_airflow.required_actions.sync import sync_required_actions

        sync_required_actions(stage_context)


@contextmanager
def _counted(lane: str) -> Iterator[dict[str, int]]:
    """Yield a dict for a task's counts, and send them with its calls as metrics, also if the task fails."""
    counts: dict[str, int] = {}
    try:
        yield counts
    finally:
        from cartage.monitoring.measures import counters
        from cartage_airflow.metrics import send_counters

        # A task that made no call has not loaded the HTTP library, and need not.
        http = sys.modules.get("cartage.http")
        send_counters(counters(lane, counts, http.CALLS.take() if http else {}))


def describe_counts(counts: Mapping[str, int]) -> str:
    """Return counts as text, `12 imported, 2 skipped`, without those that are zero."""
    parts = [f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count]
    return ", ".join(parts) or "nothing to do"


def _of(window: Window | None) -> str:
    return (
        f" (window {window.start:%Y-%m-%d %H:%M:%S} to {window.end:%Y-%m-%d %H:%M:%S} UTC)" if window else ""
    )

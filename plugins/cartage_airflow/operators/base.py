"""The one operator behind all stages: resolves the lane, opens its context, runs the stage, tells its counts.

Holds no rule about orders, and opens nothing before `execute`. What a failure means is said by
`cartage_airflow.alarms`.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from airflow.sdk import BaseOperator

from cartage_airflow import runs
from cartage_airflow.links import MovedLink, alert_links
from cartage_airflow.resolver import AirflowResolver
from cartage_airflow.stopping import StageStopped, stop_signal, time_to_work

if TYPE_CHECKING:
    from airflow.sdk import BaseOperatorLink, Context

    from cartage.runtime.context import StageContext
    from cartage.runtime.run import Run, Window


class StageOperator(BaseOperator):
    """Runs one stage of a lane over a window.

    :param lane: name of the lane in lanes.yaml.
    :param window_start: first instant of the window, with time zone (templated). Default: the run's param
        `window_start`, else the start of its data interval, else none.
    :param window_end: first instant after the window (templated); default likewise.
    :param background: take only a backfill's share of the store's calls, and never sweep, whatever the run is.
    """

    stage: ClassVar[str]
    template_fields: Sequence[str] = ("window_start", "window_end")
    operator_extra_links: Sequence[BaseOperatorLink] = (MovedLink(),)
    ui_color = "#dbe7f0"

    # Whether a run of this stage may read more than its window.
    sweeps: ClassVar[bool] = False
    _stop: threading.Event | None = None

    def __init__(
        self,
        *,
        lane: str,
        window_start: str = runs.WINDOW_START,
        window_end: str = runs.WINDOW_END,
        background: bool = False,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.lane = lane
        self.window_start = window_start
        self.window_end = window_end
        self.background = background

    def execute(self, context: Context) -> dict[str, int]:
        """Run the stage; returns its counts, which go to XCom, and into the events of the task's assets.

        Raises:
            CartageError: what the stage could not do; the retry policy says whether it is tried again.
            StageStopped: if it was told to stop, by Airflow or because its time is over.
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
                # Secrets backends before the environment, as everywhere in Airflow; secrets are masked.
                resolver=AirflowResolver(),
                stop=self._stop,
                links=alert_links(context["ti"].log_url),
                task=self.task_id,
            ) as world,
        ):
            counts.update(self.run_stage(world))
            if self._stop.is_set():
                raise StageStopped(
                    f"{self.stage} of lane {lane.name} was stopped: {counts_as_words(counts)}. The next try goes on."
                )
        self.log.info("lane %s: %s: %s%s", lane.name, self.stage, counts_as_words(counts), _of(window))
        # A run without work is an event, too: whoever is scheduled on it sees by the counts whether anything moved.
        for outlet in self.outlets:
            context["outlet_events"][outlet].extra = dict(counts)
        return counts

    def run_stage(self, world: StageContext) -> dict[str, int]:
        """Call the stage."""
        from cartage.dispatch import stage

        return stage(self.stage)(world)

    def on_kill(self) -> None:
        """Ask the stage to start no new order; requests in flight end within their own timeouts."""
        if self._stop is not None:
            self._stop.set()

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
        )


@contextmanager
def _counted(lane: str) -> Iterator[dict[str, int]]:
    """A place for a task's counts, which are sent as metrics with its calls, also of a task that fails."""
    counts: dict[str, int] = {}
    try:
        yield counts
    finally:
        from cartage.monitoring.measures import counters
        from cartage_airflow.metrics import send_counters

        # A task that called nobody has not loaded the HTTP library, and need not.
        http = sys.modules.get("cartage.http")
        send_counters(counters(lane, counts, http.TALLY.take() if http else {}))


def counts_as_words(counts: Mapping[str, int]) -> str:
    """Counts as words: `12 imported, 2 skipped`; those of zero are left out."""
    words = [f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count]
    return ", ".join(words) or "nothing to do"


def _of(window: Window | None) -> str:
    return (
        f" (window {window.start:%Y-%m-%d %H:%M:%S} to {window.end:%Y-%m-%d %H:%M:%S} UTC)" if window else ""
    )

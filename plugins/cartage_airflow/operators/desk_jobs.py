"""The operator of the DAG `desk_jobs`: run a job of the desk that takes longer than a page may."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cartage.errors import SettingsError
from cartage_airflow.operators.base import StageOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from cartage.runtime.context import StageContext


class DeskJobOperator(StageOperator):
    """Run one job that the desk recorded in the ledger, and record its result there.

    Templated fields: `lane`, `job`. It has no window.

    XCom: the counts of the job.

    :param lane: Name of the lane in lanes.yaml. Default: the run's param `lane`.
    :param job: Number of the job. Default: the run's param `job`.
    """

    stage = "run_job"
    template_fields: Sequence[str] = ("lane", "job")

    def __init__(
        self,
        *,
        lane: str = "{{ params.get('lane') or '' }}",
        job: str = "{{ params.get('job') or '' }}",
        **kwargs: object,
    ) -> None:
        super().__init__(lane=lane, window_start="", window_end="", **kwargs)  # type: ignore[arg-type]
        self.job = job

    def execute(self, context: Context) -> dict[str, int]:
        """Run the job and return its counts.

        Raises:
            SettingsError: If the run does not name a lane and a job.
            CartageError: If the job fails.
        """
        if not self.lane.strip() or not str(self.job).strip().isdigit():
            raise SettingsError(
                "this run",
                ["  It names no lane and job. The desk starts these runs; do not start one by hand."],
            )
        return super().execute(context)

    def run_stage(self, stage_context: StageContext) -> dict[str, int]:
        """Run the job."""
        from cartage.operations.jobs import run_job

        return run_job(stage_context, int(str(self.job)))

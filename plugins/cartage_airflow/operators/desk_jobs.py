"""The operator of `desk_jobs__<lane>`: does a job that a person started at the desk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cartage.errors import SettingsError
from cartage_airflow.operators.base import StageOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from cartage.runtime.context import StageContext


class DeskJobOperator(StageOperator):
    """Do one job that the desk recorded in the ledger, and keep its outcome there.

    :param lane: name of the lane in lanes.yaml.
    :param job: number of the job (templated). Default: the run's param `job`.
    """

    stage = "run_job"
    template_fields: Sequence[str] = ("job",)

    def __init__(self, *, job: str = "{{ params.get('job') or '' }}", **kwargs: object) -> None:
        super().__init__(window_start="", window_end="", **kwargs)  # type: ignore[arg-type]
        self.job = job

    def execute(self, context: Context) -> dict[str, int]:
        """Do the job and return its counts.

        Raises:
            SettingsError: if the run does not name a job.
            CartageError: if the job fails.
        """
        if not str(self.job).strip().isdigit():
            raise SettingsError(
                "this run", ["  It names no job. The desk starts these runs; do not start one by hand."]
            )
        return super().execute(context)

    def run_stage(self, world: StageContext) -> dict[str, int]:
        """Do the job."""
        from cartage.operations.jobs import run_job

        return run_job(world, int(str(self.job)))

"""The operator of the desk_work DAG: does what a person asked for at the desk, and no page has the time for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cartage.errors import SettingsError
from cartage_airflow.operators.base import StageOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from cartage.runtime.context import StageContext


class DeskWorkOperator(StageOperator):
    """Does one piece of work that the desk wrote down in the ledger, and keeps its outcome there.

    :param work: its number (templated). Default: the run's param `work`.
    """

    stage = "desk_work"
    template_fields: Sequence[str] = ("work",)

    def __init__(self, *, work: str = "{{ params.get('work') or '' }}", **kwargs: object) -> None:
        super().__init__(window_start="", window_end="", **kwargs)  # type: ignore[arg-type]
        self.work = work

    def execute(self, context: Context) -> dict[str, int]:
        """Do the work; returns its counts.

        Raises:
            SettingsError: if the run does not say which work.
            CartageError: what the work could not do.
        """
        if not str(self.work).strip().isdigit():
            mistake = "  This DAG does what the desk wrote down: start it there, not by hand."
            raise SettingsError("the work of this run", [mistake])
        return super().execute(context)

    def run_stage(self, world: StageContext) -> dict[str, int]:
        """Carry it out."""
        from cartage.operations.jobs import run_job

        return run_job(world, int(str(self.work)))

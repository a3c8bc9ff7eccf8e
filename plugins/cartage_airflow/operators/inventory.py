"""Operators of the inventory DAG, from the warehouse's stock to the store's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowFailException

from cartage_airflow.operators.asking import keep_asked
from cartage_airflow.operators.base import StageOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from cartage.runtime.context import StageContext
    from cartage.runtime.run import Run

FULL = "{{ params.get('full') or false }}"


class PushStopped(AirflowFailException):
    """A push of stock waits for a person, which trying again would not mend."""


class PollStockOperator(StageOperator):
    """Reads what the warehouse has of every SKU."""

    stage = "poll_stock"


class UpdateStockOperator(StageOperator):
    """Tells the store how much of each thing it may sell, where that has changed.

    Fails, without a retry, in the run in which the breaker first stops a push; later runs, while the answer is awaited,
    are green and push nothing.

    :param full: write every stock, also what is right already (templated). Default: the run's param `full`.
    """

    stage = "update_stock"
    template_fields: Sequence[str] = (*StageOperator.template_fields, "full")

    def __init__(self, *, full: str | bool = FULL, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.full = full

    def execute(self, context: Context) -> dict[str, int]:
        """Push.

        Raises:
            PushStopped: if a person has to look at it first.
        """
        counts = super().execute(context)
        if counts.get("new"):
            raise PushStopped(
                f"The stock of lane {self.lane} is not pushed: a person has to look at it first. "
                "Why, and what would change, is listed above, on the desk's Stock page, and in "
                f"`cartage stock show --lane {self.lane}`"
            )
        return counts

    def run_stage(self, world: StageContext) -> dict[str, int]:
        """Push, then have people asked about a push that is stopped, if the lane wants it in Required Actions."""
        counts = super().run_stage(world)
        keep_asked(world)
        return counts

    def _run(self, context: Context, *, has_window: bool) -> Run:
        everything = str(self.full).strip().lower() == "true"
        return replace(super()._run(context, has_window=has_window), everything=everything)

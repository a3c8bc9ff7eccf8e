"""Operators of the inventory DAG, from the warehouse's stock to the store's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowFailException

from cartage_airflow.operators.base import StageOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from cartage.stages.context import Run

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
        """Push. The events of the task's assets carry its counts, so that others see whether anything was written.

        Raises:
            PushStopped: if a person has to look at it first.
        """
        counts = super().execute(context)
        for outlet in self.outlets:
            context["outlet_events"][outlet].extra = dict(counts)
        if counts.get("new"):
            raise PushStopped(
                f"The stock of lane {self.lane} is not pushed: a person has to look at it first. "
                f"Why, and what would change, is listed above and in `cartage stock show --lane {self.lane}`"
            )
        return counts

    def _run(self, context: Context, *, has_window: bool) -> Run:
        everything = str(self.full).strip().lower() == "true"
        return replace(super()._run(context, has_window=has_window), everything=everything)

"""Operators of the inventory DAG, from the warehouse's stock to the store's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowFailException

from cartage_airflow.operators.base import StageOperator, ask_people

if TYPE_CHECKING:
    from airflow.sdk import Context

    from cartage.runtime.context import StageContext
    from cartage.runtime.run import Run

FULL = "{{ params.get('full') or false }}"


class StockPushPaused(AirflowFailException):
    """A push of stock is paused until a person decides. A retry would not change that."""


class PollStockOperator(StageOperator):
    """Read the warehouse's stock of every SKU into the ledger.

    Templated fields: `lane`, `window_start`, `window_end`. For parameters and errors see `StageOperator`.

    XCom: the counts.
    """

    stage = "poll_stock"
    desk_page = "stock"


class UpdateStockOperator(StageOperator):
    """Write to the store how much of each SKU it may sell, where that has changed.

    If too much would change, the push is paused: the task fails, without a retry, in the run that pauses it. Later runs
    succeed and write nothing until a person decides. Updates the asset `stock_pushed(lane)` when it wrote stock.

    Templated fields: `lane`, `window_start`, `window_end`, `full`. For other parameters see `StageOperator`.

    XCom: the counts, among them `compared`, `changed`, `written`, `refused` and `unknown`.

    :param full: Write all stock, also what the store shows correctly already. Default: the run's param `full`.
    """

    stage = "update_stock"
    desk_page = "stock"
    asset = "stock_pushed"
    moves = frozenset({"written"})
    template_fields: Sequence[str] = (*StageOperator.template_fields, "full")

    def __init__(self, *, full: str | bool = FULL, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.full = full

    def execute(self, context: Context) -> dict[str, int]:
        """Push the stock and return the counts.

        Raises:
            StockPushPaused: If this run paused the push.
            RemoteError: If the store cannot be read or written.
        """
        counts = super().execute(context)
        if counts.get("new"):
            raise StockPushPaused(
                f"The stock of lane {self.lane} is not pushed: the push is paused until a person decides. "
                "The reason and what would change are listed above, on the desk's Stock page, and in "
                f"`cartage stock show --lane {self.lane}`"
            )
        return counts

    def run_stage(self, stage_context: StageContext) -> dict[str, int]:
        """Push, then ask people about a paused push in Required Actions if the lane is set up for it."""
        counts = super().run_stage(stage_context)
        ask_people(stage_context)
        return counts

    def _run(self, context: Context, *, has_window: bool) -> Run:
        everything = str(self.full).strip().lower() == "true"
        return replace(super()._run(context, has_window=has_window), everything=everything)

"""Operators of the orders DAG, from New in the store to Processing. Each runs the stage of its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.errors import SettingsError
from cartage_airflow.operators.base import StageOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


_NO_WINDOW = (
    "  This DAG imports windows only. Start it with window_start and window_end, or by a backfill "
    "(`cartage coverage` names the dates)."
)


class ImportOrdersOperator(StageOperator):
    """Brings every eligible order of the window into the ledger.

    The newest scheduled run also sweeps the whole import status when the lane's `sweep_every` has passed. A
    run that was started without any window has nothing but the sweep to do.
    """

    stage = "import_orders"
    sweeps = True

    def execute(self, context: Context) -> dict[str, int]:
        """Say what a run without a window does, then import.

        Raises:
            SettingsError: if it has no window, and may not sweep either.
        """
        without_window = not self.window_start and not self.window_end
        if without_window and self.background:
            raise SettingsError("the window of this run", [_NO_WINDOW])
        if without_window:
            self.log.warning(
                "This run has no window. It reads the whole import status, if the lane's sweep is due. "
                "To import a window, start it with window_start and window_end."
            )
        return super().execute(context)


class ValidateMappingsOperator(StageOperator):
    """Judges every imported and blocked order: ready to send, or blocked with each of its causes."""

    stage = "validate_mappings"


class SettleOutcomesOperator(StageOperator):
    """Settle what must be settled before orders are sent: open outcomes, decisions, stale copies, unverified orders."""

    stage = "settle_outcomes"


class TransferToWarehouseOperator(StageOperator):
    """Send every ready order to the warehouse, once."""

    stage = "transfer_to_warehouse"


class MarkProcessingOperator(StageOperator):
    """Tells the store that acknowledged orders are being processed."""

    stage = "mark_processing"

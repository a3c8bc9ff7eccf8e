"""Operators of the orders DAG, from New in the store to Processing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowFailException

from cartage.errors import SettingsError
from cartage.model.states import State
from cartage.plurals import counted
from cartage_airflow.operators.base import StageOperator, ask_people

if TYPE_CHECKING:
    from airflow.sdk import Context

    from cartage.runtime.context import StageContext


_NO_WINDOW = (
    "  This DAG imports windows only. Start it with window_start and window_end, or by a backfill "
    "(`cartage coverage` names the dates)."
)


class ImportOrdersOperator(StageOperator):
    """Import every eligible order of the window into the ledger.

    The newest scheduled run also sweeps: it reads all orders in the import status, at most every
    `schedules.sweep_every`. A run without a window does nothing but that sweep, and one that the lookout started
    sweeps in any case.

    Templated fields: `lane`, `window_start`, `window_end`. For parameters see `StageOperator`.

    XCom: the counts, among them `imported` and `skipped`.
    """

    stage = "import_orders"
    desk_page = "orders"
    desk_states = (State.IMPORTED,)
    sweeps = True

    def execute(self, context: Context) -> dict[str, int]:
        """Import the orders and return the counts.

        Raises:
            SettingsError: If the run has no window and may not sweep, or if the lane is not valid.
            RemoteError: If the store cannot be read. No page is skipped: the next try continues where this one ended.
        """
        without_window = not self.window_start and not self.window_end
        if without_window and self.background:
            raise SettingsError("the window of this run", [_NO_WINDOW])
        if without_window and context["dag_run"].run_type != "asset_triggered":
            self.log.warning(
                "This run has no window. It reads the whole import status, if the lane's sweep is due. "
                "To import a window, start it with window_start and window_end."
            )
        return super().execute(context)


class ValidateMappingsOperator(StageOperator):
    """Check every imported and blocked order: it becomes ready to send, or blocked by each of its causes.

    Templated fields: `lane`, `window_start`, `window_end`. For parameters and errors see `StageOperator`.

    XCom: the counts.
    """

    stage = "validate_mappings"
    desk_page = "orders"
    desk_states = (State.BLOCKED, State.HELD)


class BlockedOrdersOperator(StageOperator):
    """List what blocks orders in the task's log: each cause, how many orders it blocks, and how to fix it.

    The task fails, without a retry, only in the run in which a cause first blocks an order that is still blocked. When
    it is cleared after the fix, it reads the ledger again and succeeds. Each cause alerts through the lane's channels
    once.

    Templated fields: `lane`, `window_start`, `window_end`. For parameters see `StageOperator`.

    XCom: the counts `causes`, `orders` and `new`.
    """

    stage = "blocked_orders"
    desk_page = "blocked"

    def execute(self, context: Context) -> dict[str, int]:
        """List the causes and return their counts.

        Raises:
            AirflowFailException: If a cause is new in this run.
        """
        counts = super().execute(context)
        if counts.get("new"):
            raise AirflowFailException(
                f"{counted(counts['new'], 'new cause blocks', 'new causes block')} orders of lane {self.lane}; "
                f"{counted(counts['orders'], 'order waits', 'orders wait')} in all. "
                "Each cause and how to fix it is listed above. All other orders continue."
            )
        return counts

    def run_stage(self, stage_context: StageContext) -> dict[str, int]:
        """List the causes, then ask people about them in Required Actions if the lane is set up for it."""
        counts = super().run_stage(stage_context)
        ask_people(stage_context)
        return counts


class SettleOutcomesOperator(StageOperator):
    """Settle what must be settled before orders are sent: unknown outcomes, decisions, stale copies, unverified orders.

    Templated fields: `lane`, `window_start`, `window_end`. For parameters see `StageOperator`.

    XCom: the counts.

    Raises `RemoteError` if the store or the warehouse cannot be asked; the next run continues.
    """

    stage = "settle_outcomes"
    desk_page = "orders"
    desk_states = (State.UNKNOWN, State.CONFLICT)


class TransferToWarehouseOperator(StageOperator):
    """Send every ready order to the warehouse, once.

    An outcome that was not seen leaves the order `unknown`; `SettleOutcomesOperator` asks the warehouse about it, and
    nothing is sent again before that. Updates the asset `orders_transferred(lane)` when the warehouse acknowledged
    orders.

    Templated fields: `lane`, `window_start`, `window_end`. For parameters see `StageOperator`.

    XCom: the counts `sent`, `acknowledged`, `blocked`, `unknown`, `conflict` and `returned`.

    Raises `RemoteError` if the warehouse fails as a whole. What concerns one order is in its state instead.
    """

    stage = "transfer_to_warehouse"
    desk_page = "orders"
    desk_states = (State.READY, State.SENDING)
    asset = "orders_transferred"
    moves = frozenset({"acknowledged"})


class MarkProcessingOperator(StageOperator):
    """Set acknowledged orders to Processing in the store, unless a person has set another status.

    Templated fields: `lane`, `window_start`, `window_end`. For parameters and errors see `StageOperator`.

    XCom: the counts, among them `posted` and `verified`.
    """

    stage = "mark_processing"
    desk_page = "orders"
    desk_states = (State.ACKNOWLEDGED,)

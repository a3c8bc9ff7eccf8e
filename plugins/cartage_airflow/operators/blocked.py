"""The operator that is red when orders wait for a person, once for each cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowFailException

from cartage_airflow.operators.asking import keep_asked
from cartage_airflow.operators.base import StageOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from cartage.runtime.context import StageContext


class BlockedOrdersOperator(StageOperator):
    """Lists what blocks orders in its log: each cause, how many orders it stops, and the mend.

    Fails, without a retry, only in the run in which a cause first blocked an order that is still blocked.
    Cleared after the mend it reads the ledger again, and is green.
    """

    stage = "blocked_orders"

    def execute(self, context: Context) -> dict[str, int]:
        """List the causes.

        Raises:
            AirflowFailException: if any of them is new in this run.
        """
        counts = super().execute(context)
        if counts.get("new"):
            raise AirflowFailException(
                f"{counts['new']} new cause(s) block orders of lane {self.lane}; {counts['orders']} order(s) "
                "wait in all. Each cause and its mend is listed above. Every other order has gone on."
            )
        return counts

    def run_stage(self, world: StageContext) -> dict[str, int]:
        """List the causes, then have people asked about them in Required Actions, if the lane wants it."""
        counts = super().run_stage(world)
        keep_asked(world)
        return counts

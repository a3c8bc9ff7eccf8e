"""The sensor that waits for an order's status in the store or its state at the warehouse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator
from airflow.sdk.configuration import conf

from cartage.errors import SettingsError

if TYPE_CHECKING:
    from airflow.sdk import Context

    from cartage_airflow.triggers.order_status import OrderStatusCheck

_STATES = ("open", "shipped", "cancelled")


class OrderStatusSensor(BaseSensorOperator):
    """Wait until an order has a status in the store, or a state at the warehouse.

    Give `order_id` and `status` for the store, or `reference` and `state` for the warehouse. An order that does not
    exist (yet) is waited for. One sensor waits for one order: to follow many, schedule a DAG on an asset instead, such
    as `shipments_posted(lane)`.

    The calls come from the store's shared call budget, at the background share. With `deferrable`, the task uses no
    worker while it waits; the triggerer checks. Set `timeout` (Airflow's default is 7 days), and with
    `default_args(lane)` also `execution_timeout=None`, because the lane's task timeout would end the wait.

    Templated fields: `lane`, `order_id`, `status`, `reference`, `state` and the connection arguments.

    XCom: nothing.

    Raises `SettingsError` if an argument, the lane or a connection is wrong, `RemoteError` if store or warehouse cannot
    be read (while deferred, failures that may pass are checked again), `AirflowSensorTimeout` after `timeout`.

    :param order_id: OrderID of the store.
    :param status: Status that is waited for: id or label.
    :param reference: Reference under which the warehouse has the order.
    :param state: State that is waited for: `open`, `shipped` or `cancelled`. Of an order that was split, all parts must
        have it.
    :param lane: Name of a lane in lanes.yaml.
    :param threedcart_conn_id: Id of a connection of type `threedcart`, if no lane is given.
    :param connector: Name of a connector, such as `extensiv`, if no lane is given.
    :param warehouse_conn_id: Id of its connection. Default: `<connector>_default`.
    :param warehouse_settings: The connector's settings, as under `warehouse.settings` of a lane.
    :param deferrable: Wait in the triggerer. Default: `[operators] default_deferrable`.
    """

    template_fields: Sequence[str] = (
        "lane",
        "order_id",
        "status",
        "reference",
        "state",
        "threedcart_conn_id",
        "connector",
        "warehouse_conn_id",
        "warehouse_settings",
    )
    ui_color = "#e3efe3"

    def __init__(
        self,
        *,
        order_id: int | str | None = None,
        status: int | str | None = None,
        reference: str | None = None,
        state: str | None = None,
        lane: str | None = None,
        threedcart_conn_id: str | None = None,
        connector: str | None = None,
        warehouse_conn_id: str | None = None,
        warehouse_settings: Mapping[str, Any] | None = None,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        in_store = order_id is not None and status is not None and reference is None and state is None
        at_warehouse = reference is not None and state is not None and order_id is None and status is None
        if not in_store and not at_warehouse:
            raise ValueError(
                "give order_id and status for the store, or reference and state for the warehouse"
            )
        self.order_id = order_id
        self.status = status
        self.reference = reference
        self.state = state
        self.lane = lane
        self.threedcart_conn_id = threedcart_conn_id
        self.connector = connector
        self.warehouse_conn_id = warehouse_conn_id
        self.warehouse_settings = warehouse_settings
        self.deferrable = deferrable

    def poke(self, context: Context) -> bool:
        """Return whether the order has the status or state now."""
        return self._check().is_reached()

    def execute(self, context: Context) -> None:
        """Wait in this process, or defer to the triggerer."""
        if not self.deferrable:
            super().execute(context)
        elif not self.poke(context):
            self._wait_in_triggerer()

    def execute_complete(self, context: Context, event: Mapping[str, Any]) -> None:
        """Continue after the trigger. A check that failed there is made here again, so that its error is the task's."""
        from cartage_airflow.triggers.order_status import REACHED

        if event["result"] == REACHED:
            self.log.info("reached")
            return
        self.log.warning("a check failed in the triggerer: %s", event.get("message"))
        if not self.poke(context):
            self._wait_in_triggerer()

    def _wait_in_triggerer(self) -> None:
        from cartage_airflow.triggers.order_status import OrderStatusTrigger

        self.defer(
            trigger=OrderStatusTrigger(asdict(self._check()), float(self.poke_interval)),
            method_name="execute_complete",
            timeout=timedelta(seconds=self.timeout),
        )

    def _check(self) -> OrderStatusCheck:
        from cartage_airflow.operators.api.arguments import single_order_id
        from cartage_airflow.triggers.order_status import OrderStatusCheck

        if self.state is not None and self.state not in _STATES:
            raise SettingsError(
                "the arguments of this task", [f"  state: must be one of {', '.join(_STATES)}."]
            )
        return OrderStatusCheck(
            lane=self.lane,
            order_id=None if self.order_id is None else single_order_id(self.order_id),
            status=self.status,
            threedcart_conn_id=self.threedcart_conn_id,
            reference=self.reference,
            state=self.state,
            connector=self.connector,
            warehouse_conn_id=self.warehouse_conn_id,
            warehouse_settings=self.warehouse_settings,
        )

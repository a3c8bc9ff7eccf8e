"""The hook of any warehouse, through its connector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook

from cartage.errors import SettingsError
from cartage_airflow.hooks.base import lane_on, timeouts_of
from cartage_airflow.resolver import AirflowResolver

if TYPE_CHECKING:
    from cartage.warehouses.contract import Warehouse


class WarehouseHook(BaseHook):
    """A warehouse, by a lane or by a connector and its connection.

    `client()` shares the call budget of the account with everything else that has its credentials, through the ledger.

    ::

        with WarehouseHook(lane="demo").client() as warehouse:
            orders = warehouse.find("A3_31882_0")

    :param lane: Name of a lane in lanes.yaml: its connector, connection, settings, timeouts and threads.
    :param connector: Name of a connector, such as `extensiv`, if no lane is given. Timeouts, threads and limits are
        then those of the first lane on that connection; if there is none, the defaults of `limits` hold.
    :param warehouse_conn_id: Id of the connection, of the connector's type. Default: `<type>_default`, such as
        `extensiv_default`, or `sftp_default` for the connector `files`.
    :param settings: The connector's settings, as under `warehouse.settings` of a lane.
    :param background: Take only the share of the account's calls that the lane leaves to backfills.
    :param longest_wait: How many seconds a call may wait for the call budget. Default: half of `limits.task_timeout`.

    Raises:
        SettingsError: If neither a lane nor a connector is given, or if lanes.yaml has no valid lane of this name.
    """

    def __init__(
        self,
        *,
        lane: str | None = None,
        connector: str | None = None,
        warehouse_conn_id: str | None = None,
        settings: Mapping[str, Any] | None = None,
        background: bool = False,
        longest_wait: float | None = None,
    ) -> None:
        from cartage.lanes import get_lane
        from cartage.lanes.connectors import connection_type
        from cartage.lanes.settings.limits import Limits

        super().__init__()
        found = get_lane(lane) if lane else None
        if found is None and not connector:
            raise SettingsError("the warehouse", ["  give a lane, or a connector and its connection."])
        self._connector = found.warehouse.connector if found else str(connector)
        self._background = background
        self._longest_wait = longest_wait
        self._settings = dict(found.warehouse.settings if found else settings or {})
        default = found.warehouse.connection if found else f"{connection_type(self._connector)}_default"
        self.warehouse_conn_id = warehouse_conn_id or default
        found = found or lane_on(self.warehouse_conn_id, "warehouse")
        self._limits = found.limits if found else Limits()

    @contextmanager
    def client(self) -> Iterator[Warehouse]:
        """Yield the connector. It is closed at the end of the block. Building it makes no call.

        Raises:
            SettingsError: If the connection does not exist, or a field or a setting is missing or wrong.
        """
        from cartage.runtime.warehouse_budget import open_account_budget
        from cartage.warehouses.registry import open_warehouse, warehouse_connection

        resolver = AirflowResolver()
        connection = warehouse_connection(resolver, self._connector, self.warehouse_conn_id, self._settings)
        with (
            open_account_budget(
                self._connector,
                connection,
                self._limits,
                resolver,
                background=self._background,
                longest_wait=self._longest_wait,
            ) as budget,
            closing(
                open_warehouse(
                    self._connector,
                    connection,
                    self._settings,
                    timeouts=timeouts_of(self._limits),
                    threads=self._limits.threads,
                    budget=budget,
                )
            ) as warehouse,
        ):
            yield warehouse

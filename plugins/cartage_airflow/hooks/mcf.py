"""The hook of connection type `mcf`: an application that a seller has authorized at Amazon."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from cartage.warehouses.mcf.credentials import McfCredentials
from cartage_airflow.hooks.base import TEST_WAIT, RemoteHook, lane_on
from cartage_airflow.resolver import AirflowResolver

if TYPE_CHECKING:
    from cartage.warehouses.mcf.client import SellingPartnerClient
    from cartage.warehouses.mcf.marketplaces import Marketplace


class McfHook(RemoteHook):
    """An Amazon seller account. For orders and stock use `WarehouseHook`, which works with every connector.

    The marketplace of a lane is a setting in lanes.yaml, not part of the connection. Where a lane uses the connection,
    its marketplace decides on the region if the connection names none.

    :param http_conn_id: Id of a connection of type `mcf`. Default: `mcf_default`.
    """

    conn_name_attr = "http_conn_id"
    default_conn_name = "mcf_default"
    conn_type = "mcf"
    hook_name = "Amazon Multi-Channel Fulfillment"
    _longest_wait: float | None = None

    def get_settings(self) -> McfCredentials:
        """Return the validated credentials.

        Raises:
            SettingsError: If a field is missing or wrong. It names all of them by their labels in the form.
        """
        return McfCredentials.from_connection(self.engine_connection(), self._marketplace())

    @contextmanager
    def client(self) -> Iterator[SellingPartnerClient]:
        """Yield the engine's client of the account, on its call budget. It is closed at the end of the block.

        Building it makes no call.

        Raises:
            SettingsError: As `get_settings`.
        """
        from cartage.lanes.settings.limits import Limits
        from cartage.runtime.warehouse_budget import open_account_budget
        from cartage.warehouses.mcf.client import SellingPartnerClient

        credentials, lane = self.get_settings(), lane_on(self.http_conn_id, "warehouse")
        with (
            open_account_budget(
                self.conn_type,
                self.engine_connection(),
                lane.limits if lane else Limits(),
                AirflowResolver(),
                background=False,
                longest_wait=self._longest_wait,
            ) as budget,
            closing(SellingPartnerClient(credentials, budget=budget)) as client,
        ):
            yield client

    def _marketplace(self) -> Marketplace | None:
        """Return the marketplace of a lane that uses the connection; None if there is none."""
        from cartage.warehouses.mcf.marketplaces import find_marketplace

        lane = lane_on(self.http_conn_id, "warehouse")
        for view in lane.views() if lane else ():
            warehouse = view.warehouse
            if (warehouse.connector, warehouse.connection) == (self.conn_type, self.http_conn_id):
                return find_marketplace(str(warehouse.settings.get("marketplace", "")))
        return None

    def _try(self) -> tuple[bool, str]:
        from datetime import UTC, datetime

        from cartage.warehouses.mcf.orders import OutboundOrders

        self._longest_wait = TEST_WAIT
        # Lists the orders whose status changes just now: that needs no marketplace.
        with self.client() as client:
            OutboundOrders(client).changed(datetime.now(UTC))
        return True, "Signed in at Amazon, with access to fulfillment orders."

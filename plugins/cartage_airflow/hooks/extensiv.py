"""The hook of connection type `extensiv`: an account at Extensiv 3PL Warehouse Manager."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from cartage.warehouses.extensiv.settings import ExtensivCredentials
from cartage_airflow.hooks.base import TEST_WAIT, RemoteHook, lane_on
from cartage_airflow.resolver import AirflowResolver

if TYPE_CHECKING:
    from cartage.warehouses.extensiv.client import ExtensivClient


class ExtensivHook(RemoteHook):
    """An Extensiv account. For orders and stock use `WarehouseHook`, which works with every connector.

    The customer and the facility of a lane are settings in lanes.yaml, not part of the connection.

    :param http_conn_id: Id of a connection of type `extensiv`. Default: `extensiv_default`.
    """

    conn_name_attr = "http_conn_id"
    default_conn_name = "extensiv_default"
    conn_type = "extensiv"
    hook_name = "Extensiv 3PL Warehouse Manager"
    _longest_wait: float | None = None

    def get_settings(self) -> ExtensivCredentials:
        """Return the validated credentials.

        Raises:
            SettingsError: If a field is missing or wrong. It names all of them by their labels in the form.
        """
        return ExtensivCredentials.from_connection(self.engine_connection())

    @contextmanager
    def client(self) -> Iterator[ExtensivClient]:
        """Yield the engine's client of the account, on its call budget. It is closed at the end of the block.

        Building it makes no call.

        Raises:
            SettingsError: As `get_settings`.
        """
        from cartage.lanes.settings.limits import Limits
        from cartage.runtime.warehouse_budget import open_account_budget
        from cartage.warehouses.extensiv.client import ExtensivClient

        connection, lane = self.engine_connection(), lane_on(self.http_conn_id, "warehouse")
        with (
            open_account_budget(
                self.conn_type,
                connection,
                lane.limits if lane else Limits(),
                AirflowResolver(),
                background=False,
                longest_wait=self._longest_wait,
            ) as budget,
            closing(ExtensivClient(ExtensivCredentials.from_connection(connection), budget=budget)) as client,
        ):
            yield client

    def _try(self) -> tuple[bool, str]:
        from cartage.warehouses.extensiv import wire

        self._longest_wait = TEST_WAIT
        # Reads the carriers: that needs no customer, and all credentials may read them.
        with self.client() as client:
            _, carriers = client.whole_list("/properties/carriers", wire.CarrierDefaults, wire.CarrierEntry)
        return True, f"Signed in at Extensiv; it has {len(carriers)} carriers."

"""The hook of connection type `shipbob`: an account at ShipBob."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from cartage.warehouses.shipbob.settings import ShipBobCredentials
from cartage_airflow.hooks.base import RemoteHook
from cartage_airflow.resolver import AirflowResolver

if TYPE_CHECKING:
    from cartage.warehouses.shipbob.client import ShipBobClient


class ShipBobHook(RemoteHook):
    """A ShipBob account. For orders and stock use `WarehouseHook`, which works with every connector.

    The channel and the location of a lane are settings in lanes.yaml, not part of the connection.

    :param http_conn_id: Id of a connection of type `shipbob`. Default: `shipbob_default`.
    """

    conn_name_attr = "http_conn_id"
    default_conn_name = "shipbob_default"
    conn_type = "shipbob"
    hook_name = "ShipBob"

    def get_settings(self) -> ShipBobCredentials:
        """Return the validated credentials.

        Raises:
            SettingsError: If a field is missing or wrong. It names all of them by their labels in the form.
        """
        return ShipBobCredentials.from_connection(self.engine_connection())

    @contextmanager
    def client(self) -> Iterator[ShipBobClient]:
        """Yield the engine's client of the account. It is closed at the end of the block.

        Building it makes no call.

        Raises:
            SettingsError: As `get_settings`.
        """
        from cartage.lanes.settings.limits import Limits
        from cartage.runtime.warehouse_budget import open_account_budget
        from cartage.warehouses.shipbob.client import ShipBobClient

        connection = self.engine_connection()
        with (
            open_account_budget(
                self.conn_type, connection, Limits(), AirflowResolver(), background=False
            ) as budget,
            closing(ShipBobClient(ShipBobCredentials.from_connection(connection), budget=budget)) as client,
        ):
            yield client

    def _try(self) -> tuple[bool, str]:
        from cartage.warehouses.shipbob.inspection import channels

        with self.client() as client:
            found = channels(client)
        able = [f"{channel.id} ({channel.name})" for channel in found if "orders_write" in channel.scopes]
        if not able:
            return False, f"Signed in at ShipBob, but none of its {len(found)} channels may write orders."
        return True, f"Signed in at ShipBob. Channels for channel_id: {', '.join(able)}."

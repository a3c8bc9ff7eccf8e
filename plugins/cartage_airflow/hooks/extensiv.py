"""The hook of connection type `extensiv`: an account at Extensiv 3PL Warehouse Manager."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.warehouses.extensiv.settings import ExtensivCredentials
from cartage_airflow.hooks.base import RemoteHook

if TYPE_CHECKING:
    from cartage.warehouses.extensiv.client import ExtensivClient


class ExtensivHook(RemoteHook):
    """An Extensiv account. Which customer and facility a lane uses stands in lanes.yaml, not here."""

    conn_name_attr = "http_conn_id"
    default_conn_name = "extensiv_default"
    conn_type = "extensiv"
    hook_name = "Extensiv 3PL Warehouse Manager"

    def get_settings(self) -> ExtensivCredentials:
        """The validated credentials.

        Raises:
            SettingsError: every missing or wrong field at once, by its label in the form.
        """
        return ExtensivCredentials.from_connection(self.engine_connection())

    def client(self) -> ExtensivClient:
        """The engine's client; makes no call yet. Close it when done.

        Raises:
            SettingsError: as `get_settings`.
        """
        from cartage.warehouses.extensiv.client import ExtensivClient

        return ExtensivClient(self.get_settings())

    def _try(self) -> tuple[bool, str]:
        from cartage.warehouses.extensiv import wire

        client = self.client()
        try:
            # Reads one carrier: no customer is needed for it, and every credential may read it.
            _, carriers = client.page("/properties/carriers", wire.CarrierEntry, number=1, size=1, params={})
        finally:
            client.close()
        return True, f"Signed in at Extensiv; {carriers} carriers are offered."

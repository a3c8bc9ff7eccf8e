"""The hook of connection type `threedcart`: one 3dcart (Shift4Shop) store."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cartage.storefront.settings import StoreCredentials
from cartage_airflow.hooks.base import RemoteHook

if TYPE_CHECKING:
    from cartage.storefront import StoreClient


class ThreeDCartHook(RemoteHook):
    """A store. Its time zone, import status and go-live day stand in lanes.yaml, not in the connection."""

    conn_name_attr = "http_conn_id"
    default_conn_name = "threedcart_default"
    conn_type = "threedcart"
    hook_name = "3dcart (Shift4Shop) store"

    def get_settings(self) -> StoreCredentials:
        """The validated credentials.

        Raises:
            SettingsError: every missing or wrong field at once, by its label in the form.
        """
        return StoreCredentials.from_connection(self.engine_connection())

    def client(self, zone: ZoneInfo) -> StoreClient:
        """The engine's client, paced for this process alone; makes no call yet. Close it when done.

        `zone` is the store's: its times carry none.

        Raises:
            SettingsError: as `get_settings`.
        """
        from cartage.storefront import open_store

        return open_store(self.get_settings(), zone=zone)

    def _try(self) -> tuple[bool, str]:
        # Nothing that is read here has a time.
        client = self.client(ZoneInfo("UTC"))
        try:
            check = client.check()
        finally:
            client.close()
        return check.ok, check.text

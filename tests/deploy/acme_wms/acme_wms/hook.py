"""The hook behind the connection type `acme`; for orders and stock there is `WarehouseHook`."""

from __future__ import annotations

from cartage_airflow.hooks.base import RemoteHook


class AcmeHook(RemoteHook):
    """An account at Acme."""

    conn_name_attr = "acme_conn_id"
    default_conn_name = "acme_default"
    conn_type = "acme"
    hook_name = "Acme WMS"

    def _try(self) -> tuple[bool, str]:
        return True, "Acme is always there."

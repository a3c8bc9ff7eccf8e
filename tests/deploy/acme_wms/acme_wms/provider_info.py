"""Acme's connection type for Airflow's form. Airflow calls this while it is imported, so nothing is imported here."""

from __future__ import annotations

from typing import Any


def get_provider_info() -> dict[str, Any]:
    """Return the metadata, as Airflow's `provider_info.schema.json` defines it."""
    return {
        "package-name": "acme-wms",
        "name": "Acme WMS",
        "description": "Acme's warehouses for Cartage.",
        "connection-types": [
            {
                "connection-type": "acme",
                "hook-name": "Acme WMS",
                "hook-class-name": "acme_wms.hook.AcmeHook",
                "ui-field-behaviour": {
                    "hidden-fields": ["host", "port", "schema", "password", "extra"],
                    "relabeling": {"login": "Customer number"},
                },
            }
        ],
    }

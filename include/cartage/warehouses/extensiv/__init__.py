"""The connector for Extensiv 3PL Warehouse Manager: what the registry and Airflow's form need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.pace import CallLimits
from cartage.warehouses.extensiv.settings import (
    ASKED_SETTINGS,
    EXTENSIV_FIELDS,
    FIELDS,
    SETTINGS,
    STOCK_SETTINGS,
    ExtensivCredentials,
    ExtensivSettings,
)

if TYPE_CHECKING:
    from cartage.connections import Connection
    from cartage.http import Timeouts
    from cartage.pace import RemoteBudget
    from cartage.warehouses.contract import RequestValidator, Warehouse

# Extensiv documents no limit, and no header of a 429 (warehouse-apis.md, section 2): a Retry-After is obeyed.
CALL_LIMITS = CallLimits()
# The user of a client is not part of it: the client's key is what is given to an application.
ACCOUNT_FIELDS = ("host", "login")


def open_warehouse(
    connection: Connection,
    settings: ExtensivSettings,
    *,
    timeouts: Timeouts | None = None,
    threads: int = 16,
    budget: RemoteBudget | None = None,
) -> Warehouse:
    """Build the connector, without a call.

    Raises:
        SettingsError: lists every missing or wrong field of the connection.
    """
    from cartage.warehouses.extensiv.client import ExtensivClient
    from cartage.warehouses.extensiv.connector import ExtensivWarehouse

    client = ExtensivClient(
        ExtensivCredentials.from_connection(connection), timeouts=timeouts, pool_size=threads, budget=budget
    )
    return ExtensivWarehouse(client, settings)


def validator(settings: ExtensivSettings) -> RequestValidator:
    """Return a check of requests against these settings. It makes no call."""
    from functools import partial

    from cartage.warehouses.extensiv.validation import request_problems

    return partial(request_problems, settings=settings)


__all__ = [
    "ACCOUNT_FIELDS",
    "ASKED_SETTINGS",
    "CALL_LIMITS",
    "EXTENSIV_FIELDS",
    "FIELDS",
    "SETTINGS",
    "STOCK_SETTINGS",
    "ExtensivCredentials",
    "ExtensivSettings",
    "open_warehouse",
    "validator",
]

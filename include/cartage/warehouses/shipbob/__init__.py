"""The connector for ShipBob: what the registry and Airflow's form need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.pace import CallLimits, sliding_window
from cartage.warehouses.shipbob.settings import (
    ASKED_SETTINGS,
    FIELDS,
    SETTINGS,
    SHIPBOB_FIELDS,
    STOCK_SETTINGS,
    ShipBobCredentials,
    ShipBobSettings,
)

if TYPE_CHECKING:
    from cartage.connections import Connection
    from cartage.http import Timeouts
    from cartage.pace import RemoteBudget
    from cartage.warehouses.contract import RequestValidator, Warehouse

# 150 calls in any minute for a user and application (connectors.md section 2.4). The FAQ names another header for what
# remains than the page about limits; a 429 says how long to wait in either case.
CALL_LIMITS = CallLimits(
    sliding_window(150, 60.0, burst=30),
    wait_headers=("x-retry-after", "Retry-After"),
    remaining_header="x-remaining-calls",
)
# A token belongs to a user and an application, and so does a client with its refresh token.
ACCOUNT_FIELDS = ("host", "password", "login", "extra.refresh_token")


def open_warehouse(
    connection: Connection,
    settings: ShipBobSettings,
    *,
    timeouts: Timeouts | None = None,
    threads: int = 16,
    budget: RemoteBudget | None = None,
) -> Warehouse:
    """Build the connector, without a call.

    Raises:
        SettingsError: lists every missing or wrong field of the connection.
    """
    from cartage.warehouses.shipbob.client import ShipBobClient
    from cartage.warehouses.shipbob.connector import ShipBobWarehouse

    client = ShipBobClient(
        ShipBobCredentials.from_connection(connection), timeouts=timeouts, pool_size=threads, budget=budget
    )
    return ShipBobWarehouse(client, settings)


def validator(settings: ShipBobSettings) -> RequestValidator:
    """Return a check of requests against these settings. It makes no call."""
    from functools import partial

    from cartage.warehouses.shipbob.validation import request_problems

    return partial(request_problems, settings=settings)


__all__ = [
    "ACCOUNT_FIELDS",
    "ASKED_SETTINGS",
    "CALL_LIMITS",
    "FIELDS",
    "SETTINGS",
    "SHIPBOB_FIELDS",
    "STOCK_SETTINGS",
    "ShipBobCredentials",
    "ShipBobSettings",
    "open_warehouse",
    "validator",
]

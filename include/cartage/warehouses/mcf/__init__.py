"""The connector for Amazon Multi-Channel Fulfillment: what the registry and Airflow's form need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.pace import CallLimit, CallLimits
from cartage.warehouses.mcf.credentials import FIELDS, MCF_FIELDS, McfCredentials
from cartage.warehouses.mcf.settings import ASKED_SETTINGS, SETTINGS, STOCK_SETTINGS, McfSettings

if TYPE_CHECKING:
    from cartage.connections import Connection
    from cartage.http import Timeouts
    from cartage.pace import RemoteBudget
    from cartage.warehouses.contract import RequestValidator, Warehouse

# The usage plans of the two APIs' descriptions: 30 calls at once, and 2 of getInventorySummaries. One less is used,
# because calls may arrive closer together than they left. A response says which rate the account really has.
CALL_LIMITS = CallLimits(
    CallLimit(burst=29, per_second=2),
    per_operation=True,
    operations={"getInventorySummaries": CallLimit(burst=1, per_second=2)},
    rate_header="x-amzn-RateLimit-Limit",
)
# A usage plan belongs to an application together with the seller who authorized it.
ACCOUNT_FIELDS = ("login", "extra.refresh_token")


def open_warehouse(
    connection: Connection,
    settings: McfSettings,
    *,
    timeouts: Timeouts | None = None,
    threads: int = 16,
    budget: RemoteBudget | None = None,
) -> Warehouse:
    """Build the connector, without a call.

    Raises:
        SettingsError: lists every missing or wrong field of the connection.
    """
    from cartage.warehouses.mcf.client import SellingPartnerClient
    from cartage.warehouses.mcf.connector import McfWarehouse

    credentials = McfCredentials.from_connection(connection, settings.place())
    client = SellingPartnerClient(credentials, timeouts=timeouts, pool_size=threads, budget=budget)
    return McfWarehouse(client, settings)


def validator(settings: McfSettings) -> RequestValidator:
    """Return a check of requests against these settings. It makes no call."""
    from functools import partial

    from cartage.warehouses.mcf.validation import request_problems

    return partial(request_problems, settings=settings)


def has_catalogue(settings: McfSettings) -> bool:
    """Return whether the FBA inventory tells which SKUs Amazon has: not if the lane's settings deny it."""
    return settings.catalogue


__all__ = [
    "ACCOUNT_FIELDS",
    "ASKED_SETTINGS",
    "CALL_LIMITS",
    "FIELDS",
    "MCF_FIELDS",
    "SETTINGS",
    "STOCK_SETTINGS",
    "McfCredentials",
    "McfSettings",
    "has_catalogue",
    "open_warehouse",
    "validator",
]

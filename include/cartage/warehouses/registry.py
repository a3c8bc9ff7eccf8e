"""Open a lane's warehouse by the name of its connector. Nothing else knows the class of a connector.

`cartage.lanes.connectors` finds the connectors; lane settings are checked against it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from cartage.connections import Connection, require
from cartage.errors import SettingsError
from cartage.lanes.connectors import connector_names, load_connector, needs_connection, settings_model
from cartage.lanes.mistakes import findings

if TYPE_CHECKING:
    from cartage.connections import Resolver
    from cartage.http import Timeouts
    from cartage.pace import RemoteBudget
    from cartage.warehouses.contract import RequestValidator, Warehouse

__all__ = [
    "connector_names",
    "open_warehouse",
    "request_validator",
    "settings_model",
    "valid_settings",
    "warehouse_connection",
]


def open_warehouse(
    connector: str,
    connection: Connection,
    settings: dict[str, Any],
    *,
    timeouts: Timeouts | None = None,
    threads: int = 16,
    budget: RemoteBudget | None = None,
) -> Warehouse:
    """Build the connector from its connection and the lane's settings, without a call.

    `timeouts` and `threads` are the lane's limits: how long a request may take, and how many run at once. `budget`
    limits the calls to the account (default: no limit); a connector that takes none is not limited.

    Raises:
        SettingsError: lists every missing or wrong field.
    """
    valid = valid_settings(connector, settings)
    package = load_connector(connector)
    paced: dict[str, Any] = {"budget": budget} if _takes_budget(package.open_warehouse) else {}
    warehouse: Warehouse = package.open_warehouse(
        connection, valid, timeouts=timeouts, threads=threads, **paced
    )
    return warehouse


def warehouse_connection(
    resolver: Resolver, connector: str, connection_id: str, settings: Mapping[str, Any]
) -> Connection:
    """Return the connection of a warehouse; an empty one with this id if the settings replace it (a mounted folder).

    Raises:
        SettingsError: if it is needed, and no resolver knows it.
    """
    if needs_connection(connector, settings):
        return require(resolver, connection_id)
    return Connection(connection_id)


def request_validator(connector: str, settings: dict[str, Any]) -> RequestValidator:
    """Return the connector's check of a request: the same as `Warehouse.validate`, without opening the account.

    Raises:
        SettingsError: lists every missing or wrong field.
    """
    valid = valid_settings(connector, settings)
    validator: RequestValidator = load_connector(connector).validator(valid)
    return validator


def _takes_budget(opens: Callable[..., Warehouse]) -> bool:
    return "budget" in signature(opens).parameters


def valid_settings(connector: str, settings: dict[str, Any]) -> BaseModel:
    """Return a connector's own settings of a lane as its model reads them.

    Raises:
        SettingsError: lists every missing or wrong setting.
    """
    model = settings_model(connector)
    try:
        return model.model_validate(settings)
    except ValidationError as error:
        mistakes = [
            f"  {'.'.join(map(str, finding.path))}: {finding.message}. {finding.fix}"
            for finding in findings(error, model)
        ]
        raise SettingsError(f"settings of warehouse connector {connector!r}", mistakes) from error

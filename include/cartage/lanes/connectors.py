"""The connectors that a lane can use, and the models of their settings. This is the only place that lists them.

A connector's package is imported when a lane names it; its client only when its warehouse is opened.
"""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from typing import Annotated

from pydantic import AfterValidator, BaseModel

from cartage.connections import ConnectionField
from cartage.errors import SettingsError
from cartage.lanes.kinds import setting_error

# name -> package. Each package has SETTINGS, the pydantic model of the lane's `warehouse.settings`; FIELDS, the fields
# of its connection, whose Airflow type has the connector's name; STOCK_SETTINGS, the names of the settings that say
# whose goods are kept where; ASKED_SETTINGS, those that `cartage init` asks for although they have a default;
# open_warehouse(connection, settings, *, timeouts, threads) -> Warehouse; and
# validator(settings), which returns the check of a request that needs no account. Importing it is cheap.
_PACKAGES = {"extensiv": "cartage.warehouses.extensiv"}


def connector_names() -> list[str]:
    """Return the names of the connectors that a lane can use."""
    return sorted(_PACKAGES)


def package_of(connector: str) -> str:
    """Return the import path of a connector's package.

    Raises:
        SettingsError: if there is no such connector.
    """
    if connector not in _PACKAGES:
        raise SettingsError(
            f"warehouse connector {connector!r}",
            [f"  unknown. Known connectors: {', '.join(connector_names())}."],
        )
    return _PACKAGES[connector]


def settings_model(connector: str) -> type[BaseModel]:
    """Return the model of a connector's own settings in a lane.

    Raises:
        SettingsError: if there is no such connector.
    """
    model: type[BaseModel] = import_module(package_of(connector)).SETTINGS
    return model


def connection_fields(connector: str) -> tuple[ConnectionField, ...]:
    """Return the fields of a connector's connection, in the order in which a person is asked for them.

    Raises:
        SettingsError: if there is no such connector.
    """
    fields: tuple[ConnectionField, ...] = import_module(package_of(connector)).FIELDS
    return fields


def stock_settings(connector: str) -> tuple[str, ...]:
    """Return the names of the settings that identify a stock: lanes with the same connection and values share it.

    Raises:
        SettingsError: if there is no such connector.
    """
    names: tuple[str, ...] = import_module(package_of(connector)).STOCK_SETTINGS
    return names


def asked_settings(connector: str) -> tuple[str, ...]:
    """Return the names of the settings that a person is asked for although they have a default.

    Raises:
        SettingsError: if there is no such connector.
    """
    names: tuple[str, ...] = import_module(package_of(connector)).ASKED_SETTINGS
    return names


def _check_connector(value: str) -> str:
    if value not in _PACKAGES:
        near = get_close_matches(value, connector_names(), n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise setting_error(
            f"there is no connector {value!r}", f"{hint}Known connectors: {', '.join(connector_names())}."
        )
    return value


Connector = Annotated[str, AfterValidator(_check_connector)]

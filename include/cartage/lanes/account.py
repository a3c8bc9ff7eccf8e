"""Which warehouse account and which stock a lane uses. Lanes with the same account share its cached item list.

For the engine an account is one connection with its settings. A warehouse counts the calls of credentials, whichever
connection has them.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from cartage.lanes.connectors import (
    account_fields,
    connection_fields,
    fingerprint,
    settings_model,
    stock_settings,
)

if TYPE_CHECKING:
    from cartage.connections import Connection
    from cartage.lanes.settings.lane import Lane


def account_of(lane: Lane) -> str:
    """Return the name of the lane's account in the ledger's catalogue. It changes with what orders look like there."""
    warehouse = lane.warehouse
    settings = json.dumps(warehouse.settings, sort_keys=True, default=str)
    settings += fingerprint(warehouse.connector, warehouse.settings)
    digest = hashlib.sha256(settings.encode()).hexdigest()[:8]
    return f"{warehouse.connector}/{warehouse.connection}/{digest}"


def accounts_of(lane: Lane) -> dict[str, str]:
    """Return the account of each of a lane's warehouses, by its name; of a lane with one `warehouse` an empty name."""
    return {name: account_of(lane.at(name)) for name in lane.warehouse_names()}


def document_account_of(lane: Lane) -> str:
    """Return the account within which the numbers of the lane's documents are unique.

    Other settings leave it as it is: the warehouse remembers numbers, whatever our settings are.
    """
    return f"{lane.warehouse.connector}/{lane.warehouse.connection}"


def counted_account(connector: str, connection: Connection) -> str:
    """Return the name of the account that the warehouse counts the calls of, the same for all its connections.

    It has a digest of the fields that identify the account. Where the connector names none, or all are empty, each
    connection counts by itself.

    Raises:
        SettingsError: if there is no such connector.
    """
    names = account_fields(connector)
    values = [field.value_in(connection) for field in connection_fields(connector) if field.name in names]
    identity = json.dumps(values if any(values) else ["connection", connection.id])
    return f"{connector}/{hashlib.sha256(identity.encode()).hexdigest()[:16]}"


def stock_of(lane: Lane) -> tuple[object, ...]:
    """Return whose goods a lane sells, and from where. Lanes with the same result share stock.

    Two connections to the same account count as two accounts.
    """
    warehouse = lane.warehouse
    settings = settings_model(warehouse.connector).model_validate(warehouse.settings)
    names = stock_settings(warehouse.connector)
    return (warehouse.connector, warehouse.connection, *(getattr(settings, name) for name in names))


def stock_key(lane: Lane) -> str:
    """Return a text that is the same for lanes that share stock, and short enough for an index."""
    values = json.dumps(stock_of(lane), sort_keys=True, default=_plain)
    return hashlib.blake2b(values.encode(), digest_size=8).hexdigest()


def _plain(value: object) -> object:
    return sorted(map(repr, value)) if isinstance(value, set | frozenset) else repr(value)

"""The connector `files`: what the registry needs of it. Its formats are CSV profiles and X12, its transports SFTP and
a mounted folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cartage.warehouses.files.settings import (
    ASKED_SETTINGS,
    SETTINGS,
    STOCK_SETTINGS,
    FilesSettings,
    KnownSkus,
)
from cartage.warehouses.files.transport.access import FIELDS

if TYPE_CHECKING:
    from cartage.connections import Connection, ShownIdentity
    from cartage.http import Timeouts
    from cartage.warehouses.contract import RequestValidator, Warehouse

# Airflow's own type, whose form and extras are obeyed.
CONNECTION_TYPE = "sftp"
# With this setting, there is no connection.
REPLACES_CONNECTION = "folder"


def open_warehouse(
    connection: Connection,
    settings: FilesSettings,
    *,
    timeouts: Timeouts | None = None,
    threads: int = 16,  # noqa: ARG001 - an account has one connection
) -> Warehouse:
    """Build the connector, without a call. The connection's own timeouts come before the lane's.

    Raises:
        SettingsError: lists every missing or wrong field of the connection.
    """
    from cartage.warehouses.files.connector import FilesWarehouse
    from cartage.warehouses.files.transport import open_transport

    if timeouts is not None:
        connection = _with_timeouts(connection, timeouts)
    return FilesWarehouse(open_transport(settings, connection), settings)


def asked_further(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what only one of the formats needs."""
    if settings.get("format") == "x12":
        return ("x12.us.id", "x12.us.qualifier", "x12.partner.id", "x12.partner.qualifier", "x12.release")
    return ("profile",)


def shown_identity(connection: Connection) -> ShownIdentity | None:
    """Return the key that the server shows, if the connection does not say by which it is known.

    Raises:
        SettingsError: lists every missing or wrong field of the connection.
        RemoteError: if the server cannot be reached.
    """
    from cartage.connections import ShownIdentity
    from cartage.warehouses.files.transport.access import SftpAccess
    from cartage.warehouses.files.transport.host_key import shown_key

    access = SftpAccess.from_connection(connection)
    if access.host_key or access.known_hosts or not access.check_host_key:
        return None
    key, described = shown_key(access)
    return ShownIdentity("extra.host_key", key, f"{access.remote} shows the host key {described}")


def validator(settings: FilesSettings) -> RequestValidator:
    """Return a check of requests against the format. It makes no call."""
    return settings.open_format().problems


def has_catalogue(settings: FilesSettings) -> bool:
    """Return whether the warehouse's SKUs are known, so that an order with another one waits."""
    return settings.known_skus is KnownSkus.INVENTORY


def fingerprint(settings: FilesSettings) -> str:
    """Return a digest of the profile: with another one, orders look different."""
    from hashlib import sha256

    return sha256(settings.profile_text().encode()).hexdigest() if settings.profile else ""


def response_policy(settings: FilesSettings) -> str:
    """Return what a missing 997 means. CSV files are acknowledged by order, not by file."""
    return "never" if settings.x12 is None else settings.x12.expect_997.value


def shared_files(settings: FilesSettings, other: FilesSettings) -> Iterator[tuple[str, str, str]]:
    """Yield why two lanes with the same account would take in each other's files: setting, message and fix."""
    from cartage.warehouses.files.patterns import first_overlap

    folders = sorted(set(settings.read_from) & set(other.read_from))
    if not folders or settings.folder != other.folder:
        return
    found = first_overlap(settings.open_format().patterns, other.open_format().patterns)
    if found:
        what = f"reads {folders[0]} as well, and files can match {found[0]!r} and {found[1]!r}"
        yield (
            "read_from",
            what,
            "Give each lane its own folder, or patterns that no name matches twice: each file belongs to one lane.",
        )


def _with_timeouts(connection: Connection, timeouts: Timeouts) -> Connection:
    """Return the connection with the lane's timeouts where it has none of its own."""
    extra = {"cmd_timeout": timeouts.read, **connection.extra}
    if not {"conn_timeout", "timeout"} & connection.extra.keys():
        extra["conn_timeout"] = timeouts.connect
    return replace(connection, extra=extra)


__all__ = [
    "ASKED_SETTINGS",
    "CONNECTION_TYPE",
    "FIELDS",
    "REPLACES_CONNECTION",
    "SETTINGS",
    "STOCK_SETTINGS",
    "FilesSettings",
    "asked_further",
    "fingerprint",
    "has_catalogue",
    "open_warehouse",
    "response_policy",
    "shared_files",
    "shown_identity",
    "validator",
]

"""The connectors that a lane can use: packages that register in the entry point group `cartage.warehouses`.

Cartage's own are registered in the same way, so an installed package adds a connector without a change here. Names are
known without importing anything; a package is imported when a lane names it, its client only when its warehouse is
opened.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Annotated, Any, Protocol, cast

from pydantic import AfterValidator, BaseModel

from cartage.connections import ConnectionField
from cartage.errors import SettingsError
from cartage.lanes.kinds import setting_error
from cartage.pace import NO_LIMITS, CallLimits

if TYPE_CHECKING:
    from cartage.connections import Connection, ShownIdentity
    from cartage.http import Timeouts

log = logging.getLogger(__name__)

GROUP = "cartage.warehouses"
_OUR_DISTRIBUTION = "cartage"


class ResponsePolicy(StrEnum):
    """What it means that the warehouse does not respond to a file with orders (X12 997)."""

    NEVER = "never"  # nothing: it does not respond
    LEARNED = (
        "learned"  # what it has meant so far: people are alerted at a warehouse that has responded before
    )
    WARN = "warn"  # people are alerted
    REQUIRE = "require"  # besides, a person decides whether each order is sent again


class ConnectorPackage(Protocol):
    """What an entry point of the group names. Importing it is cheap: no HTTP library, no client.

    `SETTINGS` is the pydantic model of the lane's `warehouse.settings`; `FIELDS` are the fields of its connection,
    whose Airflow type has the connector's name; `STOCK_SETTINGS` names the settings that say whose goods are kept
    where, `ASKED_SETTINGS` those that `cartage init` asks for although they have a default.

    It may have `CALL_LIMITS`, the `cartage.pace.CallLimits` of an account, and `ACCOUNT_FIELDS`, the names of the
    connection's fields that say which account it is. Its `open_warehouse` then takes a `budget`, too.

    It may have `CONNECTION_TYPE`, if its connections have another Airflow type than its name, and
    `REPLACES_CONNECTION`, the name of a setting with which there is no connection. Further functions that it may have:

    - `has_catalogue(settings)`: False if it cannot say which SKUs the warehouse knows;
    - `fingerprint(settings)`: a text that changes with what the settings refer to, such as a profile;
    - `shared_files(settings, other)`: yields why two lanes on one account would take each other's files, as a setting
      with a message and a fix;
    - `response_policy(settings)`: what a missing response to a file with orders means, a `ResponsePolicy`;
    - `asked_further(settings)`: the names of settings that `cartage init` asks for besides, given those that are known,
      with dots for sections (`x12.us.id`);
    - `shown_identity(connection)`: what the remote shows of itself, for a person to confirm (`ShownIdentity`).
    """

    SETTINGS: type[BaseModel]
    FIELDS: tuple[ConnectionField, ...]
    STOCK_SETTINGS: tuple[str, ...]
    ASKED_SETTINGS: tuple[str, ...]

    def open_warehouse(
        self, connection: Connection, settings: Any, *, timeouts: Timeouts | None, threads: int
    ) -> Any:
        """Return the `Warehouse`, without a call."""
        ...

    def validator(self, settings: Any) -> Any:
        """Return the check of a request that needs no account (`RequestValidator`)."""
        ...


_REQUIRED = ("SETTINGS", "FIELDS", "STOCK_SETTINGS", "ASKED_SETTINGS", "open_warehouse", "validator")


def connector_names() -> list[str]:
    """Return the names of the connectors that are installed. Nothing is imported."""
    return list(_registered())


def connector_versions() -> list[str]:
    """Return each registered connector with the version of the package that brings it. Nothing is imported."""
    return [
        f"{name} {entry.value} {_distribution(entry)} {entry.dist.version if entry.dist else ''}"
        for name, entries in _registered().items()
        for entry in entries
    ]


def usable_connectors() -> Iterator[str]:
    """Yield the names of the connectors whose packages can be imported; log the others."""
    for name in connector_names():
        try:
            load_connector(name)
        except SettingsError as failure:
            log.warning("%s", failure)
        else:
            yield name


def load_connector(connector: str) -> ConnectorPackage:
    """Return a connector's package.

    Raises:
        SettingsError: if there is no such connector, or its package cannot be imported or is none; names it.
    """
    entries = _registered().get(connector)
    if not entries:
        raise _unusable(connector, f"unknown. {_known()}")
    if len(entries) > 1:
        packages = " and ".join(_named(entry) for entry in entries)
        raise _unusable(
            connector, f"several packages have one of this name: {packages}. Uninstall all but one."
        )
    [entry] = entries
    try:
        package = entry.load()
    except Exception as failure:
        reason = f"{type(failure).__name__}: {failure}"
        fix = "Install it again, or uninstall it."
        raise _unusable(connector, f"{_named(entry)} cannot be imported: {reason}. {fix}") from failure
    missing = [name for name in _REQUIRED if not hasattr(package, name)]
    if missing:
        fix = "It was made for another version of Cartage, or is no connector."
        raise _unusable(connector, f"{_named(entry)} does not have {', '.join(missing)}. {fix}")
    return cast("ConnectorPackage", package)


def settings_model(connector: str) -> type[BaseModel]:
    """Return the model of a connector's own settings in a lane.

    Raises:
        SettingsError: as `load_connector`.
    """
    return load_connector(connector).SETTINGS


def connection_fields(connector: str) -> tuple[ConnectionField, ...]:
    """Return the fields of a connector's connection, in the order in which a person is asked for them.

    Raises:
        SettingsError: as `load_connector`.
    """
    return load_connector(connector).FIELDS


def stock_settings(connector: str) -> tuple[str, ...]:
    """Return the names of the settings that identify a stock: lanes with the same connection and values share it.

    Raises:
        SettingsError: as `load_connector`.
    """
    return load_connector(connector).STOCK_SETTINGS


def asked_settings(connector: str) -> tuple[str, ...]:
    """Return the names of the settings that a person is asked for although they have a default.

    Raises:
        SettingsError: as `load_connector`.
    """
    return load_connector(connector).ASKED_SETTINGS


def asked_further(connector: str, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of settings that a person is asked for besides, given those that are known.

    Raises:
        SettingsError: as `load_connector`.
    """
    found: Callable[[Mapping[str, Any]], tuple[str, ...]]
    found = getattr(load_connector(connector), "asked_further", lambda _: ())
    return found(settings)


def shown_identity(connector: str, connection: Connection) -> ShownIdentity | None:
    """Return what the remote shows of itself and the connection does not know yet; None if there is nothing to ask.

    Raises:
        SettingsError: as `load_connector`, or if the connection cannot be used.
        RemoteError: if the remote cannot be reached.
    """
    found: Callable[[Connection], ShownIdentity | None]
    found = getattr(load_connector(connector), "shown_identity", lambda _: None)
    return found(connection)


def call_limits(connector: str) -> CallLimits:
    """Return how many calls the connector's warehouse accepts for an account.

    Raises:
        SettingsError: as `load_connector`.
    """
    limits: CallLimits = getattr(load_connector(connector), "CALL_LIMITS", NO_LIMITS)
    return limits


def account_fields(connector: str) -> tuple[str, ...]:
    """Return the names of the connection's fields that say which account the warehouse counts calls for.

    Raises:
        SettingsError: as `load_connector`.
    """
    names: tuple[str, ...] = getattr(load_connector(connector), "ACCOUNT_FIELDS", ())
    return names


def connection_type(connector: str) -> str:
    """Return the Airflow type of a connector's connections.

    Raises:
        SettingsError: as `load_connector`.
    """
    found: str = getattr(load_connector(connector), "CONNECTION_TYPE", connector)
    return found


def needs_connection(connector: str, settings: Mapping[str, Any]) -> bool:
    """Return whether a warehouse with these settings has a connection; otherwise its id is only a name.

    Raises:
        SettingsError: as `load_connector`.
    """
    return not settings.get(getattr(load_connector(connector), "REPLACES_CONNECTION", ""))


def has_catalogue(connector: str, settings: Mapping[str, Any]) -> bool:
    """Return whether it can be known which SKUs the warehouse has; the settings are valid.

    Raises:
        SettingsError: as `load_connector`.
    """
    package = load_connector(connector)
    known: Callable[[BaseModel], bool] = getattr(package, "has_catalogue", lambda _: True)
    return known(package.SETTINGS.model_validate(dict(settings)))


def fingerprint(connector: str, settings: Mapping[str, Any]) -> str:
    """Return a text that changes with what the settings refer to; empty if that is nothing. The settings are valid.

    Raises:
        SettingsError: as `load_connector`.
    """
    package = load_connector(connector)
    found: Callable[[BaseModel], str] | None = getattr(package, "fingerprint", None)
    return "" if found is None else found(package.SETTINGS.model_validate(dict(settings)))


def response_policy(connector: str, settings: Mapping[str, Any]) -> ResponsePolicy:
    """Return what a missing response to a file with orders means. The settings are valid.

    Raises:
        SettingsError: as `load_connector`.
    """
    package = load_connector(connector)
    found: Callable[[BaseModel], str] = getattr(package, "response_policy", lambda _: ResponsePolicy.LEARNED)
    return ResponsePolicy(found(package.SETTINGS.model_validate(dict(settings))))


def shared_files(
    connector: str, settings: Mapping[str, Any], other: Mapping[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """Yield why two lanes on one account would take each other's files: setting, message, fix. Both are valid.

    Raises:
        SettingsError: as `load_connector`.
    """
    package = load_connector(connector)
    model = package.SETTINGS
    found: Callable[[BaseModel, BaseModel], Iterable[tuple[str, str, str]]] | None
    found = getattr(package, "shared_files", None)
    if found is not None:
        yield from found(model.model_validate(dict(settings)), model.model_validate(dict(other)))


@cache
def _registered() -> Mapping[str, Sequence[EntryPoint]]:
    """Return the entry points by name. A package that takes the name of one of Cartage's own does not replace it."""
    found: dict[str, list[EntryPoint]] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        same = found.setdefault(entry.name, [])
        if all(other.value != entry.value for other in same):  # An installation may be found in two places.
            same.append(entry)
    for name, entries in found.items():
        ours = [entry for entry in entries if _distribution(entry) == _OUR_DISTRIBUTION]
        if ours and len(entries) > 1:
            others = ", ".join(_named(entry) for entry in entries if entry not in ours)
            log.warning("connector %s is Cartage's own; that of %s is left out", name, others)
            found[name] = ours
    return found


def _distribution(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else ""


def _named(entry: EntryPoint) -> str:
    distribution = _distribution(entry)
    return f"{entry.value} (package {distribution})" if distribution else entry.value


def _known() -> str:
    names = ", ".join(connector_names())
    return f"Known connectors: {names or 'none: install Cartage again (pip install), its registration is missing'}."


def _unusable(connector: str, mistake: str) -> SettingsError:
    return SettingsError(f"warehouse connector {connector!r}", [f"  {mistake}"])


def _check_connector(value: str) -> str:
    if value not in _registered():
        near = get_close_matches(value, connector_names(), n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise setting_error(f"there is no connector {value!r}", f"{hint}{_known()}")
    return value


Connector = Annotated[str, AfterValidator(_check_connector)]

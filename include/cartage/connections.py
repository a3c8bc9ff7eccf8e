"""Connections: look up host, credentials and extras by id.

The engine reads `AIRFLOW_CONN_<ID>` (JSON or URI), and then asks the resolvers that other packages register under the
entry point group `cartage.resolvers`. It does not need Airflow.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from cartage.errors import SettingsError

LEDGER_CONNECTION = "cartage_ledger"
LEDGER_VARIABLE = "CARTAGE_LEDGER_URL"


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection. Empty text means absent. `repr` shows no credentials."""

    id: str
    host: str = ""
    login: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    port: int | None = None
    schema: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def address(self) -> str:
        """The host as a URL: unchanged if it is one, otherwise with schema (default https) and port."""
        host = self.host.strip()
        if "://" in host:
            return host
        return f"{self.schema.strip() or 'https'}://{host}{f':{self.port}' if self.port else ''}"


@dataclass(frozen=True, slots=True)
class ConnectionField:
    """A field of a connection's form. `name` is where Airflow keeps it: `host`, `login`, `extra.user_login`.

    A secret is the password, or an extra whose name Airflow masks in its API and logs, such as `extra.tpl_secret`.
    `former` is the name that it had before a rename; it is still read.
    """

    name: str
    label: str
    description: str = ""
    secret: bool = False
    required: bool = True
    former: str = ""

    def value_in(self, connection: Connection) -> str:
        """Return the field's value in a connection, without blanks around it; empty if it has none."""
        return _field_text(connection, self.name) or _field_text(connection, self.former)


@dataclass(frozen=True, slots=True)
class ShownIdentity:
    """What a remote shows of itself before anybody has confirmed that it is the right one, such as a host key.

    `field` is the connection's field that will hold `value`, `described` what a person compares.
    """

    field: str
    value: str
    described: str


def former_fields(connection: Connection, fields: Iterable[ConnectionField]) -> list[str]:
    """Return a sentence for each field of a connection that is kept under its former name."""
    return [
        f"{field.label} is kept as {field.former!r}, which Airflow does not mask: keep it as {field.name!r}."
        for field in fields
        if _field_text(connection, field.former) and not _field_text(connection, field.name)
    ]


def _field_text(connection: Connection, name: str) -> str:
    extra = name.removeprefix("extra.")
    value = connection.extra.get(extra) if extra != name else getattr(connection, name, "") if name else ""
    return "" if value is None else str(value).strip()


def named(connection_id: str) -> str:
    """Return how a message names a connection. One that is being asked for is kept nowhere yet and has no id."""
    return f"connection {connection_id!r}" if connection_id else "this connection"


def fields_of(labels: str, connection_id: str) -> str:
    """Return these fields with the place where a person finds them, for a fix."""
    place = f" of the connection {connection_id!r} (Airflow: Admin > Connections)" if connection_id else ""
    return labels + place


def connection_of(connection_id: str, values: Mapping[str, str]) -> Connection:
    """Return a connection with these values, by the names of its `ConnectionField`s."""
    extra = {
        name.removeprefix("extra."): value for name, value in values.items() if name.startswith("extra.")
    }
    host, login, password = (values.get(name, "") for name in ("host", "login", "password"))
    return Connection(connection_id, host, login, password, extra=extra)


class Resolver(Protocol):
    """Finds a connection by its id."""

    def get(self, connection_id: str) -> Connection | None:
        """Return the connection, or None if this resolver does not know it."""
        ...


class EnvironmentResolver:
    """Reads `AIRFLOW_CONN_<ID>`, in Airflow's JSON or URI form."""

    def get(self, connection_id: str) -> Connection | None:
        """Return the connection, or None if its variable is not set.

        Raises:
            SettingsError: if the variable is neither JSON nor a URI.
        """
        text = os.environ.get(f"AIRFLOW_CONN_{connection_id.upper()}", "").strip()
        if not text:
            return None
        return _from_json(connection_id, text) if text.startswith("{") else _from_uri(connection_id, text)


class ChainedResolver:
    """Asks several resolvers in order; the first that knows the connection wins."""

    def __init__(self, *resolvers: Resolver) -> None:
        self._resolvers = resolvers

    def get(self, connection_id: str) -> Connection | None:
        """Return the connection of the first resolver that knows it, or None."""
        found = (resolver.get(connection_id) for resolver in self._resolvers)
        return next((connection for connection in found if connection), None)


class _RegisteredResolvers:
    """Resolvers of other packages, loaded only if the environment does not have the connection."""

    def get(self, connection_id: str) -> Connection | None:
        return ChainedResolver(*self._load()).get(connection_id)

    @staticmethod
    @cache
    def _load() -> tuple[Resolver, ...]:
        return tuple(_registered())


def _registered() -> Iterator[Resolver]:
    for entry in entry_points(group="cartage.resolvers"):
        yield entry.load()()


def default_resolver() -> Resolver:
    """Return the resolver that asks the environment first, then the registered resolvers."""
    return ChainedResolver(EnvironmentResolver(), _RegisteredResolvers())


def require(resolver: Resolver, connection_id: str) -> Connection:
    """Return the connection.

    Raises:
        SettingsError: if no resolver knows it; says where to define it.
    """
    connection = resolver.get(connection_id)
    if connection is None:
        raise SettingsError(
            f"connection {connection_id!r}",
            [f"  not found. Define it in Airflow (Admin > Connections) or as {_variable(connection_id)}."],
        )
    return connection


def _variable(connection_id: str) -> str:
    return f"the environment variable AIRFLOW_CONN_{connection_id.upper()}"


def ledger_url(resolver: Resolver | None = None) -> str:
    """Return the ledger's URL for SQLAlchemy: `CARTAGE_LEDGER_URL`, or else the connection `cartage_ledger`.

    Raises:
        SettingsError: if neither is defined.
    """
    url = os.environ.get(LEDGER_VARIABLE, "").strip()
    if url:
        return _with_driver(url)
    found = (resolver or default_resolver()).get(LEDGER_CONNECTION)
    if found is None:
        raise SettingsError(
            "the ledger",
            [
                f"  no address: set {LEDGER_VARIABLE}, or define the connection {LEDGER_CONNECTION!r} (type Postgres)."
            ],
        )
    return database_url(found)


def database_url(connection: Connection, *, driver: str = "postgresql+psycopg") -> str:
    """Return a database's URL for SQLAlchemy, with its password; extras become the driver's options."""
    from sqlalchemy.engine import URL

    url = URL.create(
        driver,
        username=connection.login or None,
        password=connection.password or None,
        host=connection.host or None,
        port=connection.port,
        database=connection.schema or None,
        query={key: str(value) for key, value in connection.extra.items()},
    )
    return url.render_as_string(hide_password=False)


def _with_driver(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return (
        f"postgresql+psycopg://{rest}"
        if separator and scheme.split("+")[0] in {"postgres", "postgresql"}
        else url
    )


def _from_json(connection_id: str, text: str) -> Connection:
    data = _object(connection_id, text, "is not valid JSON")
    return Connection(
        id=connection_id,
        host=data.get("host") or "",
        login=data.get("login") or "",
        password=data.get("password") or "",
        port=_port(connection_id, data.get("port")),
        schema=data.get("schema") or "",
        extra=_object(connection_id, data.get("extra"), "has extras that are not a JSON object"),
    )


def _from_uri(connection_id: str, text: str) -> Connection:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _mistake(connection_id, "has a host or port that cannot be read") from None
    if not parts.scheme:
        raise _mistake(connection_id, "is neither JSON nor a URI (scheme://login:password@host)")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    packed = _object(connection_id, query.pop("__extra__", ""), "has extras that are not a JSON object")
    return Connection(
        id=connection_id,
        host=unquote(parts.hostname or ""),
        login=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        port=port,
        schema=unquote(parts.path.lstrip("/")),
        extra={**query, **packed},
    )


def _object(connection_id: str, value: object, what: str) -> dict[str, Any]:
    """Return a JSON object, given as such or as text; empty if there is none."""
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else {}
        except ValueError:
            raise _mistake(connection_id, what) from None
    if value is not None and not isinstance(value, dict):
        raise _mistake(connection_id, what)
    return value or {}


def _port(connection_id: str, value: object) -> int | None:
    try:
        return int(str(value)) if value else None
    except ValueError:
        raise _mistake(connection_id, "has a port that is not a number") from None


def _mistake(connection_id: str, what: str) -> SettingsError:
    # The text may contain secrets: show neither it nor the parser's message, which quotes it.
    return SettingsError(f"connection {connection_id!r}", [f"  AIRFLOW_CONN_{connection_id.upper()} {what}."])

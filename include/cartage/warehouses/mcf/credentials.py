"""The credentials of an application that a seller has authorized, and the servers that accept them. Makes no call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cartage.connections import ConnectionField, named
from cartage.errors import SettingsError
from cartage.network import Network
from cartage.redaction import short_secret
from cartage.warehouses.mcf.marketplaces import ENDPOINTS, REGIONS, Marketplace

if TYPE_CHECKING:
    from cartage.connections import Connection

LOGIN_ADDRESS = "https://api.amazon.com"
_HOME = "na"

FIELDS: tuple[ConnectionField, ...] = (
    ConnectionField(
        "host",
        "API address",
        "Region na, eu or fe, or an address. Leave it empty for the marketplace's region.",
        required=False,
    ),
    ConnectionField("login", "Client ID", "LWA client ID of the app (Seller Central: Develop apps)."),
    ConnectionField("password", "Client secret", "LWA client secret of the app.", secret=True),
    ConnectionField(
        "extra.refresh_token",
        "Refresh token",
        "Refresh token that the app got when the seller authorized it.",
        secret=True,
    ),
    ConnectionField(
        "extra.login_address",
        "Login address",
        f"Leave it empty for Amazon's own, {LOGIN_ADDRESS}.",
        required=False,
    ),
)
# Field of the connection -> label in Airflow's form.
MCF_FIELDS: dict[str, str] = {field.name: field.label for field in FIELDS}


@dataclass(frozen=True, slots=True)
class McfCredentials:
    """The servers' addresses, and the credentials. `repr` shows no secret."""

    connection_id: str
    base_url: str
    login_url: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    network: Network = field(default_factory=Network)

    @classmethod
    def from_connection(
        cls, connection: Connection, marketplace: Marketplace | None = None
    ) -> McfCredentials:
        """Read a connection, for a marketplace if it is known. Without an address it is that of the region.

        Raises:
            SettingsError: lists every missing or wrong field, by its label.
        """
        values = {each.name: each.value_in(connection) for each in FIELDS}
        base_url, mistakes = _base_url(connection, marketplace)
        mistakes += [f"{each.label}: missing." for each in FIELDS if each.required and not values[each.name]]
        mistakes += [
            mistake
            for each in FIELDS
            if each.secret and (mistake := short_secret(each.label, values[each.name]))
        ]
        login_url = values["extra.login_address"].rstrip("/") or LOGIN_ADDRESS
        if not _is_url(login_url):
            label = MCF_FIELDS["extra.login_address"]
            mistakes.append(f"{label}: {login_url!r} is no address; write for example {LOGIN_ADDRESS}.")
        network, network_mistakes = Network.read(connection)
        mistakes += network_mistakes
        if mistakes:
            raise SettingsError(f"{named(connection.id)} (Amazon MCF)", [f"  {each}" for each in mistakes])
        return cls(
            connection_id=connection.id,
            base_url=base_url,
            login_url=login_url,
            client_id=values["login"],
            client_secret=values["password"],
            refresh_token=values["extra.refresh_token"],
            network=network,
        )


def _base_url(connection: Connection, marketplace: Marketplace | None) -> tuple[str, list[str]]:
    """Return the API's address, and what is wrong with it."""
    label, host = MCF_FIELDS["host"], connection.host.strip().rstrip("/")
    region = marketplace.region if marketplace else _HOME
    if not host and not region:
        mistake = (
            f"{label}: missing; the region of marketplace {marketplace and marketplace.id} is not known."
        )
        return "", [mistake]
    address = ENDPOINTS.get(host.lower() or region) or connection.address.rstrip("/")
    if not _is_url(address):
        return "", [f"{label}: {connection.host!r} is no address; write na, eu, fe, or {ENDPOINTS[_HOME]}."]
    served = next((name for name, endpoint in ENDPOINTS.items() if endpoint == address), region)
    if marketplace and marketplace.region and served != marketplace.region:
        fix = f"write {marketplace.region}, or leave it empty"
        return "", [f"{label}: {REGIONS[served]} does not serve marketplace {marketplace.country}; {fix}."]
    return address, []


def _is_url(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in {"http", "https"} and bool(parts.hostname)

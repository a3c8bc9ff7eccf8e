"""A store's credentials, read from a connection. All mistakes are reported at once, and no secret is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr

from cartage.connections import Connection, named
from cartage.errors import SettingsError
from cartage.network import Network
from cartage.redaction import short_secret
from cartage.storefront.fields import API_ADDRESS, LABELS, STORE_FIELDS

# What an HTTP header can safely carry. Anything else is a paste error (a line break, a curly quote).
_HEADER_SAFE = re.compile(r"[\x21-\x7e]+")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.\-]*[a-z0-9])?(:\d+)?")
# People paste the whole endpoint: 3dcart-api.md, section 1.
_ENDPOINT = re.compile(r"/3dcartwebapi(/.*)?$", re.IGNORECASE)


class StoreCredentials(BaseModel):
    """The API's address, the store, and the app's keys. Frozen; neither `repr` nor `dump` shows a secret."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    connection_id: str = ""
    base_url: str = API_ADDRESS
    secure_url: str
    private_key: SecretStr
    token: SecretStr
    api_version: Literal["v1", "v2"] = "v2"
    network: Network = Network()

    @property
    def identity(self) -> str:
        """Return the store's identity, in whatever form its Secure URL is: `demo-outfitters.3dcartstores.com`."""
        return normalise_secure_url(self.secure_url)

    @property
    def remote(self) -> str:
        """Return the store's name in error messages."""
        return f"3dcart store {self.identity}"

    @classmethod
    def from_connection(cls, connection: Connection) -> StoreCredentials:
        """Read a connection of type 3dcart.

        Raises:
            SettingsError: lists every missing or wrong field, by its label in Airflow's form.
        """
        values = {field.name: _text(connection.extra.get(field.name)) for field in STORE_FIELDS}
        values["host"] = address(connection)
        network, network_mistakes = Network.read(connection)
        mistakes = [f"  {mistake}" for mistake in [*_mistakes(values), *network_mistakes]]
        if mistakes:
            raise SettingsError(f"{named(connection.id)} (3dcart)", mistakes)
        return cls(
            connection_id=connection.id,
            base_url=values["host"],
            secure_url=values["secure_url"],
            private_key=SecretStr(values["private_key"]),
            token=SecretStr(values["token"]),
            api_version="v1" if values["api_version"] == "v1" else "v2",
            network=network,
        )


def normalise_secure_url(url: str) -> str:
    """Return the store's host in lower case, without scheme, `www.`, path or trailing slash.

    This identifies the store in the ledger and in the SecureURL header: a client in production sends the same
    form (3dcart-api.md, section 2).
    """
    text = url.strip().lower()
    host = text.partition("://")[2] or text
    return re.split(r"[/?#]", host, maxsplit=1)[0].removeprefix("www.").rstrip(".")


def address(connection: Connection) -> str:
    """Return the API's address from a connection; 3dcart's own if the connection has none.

    Airflow splits an address into host, schema and port. A person may also paste the whole address as the host.
    """
    host = _ENDPOINT.sub("", connection.host.strip())
    if not host:
        return API_ADDRESS
    if "://" in host:
        return host.rstrip("/")
    port = f":{connection.port}" if connection.port else ""
    return f"{connection.schema.strip() or 'https'}://{host.rstrip('/')}{port}"


def _mistakes(values: dict[str, str]) -> Iterator[str]:
    for field in STORE_FIELDS:
        if field.required and not values[field.name]:
            yield f"{field.label}: missing. {field.description}"
    for name in ("private_key", "token"):
        if values[name] and not _HEADER_SAFE.fullmatch(values[name]):
            yield f"{LABELS[name]}: contains blanks or characters that a key cannot have; paste it again."
        elif mistake := short_secret(LABELS[name], values[name]):
            yield mistake
    if values["secure_url"] and not _HOST.fullmatch(normalise_secure_url(values["secure_url"])):
        yield f"{LABELS['secure_url']}: {values['secure_url']!r} is not the address of a store."
    if values["api_version"] not in {"", "v1", "v2"}:
        yield f"{LABELS['api_version']}: {values['api_version']!r} is neither v1 nor v2."
    yield from _address_mistakes(values["host"], normalise_secure_url(values["secure_url"]))


def _address_mistakes(base_url: str, store: str) -> Iterator[str]:
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        yield f"{LABELS['host']}: {base_url!r} is no address; write for example {API_ADDRESS}."
        return
    if not usable or parts.path or parts.query or parts.username:
        yield f"{LABELS['host']}: {base_url!r} is no address; write for example {API_ADDRESS}."
    elif store and normalise_secure_url(base_url) == store:
        # The store itself redirects API calls without end: 3dcart-api.md, section 1.
        yield f"{LABELS['host']}: this is the store's own address, not the API's. Leave it empty."


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()

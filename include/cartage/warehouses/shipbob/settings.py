"""What a ShipBob account needs: credentials in its connection, and settings in the lane. Makes no call.

All missing and wrong fields are reported at once, by their labels in Airflow's form.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from cartage.addresses import TerritoryForm
from cartage.connections import ConnectionField, named
from cartage.errors import SettingsError
from cartage.lanes.kinds import Duration, PositiveDuration
from cartage.network import Network
from cartage.redaction import short_secret

if TYPE_CHECKING:
    from cartage.connections import Connection

API_ADDRESS = "https://api.shipbob.com"
AUTH_ADDRESS = "https://auth.shipbob.com"
SANDBOX_ADDRESS = "https://sandbox-api.shipbob.com"

_OAUTH = "For OAuth only; leave it empty if there is a token."

FIELDS: tuple[ConnectionField, ...] = (
    ConnectionField(
        "host",
        "API address",
        f"Leave it empty for ShipBob's own, {API_ADDRESS}; the sandbox is {SANDBOX_ADDRESS}.",
        required=False,
    ),
    ConnectionField(
        "password",
        "Personal access token",
        "From ShipBob: Integrations > API tokens. It does not expire.",
        secret=True,
        required=False,
    ),
    ConnectionField("login", "Client ID", f"{_OAUTH} From ShipBob's developer portal.", required=False),
    ConnectionField("extra.client_secret", "Client secret", _OAUTH, secret=True, required=False),
    ConnectionField(
        "extra.refresh_token",
        "Refresh token",
        f"{_OAUTH} Of the scope offline_access.",
        secret=True,
        required=False,
    ),
    ConnectionField(
        "extra.grant_file",
        "Grant file",
        f"{_OAUTH} Where Cartage keeps the newest refresh token, e.g. /opt/cartage/shipbob.json; ShipBob may replace "
        "it at each use. Every worker must see the file.",
        required=False,
    ),
    ConnectionField(
        "extra.redirect_uri",
        "Redirect URI",
        f"{_OAUTH} As the application is registered with.",
        required=False,
    ),
    ConnectionField(
        "extra.auth_address",
        "Sign-in address",
        f"{_OAUTH} Leave it empty for ShipBob's own, {AUTH_ADDRESS}.",
        required=False,
    ),
)
# Field of the connection -> label in Airflow's form.
SHIPBOB_FIELDS: dict[str, str] = {field.name: field.label for field in FIELDS}
_GRANT = ("login", "extra.client_secret", "extra.refresh_token")


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ProductReference(StrEnum):
    """The field of ShipBob's catalogue that orders name products by."""

    SKU = "sku"
    SELLER_SKU = "seller_sku"


class OrderType(StrEnum):
    """The kind of ShipBob's orders that a lane sends."""

    DTC = "DTC"
    DROP_SHIP = "DropShip"


class NotesField(StrEnum):
    """Where the notes of an order are written."""

    TAG = "tag"
    GIFT_MESSAGE = "gift_message"


class StockFigure(StrEnum):
    """Which of ShipBob's figures the store may sell."""

    SELLABLE = "sellable"
    FULFILLABLE = "fulfillable"


class ShipBobSettings(_Settings):
    """A lane's `warehouse.settings` for the connector `shipbob`."""

    channel_id: int = Field(
        ge=1,
        description="ShipBob's id of the channel that orders are sent through: the one with the right to write orders. "
        "`cartage init` lists the token's channels if the id is not one of them.",
    )
    all_channels: bool = Field(
        default=False,
        description="See the orders of all channels. Needed while orders that another application sent are followed, "
        "as after a cutover: they are in its channel (UNVERIFIED: that a token sees them).",
    )
    location_id: int | None = Field(
        default=None,
        ge=1,
        description="ShipBob's id of the only location that may ship, and whose stock counts; empty: ShipBob chooses.",
    )
    product_reference: ProductReference = Field(
        default=ProductReference.SKU,
        description="What a product reference of an order is looked up by (UNVERIFIED): sku, or seller_sku, the SKU of "
        "the item in this channel. A reference that ShipBob does not know would create a product.",
    )
    order_type: OrderType = Field(default=OrderType.DTC, description="Type of the orders: DTC or DropShip.")
    notes_field: NotesField = Field(
        default=NotesField.TAG,
        description="Where the notes of an order are written: tag (people see them at ShipBob) or gift_message (they "
        "are printed for the receiver).",
    )
    notes_tag: str = Field(
        default="Notes",
        min_length=1,
        max_length=40,
        description="Name of the tag with the notes of an order.",
    )
    notes_max_length: int = Field(
        default=2000, ge=1, description="Longest notes, in characters (UNVERIFIED)."
    )
    waiting_reasons: tuple[str, ...] = Field(
        default=("*stock*", "*inventory*"),
        description="Names of an exception that ends by itself, with * and ? as wildcards (UNVERIFIED); a person "
        "decides about an order with another one. An exception about the stock of an item always ends by itself.",
    )
    mark_synced: bool = Field(
        default=True,
        description="Mark a shipment at ShipBob as synced once its tracking is in the ledger.",
    )
    stock_figure: StockFigure = Field(
        default=StockFigure.SELLABLE,
        description="Which figure the store may sell: sellable, or fulfillable (what lies in bins for picking). Of a "
        "single location ShipBob has only fulfillable, less what is committed.",
    )
    catalogue_check_age: PositiveDuration = Field(
        default=timedelta(minutes=10),
        description="How long an item that was found is not looked up again before an order with it is sent.",
    )
    poll_overlap: Duration = Field(
        default=timedelta(hours=1),
        description="How far before the last poll of shipments the next one starts.",
    )
    visibility_delay: Duration = Field(
        default=timedelta(seconds=60),
        description="How long after a submit a search may still miss the order (UNVERIFIED).",
    )
    territories: TerritoryForm = Field(
        default=TerritoryForm.STATE,
        description="How addresses in US territories such as Puerto Rico are written (UNVERIFIED): state (country US, "
        "state PR) or country (country PR).",
    )


SETTINGS = ShipBobSettings
# A stock is the account's, whatever channel sells it.
STOCK_SETTINGS = ("location_id",)
ASKED_SETTINGS = ("location_id",)


@dataclass(frozen=True, slots=True)
class OAuthGrant:
    """What an access token is fetched with. `repr` shows no secret."""

    address: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    redirect_uri: str = ""
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class ShipBobCredentials:
    """The API's address, and a token that does not expire, or a grant for tokens that do. `repr` shows no secret."""

    connection_id: str
    base_url: str
    token: str = field(default="", repr=False)
    grant: OAuthGrant | None = None
    network: Network = field(default_factory=Network)

    @classmethod
    def from_connection(cls, connection: Connection) -> ShipBobCredentials:
        """Read a connection. A personal access token wins over a grant.

        Raises:
            SettingsError: lists every missing or wrong field, by its label.
        """
        values = {field.name: field.value_in(connection) for field in FIELDS}
        network, network_mistakes = Network.read(connection)
        address = _address(connection)
        mistakes = [*_mistakes(values, address), *(f"  {mistake}" for mistake in network_mistakes)]
        if mistakes:
            raise SettingsError(f"{named(connection.id)} (ShipBob)", mistakes)
        token = values["password"]
        return cls(connection.id, address, token, None if token else _grant(values), network)


def _grant(values: dict[str, str]) -> OAuthGrant:
    file = values["extra.grant_file"]
    return OAuthGrant(
        address=values["extra.auth_address"].rstrip("/") or AUTH_ADDRESS,
        client_id=values["login"],
        client_secret=values["extra.client_secret"],
        refresh_token=values["extra.refresh_token"],
        redirect_uri=values["extra.redirect_uri"],
        file=Path(file) if file else None,
    )


def _mistakes(values: dict[str, str], address: str) -> list[str]:
    labels = SHIPBOB_FIELDS
    mistakes = []
    if not values["password"]:
        missing = [labels[name] for name in _GRANT if not values[name]]
        if len(missing) == len(_GRANT):
            mistakes.append(
                f"  {labels['password']}: missing. Or give {', '.join(missing)} of an application that uses OAuth."
            )
        else:
            mistakes += [f"  {label}: missing." for label in missing]
    for name in ("password", "extra.client_secret", "extra.refresh_token"):
        if mistake := short_secret(labels[name], values[name]):
            mistakes.append(f"  {mistake}")
    if values["extra.grant_file"] and not Path(values["extra.grant_file"]).is_absolute():
        mistakes.append(f"  {labels['extra.grant_file']}: give the whole path, from / on.")
    for name, url, example in (
        ("host", address, API_ADDRESS),
        ("extra.auth_address", values["extra.auth_address"] or AUTH_ADDRESS, AUTH_ADDRESS),
    ):
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            mistakes.append(f"  {labels[name]}: {values[name]!r} is no address; write for example {example}.")
    return mistakes


def _address(connection: Connection) -> str:
    """Return the base URL, without a version: the connector adds the one that it is written for."""
    return connection.address.rstrip("/") if connection.host.strip() else API_ADDRESS

"""What an Extensiv account needs: credentials in its connection, and settings in the lane. Makes no call.

All missing and wrong fields are reported at once, by their labels in Airflow's form.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from cartage.addresses import TerritoryForm
from cartage.connections import ConnectionField, named
from cartage.errors import SettingsError
from cartage.lanes.kinds import Duration, TimeZone
from cartage.network import Network
from cartage.redaction import short_secret

if TYPE_CHECKING:
    from cartage.connections import Connection

API_ADDRESS = "https://secure-wms.com"

_ONE_OF = "The 3PL gives you at least one of user login, user login ID and TPL GUID."

FIELDS: tuple[ConnectionField, ...] = (
    ConnectionField(
        "host", "API address", f"Leave it empty for Extensiv's own, {API_ADDRESS}.", required=False
    ),
    ConnectionField("login", "Client ID", "Client ID that the 3PL gave you."),
    ConnectionField("password", "Client secret", "Client secret that came with it.", secret=True),
    ConnectionField("extra.user_login", "User login", _ONE_OF, required=False),
    ConnectionField("extra.user_login_id", "User login ID", "The number of the user.", required=False),
    # Airflow masks extras by their names, so the GUID has a name that it masks.
    ConnectionField(
        "extra.tpl_secret",
        "TPL GUID",
        "The 3PL's key, with its braces.",
        secret=True,
        required=False,
        former="extra.tpl",
    ),
)
# Field of the connection -> label in Airflow's form.
EXTENSIV_FIELDS: dict[str, str] = {field.name: field.label for field in FIELDS}


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldLimits(_Model):
    """The longest texts that the warehouse accepts, in characters. UNVERIFIED: Extensiv documents no limits."""

    reference: int = Field(default=50, ge=1, description="Reference number.")
    display_number: int = Field(
        default=50, ge=1, description="Purchase order number (the store's order number)."
    )
    name: int = Field(default=75, ge=1, description="Receiver's name.")
    company: int = Field(default=75, ge=1, description="Receiver's company.")
    address1: int = Field(default=75, ge=1, description="First address line.")
    address2: int = Field(default=75, ge=1, description="Second address line.")
    city: int = Field(default=50, ge=1, description="City.")
    state: int = Field(default=50, ge=1, description="State or province.")
    zip_code: int = Field(default=20, ge=1, description="Postal code.")
    phone: int = Field(default=50, ge=1, description="Telephone number.")
    email: int = Field(default=150, ge=1, description="E-mail address.")
    sku: int = Field(default=100, ge=1, description="SKU of a line.")
    line_notes: int = Field(default=500, ge=1, description="Notes of a line: options such as an engraving.")


class ExtensivSettings(_Model):
    """A lane's `warehouse.settings` for the connector `extensiv`."""

    customer_id: int = Field(ge=1, description="The 3PL's id of your company as its customer.")
    facility_id: int = Field(ge=1, description="The 3PL's id of the facility that ships.")
    time_zone: TimeZone = Field(
        default="UTC",
        description="Time zone of the API's times, which have no offset (UNVERIFIED; it may be the facility's).",
    )
    facility_time_zone: TimeZone | None = Field(
        default=None,
        description="Time zone of what happens on the facility's floor (picking, loading out); empty: time_zone.",
    )
    billing_code: str = Field(
        default="Prepaid",
        description="Who pays the carrier if the ship method does not say; empty: not sent.",
    )
    defer_notification: bool | None = Field(
        default=None,
        description="Send deferNotification with each order. With true, orders stay incomplete until the 3PL completes "
        "them; empty: not sent.",
    )
    poll_overlap: Duration = Field(
        default=timedelta(hours=24),
        description="How far before the last poll of shipments the next one starts.",
    )
    visibility_delay: Duration = Field(
        default=timedelta(seconds=60),
        description="How long after a submit a search may still miss the order.",
    )
    notes_max_length: int = Field(
        default=2000, ge=0, description="Longest notes, in characters (UNVERIFIED)."
    )
    territories: TerritoryForm = Field(
        default=TerritoryForm.STATE,
        description="How the 3PL writes addresses in US territories such as Puerto Rico (UNVERIFIED): state "
        "(country US, state PR) or country (country PR).",
    )
    limits: FieldLimits = Field(
        default_factory=FieldLimits, description="Longest text per field, in characters."
    )

    def zone(self) -> ZoneInfo:
        """Return the time zone of the API's naive times."""
        return ZoneInfo(self.time_zone)

    def facility_zone(self) -> ZoneInfo:
        """Return the time zone of the facility's own times."""
        return ZoneInfo(self.facility_time_zone or self.time_zone)


SETTINGS = ExtensivSettings
STOCK_SETTINGS = ("customer_id", "facility_id")
ASKED_SETTINGS = ("time_zone", "facility_time_zone")


@dataclass(frozen=True, slots=True)
class ExtensivCredentials:
    """The API's address, and the credentials. `repr` shows no secret."""

    connection_id: str
    base_url: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    user_login: str = ""
    user_login_id: str = ""
    tpl: str = field(default="", repr=False)
    network: Network = field(default_factory=Network)

    @classmethod
    def from_connection(cls, connection: Connection) -> ExtensivCredentials:
        """Read a connection.

        Raises:
            SettingsError: lists every missing or wrong field, by its label.
        """
        extra = {
            field.name.removeprefix("extra."): field.value_in(connection)
            for field in FIELDS
            if field.name.startswith("extra.")
        }
        address = _address(connection)
        network, network_mistakes = Network.read(connection)
        mistakes = [*_mistakes(connection, extra, address), *(f"  {mistake}" for mistake in network_mistakes)]
        if mistakes:
            raise SettingsError(f"{named(connection.id)} (Extensiv)", mistakes)
        return cls(
            connection_id=connection.id,
            base_url=address,
            client_id=connection.login.strip(),
            client_secret=connection.password.strip(),
            user_login=extra["user_login"],
            user_login_id=extra["user_login_id"],
            tpl=extra["tpl_secret"],
            network=network,
        )

    def grant(self) -> dict[str, Any]:
        """Return the body of a token request, with every identification of the user that is set (section 2, "Auth")."""
        user_id = int(self.user_login_id) if self.user_login_id.isdigit() else self.user_login_id
        named = {"user_login": self.user_login, "user_login_id": user_id, "tpl": self.tpl}
        return {"grant_type": "client_credentials", **{key: value for key, value in named.items() if value}}


def _mistakes(connection: Connection, extra: dict[str, str], address: str) -> list[str]:
    labels = EXTENSIV_FIELDS
    missing = [labels[name] for name in ("login", "password") if not getattr(connection, name).strip()]
    mistakes = [f"  {label}: missing." for label in missing]
    if not any(extra.values()):
        choices = ", ".join(labels[f"extra.{name}"] for name in extra)
        mistakes.append(f"  {choices}: all missing; the 3PL gives you at least one.")
    secrets = (connection.password.strip(), extra["tpl_secret"])
    for name, secret in zip(("password", "extra.tpl_secret"), secrets, strict=True):
        if mistake := short_secret(labels[name], secret):
            mistakes.append(f"  {mistake}")
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        mistakes.append(
            f"  {labels['host']}: {connection.host!r} is no address; write for example {API_ADDRESS}."
        )
    return mistakes


def _address(connection: Connection) -> str:
    """Return the base URL. Airflow splits a URI into host, schema and port; a form may have all of it as the host."""
    host = connection.host.strip().rstrip("/")
    if not host:
        return API_ADDRESS
    if "://" in host:
        return host
    return (
        f"{connection.schema.strip() or 'https'}://{host}{f':{connection.port}' if connection.port else ''}"
    )

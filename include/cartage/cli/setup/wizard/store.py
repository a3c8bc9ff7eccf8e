"""Ask about the store, test its credentials, and read what the wizard needs from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cartage.cli.printing import show_table
from cartage.cli.setup.gap import ledger_gap
from cartage.cli.setup.wizard.asking import Asking, Prompt
from cartage.connections import Connection, connection_of, default_resolver, named
from cartage.errors import RemoteError, SettingsError

if TYPE_CHECKING:
    from cartage.pace import CallBudget
    from cartage.storefront import StoreClient
    from cartage.storefront.catalogue import OrderStatus

# A few pages show which ship methods are in use; preflight reads all orders.
_MOST_PAGES = 10
_CART = 7  # 3dcart-api.md, section 5: an abandoned cart may have an unfinished ship method
# Likely time zones by the store's setting: whole hours from UTC in winter.
_ZONES = {
    -5: "America/New_York",
    -6: "America/Chicago",
    -7: "America/Denver",
    -8: "America/Los_Angeles",
    -9: "America/Anchorage",
    -10: "Pacific/Honolulu",
    0: "Europe/London",
    1: "Europe/Berlin",
    10: "Australia/Sydney",
}


@dataclass(frozen=True, slots=True)
class FoundStore:
    """The store's tested connection, its order statuses, and a guess of its time zone (may be empty)."""

    connection: Connection
    statuses: tuple[OrderStatus, ...]
    time_zone: str


def ask_store(asking: Asking, connection_id: str, given: Mapping[str, str | None]) -> FoundStore:
    """Ask for the store's credentials and test them, until they are accepted.

    Raises:
        CartageError: if not interactive, and they are not accepted.
    """
    from cartage.storefront.fields import STORE_FIELDS

    def attempt() -> FoundStore:
        values = {
            ("host" if field.place == "host" else f"extra.{field.name}"): asking.text(
                Prompt(
                    _option(field.name, field.secret),
                    field.label,
                    field.description,
                    field.secret,
                    field.required,
                ),
                given.get(field.name),
            )
            for field in STORE_FIELDS
        }
        found = look_at_store(connection_of("", values))
        return replace(found, connection=replace(found.connection, id=connection_id))

    return asking.until_right(attempt)


def look_at_store(connection: Connection) -> FoundStore:
    """Test the credentials. Read-only. The connection is kept nowhere yet, so it has no id.

    Raises:
        SettingsError: if a field is missing or wrong, or the store does not accept them.
        RemoteError: if the store cannot be read.
    """
    with _opened(connection, ZoneInfo("UTC")) as client:
        outcome = client.check()
        if not outcome.ok:
            raise SettingsError(f"{named(connection.id)} (3dcart)", [f"  {outcome.text}"])
        return FoundStore(connection, client.order_statuses(), _zone_of(client))


def show_statuses(found: FoundStore) -> None:
    """Print the store's order statuses, so that a person can choose."""
    rows = [
        (status.id, status.label, status.definition, "yes" if status.visible else "no")
        for status in found.statuses
    ]
    show_table(("id", "label", "3dcart's name", "visible"), rows, title="The store's order statuses")


def used_ship_methods(found: FoundStore, zone: ZoneInfo, days: int) -> Counter[str]:
    """Count the ship methods of the orders of the last `days` days, of at most 3,000 orders.

    Raises:
        RemoteError: if the store cannot be read.
    """
    from cartage.storefront import OrderQuery, Unreadable, translate_order

    used: Counter[str] = Counter()
    with _opened(found.connection, zone) as client:
        pages = client.list_orders(OrderQuery(zone, ordered_from=datetime.now(UTC) - timedelta(days=days)))
        for page, _ in zip(pages, range(_MOST_PAGES), strict=False):
            for entry in page.entries:
                order = translate_order(entry, zone)
                if not isinstance(order, Unreadable) and order.status_id != _CART:
                    used.update({group.ship_method for group in order.groups if group.ship_method})
    return used


@contextmanager
def _opened(connection: Connection, zone: ZoneInfo) -> Iterator[StoreClient]:
    """Yield a client of the store, on the call budget that lanes on this store share, if there is a ledger yet."""
    from cartage.lanes.settings.limits import Limits
    from cartage.pace import LocalBudget
    from cartage.runtime.store_budget import open_budget
    from cartage.storefront import StoreCredentials, open_store

    credentials, limits = StoreCredentials.from_connection(connection), Limits()
    with ExitStack() as stack:
        budget: CallBudget = LocalBudget(limits.burst, limits.calls_per_second)
        if not ledger_gap():
            budget = stack.enter_context(
                open_budget(credentials.identity, limits, default_resolver(), background=True)
            )
        yield stack.enter_context(closing(open_store(credentials, zone=zone, budget=budget)))


def _zone_of(client: StoreClient) -> str:
    """Guess the store's time zone from its settings. Return an empty text if the token may not read them."""
    try:
        offset = client.store_settings().time_zone.strip()
    except RemoteError:
        return ""
    try:
        return _ZONES.get(int(offset), "")
    except ValueError:
        return ""


def _option(name: str, secret: bool) -> str:
    return (
        f"CARTAGE_INIT_{name.upper()}"
        if secret
        else f"--{'api-address' if name == 'host' else name.replace('_', '-')}"
    )

"""Look up what a lane's settings name at ShipBob: the token, the channel and its rights, the catalogue, the location.

Reads only. What the token may not list is reported as unknown, not as correct.
"""

from __future__ import annotations

from collections.abc import Iterator

from cartage.errors import AuthFailed, MalformedResponse, NotFound, PermissionDenied, Refused
from cartage.warehouses.checks import Inspected
from cartage.warehouses.shipbob import wire
from cartage.warehouses.shipbob.client import ShipBobClient
from cartage.warehouses.shipbob.lists import Lists
from cartage.warehouses.shipbob.products import Products
from cartage.warehouses.shipbob.settings import ShipBobSettings

CHANNELS = "/channel"
_LOCATIONS = "/location"
_CHANNELS_PAGE = 250
# What the connector calls, by the scope that it needs (V, the OpenAPI description).
_SCOPES = {
    "orders_write": "send and cancel orders",
    "orders_read": "read orders and tracking",
    "products_read": "check SKUs",
    "inventory_read": "read stock",
}
_NOT_LISTED = (PermissionDenied, NotFound, Refused, MalformedResponse)


def inspect(
    client: ShipBobClient, settings: ShipBobSettings, products: Products, lists: Lists
) -> Iterator[Inspected]:
    """Look everything up. Stop if the token is not accepted.

    Raises:
        RemoteError: if ShipBob could not be reached.
    """
    try:
        known = channels(client)
    except AuthFailed as failure:
        yield Inspected("sign-in", ok=False, text=failure.what, fix=failure.fix)
        return
    except _NOT_LISTED as failure:
        yield Inspected("sign-in", ok=True, text="The token was accepted.")
        text = f"the token may not list channels ({failure.what})"
        fix = "Give the token the scope channels_read, or ask ShipBob for the id of your channel."
        yield Inspected(f"channel {settings.channel_id}", ok=None, text=text, fix=fix)
    else:
        yield Inspected("sign-in", ok=True, text="The token was accepted.")
        yield from _channel(known, settings)
    yield from _catalogue(products, settings)
    if settings.location_id is not None:
        yield from _location(client, settings.location_id)
    yield from _shipping_methods(lists)


def channels(client: ShipBobClient) -> list[wire.Channel]:
    """Return the channels that the token may use. Raises RemoteError."""
    pages = client.linked_pages(CHANNELS, wire.Channel, {"RecordsPerPage": _CHANNELS_PAGE})
    return [row.value for page in pages for row in page.rows if row.value.id]


def _channel(known: list[wire.Channel], settings: ShipBobSettings) -> Iterator[Inspected]:
    thing = f"channel {settings.channel_id}"
    channel = next((each for each in known if each.id == str(settings.channel_id)), None)
    if channel is None:
        able = [each for each in known if "orders_write" in each.scopes]
        offered = ", ".join(f"{each.id} ({each.name})" for each in able or known) or "none"
        text = f"the token has no such channel; it has {offered}"
        fix = "Set channel_id in the lane's warehouse settings to the one with the right to write orders."
        yield Inspected(thing, ok=False, text=text, fix=fix)
        return
    missing = [f"{scope} (to {use})" for scope, use in _SCOPES.items() if scope not in channel.scopes]
    if missing:
        text = f"{channel.name!r} lacks {', '.join(missing)}"
        fix = "Create a token with these scopes, or set channel_id to the channel that was made for it."
        yield Inspected(thing, ok=False, text=text, fix=fix)
        return
    yield Inspected(
        thing, ok=True, text=f"It is called {channel.name!r}, and has the rights that are needed."
    )


def _catalogue(products: Products, settings: ShipBobSettings) -> Iterator[Inspected]:
    """Say whether items can be named in orders: that nothing has a name is a wrong `product_reference`."""
    field = settings.product_reference.value
    try:
        page = next(products.pages())
    except _NOT_LISTED as failure:
        fix = "Give the token the scope products_read: without it no order can be sent."
        yield Inspected("products", ok=False, text=f"the catalogue cannot be read ({failure.what})", fix=fix)
        return
    variants = [variant for row in page.rows for variant in row.value.variants]
    named = [variant for variant in variants if products.name_of(variant)]
    if variants and not named:
        fix = "Set product_reference in the lane's warehouse settings to the field that has your SKUs."
        yield Inspected("products", ok=False, text=f"no item has a {field}", fix=fix)
        return
    more = "at least " if not page.is_last else ""
    yield Inspected("products", ok=True, text=f"Orders can name {more}{len(named)} items by their {field}.")


def _location(client: ShipBobClient, location_id: int) -> Iterator[Inspected]:
    thing = f"location {location_id}"
    try:
        found = locations(client)
    except _NOT_LISTED as failure:
        fix = (
            "Give the token the scope locations_read, or ask ShipBob whether this location ships your orders."
        )
        yield Inspected(thing, ok=None, text=f"the token may not list locations ({failure.what})", fix=fix)
        return
    location = next((each for each in found if each.id == str(location_id)), None)
    if location is None:
        usable = [each for each in found if each.access_granted is not False and each.is_active is not False]
        offered = ", ".join(f"{each.id} ({each.name})" for each in usable) or "none"
        fix = "Set location_id in the lane's warehouse settings to one of these, or leave it out."
        yield Inspected(thing, ok=False, text=f"there is no such location; there is {offered}", fix=fix)
    elif (
        location.is_active is False
        or location.access_granted is False
        or location.is_shipping_enabled is False
    ):
        fix = "Ask ShipBob for access to it, or leave location_id out."
        yield Inspected(thing, ok=False, text=f"{location.name!r} does not ship your orders", fix=fix)
    else:
        yield Inspected(thing, ok=True, text=f"It is called {location.name!r}.")


def locations(client: ShipBobClient) -> list[wire.Location]:
    """Return the locations of ShipBob's network. Raises RemoteError."""
    rows = client.whole_list(_LOCATIONS, wire.Location, {"IncludeInactive": "true"})
    return [row.value for row in rows if row.value.id]


def _shipping_methods(lists: Lists) -> Iterator[Inspected]:
    """Name the shipping methods: an order with another name is shipped as Standard (V)."""
    try:
        methods = lists.ship_methods().items
    except _NOT_LISTED as failure:
        text = f"the shipping methods cannot be read ({failure.what})"
        yield Inspected("shipping methods", ok=None, text=text, fix="Give the token the scope orders_read.")
        return
    names = ", ".join(method.service for method in methods)
    fix = "Create them at ShipBob: Integrations > Ship option mapping."
    text = f"It has {names}." if names else "there are none"
    yield Inspected("shipping methods", ok=bool(names), text=text, fix="" if names else fix)

"""Look up what a lane's settings name at Extensiv: the account, the customer, the facility with its clock, open orders.

Reads only. What the credentials may not list is reported as unknown, not as correct.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from cartage.errors import AuthFailed, MalformedResponse, NotFound, PermissionDenied, Refused
from cartage.warehouses.checks import Inspected
from cartage.warehouses.contract import RemoteState
from cartage.warehouses.extensiv import rql, translate, wire
from cartage.warehouses.extensiv.client import ExtensivClient
from cartage.warehouses.extensiv.settings import ExtensivSettings
from cartage.warehouses.extensiv.wire.stamps import utc_time

_FACILITIES_PAGE = 100
_ORDERS_PAGE = 1000
_FLOOR_TIME = "facility_time_zone"
# A 3PL that completes orders by itself has done so by then.
_SOON = timedelta(hours=1)
_SHOWN = 3
_NOT_LISTED = (PermissionDenied, NotFound, Refused, MalformedResponse)
_ASK = "Ask the 3PL for the id, and set {} to it in the lane's warehouse settings."


def inspect(client: ExtensivClient, settings: ExtensivSettings, items_path: str) -> Iterator[Inspected]:
    """Sign in, and look up the customer, the facility and the open orders. Stop if the sign-in fails.

    Raises:
        RemoteError: if Extensiv could not be reached.
    """
    customer = f"customer {settings.customer_id}"
    try:
        items = client.page(items_path, wire.Item, number=1, size=1, params={}).total
    except AuthFailed as failure:
        yield Inspected("sign-in", ok=False, text=failure.what, fix=failure.fix)
        return
    except NotFound:
        yield Inspected("sign-in", ok=True, text="Signed in.")
        yield Inspected(
            customer, ok=False, text="the account has no such customer", fix=_ASK.format("customer_id")
        )
    except PermissionDenied as failure:
        yield Inspected("sign-in", ok=True, text="Signed in.")
        yield Inspected(customer, ok=False, text=failure.what, fix=failure.fix)
    else:
        yield Inspected("sign-in", ok=True, text="Signed in.")
        yield Inspected(
            customer, ok=True, text="The account has it." if items is None else f"It has {items} items."
        )
    yield from _facility(client, settings)
    yield from _incomplete_orders(client, settings)


def _facility(client: ExtensivClient, settings: ExtensivSettings) -> Iterator[Inspected]:
    """Look up the facility and its time zone in the account's list. UNVERIFIED: what credentials may list it."""
    thing = f"facility {settings.facility_id}"
    try:
        pages = client.pages("/properties/facilities", wire.Facility, size=_FACILITIES_PAGE, params={})
        named = {row.value.facility_id: row.value for page in pages for row in page.rows}
    except _NOT_LISTED as failure:
        text = f"the account does not list its facilities ({failure.what})"
        yield Inspected(thing, ok=None, text=text, fix="Ask the 3PL whether this is the facility that ships.")
        return
    named.pop("", None)
    if facility := named.get(str(settings.facility_id)):
        yield Inspected(thing, ok=True, text=f"It is called {facility.name!r}.")
        yield from _time_zone(facility, settings)
        return
    known = ", ".join(f"{number} ({found.name})" for number, found in sorted(named.items())) or "none"
    text = f"the account has no such facility; it has {known}"
    yield Inspected(thing, ok=False, text=text, fix=_ASK.format("facility_id"))


def _time_zone(facility: wire.Facility, settings: ExtensivSettings) -> Iterator[Inspected]:
    """Compare the zone of the facility's clock with the setting, if the account names one that is known."""
    from tzlocal.windows_tz import win_tz

    named = facility.time_zone_name
    zone = win_tz.get(named, named)
    if not named or zone not in available_timezones():
        return
    used = settings.facility_zone()
    if _same_clock(ZoneInfo(zone), used):
        yield Inspected(_FLOOR_TIME, ok=True, text=f"The facility's clock is that of {used.key}.")
        return
    setting = settings.facility_time_zone
    text = f"the facility's clock is that of {zone} ({named}), but {used.key} is used"
    fix = f"Set facility_time_zone: {zone} in the lane's warehouse settings."
    yield Inspected(_FLOOR_TIME, ok=setting is None, text=text, fix=fix, warns=setting is None)


def _same_clock(zone: ZoneInfo, other: ZoneInfo) -> bool:
    """Return whether two zones have the same time in winter and in summer."""
    year = datetime.now(UTC).year
    moments = [datetime(year, month, 1, tzinfo=UTC) for month in (1, 7)]
    return all(
        moment.astimezone(zone).utcoffset() == moment.astimezone(other).utcoffset() for moment in moments
    )


def _incomplete_orders(client: ExtensivClient, settings: ExtensivSettings) -> Iterator[Inspected]:
    """Say how many of the oldest open orders the 3PL has not completed: nobody works on those.

    UNVERIFIED: that `readOnly.deferNotification` stays true until an order is complete, and is false or absent after.
    """
    own = rql.equal("readonly.customeridentifier.id", settings.customer_id)
    params = {
        "rql": rql.every(rql.is_false("readonly.isclosed"), own),
        "detail": "None",
        "itemdetail": "None",
    }
    try:
        page = client.page("/orders", wire.Order, number=1, size=_ORDERS_PAGE, params=params)
    except _NOT_LISTED as failure:
        text = f"the account does not list its orders ({failure.what})"
        yield Inspected("open orders", ok=None, text=text, fix="Ask the 3PL for the role OrderView.")
        return
    limit = (page.made_at or datetime.now(UTC)) - _SOON
    late = []
    for row in page.rows:
        read = row.value.read_only
        created = utc_time(read.creation_date, settings.zone())
        waits = translate.state_of(row.value) is RemoteState.OPEN and read.defer_notification
        if waits and (created is None or created < limit):
            late.append(row.value.reference_num)
    if not late:
        yield Inspected("open orders", ok=True, text="The 3PL has completed all that it should have by now.")
        return
    text = f"{len(late)} open orders are still incomplete at the warehouse, so that nobody ships them: {_some(late)}"
    fix = "Ask the 3PL to complete them and every new order, or set defer_notification: false."
    yield Inspected("open orders", ok=True, text=text, fix=fix, warns=True)


def _some(references: Sequence[str]) -> str:
    return ", ".join(references[:_SHOWN]) + (" ..." if len(references) > _SHOWN else "")

"""The store's clock and time zone: 3dcart's times have no zone, so a wrong zone moves every order by hours.

The checks compare the zone in the store's settings, look for orders in the future, and compare the API's clock with
this machine's. They can show that the zone is wrong, but not prove that it is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cartage.errors import AuthFailed, PermissionDenied
from cartage.preflight.findings import (
    FindingKind,
    PreflightFinding,
    mistake,
    not_checked,
    ok,
    unknown,
    warning,
)
from cartage.preflight.world import PreflightWorld
from cartage.storefront import OrderQuery, Unreadable, translate_order

if TYPE_CHECKING:
    from cartage.runtime.context import StageContext

TITLE = "Store's clock and zone"
# The header Date has whole seconds and a call takes some time: a larger difference means a wrong clock.
_SLACK = timedelta(minutes=2)
# The store stamps an order before it can be listed; a later time than this is in the future.
_FUTURE = timedelta(minutes=15)
_HOURS = re.compile(r"(?:UTC|GMT)?\s*([+-]?\d{1,2}(?:\.\d+)?)", re.IGNORECASE)


def check(world: PreflightWorld) -> Iterator[PreflightFinding]:
    """Check that the lane's time zone fits the store's settings and orders, and that the clocks agree.

    Raises:
        RemoteError: if the store cannot be asked.
    """
    context = world.context
    try:
        yield _zone_finding(
            context.store.store_settings().time_zone, context.lane.store.zone(), datetime.now(UTC)
        )
    except (AuthFailed, PermissionDenied) as failure:
        yield not_checked("time zone", failure)
    yield _future_orders(context, datetime.now(UTC))
    yield _clock_finding(context.store.clock_ahead)


def _zone_finding(store_zone: str, zone: ZoneInfo, now: datetime) -> PreflightFinding:
    """Compare with the store's zone in hours from UTC (3dcart-api.md, section 4.1), with or without daylight saving."""
    hours = _HOURS.fullmatch(store_zone.strip())
    if store_zone.strip() == zone.key:
        return ok("time zone", f"The store has {store_zone}, and so does the lane.")
    if hours is None:
        what = f"the store's zone is {store_zone!r}, which cannot be compared with {zone.key}"
        return unknown(
            FindingKind.TIME_ZONE,
            "time zone",
            what,
            "Check in 3dcart's General settings that they are the same.",
        )
    offset = timedelta(hours=float(hours[1]))
    offsets = {datetime(now.year, month, 15, tzinfo=zone).utcoffset() for month in (1, 7)}
    if offset in offsets:
        return ok("time zone", f"The store is {store_zone} hours from UTC, which fits {zone.key}.")
    shown = " or ".join(
        sorted(f"{offset / timedelta(hours=1):+g}" for offset in offsets if offset is not None)
    )
    what = f"the store is {store_zone} hours from UTC, but the lane's zone {zone.key} is {shown}"
    fix = "Correct time_zone of the lane's store, or the zone in 3dcart's General settings."
    return mistake(FindingKind.TIME_ZONE, "time zone", what, fix)


def _future_orders(context: StageContext, now: datetime) -> PreflightFinding:
    """Look for orders that would be placed in the future by the lane's zone: then it lies too far west."""
    zone = context.lane.store.zone()
    ahead: list[timedelta] = []
    for page in context.store.list_orders(OrderQuery(zone, ordered_from=now + _FUTURE)):
        for entry in page.entries:
            order = translate_order(entry, zone)
            if not isinstance(order, Unreadable) and order.ordered_at and order.ordered_at > now + _FUTURE:
                ahead.append(order.ordered_at - now)
    if not ahead:
        return ok("orders' times", "No order is in the future by the lane's time zone.")
    hours = min(ahead) / timedelta(hours=1)
    nearest = f"the nearest by {hours:.1f} hours"
    what = f"{len(ahead)} orders are in the future, {nearest}: the store's zone is not {zone.key}"
    fix = "Set time_zone of the lane's store to the zone of the times that 3dcart shows."
    return mistake(FindingKind.ORDERS_FROM_THE_FUTURE, "orders' times", what, fix, orders=len(ahead))


def _clock_finding(ahead: timedelta | None) -> PreflightFinding:
    if ahead is None:
        what = "3dcart's responses do not show its time"
        return unknown(FindingKind.CLOCKS_DIFFER, "clocks", what, "Synchronise this machine's clock by NTP.")
    if abs(ahead) <= _SLACK:
        return ok("clocks", "This machine's clock and the API's agree.")
    way = "behind" if ahead > timedelta() else "ahead of"
    what = (
        f"this machine's clock is {_minutes(ahead)} {way} the API's: windows would end too early or too late"
    )
    return warning(FindingKind.CLOCKS_DIFFER, "clocks", what, "Set this machine's clock by NTP.")


def _minutes(span: timedelta) -> str:
    return f"{abs(span) / timedelta(minutes=1):.0f} minutes"

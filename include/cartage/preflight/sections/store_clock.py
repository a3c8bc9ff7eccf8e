"""The store's clock and zone: 3dcart's times carry no zone, so a wrong one moves every order by hours.

What can be known: the zone that the store's settings name, orders that would lie in the future, and how far the API's
clock is from this machine's. That the zone is right is never proven, only that nothing speaks against it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cartage.errors import AuthFailed, PermissionDenied
from cartage.preflight.findings import FindingKind, PreflightFinding, mistake, not_seen, ok, unknown, warning
from cartage.preflight.world import PreflightWorld
from cartage.storefront import OrderQuery, Unreadable, translate_order

if TYPE_CHECKING:
    from cartage.runtime.context import StageContext

TITLE = "Store's clock and zone"
# The header Date knows seconds, and a call takes some: a clock that is further off than this is wrong.
_SLACK = timedelta(minutes=2)
# An order is stamped by the store's clock before it can be listed; one beyond this is in the future.
_FUTURE = timedelta(minutes=15)
_HOURS = re.compile(r"(?:UTC|GMT)?\s*([+-]?\d{1,2}(?:\.\d+)?)", re.IGNORECASE)


def check(world: PreflightWorld) -> Iterator[PreflightFinding]:
    """The lane's time zone fits what the store says and does, and the clocks agree.

    Raises:
        RemoteError: if the store could not be asked.
    """
    context = world.context
    try:
        yield _zone(context.store.store_settings().time_zone, context.lane.store.zone(), datetime.now(UTC))
    except (AuthFailed, PermissionDenied) as failure:
        yield not_seen("time zone", failure)
    yield _future(context, datetime.now(UTC))
    yield _clocks(context.store.clock_ahead)


def _zone(told: str, zone: ZoneInfo, now: datetime) -> PreflightFinding:
    """The store tells whole hours from UTC (3dcart-api.md, section 4.1), with or without daylight saving."""
    hours = _HOURS.fullmatch(told.strip())
    if told.strip() == zone.key:
        return ok("time zone", f"The store says {told}, as the lane does.")
    if hours is None:
        what = f"the store names its zone {told!r}, which cannot be compared with {zone.key}"
        return unknown(
            FindingKind.TIME_ZONE,
            "time zone",
            what,
            "See in 3dcart's General settings that they are the same.",
        )
    offset = timedelta(hours=float(hours[1]))
    offsets = {datetime(now.year, month, 15, tzinfo=zone).utcoffset() for month in (1, 7)}
    if offset in offsets:
        return ok("time zone", f"The store says {told} hours from UTC, which fits {zone.key}.")
    shown = " or ".join(
        sorted(f"{offset / timedelta(hours=1):+g}" for offset in offsets if offset is not None)
    )
    what = f"the store says {told} hours from UTC; {zone.key}, which the lane names, is {shown}"
    fix = "Correct time_zone of the lane's store, or the zone in 3dcart's General settings."
    return mistake(FindingKind.TIME_ZONE, "time zone", what, fix)


def _future(context: StageContext, now: datetime) -> PreflightFinding:
    """Orders placed later than now, were the lane's zone the store's: the zone lies too far west."""
    zone = context.lane.store.zone()
    ahead: list[timedelta] = []
    for page in context.store.list_orders(OrderQuery(zone, ordered_from=now + _FUTURE)):
        for entry in page.entries:
            order = translate_order(entry, zone)
            if not isinstance(order, Unreadable) and order.ordered_at and order.ordered_at > now + _FUTURE:
                ahead.append(order.ordered_at - now)
    if not ahead:
        return ok("orders' times", "No order lies in the future, as the lane reads the store's times.")
    hours = min(ahead) / timedelta(hours=1)
    what = f"{len(ahead)} orders lie in the future, the nearest by {hours:.1f} hours: the zone {zone.key} is not theirs"
    fix = "Set time_zone of the lane's store to the zone of the times that 3dcart shows."
    return mistake(FindingKind.ORDERS_FROM_THE_FUTURE, "orders' times", what, fix, orders=len(ahead))


def _clocks(ahead: timedelta | None) -> PreflightFinding:
    if ahead is None:
        what = "3dcart's answers do not say what time it is there"
        return unknown(FindingKind.CLOCKS_DIFFER, "clocks", what, "Keep this machine's clock by NTP.")
    if abs(ahead) <= _SLACK:
        return ok("clocks", "This machine's clock and the API's agree.")
    way = "behind" if ahead > timedelta() else "ahead of"
    what = f"this machine's clock is {_minutes(ahead)} {way} the API's: windows would end early or late"
    return warning(FindingKind.CLOCKS_DIFFER, "clocks", what, "Set this machine's clock by NTP.")


def _minutes(span: timedelta) -> str:
    return f"{abs(span) / timedelta(minutes=1):.0f} minutes"

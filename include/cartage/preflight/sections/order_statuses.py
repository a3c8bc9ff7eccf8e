"""Order statuses: the four statuses of an order exist in the store, are visible and are different."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from cartage.errors import SettingsError
from cartage.preflight.findings import FindingKind, PreflightFinding, failure_text, mistake, ok, warning
from cartage.preflight.world import PreflightWorld
from cartage.storefront.order_statuses import SETTINGS, resolve_open, resolve_statuses, statuses_listed
from cartage.storefront.query import OrderQuery

if TYPE_CHECKING:
    from cartage.storefront.catalogue import OrderStatus

TITLE = "Order statuses"
_WHERE = "3dcart (Settings > General > Order Status)"


def check(world: PreflightWorld) -> Iterator[PreflightFinding]:
    """Check that each of the lane's statuses is one of the store's, by id or label, and visible.

    Of `inventory.open_statuses`, check that each label belongs to one status.

    Raises:
        RemoteError: if the store cannot be asked.
    """
    context = world.context
    lane = context.lane
    table = context.store.order_statuses()
    if lane.inventory is not None:
        try:
            resolve_open(lane, lane.inventory, table)
        except SettingsError as failure:
            yield from _mistakes(failure)
    try:
        # By the store's present statuses: the ledger's copy may be an hour old.
        statuses = resolve_statuses(lane, table, context.lanes_on_store)
    except SettingsError as failure:
        yield from _mistakes(failure)
        return
    known = {status.id: status for status in table}
    for name, status_id in zip(SETTINGS, statuses.path, strict=True):
        yield _status_finding(name, status_id, known)
    if statuses.import_status in known:
        waiting = context.store.count_orders(OrderQuery(lane.store.zone(), status=statuses.import_status))
        label = statuses.name(statuses.import_status)
        yield ok("import status", f"{waiting} orders have the status {label!r} now.")


def _mistakes(failure: SettingsError) -> Iterator[PreflightFinding]:
    for line in failure.mistakes:
        place, _, rest = line.strip().partition(": ")
        what, _, fix = rest.partition(". ")
        yield mistake(FindingKind.STATUS_SETTING, place, what, fix or failure_text(failure)[1])


def _status_finding(name: str, status_id: int, known: Mapping[int, OrderStatus]) -> PreflightFinding:
    status = known.get(status_id)
    if status is None:
        what = f"the store has no order status {status_id}"
        return mistake(
            FindingKind.STATUS_MISSING,
            name,
            what,
            f"Write one of the store's statuses: {statuses_listed(known.values())}.",
        )
    shown = f"{status_id} {status.label or status.definition!r}"
    if status.visible:
        return ok(name, f"It is {shown}.")
    if name == "import_status":
        what = f"it is {shown}, which is hidden in the store: nobody can give it to an order by hand"
        return mistake(
            FindingKind.STATUS_HIDDEN, name, what, f"Make it visible in {_WHERE}, or import another status."
        )
    what = f"it is {shown}, which is hidden in the store: people will not find these orders"
    return warning(FindingKind.STATUS_HIDDEN, name, what, f"Make it visible in {_WHERE}.")

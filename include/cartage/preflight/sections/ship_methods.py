"""Ship methods: every ship method of recent orders has a rule; if not, how many orders it would have blocked.

3dcart's API has no list of ship methods (3dcart-api.md), so only orders show which ones are used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from cartage.errors import AuthFailed, NotSupported, PermissionDenied, SettingsError
from cartage.intake.lane_intake import intake_rules_of
from cartage.intake.own_writes import without_own_writes
from cartage.intake.rules import apply_intake_rules
from cartage.mappings.ship_methods import ShipMethodTable
from cartage.mappings.source import mappings_of
from cartage.mappings.suggestions import suggest_methods
from cartage.preflight.findings import CheckResult, FindingKind, PreflightFinding, ok
from cartage.preflight.world import PreflightWorld
from cartage.storefront import OrderQuery, Unreadable, translate_order

if TYPE_CHECKING:
    from cartage.intake.rules import IntakeRules
    from cartage.model.orders import SalesOrder, ShipMethod
    from cartage.runtime.context import StageContext

TITLE = "Ship methods"
# 3dcart-api.md, section 5: an abandoned cart is not an order, and its ship method may be incomplete.
_CART = 7


def check(world: PreflightWorld) -> Iterator[PreflightFinding]:
    """Count the orders of the last days by ship method, 300 in a call, and compare them with the lane's rules.

    Raises:
        RemoteError: if the store cannot be asked.
    """
    context = world.context
    days = context.lane.preflight.days
    used = _used(context)
    with context.ledger.begin() as connection:
        table = ShipMethodTable(mappings_of(connection, context.lane).methods)
    missing = {text: orders for text, orders in used.items() if table.find(text) is None}
    offered = _offered(context) if missing else ()
    for text, orders in sorted(missing.items(), key=lambda method: (-method[1], method[0])):
        yield _unmapped(text, orders, days, offered)
    if not missing:
        yield ok("ship methods", f"All {len(used)} ship methods of the last {days} days' orders have a rule.")


def _offered(context: StageContext) -> Sequence[ShipMethod]:
    """Return the warehouse's ship methods; none if they cannot be listed, which warehouse_access reports."""
    try:
        return context.warehouse.ship_methods().items
    except (AuthFailed, PermissionDenied, SettingsError, NotSupported):
        return ()


def _used(context: StageContext) -> Counter[str]:
    """Return how many orders had each ship method; an order counts once for each of its methods."""
    zone = context.lane.store.zone()
    since = context.ledger.now() - timedelta(days=context.lane.preflight.days)
    # Orders before the go-live count too: a method that was used once will be used again.
    rules = intake_rules_of(context.lane, cut_over=True)
    used: Counter[str] = Counter()
    for page in context.store.list_orders(OrderQuery(zone, ordered_from=since)):
        translated = [translate_order(entry, zone) for entry in page.entries]
        read = [
            order for order in translated if not isinstance(order, Unreadable) and order.status_id != _CART
        ]
        for order in without_own_writes(context, read):
            used.update(_methods(order, rules))
    return used


def _methods(order: SalesOrder, rules: IntakeRules) -> set[str]:
    """Return the ship methods of the order's groups that the lane ships."""
    return {group.ship_method for group, skip in apply_intake_rules(order, rules).groups if not skip}


def _unmapped(text: str, orders: int, days: int, offered: Sequence[ShipMethod]) -> PreflightFinding:
    shown = text or "(empty)"
    near = suggest_methods(text, offered)
    proposal = "; ".join(f"{method} ({method.score:.0f}%)" for method in near)
    return PreflightFinding(
        CheckResult.MISTAKE,
        shown,
        f"no rule of the lane maps it: it would have blocked {orders} orders of the last {days} days",
        f"Map {shown!r} to the warehouse's carrier and service: `cartage mappings set`, or ship_methods of the lane."
        + (f" Most similar there: {proposal}." if near else ""),
        FindingKind.UNMAPPED_SHIP_METHOD,
        orders,
        str(near[0]) if near else "",
    )

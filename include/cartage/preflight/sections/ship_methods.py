"""Ship methods: every one that recent orders used has a rule in the lane; where not, what it would have stopped.

3dcart's API lists no ship methods (3dcart-api.md names none), so orders are all that tells which there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from cartage.errors import AuthFailed, NotSupported, PermissionDenied, SettingsError
from cartage.intake.lane_intake import intake_rules_of
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
# 3dcart-api.md, section 5: an abandoned cart is no order, and its ship method may be half chosen.
_CART = 7


def check(world: PreflightWorld) -> Iterator[PreflightFinding]:
    """Count the orders of the last days by ship method, 300 a call, and compare with the lane's rules.

    Raises:
        RemoteError: if the store could not be asked.
    """
    context = world.context
    days = context.lane.preflight.days
    used = _used(context)
    with context.ledger.begin() as connection:
        table = ShipMethodTable(mappings_of(connection, context.lane).methods)
    missing = {text: orders for text, orders in used.items() if table.find(text) is None}
    offered = _offered(context) if missing else ()
    for text, orders in sorted(missing.items(), key=lambda one: (-one[1], one[0])):
        yield _unmapped(text, orders, days, offered)
    if not missing:
        yield ok("ship methods", f"All {len(used)} that orders of the last {days} days used have a rule.")


def _offered(context: StageContext) -> Sequence[ShipMethod]:
    """What the warehouse ships by; nothing if it does not tell, which its own section explains."""
    try:
        return context.warehouse.ship_methods()
    except (AuthFailed, PermissionDenied, SettingsError, NotSupported):
        return ()


def _used(context: StageContext) -> Counter[str]:
    """How many orders had each ship method; an order counts once for each of its own."""
    zone = context.lane.store.zone()
    since = context.ledger.now() - timedelta(days=context.lane.preflight.days)
    # Of every order, however old the lane: what was used once will be used again.
    rules = intake_rules_of(context.lane, cut_over=True)
    used: Counter[str] = Counter()
    for page in context.store.list_orders(OrderQuery(zone, ordered_from=since)):
        for entry in page.entries:
            order = translate_order(entry, zone)
            if not isinstance(order, Unreadable) and order.status_id != _CART:
                used.update(_methods(order, rules))
    return used


def _methods(order: SalesOrder, rules: IntakeRules) -> set[str]:
    """The ship methods of the order's groups that the lane ships."""
    return {group.ship_method for group, skip in apply_intake_rules(order, rules).groups if not skip}


def _unmapped(text: str, orders: int, days: int, offered: Sequence[ShipMethod]) -> PreflightFinding:
    shown = text or "(empty)"
    near = suggest_methods(text, offered)
    proposal = "; ".join(f"{one} ({one.score:.0f}%)" for one in near)
    return PreflightFinding(
        CheckResult.MISTAKE,
        shown,
        f"no rule of the lane maps it: it would have blocked {orders} of the last {days} days' orders",
        f"Map {shown!r} to the warehouse's carrier and service: `cartage mappings set`, or ship_methods of the lane."
        + (f" Nearest there: {proposal}." if near else ""),
        FindingKind.UNMAPPED_SHIP_METHOD,
        orders,
        str(near[0]) if near else "",
    )

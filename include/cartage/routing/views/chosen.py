"""Where orders would go if a person chose for them to wait, split or backorder. Read only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from cartage.routing.decide import decide
from cartage.routing.facts import whole_groups
from cartage.routing.reading import group_keys, read_facts
from cartage.routing.repo.history import routable_groups
from cartage.routing.router import compile_routing
from cartage.routing.stock_seen import stock_for
from cartage.routing.views.comparison import place_text
from cartage.storefront.repo.customers import first_orders

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cartage.lanes.settings.lane import Lane
    from cartage.model.orders import RoutingChoice


def places_by_choice(
    connection: Connection, lane: Lane, ids: Collection[int], choice: RoutingChoice
) -> dict[int, str]:
    """Return where each of these orders would go by the present rules and stock, in a few words, by id.

    They are decided in their order by one stock, as if no other order waited for it. Orders that rules do not decide
    now, such as held ones, and orders whose copy cannot be read are left out.
    """
    rows = routable_groups(connection, lane.name, ids)
    firsts = first_orders(connection, [row.sales_order_id for row in rows])
    groups = whole_groups(read_facts(rows, firsts), group_keys(rows))
    facts = [replace(group.facts, choice=choice) for group in groups]
    stock = stock_for(connection, lane, {line.sku for order in facts for line in order.lines})
    decided = decide(facts, compile_routing(lane), stock)
    return {
        member: place_text(decision)
        for group, decision in zip(groups, decided, strict=True)
        for member in group.members
    }

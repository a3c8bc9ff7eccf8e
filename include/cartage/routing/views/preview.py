"""Read orders of the ledger to say what rules do with them: one order, or those of the last days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cartage.errors import SettingsError
from cartage.routing.groups import GroupKey, whole_groups
from cartage.routing.reading import group_keys, read_facts
from cartage.routing.repo import history
from cartage.routing.router import compile_routing
from cartage.routing.stock_seen import read_stock
from cartage.routing.views.comparison import Preview, compare_routing
from cartage.storefront.repo.customers import first_orders

if TYPE_CHECKING:
    from sqlalchemy import Row

    from cartage.lanes.settings.lane import Lane
    from cartage.routing.facts import OrderFacts
    from cartage.routing.stock_view import StockView
    from cartage.runtime.context import StageContext

_PAGE = 500


def facts_of_order(context: StageContext, order_id: int) -> tuple[Row[Any], OrderFacts, StockView]:
    """Return an order of the lane, its facts, and the present stock of its SKUs.

    Raises:
        SettingsError: if the lane does not have it, or its copy cannot be read.
    """
    with context.ledger.begin() as connection:
        row = history.order_of(connection, context.lane.name, order_id)
        firsts = first_orders(connection, [row.sales_order_id]) if row is not None else set()
    facts = read_facts([row], firsts) if row is not None else []
    if row is None or not facts:
        raise SettingsError("routing", ["  the ledger's copy of this order cannot be read."])
    return row, facts[0], read_stock(context, {line.sku for line in facts[0].lines})


def preview_change(context: StageContext, changed: Lane, since: datetime) -> tuple[Preview, dict[int, str]]:
    """Return what the rules of a changed lane would do to the orders imported since then, and their references."""
    facts: list[OrderFacts] = []
    references: dict[int, str] = {}
    keys: dict[int, tuple[GroupKey, int]] = {}
    for page in _pages(context, since):
        with context.ledger.begin() as connection:
            firsts = first_orders(connection, [row.sales_order_id for row in page])
        facts += read_facts(page, firsts)
        references |= {row.id: row.reference for row in page}
        keys |= group_keys(page)
    facts = [group.facts for group in whole_groups(facts, keys)]
    stock = read_stock(context, {line.sku for order in facts for line in order.lines})
    before, after = compile_routing(context.lane), compile_routing(changed)
    if not before.default and (name := _name_of_only_one(context.lane, changed)):
        before, stock = replace(before, default=name), stock.renamed("", name)
    return compare_routing(facts, before, after, stock), references


def _name_of_only_one(lane: Lane, changed: Lane) -> str:
    """Return the name that a lane's one warehouse gets in the changed lane; empty if it has none there."""
    own = lane.warehouse.connector, lane.warehouse.connection, lane.warehouse.settings
    return next(
        (
            view.warehouse_name
            for view in changed.views()
            if (view.warehouse.connector, view.warehouse.connection, view.warehouse.settings) == own
        ),
        "",
    )


def _pages(context: StageContext, since: datetime) -> Iterator[list[Row[Any]]]:
    after = 0
    while True:
        with context.ledger.begin() as connection:
            page = history.orders_since(connection, context.lane.name, since, after=after, size=_PAGE)
        if not page:
            return
        yield list(page)
        after = page[-1].id

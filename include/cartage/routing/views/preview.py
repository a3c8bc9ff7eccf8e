"""What other rules would do: to the orders that wait, and to those of the last days."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cartage.routing.facts import GroupKey, whole_groups
from cartage.routing.reading import group_keys, read_facts
from cartage.routing.repo import history
from cartage.routing.repo.orders import routable_orders
from cartage.routing.router import compile_routing
from cartage.routing.stock_seen import read_stock
from cartage.routing.views.comparison import Preview, compare_routing
from cartage.storefront.repo.customers import first_orders

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from cartage.lanes.settings.lane import Lane
    from cartage.routing.facts import OrderFacts
    from cartage.runtime.context import StageContext

_PAGE = 500


def preview_waiting(context: StageContext, changed: Lane) -> tuple[Preview, dict[int, str]]:
    """Return what the rules of a changed lane would do to the orders that can still go elsewhere.

    They are decided in their order by one stock, as a run would. With it the references of the orders.
    """
    rows = _rows(
        lambda connection, after: routable_orders(connection, context.lane.name, after=after, size=_PAGE),
        context,
    )
    return _compared(context, changed, rows, in_order=True)


def preview_change(context: StageContext, changed: Lane, since: datetime) -> tuple[Preview, dict[int, str]]:
    """Return what the rules of a changed lane would do to the orders imported since then, and their references.

    Each is decided as if it were the only one: past stock is not kept.
    """
    rows = _rows(
        lambda connection, after: history.orders_since(
            connection, context.lane.name, since, after=after, size=_PAGE
        ),
        context,
    )
    return _compared(context, changed, rows, in_order=False)


def _compared(
    context: StageContext, changed: Lane, rows: Iterable[Sequence[Row[Any]]], *, in_order: bool
) -> tuple[Preview, dict[int, str]]:
    facts: list[OrderFacts] = []
    references: dict[int, str] = {}
    keys: dict[int, tuple[GroupKey, int]] = {}
    for page in rows:
        with context.ledger.begin() as connection:
            firsts = first_orders(connection, [row.sales_order_id for row in page])
        facts += read_facts(page, firsts)
        references |= {row.id: row.reference for row in page}
        keys |= group_keys(page)
    # What is in several parts already is decided together.
    facts = [group.facts for group in whole_groups(facts, keys)]
    stock = read_stock(context, {line.sku for order in facts for line in order.lines})
    before, after = compile_routing(context.lane), compile_routing(changed)
    if not before.default and (name := _name_of_only_one(context.lane, changed)):
        before, stock = replace(before, default=name), stock.renamed("", name)
    return compare_routing(facts, before, after, stock, in_order=in_order), references


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


def _rows(
    read: Callable[[Connection, int], Sequence[Row[Any]]], context: StageContext
) -> Iterator[Sequence[Row[Any]]]:
    """Yield the pages that `read` returns after each id, until one is empty or the run is to stop."""
    after = 0
    while not context.stop.is_set():
        with context.ledger.begin() as connection:
            page = read(connection, after)
        if not page:
            return
        yield page
        after = page[-1].id

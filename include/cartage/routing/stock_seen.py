"""The stock that routing sees: what each warehouse has free of the store's SKUs, less what is on its way there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from decimal import ROUND_FLOOR, Decimal

from sqlalchemy import Connection

from cartage.db.engine import database_time
from cartage.lanes.settings.lane import Lane
from cartage.mappings.skus import SkuTable
from cartage.mappings.source import mappings_of
from cartage.model.skus import folded
from cartage.routing.repo.orders import taken_quantities
from cartage.routing.repo.stock import free_stock, stock_read_at
from cartage.routing.stock_view import StockView
from cartage.runtime.context import StageContext


def read_stock(context: StageContext, skus: Collection[str]) -> StockView:
    """Return what each warehouse of the lane can still give of these SKUs of the store."""
    with context.ledger.begin() as connection:
        return stock_for(connection, context.lane, skus)


def stock_for(connection: Connection, lane: Lane, skus: Collection[str]) -> StockView:
    """Return what each warehouse of a lane can still give of these SKUs of the store; read only."""
    views = [lane.at(name) for name in lane.warehouse_names()]
    units: dict[tuple[str, str], Decimal] = {}
    max_age: dict[str, timedelta] = {}
    now = database_time(connection)
    read_at = stock_read_at(connection, lane.name)
    tables = {view.warehouse_name: SkuTable(mappings_of(connection, view).skus) for view in views}
    taken: dict[str, dict[str, Decimal]] = {}
    for row in taken_quantities(connection, lane.name):
        taken.setdefault(row.warehouse, {})[row.sku] = row.quantity
    wanted = {
        part.sku
        for name, table in tables.items()
        for sku in {*skus, *taken.get(name, ())}
        for part in table.parts(sku)
    }
    levels = free_stock(connection, lane.name, wanted)
    for view in views:
        name, inventory = view.warehouse_name, view.inventory
        # Nobody reads the stock of a lane without `inventory`: what was read once is not believed.
        max_age[name] = inventory.max_age if inventory is not None else timedelta(0)
        left = _left(levels.get(name, {}), tables[name], taken.get(name, {}))
        units |= {(name, folded(sku)): _units(left, tables[name], sku) for sku in skus}
    return StockView(now, units, read_at, max_age)


def _left(levels: Mapping[str, Decimal], table: SkuTable, taken: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Return what is left of the warehouse's own SKUs, folded, once what is on its way there is taken off."""
    left = {folded(sku): quantity for sku, quantity in levels.items()}
    for sku, quantity in taken.items():
        for part in table.parts(sku):
            name = folded(part.sku)
            left[name] = left.get(name, Decimal(0)) - quantity * part.quantity
    return left


def _units(left: Mapping[str, Decimal], table: SkuTable, sku: str) -> Decimal:
    """Return how many whole units of a store's SKU can be made of what is left."""
    return min(
        (left.get(folded(part.sku), Decimal(0)) / part.quantity).to_integral_value(ROUND_FLOOR)
        for part in table.parts(sku)
    )

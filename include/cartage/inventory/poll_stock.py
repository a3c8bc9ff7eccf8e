"""Read what the warehouse has of every SKU into the ledger."""

from __future__ import annotations

import logging
from datetime import datetime

from cartage.inventory.poll_stock_files import StockFiles
from cartage.inventory.repo.levels import complete_reading, next_number, store_levels
from cartage.runtime.context import StageContext
from cartage.runtime.unreadable_rows import keep_unreadable
from cartage.warehouses.document_contract import DocumentWarehouse
from cartage.warehouses.repo.unreadable_rows import drop_unseen
from cartage.warehouses.unreadable import RowKind

log = logging.getLogger(__name__)


def run(context: StageContext) -> dict[str, int]:
    """Read all of the warehouse's figures. They count once the last page is stored; a dead run leaves the ones before.

    `update_stock` judges whether they can be believed. Return counts: pages, skus, unreadable (rows that
    cannot be read; their SKUs have no figure); empty if the lane has no `inventory`. Of a warehouse that sends files
    also: movements, older (files that have no effect), and those of `DocumentIntake`.

    Raises:
        RemoteError: if the warehouse cannot be read.
    """
    lane, place = context.lane.name, context.warehouse_name
    if context.lane.inventory is None:
        log.info("lane %s has no inventory in its settings: no stock is read", lane)
        return {}
    warehouse = context.warehouse
    if isinstance(warehouse, DocumentWarehouse):
        return StockFiles(context, warehouse).poll()
    # What the warehouse acknowledged before this instant is in the figures that are requested after it.
    began_at = context.ledger.now()
    with context.ledger.begin() as connection:
        number = next_number(connection, lane, place)
    pages = skus = unreadable = 0
    made: list[datetime] = []
    for page in warehouse.inventory():
        if context.stop.is_set():
            return {"pages": pages, "skus": skus, "unreadable": unreadable}
        with context.ledger.begin() as connection:
            store_levels(connection, lane, place, number, page.items)
            unreadable += keep_unreadable(context, connection, page.unreadable)
        made += {level.as_of for level in page.items if level.as_of}
        pages, skus = pages + 1, skus + len(page.items)
    with context.ledger.begin() as connection:
        complete_reading(
            connection,
            lane,
            place,
            number,
            began_at=began_at,
            as_of=min(made, default=None),
            delay=warehouse.capabilities.visibility_delay,
            skus=skus,
        )
        drop_unseen(connection, lane, RowKind.STOCK, began_at, place)
    if not skus:
        log.warning("lane %s: the warehouse's response names no SKU at all", lane)
    return {"pages": pages, "skus": skus, "unreadable": unreadable}

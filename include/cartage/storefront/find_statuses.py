"""The store's ids of a lane's order statuses: from the settings alone where they are ids, else from the store's labels.

The labels are kept in the ledger for an hour, and read again at once when they do not lead to a status: a mistake that
was mended in the store ends with the next run.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from cartage.errors import SettingsError
from cartage.ledger import store_statuses
from cartage.mapping.order_statuses import needs_table, open_needs_table, resolve, resolve_open
from cartage.orders.statuses import StatusMap

if TYPE_CHECKING:
    from cartage.lanes.inventory import Inventory
    from cartage.stages.context import StageContext
    from cartage.storefront.catalogue import OrderStatus

log = logging.getLogger(__name__)

T = TypeVar("T")

_AGE = timedelta(hours=1)


def find_statuses(context: StageContext) -> StatusMap:
    """Resolve the lane's statuses. A lane on a store of which every lane names ids costs neither call nor query.

    Raises:
        SettingsError: if a setting does not lead to one status of its own; says which, and the mend.
        RemoteError: if a label must be looked up, and the store cannot be read.
    """
    lane, neighbours = context.lane, context.neighbours
    needs = needs_table(lane, neighbours)
    return _found(context, needs, lambda table: resolve(lane, table, neighbours))


def find_open_statuses(context: StageContext, inventory: Inventory) -> tuple[int, ...]:
    """Resolve `inventory.open_statuses`, likewise. Apart from the others: a mistake here stops no order.

    Raises:
        SettingsError: if a label does not lead to one status; says which, and the mend.
        RemoteError: if a label must be looked up, and the store cannot be read.
    """
    needs = open_needs_table(inventory)
    return _found(context, needs, lambda table: resolve_open(context.lane, inventory, table))


def _found(context: StageContext, needs: bool, resolved: Callable[[Sequence[OrderStatus]], T]) -> T:
    if not needs:
        return resolved(())
    if kept := _kept(context):
        try:
            return resolved(kept)
        except SettingsError:
            log.info("lane %s: the store's order statuses are read again", context.lane.name)
    return resolved(_read(context))


def _kept(context: StageContext) -> tuple[OrderStatus, ...]:
    with context.ledger.begin() as connection:
        return store_statuses.read(connection, context.store_row.id, age=_AGE)


def _read(context: StageContext) -> tuple[OrderStatus, ...]:
    found = context.store.order_statuses()
    with context.ledger.begin() as connection:
        store_statuses.replace(connection, context.store_row.id, found)
    return found

"""Find the store's ids of a lane's order statuses: from the settings if they are ids, else from the store's labels.

The labels are cached in the ledger for an hour. If a setting does not resolve with them, they are read again at once:
a fix in the store takes effect with the next run.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from cartage.errors import SettingsError
from cartage.model.statuses import StatusMap
from cartage.storefront.order_statuses import needs_table, open_needs_table, resolve_open, resolve_statuses
from cartage.storefront.repo.statuses import read_statuses, replace_statuses

if TYPE_CHECKING:
    from cartage.db import Ledger
    from cartage.lanes import Lane
    from cartage.lanes.settings.inventory import Inventory
    from cartage.storefront.catalogue import OrderStatus

log = logging.getLogger(__name__)

T = TypeVar("T")

_AGE = timedelta(hours=1)


@dataclass(frozen=True)
class StatusTable:
    """A store's order statuses: cached in the ledger, and read from the store with `read` if those do not resolve.

    `store_id` and `read` are only called if a setting needs them.
    """

    ledger: Ledger
    store_id: Callable[[], int]
    read: Callable[[], tuple[OrderStatus, ...]]

    def resolve(self, resolved: Callable[[Sequence[OrderStatus]], T]) -> T:
        """Return the result of `resolved` for the statuses. If it raises for cached ones, read them again."""
        if cached := self._cached():
            try:
                return resolved(cached)
            except SettingsError:
                log.info("Reading the store's order statuses again.")
        return resolved(self._read())

    def _cached(self) -> tuple[OrderStatus, ...]:
        store_id = self.store_id()
        with self.ledger.begin() as connection:
            return read_statuses(connection, store_id, age=_AGE)

    def _read(self) -> tuple[OrderStatus, ...]:
        store_id, found = self.store_id(), self.read()
        with self.ledger.begin() as connection:
            replace_statuses(connection, store_id, found)
        return found


def find_statuses(table: StatusTable, lane: Lane, lanes_on_store: Sequence[Lane]) -> StatusMap:
    """Resolve the lane's statuses. If every lane on the store uses ids, this makes neither a call nor a query.

    Raises:
        SettingsError: if a setting does not resolve to a status of its own; names it and the fix.
        RemoteError: if a label must be looked up, and the store cannot be read.
    """
    if not needs_table(lane, lanes_on_store):
        return resolve_statuses(lane, (), lanes_on_store)
    return table.resolve(lambda statuses: resolve_statuses(lane, statuses, lanes_on_store))


def find_open_statuses(table: StatusTable, lane: Lane, inventory: Inventory) -> tuple[int, ...]:
    """Resolve `inventory.open_statuses`. Separate from the others, so that a mistake here stops no order.

    Raises:
        SettingsError: if a label does not resolve to one status; names it and the fix.
        RemoteError: if a label must be looked up, and the store cannot be read.
    """
    if not open_needs_table(inventory):
        return resolve_open(lane, inventory, ())
    return table.resolve(lambda statuses: resolve_open(lane, inventory, statuses))

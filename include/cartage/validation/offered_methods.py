"""What the warehouse offers for orders: read once a day, and kept for mappings, suggestions and people."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from cartage.errors import NotSupported, RemoteError, SettingsError
from cartage.model.orders import ShipMethod
from cartage.runtime.context import StageContext
from cartage.runtime.unreadable_rows import keep_unreadable
from cartage.warehouses.repo.offers import keep_offered_ship_methods, offered_ship_methods
from cartage.warehouses.repo.unreadable_rows import drop_unseen
from cartage.warehouses.unreadable import RowKind

log = logging.getLogger(__name__)


def current_offers(context: StageContext, *, again: bool = False) -> Sequence[ShipMethod]:
    """Return the warehouse's ship methods; ask for them if they are older than a day, or with `again`.

    Raises:
        RemoteError: if the warehouse cannot be asked; `NotSupported` if its connector cannot list them.
    """
    with context.ledger.begin() as connection:
        offered = None if again else offered_ship_methods(connection, context.account, fresh=True)
    if offered is not None:
        return offered
    since = context.ledger.now()
    page = context.warehouse.ship_methods()
    with context.ledger.begin() as connection:
        keep_offered_ship_methods(connection, context.account, page.items)
        keep_unreadable(context, connection, page.unreadable)
        drop_unseen(connection, context.lane.name, RowKind.CARRIER, since, context.warehouse_name)
    return page.items


def refresh_offers(context: StageContext) -> None:
    """Ask for the warehouse's ship methods if they are older than a day. If that fails, those read before are used."""
    try:
        current_offers(context)
    except NotSupported:
        return
    except (RemoteError, SettingsError) as failure:
        log.warning(
            "lane %s: the warehouse's ship methods are those read before: %s", context.lane.name, failure
        )

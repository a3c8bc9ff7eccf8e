"""Do what Cartage can do about one difference without a risk: nothing is sent to a warehouse.

Each fix is what a stage does, for one order and now. The next comparison ends the difference if it is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cartage.changes.watch_sent_orders import watch_sent_orders
from cartage.errors import LedgerError
from cartage.intake.lane_intake import LaneIntake
from cartage.intake.own_writes import without_own_writes
from cartage.intake.watch_changes import reread_order
from cartage.lanes.modes import Mode
from cartage.lifecycle.transitions import By
from cartage.model.differences.fixes import DifferenceFix
from cartage.model.orders import SalesOrder
from cartage.reconciliation.repo import differences as repo
from cartage.reconciliation.repo.differences import Difference
from cartage.reconciliation.repo.orders import post_again, sales_order_of, warehouse_of
from cartage.recovery.found_orders import Recovery, RecoveryCandidate, candidate_of
from cartage.recovery.repo import live_groups
from cartage.runtime.context import StageContext
from cartage.shipments.poll_tracking import poll_orders
from cartage.storefront import Unreadable, translate_order


def fix_difference(context: StageContext, difference_id: int, by: By) -> str:
    """Fix an open difference in the name of a person; return what was done, as a sentence.

    Raises:
        LedgerError: if there is no such difference, or it has no fix that is safe.
        RemoteError: if store or warehouse cannot be read.
    """
    lane = context.lane
    with context.ledger.begin() as connection:
        found = repo.get_difference(connection, lane.name, difference_id)
    if found.fix is None:
        raise LedgerError(
            f"Difference {difference_id} has no fix that is safe: a person must decide at the source."
        )
    if lane.mode not in (Mode.LIVE, Mode.DRAIN):
        raise LedgerError(
            f"Lane {lane.name} is {lane.mode.value}: only a lane that is live or drains is fixed."
        )
    done = _FIXES[found.fix](context, found)
    with context.ledger.begin() as connection:
        repo.note_fix_started(connection, difference_id, by)
    return done


def _reimport(context: StageContext, found: Difference) -> str:
    if reread_order(context, _order_id(found), watch_sent_orders) is None:
        raise LedgerError(f"The store has no order {found.order_id}.")
    return "the order was read from the store again."


def _poll(context: StageContext, found: Difference) -> str:
    if not found.remote_id:
        raise LedgerError("The warehouse's number of the order is not known.")
    with context.ledger.begin() as connection:
        warehouse = warehouse_of(connection, found.fulfillment_order_id)
    poll_orders(context.at(warehouse) if warehouse else context, [found.remote_id])
    return "the order was read at the warehouse again."


def _post(context: StageContext, found: Difference) -> str:
    with context.ledger.begin() as connection:
        sales_order_id = sales_order_of(connection, context.lane.name, _order_id(found))
        if sales_order_id is None:
            raise LedgerError(f"The ledger has no order {found.order_id}.")
        post_again(connection, sales_order_id)
    return "the next runs post its status and tracking again."


def _adopt(context: StageContext, found: Difference) -> str:
    """Follow what the warehouse has, as the survey of a restored ledger does."""
    order_id = _order_id(found)
    read_at = context.ledger.now()
    entry = context.store.get_order(order_id)
    order = translate_order(entry, context.lane.store.zone()) if entry is not None else None
    if not isinstance(order, SalesOrder):
        raise LedgerError(f"The store has no order {order_id} that can be read.")
    new = LaneIntake.of(context).new_order(without_own_writes(context, [order])[0])
    if isinstance(new, Unreadable):
        raise LedgerError(f"Order {order_id} cannot be imported: {new.what}.")
    with context.ledger.begin() as connection:
        rows = live_groups(connection, context.store_row.id, [order_id])
    known = [row for row in rows if row.lane == context.lane.name]
    there = {row.shipment_id for row in known}
    candidates = [
        RecoveryCandidate(order_id, group.shipment_id, 0, group.reference, group.ship_to)
        for group in new.groups
        if group.shipment_id not in there
    ]
    candidates += [candidate_of(row) for row in known]
    recovery = Recovery(context)
    if known:
        recovery.look_for(candidates)
    else:
        recovery.look_for(candidates, {order_id: new}, read_at)
    if not recovery.recovered:
        return "the ledger does not follow it: its content differs, or a run works on it. See the exceptions."
    return "the ledger follows the warehouse's order from now on."


def _order_id(found: Difference) -> int:
    if found.order_id is None:
        raise LedgerError("It is about no order.")
    return found.order_id


_FIXES: Mapping[DifferenceFix, Callable[[StageContext, Difference], str]] = {
    DifferenceFix.REIMPORT: _reimport,
    DifferenceFix.POLL: _poll,
    DifferenceFix.POST: _post,
    DifferenceFix.ADOPT: _adopt,
}

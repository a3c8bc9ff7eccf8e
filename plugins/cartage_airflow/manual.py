"""The text that Airflow shows beside each DAG: what it does, what to do when it is red, how to fill gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cartage.lanes.model import Lane

_DESCRIPTIONS = {
    "orders": "Lane {lane}: takes new orders from the 3dcart store and sends them to {connector}.",
    "shipments": "Lane {lane}: brings tracking from {connector} back to the 3dcart store.",
}


def description(family: str, lane: Lane) -> str:
    """One line for Airflow's list of DAGs."""
    return _DESCRIPTIONS[family].format(lane=lane.name, connector=lane.warehouse.connector)


def page(family: str, lane: Lane) -> str:
    """The DAG's documentation in Airflow, in Markdown."""
    return _PAGES[family].format(
        lane=lane.name,
        store=lane.store.connection,
        status=lane.store.import_status,
        go_live=lane.store.go_live,
        warehouse=lane.warehouse.connection,
        connector=lane.warehouse.connector,
        dag_id=f"{family}__{lane.name}",
    )


_ORDERS = """\
### Orders of lane `{lane}`

Each run covers one **window**: it imports the orders that stand in status {status} of the store (connection
`{store}`) and were placed or changed in the window, checks them, sends them to the warehouse
(`{connector}`, connection `{warehouse}`), and tells the store Processing.

| task | what it does |
|---|---|
| `import_orders` | brings the window's orders into the ledger; the newest run also sweeps the whole status |
| `validate_mappings` | checks SKUs, ship method and address: ready, or blocked with its cause |
| `blocked_orders` | lists what blocks orders, and how to mend it |
| `transfer_to_warehouse` | sends each ready order once; asks first where an earlier outcome is unknown |
| `mark_processing` | sets Processing in the store, unless a person has set another status |

#### When it is red

* `blocked_orders`: orders wait for a person. Open its log: each cause, how many orders it blocks, and the
  mend. Once it is mended, the next run releases them by itself. The other tasks of the run have gone on.
* any other task: the last lines of its log say what failed, which credential or setting to check, and
  where. Failures that may pass are tried again by themselves. Clearing a task, or running a window twice,
  never sends an order twice.

The button **What it moved** of a task lists each order that this try moved, from which state to which, and
why.

#### Filling missed windows

Trigger > Backfill, or:

    airflow backfill create --dag-id {dag_id} \\
        --from-date 2026-11-01T00:00:00Z --to-date 2026-11-01T06:00:00Z --reprocess-behavior failed

**Both dates name the start of a window, and both are included**: the last window begins at the second date
and ends one schedule step later. With `--reprocess-behavior none` only windows that never ran are filled;
`failed` also repeats those that failed. Backfilled windows run beside live ones and take a share of the
store's call limit. Orders placed before {go_live} are never shipped.

To import one window by hand: Trigger, with `window_start` and `window_end`.
"""

_SHIPMENTS = """\
### Shipments of lane `{lane}`

| task | what it does |
|---|---|
| `poll_tracking` | reads what `{connector}` (connection `{warehouse}`) shipped since the last poll |
| `update_order_status` | tells the store (connection `{store}`) tracking, Partial or Shipped; reads it back |

The ledger knows how far it has polled, so that any run finishes what earlier ones left: there is nothing to
backfill.

#### When it is red

The last lines of the task's log say what failed, which credential or setting to check, and where. Clear the
task once it is mended, or let the next run do the work. A status that a person set in the store is never
overwritten.

The button **What it moved** of a task lists each order that this try moved, from which state to which, and
why.
"""

_PAGES = {"orders": _ORDERS, "shipments": _SHIPMENTS}

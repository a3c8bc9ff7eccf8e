"""The text that Airflow shows beside each DAG: what it does, what to do when it is red, how to fill gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage_airflow.links import desk_path

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane

_DESCRIPTIONS = {
    "desk_jobs": "Lane {lane}: does what a person asked for at the desk; nothing else starts it.",
    "inventory": "Lane {lane}: brings stock from {connector} to the 3dcart store.",
    "orders": "Lane {lane}: takes new orders from the 3dcart store and sends them to {connector}.",
    "orders_history": "Lane {lane}: imports past windows by backfill; nothing starts it by itself.",
    "preflight": "Lane {lane}: looks every day whether store and warehouse are set up as orders need it.",
    "required_actions": "Lane {lane}: asks people about blocked orders and stopped stock, a run for each question.",
    "shipments": "Lane {lane}: brings tracking from {connector} back to the 3dcart store.",
}


def description(family: str, lane: Lane) -> str:
    """One line for Airflow's list of DAGs."""
    return _DESCRIPTIONS[family].format(lane=lane.name, connector=lane.warehouse.connector)


def dag_page(family: str, lane: Lane) -> str:
    """The DAG's documentation in Airflow, in Markdown; of a lane that is not live it begins with what that means."""
    return _MODES.get(lane.mode.value, "") + _PAGES[family].format(
        lane=lane.name,
        store=lane.store.connection,
        status=lane.store.import_status,
        go_live=lane.store.go_live,
        warehouse=lane.warehouse.connection,
        connector=lane.warehouse.connector,
        dag_id=f"{family}__{lane.name}",
        windows=lane.schedules.history_windows.value,
        coverage=desk_path("coverage", lane=lane.name),
        desk=desk_path("overview", lane=lane.name),
    )


_MODES = {
    "off": "> This lane is **off**: nothing runs by itself, and a run that is started by hand does nothing.\n\n",
    "shadow": "> This lane is in **shadow**: nothing is written to store or warehouse. What would be sent is in the "
    "log of `transfer_to_warehouse`, and in full in `cartage shadow --lane`.\n\n",
    "drain": "> This lane **drains**: it finishes the orders that it has, and takes in no new one.\n\n",
}

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
| `settle_outcomes` | settles what earlier runs left open, carries out decisions and cancels, reads old copies again |
| `transfer_to_warehouse` | sends each ready order once |
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

[Coverage]({coverage}) (also `cartage coverage --lane {lane}`) shows which time is imported and which is not, and
starts or names the backfill that fills each gap. By hand: Trigger > Backfill, or:

    airflow backfill create --dag-id {dag_id} \\
        --from-date 2026-11-01T00:00:00Z --to-date 2026-11-01T06:00:00Z --reprocess-behavior failed

**Both dates name the start of a window, and both are included**: the last window begins at the second date
and ends one schedule step later. With `--reprocess-behavior none` only windows that never ran are filled;
`failed` also repeats those that failed. Backfilled windows run beside live ones and take a share of the
store's call limit. Orders placed before {go_live} are never shipped. For more than a few hours use
`orders_history__{lane}`: the same stages over {windows} windows, hence far fewer runs.

To import one window by hand: Trigger, with `window_start` and `window_end`.
"""

_HISTORY = """\
### History of lane `{lane}`

The stages of `orders__{lane}` over {windows} windows, for gaps of more than a few hours. **Nothing starts it by
itself**: it has no schedule, and waits for a backfill, or for a run by hand with `window_start` and `window_end`.

[Coverage]({coverage}) (also `cartage coverage --lane {lane}`) shows which time is imported and which is not, and
starts or names the backfill that fills each gap. By hand: Trigger > Backfill, or:

    airflow backfill create --dag-id {dag_id} \\
        --from-date 2026-11-01T00:00:00Z --to-date 2026-11-03T00:00:00Z \\
        --reprocess-behavior failed --max-active-runs 2

**Both dates name the start of a window, and both are included**; a window that has not ended yet is left out.
Its runs take a share of the store's call limit only, and never sweep. Orders placed before {go_live} are never
shipped. Read from the store (connection `{store}`), sent to the warehouse (connection `{warehouse}`), as always once.

#### When it is red

As for `orders__{lane}`: the last lines of the task's log say what failed, which credential or setting to check,
and where; `blocked_orders` lists causes and mends. The same backfill again, with `failed`, repeats only what failed.

The button **What it moved** of a task lists each order that this try moved, from which state to which, and
why.
"""

_PREFLIGHT = """\
### Preflight of lane `{lane}`

Looks, before orders depend on it, at what the owners of store and warehouse must have right. It reads only, and
takes a share of the store's call limit. It also runs by hand (Trigger), with the lane in any mode.

| task | what it looks at |
|---|---|
| `api_access` | credentials of the store (connection `{store}`), what they may read, whether they may write |
| `store_clock` | the store's time zone against the lane's, orders from the future, clocks |
| `order_statuses` | the lane's four statuses: there, visible, each its own |
| `product_skus` | the store's SKUs and the warehouse's, compared both ways |
| `inventory_tracking` | options without a SKU of their own |
| `ship_methods` | every method that recent orders used, against the lane's rules, with a suggestion |
| `warehouse_access` | sign-in, customer, facility and carriers (`{connector}`, connection `{warehouse}`) |
| `lanes` | lanes with open orders that the lanes file no longer has |

#### When it is red

The task's log lists each mistake and its mend. Nothing has stopped for it yet, but orders that meet it will be
blocked. Clear the task once it is mended. Warnings leave it green.

As a table to hand on: `cartage preflight --lane {lane} --xlsx preflight.xlsx`.
"""

_SHIPMENTS = """\
### Shipments of lane `{lane}`

| task | what it does |
|---|---|
| `poll_tracking` | reads what `{connector}` (connection `{warehouse}`) shipped, took back or cancelled |
| `update_order_status` | tells the store (connection `{store}`) tracking, Partial or Shipped; reads it back |

Each run of `update_order_status` is an event of the asset `shipments_posted__{lane}`, with its counts, on which DAGs
of others can be scheduled. What the warehouse did otherwise than it was asked (short, voided, cancelled) is a
question: `cartage exceptions list --lane {lane}`. What belongs to no order is listed by
`cartage shipments unmatched --lane {lane}`.

The ledger knows how far it has polled, so that any run finishes what earlier ones left: there is nothing to
backfill.

#### When it is red

The last lines of the task's log say what failed, which credential or setting to check, and where. Clear the
task once it is mended, or let the next run do the work. A status that a person set in the store is never
overwritten.

The button **What it moved** of a task lists each order that this try moved, from which state to which, and
why.
"""

_REQUIRED_ACTIONS = """\
### Required actions of lane `{lane}`

`orders__{lane}` starts a run of this DAG each time that a cause begins to block orders, and `inventory__{lane}`, if the
lane has it, each time that a push of stock is stopped. Nothing else starts it, and neither waits for it.

| task | what it does |
|---|---|
| `ask` | shows the question under **Required Actions**, and waits for the answer, holding no worker |
| `carry_out` | carries the answer out: a mapping is saved and its orders released, or they are skipped or held; a \
push of stock is let through, or kept stopped |

Once it is mended or answered elsewhere, at the desk or by command, the question closes by itself. `carry_out` is then
**skipped**: nothing was left to do. It is so, too, for an answer that came too late; its log and the run's note say
what came of it.

#### When it is red

The last lines of the task's log say what failed; clear the task once that is mended. `ask`, cleared, asks the
same again while it is not over.
"""

_DESK_JOBS = """\
### Desk work of lane `{lane}`

What a person asked for on the [desk]({desk})'s pages and takes longer than a page may: for example, to judge all
blocked orders at once after a mapping was saved. Each run does one piece of work, of which the desk shows how far it
is and what came of it.

**Only the desk starts it.** It has no schedule, and a run that is started by hand has nothing to do.

#### When it is red

The last lines of the task's log, and the work's page, say why. Ask for the work again at the desk, or clear the task:
what has ended is not done twice.
"""

_INVENTORY = """\
### Stock of lane `{lane}`

| task | what it does |
|---|---|
| `poll_stock` | reads what `{connector}` (connection `{warehouse}`) has of every SKU |
| `update_stock` | tells the store (connection `{store}`) how much of each it may sell, where that has changed |

The store is told what is available, less what its customers have ordered and the warehouse does not know of
yet, less the lane's buffers; a kit has what its scarcest component allows. To see it first, without writing:

    cartage stock diff --lane {lane}

Trigger with `full` writes every stock, also what is right already. `update_stock` brings the asset
`stock_pushed__{lane}` up to date; its events carry the counts.

#### When it is red

* `update_stock`, *not pushed: a person has to look at it first*: the **breaker** stopped it, since the
  warehouse's answer is empty or old, or too much would go to 0 or change. The log lists it; nothing was
  written. Answer on the [desk]({desk})'s Stock page, in Required Actions, or by command: if it is right,
  `cartage stock approve --lane {lane} --by NAME`, else `cartage stock refuse`. It ends by
  itself once the figures are beyond doubt; until then later runs are green and push nothing.
* otherwise the last lines of the log say what failed, which credential or setting to check, and where. The
  next run does the work: there is nothing to backfill.

The button **What it moved** of `update_stock` lists each stock that this try told the store, and what became of it;
`cartage stock show --lane {lane}` sums up the last pushes.
"""

_PAGES = {
    "desk_jobs": _DESK_JOBS,
    "inventory": _INVENTORY,
    "orders": _ORDERS,
    "orders_history": _HISTORY,
    "preflight": _PREFLIGHT,
    "required_actions": _REQUIRED_ACTIONS,
    "shipments": _SHIPMENTS,
}

WATCHDOG = "Looks at all lanes every few minutes: tells what is wrong, what lasts, and what is over."

WATCHDOG_PAGE = """\
### Watchdog

Every five minutes it looks at each lane of `lanes.yaml` that is not off: causes and questions that are open, orders
that wait longer than the lane's `alerts.limits`, time that was not imported, runs that did not happen, DAGs of a live
lane that are paused or missing. What is wrong is told once through the lane's channels, again while it lasts
(`alerts.repeat_every`), and once more when it is over. `cartage alerts list --lane` shows what is open.

**Keep it unpaused.** If it stops, the lanes' own runs tell so; if all stops, only a monitor outside can: give it
`cartage heartbeat` to run, or the connection `cartage_heartbeat` to be called at.

#### When it is red

The log says which lane could not be looked at, and why. The others were looked at. The next run tries again.
"""

HOUSEKEEPING = "Deletes every night what is old: from the ledger, from Airflow's database, from the logs."

HOUSEKEEPING_PAGE = """\
### Housekeeping

| task | what it does |
|---|---|
| `purge_ledger` | deletes personal data and payloads that the lanes' `retention` lets go |
| `clean_airflow_database` | `airflow db clean`; skipped unless the connection `cartage_airflow_db` leads there |
| `delete_old_logs` | deletes old task logs on the machine on which it runs |

Each may run at any time and again. `docs/housekeeping.md` says what stays, and how to do it without this DAG.
"""

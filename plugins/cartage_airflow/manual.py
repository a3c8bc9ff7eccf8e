"""The documentation that Airflow shows for each DAG: what it does, what to do when it fails, how to fill gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage_airflow.links import desk_path

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane

_DESCRIPTIONS = {
    "inventory": "Lane {lane}: bring stock from {connector} to the 3dcart store.",
    "orders": "Lane {lane}: import new orders from the 3dcart store and send them to {connector}.",
    "orders_history": "Lane {lane}: import past windows by backfill.",
    "preflight": "Lane {lane}: check every day that store and warehouse are set up as orders need it.",
    "reconciliation": "Lane {lane}: compare the 3dcart store, the ledger and {connector}.",
    "required_actions": "Lane {lane}: ask people about blocked orders and paused stock, one run per request.",
    "shipments": "Lane {lane}: bring tracking from {connector} back to the 3dcart store.",
}


def description(family: str, lane: Lane) -> str:
    """Return the line that Airflow's list of DAGs shows."""
    return _DESCRIPTIONS[family].format(lane=lane.name, connector=_connectors(lane))


def _connectors(lane: Lane) -> str:
    return " and ".join(dict.fromkeys(view.warehouse.connector for view in lane.views()))


def dag_page(family: str, lane: Lane) -> str:
    """Return a DAG's documentation in Markdown. If the lane is not live, it begins with what that means."""
    several = _SEVERAL if lane.warehouses and family in _OF_WAREHOUSES else ""
    return _MODES.get(lane.mode.value, "") + (_PAGES[family] + several).format(
        lane=lane.name,
        store=lane.store.connection,
        status=lane.store.import_status,
        go_live=lane.store.go_live,
        warehouse=" and ".join(view.warehouse.connection for view in lane.views()),
        connector=_connectors(lane),
        dag_id=f"{family}__{lane.name}",
        windows=lane.schedules.history_windows.value,
        coverage=desk_path("coverage", lane=lane.name),
        desk=desk_path("home", lane=lane.name),
        differences=desk_path("differences", lane=lane.name),
        pink=_PINK,
    )


_MODES = {
    "off": "> This lane is **off**: it has no schedule, and a run that is started by hand does nothing.\n\n",
    "shadow": "> This lane is in **shadow**: nothing is written to the store or the warehouse. What would be sent "
    "is in the log of `transfer_to_warehouse`, and in full in `cartage shadow --lane`.\n\n",
    "drain": "> This lane **drains**: it finishes the orders that it has, and imports no new ones.\n\n",
}

_OF_WAREHOUSES = ("orders", "orders_history", "shipments", "inventory")

_SEVERAL = """
#### Several warehouses

Stages that speak to a warehouse have a task for each: `stage__warehouse`. One that is down is red alone; the tasks of
the others and the stages after them go on. `every_warehouse` does nothing, starts no process, and is red if one of them
is, so that the run is red, too.
"""

_PINK = """\
#### When a task is pink

It had nothing to do, and no process started for it. Work that came a moment later, or that a killed run left, is taken
up by the next run. A pink task that you clear runs.
"""

_ORDERS = """\
### Orders of lane `{lane}`

Each run covers one **window**. It imports the orders in status {status} of the store (connection `{store}`) that were
placed or changed in the window, validates them, sends them to the warehouse (`{connector}`, connection `{warehouse}`),
and sets them to Processing in the store.

| task | what it does |
|---|---|
| `import_orders` | imports the window's orders into the ledger; the newest run also sweeps the whole import status |
| `validate_mappings` | checks SKUs, ship method and address: an order becomes ready, or blocked with its cause |
| `blocked_orders` | lists what blocks orders, and how to fix it |
| `settle_outcomes` | settles unknown outcomes, carries out decisions and cancels, reads old copies again |
| `transfer_to_warehouse` | sends each ready order once |
| `mark_processing` | sets Processing in the store, unless a person has set another status |

{pink}
`import_orders` and each task after it look into the ledger at their end. `blocked_orders` runs when causes or
exceptions have changed. If `import_orders` fails, no later task of its run starts, and the next run does their work.

#### When a task is red

* `blocked_orders`: orders wait for a person. Open its log: it lists each cause, how many orders it blocks, and how to
  fix it. After the fix, the next run releases the orders. The run's other tasks are not affected.
* any other task: the last lines of its log say what failed, which credential or setting to check, and where. Airflow
  retries failures that may pass by themselves. You can clear a task or run a window again: no order is sent twice.

The button **What it moved** of a task lists each order that this try moved, from which state to which, and why.

#### Filling missed windows

[Coverage]({coverage}) (also `cartage coverage --lane {lane}`) shows which time is imported and which is not, and
starts or names the backfill that fills each gap. By hand: Trigger > Backfill, or:

    airflow backfill create --dag-id {dag_id} \\
        --from-date 2026-11-01T00:00:00Z --to-date 2026-11-01T06:00:00Z --reprocess-behavior failed

**Both dates name the start of a window, and both are included**: the last window begins at the second date and ends one
schedule step later. `--reprocess-behavior none` fills only windows that never ran; `failed` also repeats those that
failed. Backfilled windows run in parallel with live ones and take a share of the store's call limit. Orders placed
before {go_live} are never shipped. For more than a few hours use `orders_history__{lane}`: the same stages over
{windows} windows, in far fewer runs.

To import one window by hand: Trigger, with `window_start` and `window_end`.
"""

_HISTORY = """\
### History of lane `{lane}`

The stages of `orders__{lane}` over {windows} windows, for gaps of more than a few hours. **It has no schedule**: it
runs by a backfill, or by hand with `window_start` and `window_end`.

[Coverage]({coverage}) (also `cartage coverage --lane {lane}`) shows which time is imported and which is not, and
starts or names the backfill that fills each gap. By hand: Trigger > Backfill, or:

    airflow backfill create --dag-id {dag_id} \\
        --from-date 2026-11-01T00:00:00Z --to-date 2026-11-03T00:00:00Z \\
        --reprocess-behavior failed --max-active-runs 2

**Both dates name the start of a window, and both are included**. A window that has not ended yet is left out. The runs
take a share of the store's call limit and never sweep. Orders placed before {go_live} are never shipped. Orders are
read from the store (connection `{store}`) and sent to the warehouse (connection `{warehouse}`), each once.

{pink}
#### When a task is red

As for `orders__{lane}`: the last lines of the task's log say what failed, which credential or setting to check, and
where; `blocked_orders` lists causes and how to fix them. The same backfill with `failed` repeats only what failed.

The button **What it moved** of a task lists each order that this try moved, from which state to which, and why.
"""

_PREFLIGHT = """\
### Preflight of lane `{lane}`

Checks the setup of store and warehouse before orders depend on it. It only reads, and takes a share of the store's call
limit. You can trigger it by hand, whatever the lane's mode.

| task | what it checks |
|---|---|
| `api_access` | credentials of the store (connection `{store}`), what they may read, whether they may write |
| `store_clock` | the store's time zone against the lane's, orders from the future, clocks |
| `order_statuses` | the lane's four statuses: each exists, is visible, and differs from the others |
| `product_skus` | the store's SKUs and the warehouse's, compared both ways |
| `inventory_tracking` | options without a SKU of their own |
| `ship_methods` | every method that recent orders used, against the lane's rules, with a suggestion |
| `warehouse_access` | sign-in, customer, facility and carriers (`{connector}`, connection `{warehouse}`) |
| `lanes` | lanes with open orders that are no longer in the lanes file |

#### When a task is red

The task's log lists each mistake and its fix. Nothing has stopped yet, but orders that depend on it will be blocked.
Clear the task after the fix. Warnings leave it green.

To get it as a spreadsheet: `cartage preflight --lane {lane} --xlsx preflight.xlsx`.
"""

_RECONCILIATION = """\
### Reconciliation of lane `{lane}`

The task `compare` compares the orders of the last days in the store (connection `{store}`), the ledger and the
warehouse (`{connector}`, connection `{warehouse}`), and the stock.

Store and warehouse are only read, in the background's share of their calls. What differs at first sight is looked at
again before it is kept, and what is still on its way is left out. **It changes nothing by itself**: the page
[Differences]({differences}) shows what differs since when, and offers the fixes that are safe. A difference ends by
itself once it is gone.

#### When the task is red

The last lines of its log say what failed, which credential or setting to check, and where. A difference does not turn
it red: the log lists them, and `reconciliation.alert_after` of the lane names the kinds that raise an alert.

By hand: Trigger, with `days`; or `cartage reconcile --lane {lane} --xlsx differences.xlsx`.
"""

_SHIPMENTS = """\
### Shipments of lane `{lane}`

| task | what it does |
|---|---|
| `poll_tracking` | reads what `{connector}` (connection `{warehouse}`) shipped, voided or cancelled |
| `update_order_status` | posts tracking and Partial or Shipped to the store (connection `{store}`), and reads it back |

`update_order_status` updates the asset `shipments_posted__{lane}` when it changed something in the store; the event
carries the counts. Schedule your own DAGs on it. What the warehouse did differently from what was ordered (short,
voided, cancelled) is an exception: `cartage exceptions list --lane {lane}`. Shipments that belong to no order are
listed by `cartage shipments unmatched --lane {lane}`.

The ledger keeps how far it has polled, so any run finishes what earlier ones left: there is nothing to backfill.

{pink}
#### When a task is red

The last lines of the task's log say what failed, which credential or setting to check, and where. Clear the task after
the fix, or let the next run do the work. A status that a person set in the store is never overwritten.

The button **What it moved** of a task lists each order that this try moved, from which state to which, and why.
"""

_REQUIRED_ACTIONS = """\
### Required actions of lane `{lane}`

`orders__{lane}` starts a run of this DAG each time a cause begins to block orders; `inventory__{lane}`, if the lane has
it, each time a push of stock is paused. Neither waits for it, and nothing else starts it.

| task | what it does |
|---|---|
| `ask` | shows the request under **Required Actions**, and waits for a decision without using a worker |
| `carry_out` | carries out the decision: a mapping is saved and its orders are released, or they are skipped or held; \
a push of stock is approved, or stays paused |

If the problem is fixed or decided elsewhere, at the desk or by command, the request closes by itself and `carry_out` is
**skipped**. It is also skipped for a decision that came too late. Its log and the run's note say what happened.

#### When a task is red

The last lines of the task's log say what failed. Clear the task after the fix. If you clear `ask`, it shows the same
request again, unless that is over.
"""

_INVENTORY = """\
### Stock of lane `{lane}`

| task | what it does |
|---|---|
| `poll_stock` | reads the stock of every SKU at `{connector}` (connection `{warehouse}`) |
| `update_stock` | writes to the store (connection `{store}`) how much of each SKU it may sell, where that has changed |

The store gets what is available, less what its customers have ordered and the warehouse does not know of yet, less the
lane's buffers. A kit has what its scarcest component allows. To see it without writing:

    cartage stock diff --lane {lane}

Trigger with `full` to write all stock, also what is correct already. `update_stock` updates the asset
`stock_pushed__{lane}` when it wrote stock; the event carries the counts.

{pink}
Once the warehouse's stock has been read, `update_stock` runs every time: what the store shows may change at any moment.

#### When a task is red

* `update_stock`, *the push is paused until a person decides*: the warehouse's stock is empty or old, or too much would
  go to 0 or change. The log lists it; nothing was written. Decide on the [desk]({desk})'s Stock page, in Required
  Actions, or by command: `cartage stock approve --lane {lane} --by NAME` if the stock is right, else
  `cartage stock refuse`. The pause also ends by itself once the stock passes the checks. Until then, later runs are
  green and push nothing.
* otherwise the last lines of the log say what failed, which credential or setting to check, and where. The next run
  does the work: there is nothing to backfill.

The button **What it moved** of `update_stock` lists each stock level that this try wrote to the store, and the result;
`cartage stock show --lane {lane}` sums up the last pushes.
"""

_PAGES = {
    "inventory": _INVENTORY,
    "orders": _ORDERS,
    "orders_history": _HISTORY,
    "preflight": _PREFLIGHT,
    "reconciliation": _RECONCILIATION,
    "required_actions": _REQUIRED_ACTIONS,
    "shipments": _SHIPMENTS,
}

WATCHDOG = "Check all lanes every few minutes, and alert about what is wrong."

WATCHDOG_PAGE = """\
### Watchdog

Every five minutes it checks each lane of `lanes.yaml` that is not off: open causes and exceptions, orders that wait
longer than the lane's `alerts.limits`, time that was not imported, runs that did not happen, DAGs of a live lane that
are paused or missing. A problem is alerted once through the lane's channels, again while it lasts
(`alerts.repeat_every`), and once when it is over. `cartage alerts list --lane` shows what is open.

**Keep it unpaused.** If it stops, the lanes' own runs alert about it. If everything stops, only an outside monitor can
notice: let it run `cartage heartbeat`, or define the connection `cartage_heartbeat` for the watchdog to call.

#### When a task is red

The log says which lane could not be checked, and why. All others were checked. The next run tries again.
"""

DESK_JOBS = "Run jobs that a person started at the desk, for all lanes."

DESK_JOBS_PAGE = """\
### Desk jobs

Jobs that a person started at the desk and that take longer than a page may: for example, validating all blocked orders
of a lane again after a mapping was saved. Each run does one job of one lane, which its params name. The desk shows its
progress and its result.

**Only the desk starts it.** It has no schedule. A run does what the desk has recorded for its lane, and nothing else: a
run that is started by hand has nothing to do.

#### When a task is red

The last lines of the task's log, and the job's page on the desk, say why. Start the job again at the desk, or clear the
task: what is done is not done twice.
"""

HOUSEKEEPING = "Delete old data every night from the ledger, and old task logs."

HOUSEKEEPING_PAGE = """\
### Housekeeping

| task | what it does |
|---|---|
| `purge_ledger` | deletes personal data and payloads that are older than the lanes' `retention` |
| `refresh_reports` | brings the figures of all reports up to date |
| `delete_old_logs` | deletes old task logs on the machine that runs the task |

You can run each task at any time. Tasks have no access to Airflow's own database: let a timer run
`cartage airflow clean` where Airflow is configured. `docs/housekeeping.md` says how, and what stays.
"""

REPORTS = "Send the weekly report of all lanes."

REPORTS_AGAIN = "Send also the reports of this week that were sent before."

REPORTS_PAGE = """\
### Weekly report

`send_reports` sends the report of the last seven whole days: one e-mail for each `alerts.email`, with pictures, CSV and
XLSX, and one message for each `alerts.webhook`. It covers all lanes with this channel, but for those with
`reports.weekly: false`.

A report is sent once, however often the task runs. To send it again, trigger the DAG with **Send again**. If a channel
fails, the task tries that channel again. `CARTAGE_REPORTS_CRON` says when the DAG runs. `docs/reports.md` explains the
figures.
"""

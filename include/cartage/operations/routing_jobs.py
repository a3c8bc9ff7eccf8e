"""Jobs about routing: try other rules before they are in the lanes file, and choose for all orders of a cause."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cartage.errors import SettingsError
from cartage.lanes.editing.routing import lane_with_rules, routing_patch
from cartage.lanes.sources.places import lanes_path
from cartage.lifecycle.transitions import By
from cartage.model.orders import RoutingChoice
from cartage.operations.repo.jobs import Job
from cartage.operations.routing_choices import choose_for_orders, waiting_batches
from cartage.routing.views.comparison import Preview
from cartage.routing.views.preview import preview_change, preview_waiting
from cartage.runtime.context import StageContext

# A longer list is for `cartage routing preview --json`.
_MOST_NAMED = 200


def preview_routing(context: StageContext, job: Job) -> Mapping[str, Any]:
    """Return what other rules (`rules` of the input, as text) would do, and the patch of the lanes file.

    Change nothing. `waiting` is about the orders that can still go elsewhere, `backtest` about the last `days`.

    Raises:
        SettingsError: with every mistake of the rules.
    """
    rules, days = str(job.input["rules"]), int(job.input["days"])
    changed = lane_with_rules(lanes_path(), context.lane.name, rules)
    since = context.ledger.now() - timedelta(days=days)
    outcome = {
        "waiting": _document(*preview_waiting(context, changed)),
        "backtest": _document(*preview_change(context, changed, since)),
        "changes": changed.routing != context.lane.routing,
    }
    try:
        outcome["patch"] = routing_patch(lanes_path(), context.lane.name, rules)
    except SettingsError as failure:  # What the rules would do is worth knowing all the same.
        outcome["no_patch"] = str(failure)
    return outcome


def choose_for_cause(context: StageContext, cause_id: int, choice: RoutingChoice, by: By) -> int:
    """Make a choice for all orders that wait for this cause; return for how many it was made.

    Each batch is a transaction of its own. A job that is stopped and done again chooses for the rest.
    """
    chosen = 0
    with context.ledger.begin() as connection:
        batches = waiting_batches(connection, context.lane.name, cause_id)
    for ids in batches:
        if context.stop.is_set():
            break
        with context.ledger.begin() as connection:
            chosen += len(choose_for_orders(connection, context.lane, ids, choice, by).moved)
    return chosen


def _document(preview: Preview, references: Mapping[int, str]) -> dict[str, Any]:
    found = preview.document(references)
    ways = [
        {"from": start, "to": end, "orders": count} for (start, end), count in sorted(preview.ways.items())
    ]
    return found | {
        "elsewhere": found["elsewhere"][:_MOST_NAMED],
        "ways": ways,
        "rerouted": len(preview.rerouted),
    }

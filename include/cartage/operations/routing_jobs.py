"""The job that tries other routing rules on orders before they are in the lanes file. It changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cartage.errors import SettingsError
from cartage.lanes.editing.routing import lane_with_rules, routing_patch
from cartage.lanes.sources.places import lanes_path
from cartage.operations.repo.jobs import Job
from cartage.routing.views.comparison import Preview
from cartage.routing.views.preview import preview_change, preview_waiting
from cartage.runtime.context import StageContext

# A longer list is for `cartage routing preview --json`.
_MOST_NAMED = 200


def preview_routing(context: StageContext, job: Job) -> Mapping[str, Any]:
    """Return what other rules (`rules` of the input, as text) would do, and the patch of the lanes file.

    `waiting` is about the orders that can still go elsewhere, `backtest` about those of the last `days`.

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

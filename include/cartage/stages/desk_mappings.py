"""Mapping files that a person gave to the desk: tried on the orders that wait or on those of the last days, and saved.

What such work takes is a file's content (`file`, base64, and `name`), whether it is `whole`, and for a backtest `days`.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Mapping
from typing import Any

from cartage.lanes.loader import lanes_path
from cartage.lanes.mappings import MappingSource
from cartage.ledger import desk_work, mappings
from cartage.ledger.desk_work import Work
from cartage.mapping.changes import Change
from cartage.mapping.files import read_rules
from cartage.stages import mapping_changes, stage
from cartage.stages.comparing import Comparison, Difference, backtest
from cartage.stages.context import StageContext
from cartage.stages.mapping_changes import Proposal

# Of more changes a person reads the file itself.
_MOST_WORDS = 500


def try_mappings(context: StageContext, work: Work) -> Mapping[str, Any]:
    """What the file would change, and what that would do to the orders not sent yet. Changes nothing.

    Raises:
        BadFile: with every bad row.
        SettingsError: names every rule that cannot be.
    """
    with context.ledger.begin() as connection:
        seen = mappings.revision(connection, context.lane.name)
    proposal = mapping_changes.propose(context, change_of(work))
    found = mapping_changes.preview(context, proposal)
    outcome = _told(proposal) | _compared(found) | {"seen": seen}
    if context.lane.mappings is MappingSource.FILES:
        then = proposal.then.mappings
        outcome["patch"] = mapping_changes.patch(lanes_path(), context.lane.name, then)
    return outcome


def save_mappings(context: StageContext, work: Work) -> Mapping[str, Any]:
    """Save the file in the name of who asked for it, and judge by it what waits. Repeated, it changes nothing.

    Raises:
        BadFile: with every bad row.
        SettingsError: names every rule that cannot be.
        LedgerError: if the rules were changed since they were looked at (`seen`).
    """
    change = change_of(work)
    plan = mapping_changes.propose(context, change).plan
    # A try before this one may have saved it and died: the rules are then others than those that were looked at.
    if not plan.is_empty:
        seen, name = str(work.input.get("seen", "")), str(work.input.get("name", ""))
        plan = mapping_changes.save(context, change, author=work.asked_by, note=name, seen=seen)
    return {"words": list(plan.words[:_MOST_WORDS]), **stage("validate_mappings")(context)}


def backtest_mappings(context: StageContext, work: Work) -> Mapping[str, Any]:
    """Which of the last days' orders would have come out otherwise by the file, and how. Changes nothing.

    Raises:
        BadFile: with every bad row.
        SettingsError: names every rule that cannot be.
    """
    proposal = mapping_changes.propose(context, change_of(work))
    found = Comparison()
    differing = backtest(context, proposal.now, proposal.then, int(work.input["days"]), found)
    for one in _with_progress(context, work, differing, found):
        found.add(one)
    return _told(proposal) | _compared(found)


def change_of(work: Work) -> Change:
    """The change that a work's file stands for.

    Raises:
        BadFile: with every bad row.
    """
    rules = read_rules(b64decode(work.input["file"]), str(work.input["name"]))
    return Change(rules, whole=bool(work.input.get("whole")))


def _with_progress(
    context: StageContext, work: Work, differing: Iterable[Difference], found: Comparison
) -> Iterable[Difference]:
    told = 0
    for one in differing:
        if found.judged > told:
            told = found.judged
            with context.ledger.begin() as connection:
                desk_work.goes_on(connection, work.id, told, None)
        yield one


def _told(proposal: Proposal) -> dict[str, Any]:
    words = proposal.plan.words
    return {
        "words": list(words[:_MOST_WORDS]),
        "changes": len(words),
        "unchanged": proposal.plan.unchanged,
    }


def _compared(found: Comparison) -> dict[str, Any]:
    examples = [
        {
            "effect": one.effect.value,
            "order": one.invoice or str(one.order_id),
            "reference": one.reference,
            "before": one.before,
            "after": one.after,
        }
        for one in found.examples
    ]
    counts = {effect.value: count for effect, count in found.counts.items()}
    return {"judged": found.judged, "counts": counts, "examples": examples}

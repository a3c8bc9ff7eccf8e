"""A change of a lane's mapping rules, wherever it keeps them: saved in the ledger, or a patch of the lanes file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from cartage.errors import SettingsError
from cartage.lanes.settings.mappings import MappingSource
from cartage.mappings import lanes_file
from cartage.mappings.changes import MappingChange, MappingPlan
from cartage.mappings.lanes_file import mappings_in_file
from cartage.mappings.repo import check_mapping_change, save_mapping_rules
from cartage.mappings.rules import Mappings
from cartage.runtime.context import StageContext
from cartage.validation.compare_rules import Comparison, compare_unsent
from cartage.validation.judge import LaneRules


@dataclass(frozen=True, slots=True)
class MappingProposal:
    """What a change does to the rules, the rules that would then hold, and those that hold now."""

    plan: MappingPlan
    now: LaneRules
    then: LaneRules


def propose_mapping_change(
    context: StageContext, change: MappingChange, *, into_ledger: bool = False
) -> MappingProposal:
    """What this change would make of the lane's rules; changes nothing.

    `into_ledger`: of those in the ledger, also while the lane keeps its rules in the lanes file.

    Raises:
        SettingsError: names every rule of the change that cannot be.
    """
    with context.ledger.begin() as connection:
        now = LaneRules.of(connection, context.lane)
        if into_ledger or context.lane.mappings is MappingSource.LEDGER:
            plan, then = check_mapping_change(connection, context.lane.name, change)
        else:
            plan, then = lanes_file.propose_file_change(
                mappings_in_file(context.lane), change, context.ledger.now()
            )
    return MappingProposal(plan, now, replace(now, mappings=then))


def preview_mapping_change(
    context: StageContext, proposal: MappingProposal, found: Comparison | None = None
) -> Comparison:
    """What it would do to the orders that were not sent yet; put into `found`, if given."""
    found = found or Comparison()
    for one in compare_unsent(context, proposal.now, proposal.then, found):
        found.add(one)
    return found


def save_mapping_change(
    context: StageContext,
    change: MappingChange,
    *,
    author: str,
    note: str = "",
    seen: str = "",
    into_ledger: bool = False,
) -> MappingPlan:
    """Save the change in the ledger; the lane's next run judges by it.

    `into_ledger`: also while the lane keeps its rules in the lanes file, for a lane that is about to change its source.

    Raises:
        SettingsError: if the lane keeps its rules in the lanes file, or a rule of the change cannot be.
        LedgerError: if the rules were changed since `seen` (a `revision`).
    """
    if not into_ledger and context.lane.mappings is not MappingSource.LEDGER:
        fix = "Propose the change as a patch of that file, or set `mappings: ledger`."
        raise SettingsError(
            f"lane {context.lane.name!r}", [f"  its mappings are kept in the lanes file. {fix}"]
        )
    with context.ledger.begin() as connection:
        return save_mapping_rules(connection, context.lane.name, change, author=author, note=note, seen=seen)


def patch_lanes_file(path: Path, lane: str, then: Mappings) -> str:
    """The lanes file as it would have to be for these rules, as a unified diff.

    Raises:
        SettingsError: if no patch fits the way in which the file is written.
    """
    from cartage.lanes.patch import patch_text as diff

    return diff(path, lane, lanes_file.file_sections(then))

"""Change a lane's mapping rules, where the lane keeps them: in the ledger, or as a patch of the lanes file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from cartage.db.engine import database_time
from cartage.errors import SettingsError
from cartage.lanes.settings.mappings import MappingSource
from cartage.mappings.changes import MappingChange, MappingPlan
from cartage.mappings.files import RulesFile, read_rules_file
from cartage.mappings.lanes_file import file_sections, mappings_in_file, propose_file_change
from cartage.mappings.repo import check_mapping_change, check_offered, current_rules, save_mapping_rules
from cartage.mappings.rules import Mappings
from cartage.runtime.context import StageContext
from cartage.validation.compare_rules import Comparison, compare_unsent
from cartage.validation.judge import LaneRules
from cartage.warehouses.repo.offers import offered_ship_methods


@dataclass(frozen=True, slots=True)
class MappingProposal:
    """What a change does to the rules, the present rules, and the rules after the change."""

    plan: MappingPlan
    now: LaneRules
    then: LaneRules


def _require_one_warehouse(context: StageContext) -> None:
    """Raise SettingsError if the lane has several warehouses: what a change does is judged by one catalogue."""
    if context.lane.warehouses:
        fix = "Change `ship_methods` and `skus` of the lane, or of its warehouse, in the lanes file."
        raise SettingsError(f"lane {context.lane.name!r}", [f"  it has several warehouses. {fix}"])


def propose_mapping_change(
    context: StageContext, change: MappingChange, *, into_ledger: bool = False
) -> MappingProposal:
    """Return what this change would make of the lane's rules; change nothing.

    With `into_ledger`, it applies to the rules in the ledger even if the lane uses those of the lanes file.

    Raises:
        SettingsError: with every rule of the change that is not valid; if the lane has several warehouses.
    """
    _require_one_warehouse(context)
    with context.ledger.begin() as connection:
        now = LaneRules.of(connection, context.lane)
        if into_ledger or context.lane.mappings is MappingSource.LEDGER:
            plan, then = check_mapping_change(connection, context.lane.name, change, account=context.account)
        else:
            present = mappings_in_file(context.lane)
            plan, then = propose_file_change(present, change, database_time(connection))
            check_offered(connection, context.account, change, plan)
    return MappingProposal(plan, now, replace(now, mappings=then))


def read_lane_rules(
    context: StageContext, content: bytes, name: str, *, forced: str = "", into_ledger: bool = False
) -> RulesFile:
    """Return the rules in a mapping file for this lane; a row of what the warehouse does not offer is a mistake.

    Rows whose rules are in place already, and all rows of a file that a person forces (`forced` is the reason), may
    name anything. `into_ledger` is as in `propose_mapping_change`.

    Raises:
        BadFile: if it is no table of rules.
    """
    with context.ledger.begin() as connection:
        offered = () if forced.strip() else offered_ship_methods(connection, context.account) or ()
        if into_ledger or context.lane.mappings is MappingSource.LEDGER:
            in_place = [version.rule for version in current_rules(connection, context.lane.name)]
        else:
            in_place = list(mappings_in_file(context.lane).rules)
    return read_rules_file(content, name, offered=offered, in_place=in_place)


def preview_mapping_change(
    context: StageContext, proposal: MappingProposal, comparison: Comparison | None = None
) -> Comparison:
    """Return what the change would do to the orders that were not sent yet, added to `comparison` if given."""
    comparison = comparison or Comparison()
    for difference in compare_unsent(context, proposal.now, proposal.then, comparison):
        comparison.add(difference)
    return comparison


def save_mapping_change(
    context: StageContext,
    change: MappingChange,
    *,
    author: str,
    note: str = "",
    seen: str = "",
    into_ledger: bool = False,
) -> MappingPlan:
    """Save the change in the ledger; it applies from the lane's next run on.

    With `into_ledger`, save it even if the lane uses the rules of the lanes file: for a lane that is about to change
    its source.

    Raises:
        SettingsError: if the lane keeps its rules in the lanes file, or a rule of the change is not valid.
        LedgerError: if the rules were changed since `seen` (a `mappings_revision`).
    """
    _require_one_warehouse(context)
    if not into_ledger and context.lane.mappings is not MappingSource.LEDGER:
        fix = "Propose the change as a patch of that file, or set `mappings: ledger`."
        raise SettingsError(
            f"lane {context.lane.name!r}", [f"  its mappings are kept in the lanes file. {fix}"]
        )
    with context.ledger.begin() as connection:
        return save_mapping_rules(
            connection,
            context.lane.name,
            change,
            author=author,
            note=note,
            seen=seen,
            account=context.account,
        )


def patch_lanes_file(path: Path, lane: str, then: Mappings) -> str:
    """Return a unified diff that gives the lanes file these rules.

    Raises:
        SettingsError: if the file is written in a way that cannot be patched.
    """
    from cartage.lanes.editing.patch import patch_text

    return patch_text(path, lane, file_sections(then))

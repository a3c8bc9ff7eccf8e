"""Change a lane's mapping rules, where the lane keeps them: in the ledger, or as a patch of the lanes file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cartage.db.engine import database_time
from cartage.errors import SettingsError
from cartage.lanes.account import accounts_of
from cartage.lanes.settings.lane import Lane
from cartage.lanes.settings.mappings import MappingSource
from cartage.mappings.changes import MappingChange, MappingPlan
from cartage.mappings.files import RulesFile, read_rules_file
from cartage.mappings.lanes_file import every_mapping_in_file, file_sections, propose_file_change
from cartage.mappings.repo import (
    check_mapping_change,
    check_offered,
    current_rules,
    offers_of,
    save_mapping_rules,
)
from cartage.mappings.rules import Mappings
from cartage.runtime.context import StageContext
from cartage.validation.compare_rules import Comparison, RequestDifference, backtest_rules, compare_unsent
from cartage.validation.judge import LaneRules


@dataclass(frozen=True, slots=True)
class RulesBefore:
    """The rules at one warehouse: the present ones, and those after a change."""

    now: LaneRules
    then: LaneRules


# By the name of the warehouse; a lane with one `warehouse` has one entry with an empty name.
RulesByWarehouse = Mapping[str, RulesBefore]


@dataclass(frozen=True, slots=True)
class MappingProposal:
    """What a change does to the rules: all rules after it, and the rules before and after it at each warehouse."""

    plan: MappingPlan
    then: Mappings
    at: RulesByWarehouse


def propose_mapping_change(
    context: StageContext, change: MappingChange, *, into_ledger: bool = False
) -> MappingProposal:
    """Return what this change would make of the lane's rules; change nothing.

    With `into_ledger`, it applies to the rules in the ledger even if the lane uses those of the lanes file.

    Raises:
        SettingsError: with every rule of the change that is not valid.
    """
    accounts = accounts_of(context.lane)
    with context.ledger.begin() as connection:
        now = {
            place.warehouse_name: LaneRules.of(connection, place.lane) for place in context.every_warehouse()
        }
        if into_ledger or context.lane.mappings is MappingSource.LEDGER:
            plan, then = check_mapping_change(connection, context.lane.name, change, accounts=accounts)
        else:
            present = every_mapping_in_file(context.lane)
            plan, then = propose_file_change(present, change, database_time(connection))
            check_offered(connection, accounts, change, plan)
    at = {name: RulesBefore(rules, replace(rules, mappings=then.at(name))) for name, rules in now.items()}
    return MappingProposal(plan, then, at)


def rules_of_lanes_file(context: StageContext, other: Lane) -> RulesByWarehouse:
    """Return the present rules at each warehouse, and those of another lanes file's lane.

    A warehouse that the other lane does not have keeps its present rules.
    """
    with context.ledger.begin() as connection:
        return {
            place.warehouse_name: RulesBefore(
                now := LaneRules.of(connection, place.lane),
                LaneRules.of(connection, other.at(place.warehouse_name))
                if place.warehouse_name in other.warehouse_names()
                else now,
            )
            for place in context.every_warehouse()
        }


def read_lane_rules(
    context: StageContext,
    content: bytes,
    name: str,
    *,
    of: str = "",
    forced: str = "",
    into_ledger: bool = False,
) -> RulesFile:
    """Return the rules in a mapping file for this lane; a row of what its warehouse does not offer is a mistake.

    Rows whose rules are in place already, and all rows of a file that a person forces (`forced` is the reason), may
    name anything. `of` is the warehouse of rows that name none (empty: all). `into_ledger` is as in
    `propose_mapping_change`.

    Raises:
        BadFile: if it is no table of rules.
    """
    lane = context.lane
    with context.ledger.begin() as connection:
        offers = None if forced.strip() else offers_of(connection, accounts_of(lane))
        if into_ledger or lane.mappings is MappingSource.LEDGER:
            in_place = [version.rule for version in current_rules(connection, lane.name)]
        else:
            in_place = list(every_mapping_in_file(lane).rules)
    return read_rules_file(
        content, name, offers=offers, in_place=in_place, warehouses=tuple(lane.warehouses), of=of
    )


def preview_mapping_change(
    context: StageContext, proposal: MappingProposal, comparison: Comparison | None = None
) -> Comparison:
    """Return what the change would do to the orders that were not sent yet, added to `comparison` if given."""
    comparison = comparison or Comparison()
    for name, rules in proposal.at.items():
        for difference in compare_unsent(context.at(name), rules.now, rules.then, comparison):
            comparison.add(difference)
    return comparison


def backtest_change(
    context: StageContext, rules: RulesByWarehouse, days: int, counts: Comparison
) -> Iterator[RequestDifference]:
    """Yield the orders of the last days that the rules after a change treat differently, at each warehouse."""
    for name, own in rules.items():
        yield from backtest_rules(context.at(name), own.now, own.then, days, counts)


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
            accounts=accounts_of(context.lane),
        )


def patch_lanes_file(path: Path, lane: Lane, then: Mappings) -> str:
    """Return a unified diff that gives the lanes file these rules.

    Raises:
        SettingsError: if the file is written in a way that cannot be patched.
    """
    from cartage.lanes.editing.patch import patch_text

    return patch_text(path, lane.name, file_sections(then, lane.warehouses))

"""A lane's mapping rules, from where the lane keeps them: the lanes file or the ledger."""

from __future__ import annotations

from sqlalchemy import Connection

from cartage.lanes.settings.lane import Lane
from cartage.lanes.settings.mappings import MappingSource
from cartage.mappings.lanes_file import every_mapping_in_file, mappings_in_file
from cartage.mappings.repo import current_rules, mappings_in_force
from cartage.mappings.rules import Mappings, Rule


def mappings_of(connection: Connection, lane: Lane) -> Mappings:
    """Return the rules by which orders are judged now, at the warehouse that the lane is seen from."""
    if lane.mappings is MappingSource.LEDGER:
        return mappings_in_force(connection, lane.name).at(lane.warehouse_name)
    return mappings_in_file(lane)


def every_mapping(connection: Connection, lane: Lane) -> Mappings:
    """Return the rules of a lane that are in force now, each with the warehouse whose rule it is."""
    if lane.mappings is MappingSource.LEDGER:
        return mappings_in_force(connection, lane.name)
    return every_mapping_in_file(lane)


def current_mappings(connection: Connection, lane: Lane) -> tuple[Rule, ...]:
    """Return the rules of a lane that are or will be in force, as an export has them."""
    if lane.mappings is MappingSource.LEDGER:
        return tuple(version.rule for version in current_rules(connection, lane.name))
    return every_mapping_in_file(lane).rules

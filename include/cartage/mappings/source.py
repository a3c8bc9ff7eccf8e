"""A lane's mapping rules, from where the lane keeps them: the lanes file or the ledger."""

from __future__ import annotations

from sqlalchemy import Connection

from cartage.lanes.settings.lane import Lane
from cartage.lanes.settings.mappings import MappingSource
from cartage.mappings.lanes_file import mappings_in_file
from cartage.mappings.repo import mappings_in_force
from cartage.mappings.rules import Mappings


def mappings_of(connection: Connection, lane: Lane) -> Mappings:
    """Return the rules by which the lane's orders are judged now."""
    if lane.mappings is MappingSource.LEDGER:
        return mappings_in_force(connection, lane.name)
    return mappings_in_file(lane)

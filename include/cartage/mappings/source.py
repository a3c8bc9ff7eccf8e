"""The mapping rules of a lane, from wherever it keeps them: the lanes file or the ledger."""

from __future__ import annotations

from sqlalchemy import Connection

from cartage.lanes.settings.lane import Lane
from cartage.lanes.settings.mappings import MappingSource
from cartage.mappings import repo as mappings_repo
from cartage.mappings.rules import Mappings, mappings_in_file


def mappings_of(connection: Connection, lane: Lane) -> Mappings:
    """The rules by which the lane's orders are judged now."""
    if lane.mappings is MappingSource.LEDGER:
        return mappings_repo.mappings_in_force(connection, lane.name)
    return mappings_in_file(lane)

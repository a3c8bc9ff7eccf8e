"""The mapping rules of a lane, from wherever it keeps them: the lanes file or the ledger."""

from __future__ import annotations

from sqlalchemy import Connection

from cartage.lanes.mappings import MappingSource
from cartage.lanes.model import Lane
from cartage.ledger import mappings
from cartage.mapping.rules import Mappings, of_lane


def mappings_of(connection: Connection, lane: Lane) -> Mappings:
    """The rules by which the lane's orders are judged now."""
    if lane.mappings is MappingSource.LEDGER:
        return mappings.in_force(connection, lane.name)
    return of_lane(lane)

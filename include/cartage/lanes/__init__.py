"""Lane settings: read from lanes.yaml, each lane validated separately, every mistake reported at once."""

from cartage.lanes.compiled.lookup import (
    find_lane,
    get_lane,
    lane_names,
    lanes_on_store,
    lanes_on_warehouse,
    lanes_sharing_stock,
    raise_on_mistakes,
    valid_lanes,
)
from cartage.lanes.loader import LaneFile, load_lanes
from cartage.lanes.mistakes import Mistake
from cartage.lanes.settings.lane import Lane
from cartage.lanes.sources.places import lanes_path

__all__ = [
    "Lane",
    "LaneFile",
    "Mistake",
    "find_lane",
    "get_lane",
    "lane_names",
    "lanes_on_store",
    "lanes_on_warehouse",
    "lanes_path",
    "lanes_sharing_stock",
    "load_lanes",
    "raise_on_mistakes",
    "valid_lanes",
]

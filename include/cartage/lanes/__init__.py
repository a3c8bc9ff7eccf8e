"""Lane settings: read from lanes.yaml, each lane validated separately, every mistake reported at once."""

from cartage.lanes.loader import LaneFile, get_lane, lanes_path, load_lanes, raise_on_mistakes, valid_lanes
from cartage.lanes.mistakes import Mistake
from cartage.lanes.settings.lane import Lane

__all__ = [
    "Lane",
    "LaneFile",
    "Mistake",
    "get_lane",
    "lanes_path",
    "load_lanes",
    "raise_on_mistakes",
    "valid_lanes",
]

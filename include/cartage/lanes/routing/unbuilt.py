"""What a lane may say although this version of Cartage cannot do it yet; `cartage lanes check` refuses it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cartage.lanes.mistakes import SettingFinding

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane


def not_built(lane: Lane) -> Iterator[SettingFinding]:
    """Yield what this version cannot do."""
    if lane.warehouses:
        message = "this version of Cartage cannot run a lane with several warehouses"
        yield SettingFinding(("warehouses",), message, "Write one `warehouse`.")

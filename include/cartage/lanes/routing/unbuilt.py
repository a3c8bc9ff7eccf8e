"""What a lane may say although this version of Cartage cannot do it yet; `cartage lanes check` refuses it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cartage.lanes.mistakes import SettingFinding
from cartage.lanes.settings.mappings import MappingSource

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane


def not_built(lane: Lane) -> Iterator[SettingFinding]:
    """Yield what this version cannot do."""
    if lane.warehouses and lane.mappings is MappingSource.LEDGER:
        yield SettingFinding(
            ("mappings",),
            "this version keeps the mappings of a lane with several warehouses in this file",
            "Remove it; `cartage mappings export` writes those of the ledger.",
        )

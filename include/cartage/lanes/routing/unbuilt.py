"""What a lane may say although this version of Cartage cannot do it yet; `cartage lanes check` refuses it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cartage.lanes.mistakes import SettingFinding
from cartage.lanes.settings.mappings import MappingSource
from cartage.lanes.settings.several.routing import SplitPolicy

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane

_NO_PARTS = "this version of Cartage sends an order to one warehouse as a whole"


def not_built(lane: Lane) -> Iterator[SettingFinding]:
    """Yield what this version cannot do."""
    if lane.warehouses and lane.mappings is MappingSource.LEDGER:
        yield SettingFinding(
            ("mappings",),
            "this version keeps the mappings of a lane with several warehouses in this file",
            "Remove it; `cartage mappings export` writes those of the ledger.",
        )
    for place, rule in enumerate(lane.routing):
        if rule.split is not SplitPolicy.NEVER:
            yield SettingFinding(("routing", place, "split"), _NO_PARTS, "Write split: never.")
        if rule.nobody and rule.when.by_line:
            yield SettingFinding(
                ("routing", place, "nobody"),
                f"{_NO_PARTS}, so a rule cannot leave single lines to others",
                "Leave those lines out of all orders with store.exclude.",
            )

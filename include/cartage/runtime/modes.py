"""What a lane's mode lets a stage do: decided here for all of them, so that no stage asks by itself.

One exception: which orders `import_orders` takes in while a lane drains is decided where it knows them.
"""

from __future__ import annotations

from cartage.lanes.model import Mode

# What a lane in shadow runs, and by which module: reading from both sides, nothing that writes to either.
_IN_SHADOW = {
    "import_orders": "import_orders",
    "validate_mappings": "validate_mappings",
    "blocked_orders": "blocked_orders",
    "transfer_to_warehouse": "shadow_transfer",
    "poll_stock": "poll_stock",
}

_WHY_NOT = {
    Mode.OFF: "it is off",
    Mode.SHADOW: "it is in shadow, where nothing is written to store or warehouse and no shipment is awaited",
}


def module_for(stage: str, mode: Mode) -> str | None:
    """The module of `cartage.stages` that does this stage's work in this mode; None where none does."""
    if mode is Mode.OFF:
        return None
    if mode is Mode.SHADOW:
        return _IN_SHADOW.get(stage)
    return stage


def why_not(mode: Mode) -> str:
    """Why a stage does not run in this mode, for its log."""
    return _WHY_NOT[mode]

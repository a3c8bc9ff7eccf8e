"""The parts of an emulated warehouse that its endpoints use."""

from __future__ import annotations

from dataclasses import dataclass

from cartage_sandbox.extensiv.data.state import WarehouseState
from cartage_sandbox.extensiv.operations.floor import Floor
from cartage_sandbox.extensiv.operations.order_desk import OrderDesk
from cartage_sandbox.extensiv.operations.tokens import TokenDesk
from cartage_sandbox.extensiv.wire.resources import Resources


@dataclass(frozen=True, slots=True)
class WarehouseParts:
    """What an emulated account holds, and the objects that work on it."""

    state: WarehouseState
    floor: Floor
    desk: OrderDesk
    resources: Resources
    tokens: TokenDesk

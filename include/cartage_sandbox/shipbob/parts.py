"""The parts of an emulated ShipBob account that its endpoints use."""

from __future__ import annotations

from dataclasses import dataclass

from cartage_sandbox.shipbob.data.state import ShipBobState
from cartage_sandbox.shipbob.operations.desk import OrderDesk
from cartage_sandbox.shipbob.operations.floor import Floor
from cartage_sandbox.shipbob.operations.stock import Stock
from cartage_sandbox.shipbob.operations.throttle import SlidingWindow
from cartage_sandbox.shipbob.operations.tokens import TokenDesk
from cartage_sandbox.shipbob.wire.resources import Resources


@dataclass(frozen=True, slots=True)
class ShipBobParts:
    """What an emulated account holds, and the objects that work on it."""

    state: ShipBobState
    stock: Stock
    desk: OrderDesk
    floor: Floor
    resources: Resources
    tokens: TokenDesk
    throttle: SlidingWindow

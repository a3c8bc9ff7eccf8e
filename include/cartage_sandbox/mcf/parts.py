"""The parts of an emulated seller account that its endpoints use."""

from __future__ import annotations

from dataclasses import dataclass

from cartage_sandbox.mcf.data.state import SellerState
from cartage_sandbox.mcf.operations.floor import Floor
from cartage_sandbox.mcf.operations.order_desk import OrderDesk
from cartage_sandbox.mcf.operations.tokens import LoginDesk


@dataclass(frozen=True, slots=True)
class SellerParts:
    """What an emulated account holds, and the objects that work on it."""

    state: SellerState
    floor: Floor
    desk: OrderDesk
    login: LoginDesk

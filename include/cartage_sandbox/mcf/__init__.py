"""A stateful emulator of Amazon Multi-Channel Fulfillment over real HTTP: Fulfillment Outbound 2020-07-01, FBA
Inventory v1, and Login with Amazon.

Its sources are connectors.md section 4, warehouse-apis.md section 6 and Amazon's description of the API. Every notable
or unproven behaviour is a rule (rules.py).
"""

from __future__ import annotations

from cartage_sandbox.mcf.api.inventory import SUMMARIES
from cartage_sandbox.mcf.api.outbound import ROOT
from cartage_sandbox.mcf.data.state import MARKETPLACE_ID
from cartage_sandbox.mcf.emulator import (
    DEFAULT_APPLICATION,
    TOKEN_PATH,
    SellerEmulator,
    create_seller_account,
)
from cartage_sandbox.mcf.operations.tokens import INVENTORY, OUTBOUND, ROLES, Application
from cartage_sandbox.mcf.rules import MCF_RULES

__all__ = [
    "DEFAULT_APPLICATION",
    "INVENTORY",
    "MARKETPLACE_ID",
    "MCF_RULES",
    "OUTBOUND",
    "ROLES",
    "ROOT",
    "SUMMARIES",
    "TOKEN_PATH",
    "Application",
    "SellerEmulator",
    "create_seller_account",
]

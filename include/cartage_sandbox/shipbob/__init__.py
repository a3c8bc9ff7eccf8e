"""A stateful emulator of ShipBob (api.shipbob.com, version 2026-01) over real HTTP.

Its sources are connectors.md section 2 and warehouse-apis.md section 4. Every notable or unproven behaviour is a rule
(rules.py).
"""

from __future__ import annotations

from cartage_sandbox.shipbob.data.model import DEFAULT_CHANNEL_ID, DEFAULT_LOCATION_ID, SCOPES
from cartage_sandbox.shipbob.emulator import (
    DEFAULT_CLIENT,
    DEFAULT_TOKEN,
    OTHER_CHANNEL_ID,
    READER_TOKEN,
    ShipBobEmulator,
    create_shipbob,
)
from cartage_sandbox.shipbob.operations.tokens import OAuthClient
from cartage_sandbox.shipbob.rules import SHIPBOB_RULES

__all__ = [
    "DEFAULT_CHANNEL_ID",
    "DEFAULT_CLIENT",
    "DEFAULT_LOCATION_ID",
    "DEFAULT_TOKEN",
    "OTHER_CHANNEL_ID",
    "READER_TOKEN",
    "SCOPES",
    "SHIPBOB_RULES",
    "OAuthClient",
    "ShipBobEmulator",
    "create_shipbob",
]

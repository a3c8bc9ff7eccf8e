"""A stateful 3dcart (Shift4Shop) REST store: v1 and v2 over real HTTP, as required by 3dcart-api.md section 12.

Left out: webhooks, customers, POST of orders, requests in XML. It never imports the engine that it tests.
"""

from __future__ import annotations

from cartage_sandbox.threedcart.data.credentials import (
    PRIVATE_KEY,
    READ_ONLY_TOKEN,
    SECURE_URL,
    TOKEN,
    Credentials,
)
from cartage_sandbox.threedcart.data.seeds import SAMPLE_SKU
from cartage_sandbox.threedcart.data.statuses import Status
from cartage_sandbox.threedcart.emulator import StoreEmulator, create_store
from cartage_sandbox.threedcart.rules import RULES

__all__ = [
    "PRIVATE_KEY",
    "READ_ONLY_TOKEN",
    "RULES",
    "SAMPLE_SKU",
    "SECURE_URL",
    "TOKEN",
    "Credentials",
    "Status",
    "StoreEmulator",
    "create_store",
]

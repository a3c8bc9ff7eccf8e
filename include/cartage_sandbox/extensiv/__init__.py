"""A stateful emulator of Extensiv 3PL Warehouse Manager (secure-wms.com) over real HTTP.

Its source is warehouse-apis.md section 2. Every notable or unproven behaviour is a rule (rules.py).
"""

from __future__ import annotations

from cartage_sandbox.extensiv.data.catalogue import DEFAULT_CUSTOMER_ID, DEFAULT_FACILITY_ID
from cartage_sandbox.extensiv.emulator import (
    DEFAULT_CREDENTIAL,
    READER_CREDENTIAL,
    TOKEN_PATH,
    WarehouseEmulator,
    create_warehouse,
)
from cartage_sandbox.extensiv.operations.tokens import ROLES, Credential
from cartage_sandbox.extensiv.rules import EXTENSIV_RULES

__all__ = [
    "DEFAULT_CREDENTIAL",
    "DEFAULT_CUSTOMER_ID",
    "DEFAULT_FACILITY_ID",
    "EXTENSIV_RULES",
    "READER_CREDENTIAL",
    "ROLES",
    "TOKEN_PATH",
    "Credential",
    "WarehouseEmulator",
    "create_warehouse",
]

"""A stateful warehouse that exchanges files over real SFTP: CSV (DSFX, or a plain layout) and X12.

Its sources are connectors.md sections 6 and 7 and warehouse-apis.md section 8. Every notable or unproven behaviour is a
rule (rules.py); columns that no public document shows are data of the account (csvs/layouts.py).
"""

from __future__ import annotations

from cartage_sandbox.files.accounts import DEFAULT_ACCOUNT, CustomerAccount, FileForm
from cartage_sandbox.files.csvs.layouts import DSFX, PLAIN, CsvLayout
from cartage_sandbox.files.emulator import FileWarehouse, create_file_warehouse
from cartage_sandbox.files.rules import FILE_RULES

__all__ = [
    "DEFAULT_ACCOUNT",
    "DSFX",
    "FILE_RULES",
    "PLAIN",
    "CsvLayout",
    "CustomerAccount",
    "FileForm",
    "FileWarehouse",
    "create_file_warehouse",
]

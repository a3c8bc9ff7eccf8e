"""The ledger: our own PostgreSQL database, the truth about every fulfillment order and every effect outside."""

from cartage.db.engine import Ledger, open_ledger

__all__ = ["Ledger", "open_ledger"]
